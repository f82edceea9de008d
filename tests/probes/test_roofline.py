"""Limits from first principles, what they say of claims, and how sessions become an interval."""

import numpy as np
import pytest

from market import accelerators, roofline, timing
from market.errors import Misused
from market.probe_policy import policy
from market.roofline import Roof, Shape

SEVEN_B = Shape(7_000_000_000, 4_000_000_000, 3_900_000_000, 6_900_000_000, 130_000_000, 131_072)


def test_a_step_reads_the_weights_once_and_the_cache_of_every_answer() -> None:
    roof = Roof(1e12)
    assert roofline.decode_limit(SEVEN_B, roof) == pytest.approx(1e12 / 3.9e9)
    assert roofline.decode_limit(SEVEN_B, roof, depth=4096) == pytest.approx(1e12 / (3.9e9 + 4096 * 131_072))
    assert roofline.decode_limit(SEVEN_B, roof, streams=8) == pytest.approx(8 * roofline.decode_limit(SEVEN_B, roof))
    bounded = Roof(1e12, flops=1e12)
    assert roofline.decode_limit(SEVEN_B, bounded, streams=512) == pytest.approx(1e12 / (2 * SEVEN_B.token_weights)), (
        "then multiplying limits"
    )


def test_a_window_bounds_what_is_read_of_the_cache() -> None:
    windowed = Shape(1, 1000, 1000, 1, 0, cache_bytes=10, cache_window=512, cache_window_bytes=8)
    assert windowed.cache_read(100) == 1000
    assert windowed.cache_read(10_000) == 2 * 10_000 + 8 * 512


def test_a_prompt_is_bound_by_multiplying_or_by_one_reading() -> None:
    least = 2 * (512 * (SEVEN_B.token_weights - SEVEN_B.head_weights) + SEVEN_B.head_weights) / 1e13
    assert roofline.prefill_limit(SEVEN_B, Roof(1e12, 1e13), 512) == pytest.approx(512 / least)
    assert roofline.prefill_limit(SEVEN_B, Roof(1e12), 512) == pytest.approx(512 / 3.9e9 * 1e12)


@pytest.mark.parametrize(
    ("share", "said"), [(0.5, "possible"), (0.95, "implausible"), (1.02, "implausible"), (1.05, "impossible"), (10, "impossible")]
)
def test_a_claim_above_the_limit_is_impossible_and_none_is_ever_proved_by_it(share: float, said: str) -> None:
    most = roofline.decode_limit(SEVEN_B, accelerators.named("RTX 4090").roof)  # type: ignore[union-attr]
    assert roofline.standing(share * most, most, "decode") == said


@pytest.mark.parametrize(
    ("claimed", "said"), [(100, "verified"), (103, "verified"), (108, "within_noise"), (130, "refuted"), (50, "verified")]
)
def test_a_claim_is_held_against_what_was_measured_on_the_same_hardware(claimed: float, said: str) -> None:
    assert roofline.against_measured(claimed, 98, 102) == said


def test_every_accelerator_is_found_by_each_of_its_names_and_has_a_source() -> None:
    for one in accelerators.table():
        assert all(accelerators.named(name) is one for name in (one.name, *one.also))
        assert one.source.startswith("https://") and one.bytes_per_s > 1e11 and one.memory_bytes > 1e10
    assert accelerators.named("NVIDIA GeForce RTX 4090") is accelerators.named("rtx 4090")
    assert accelerators.named("Abacus 3000") is None


def test_a_model_that_does_not_fit_is_known_not_to() -> None:
    assert roofline.fits(SEVEN_B, Roof(1e12, None, 24_000_000_000), 4096) is True
    assert roofline.fits(SEVEN_B, Roof(1e12, None, 4_100_000_000), 4096) is False
    assert roofline.fits(SEVEN_B, Roof(1e12), 4096) is None


def test_the_interval_over_sessions_covers_the_truth_where_sessions_drift() -> None:
    draw = np.random.default_rng(1)
    naive = covered = 0
    for seed in range(200):
        sessions = [list(draw.normal(draw.normal(100, 4), 1, 10)) for _ in range(6)]
        found = timing.rate(sessions, seed)
        covered += found.low <= 100 <= found.high
        flat = np.concatenate(sessions)
        naive += abs(flat.mean() - 100) <= 1.96 * flat.std() / np.sqrt(flat.size)
    assert naive < 0.6 * 200 < 0.8 * 200 < covered


def test_few_sessions_or_repetitions_are_never_enough() -> None:
    steady = [[100.0] * 10] * 3
    assert timing.enough(steady)
    assert not timing.enough(steady[:2]) and not timing.enough([[100.0] * 9] * 3)
    assert not timing.enough([[90.0] * 10, [100.0] * 10, [110.0] * 10]), "sessions that differ by a fifth are not ±2%"


def test_a_policy_is_the_users_where_he_says_something_and_a_wrong_key_is_named() -> None:
    assert policy('authors = ["a"]').authors == ("a",)
    assert policy('authors = ["a"]').budget == policy().budget
    for wrong, said in (("author = 1", "'author'"), ("authors = 1", "wrong kind"), ("authors = [", "no TOML")):
        with pytest.raises(Misused, match=said):
            policy(wrong)
