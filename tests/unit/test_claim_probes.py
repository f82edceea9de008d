"""Claims of tokens a second: verified, refuted or within the noise on the measured hardware; on other hardware only a limit."""

from datetime import date

import pytest

from market import accelerators, roofline
from market.claim_checks import judge
from market.claims import Claim, Judged, Known

TODAY = date(2026, 6, 1)
HERE, THERE = (card.name for card in accelerators.table()[:2])
WEIGHTS = 8 * 10**9
LOW, HIGH = 98.0, 102.0


def probe(ref: str = "one", machine: str = HERE, weights: int = WEIGHTS, **changed: float) -> list[Known]:
    """The rows of one measurement: 100 tokens a second, 98 to 102."""
    said = {
        "decode_tps": 100.0,
        "decode_tps_lo": LOW,
        "decode_tps_hi": HIGH,
        "token_bytes": weights,
        "weights_bytes": weights,
        "cache_bytes": 0,
    }
    rows = {**said, **changed}
    return [Known("probe", "lab/one", metric, str(value), date(2026, 5, 1), ref=ref, provider=machine) for metric, value in rows.items()]


def told(value: float | str | None, known: list[Known], hardware: str | None = HERE) -> Judged:
    claim = Claim("c", "said", "throughput", "lab/one", metric="decode_tps", value=value and str(value), hardware=hardware)
    return judge(claim, known, TODAY)


def limit() -> float:
    card = accelerators.named(THERE)
    assert card
    return card.bytes_per_s / WEIGHTS


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(100, "supported"), (LOW * 0.99, "supported"), (50, "supported"), (HIGH * 1.05, "mixed"), (HIGH * 1.2, "contradicted")],
)
def test_on_the_same_hardware_the_interval_decides(value: float, verdict: str) -> None:
    found = told(value, probe())
    assert (found.verdict, found.confidence) == (verdict, "high")
    assert "98 to 102" in found.reason and [row.ref for row in found.evidence] == ["one"]


def test_the_hardware_is_known_by_any_of_its_names_and_a_machine_of_ours_by_its_own() -> None:
    card = accelerators.table()[0]
    assert told(100, probe(), card.also[0]).verdict == "supported"
    assert told(100, probe(machine="My Laptop"), "my laptop").verdict == "supported"


def test_of_several_files_the_one_nearest_to_the_claim_counts() -> None:
    slower = probe("two", decode_tps=50.0, decode_tps_lo=49.0, decode_tps_hi=51.0)
    found = told(100, [*slower, *probe()])
    assert found.verdict == "supported" and [row.ref for row in found.evidence] == ["one"]


@pytest.mark.parametrize(
    ("share", "verdict", "word"),
    [(roofline.SLACK + 0.1, "contradicted", "Impossible"), (0.95, "undecidable", "implausible"), (0.5, "undecidable", "possible")],
)
def test_on_other_hardware_only_the_impossible_is_decided(share: float, verdict: str, word: str) -> None:
    found = told(round(limit() * share, 3), probe(), THERE)
    assert found.verdict == verdict and word in found.reason and THERE in found.reason


def test_what_fits_no_memory_is_impossible_and_a_smaller_file_may_make_it_possible() -> None:
    large = probe("large", weights=10**13)
    assert told(1, large, THERE).verdict == "contradicted"
    assert told(1, [*large, *probe()], THERE).verdict == "undecidable"


@pytest.mark.parametrize(("value", "hardware"), [(100, "a machine of mist"), (None, HERE), (100, None)])
def test_without_number_hardware_or_data_sheet_nothing_is_decided(value: float | None, hardware: str | None) -> None:
    assert told(value, probe(), hardware).verdict == "undecidable"


def test_without_the_size_of_the_file_no_limit_is_known() -> None:
    rows = [row for row in probe() if row.metric != "token_bytes"]
    assert told(10**9, rows, THERE).verdict == "undecidable"


def test_a_cited_fact_goes_first() -> None:
    fact = Known("fact", "lab/one", "decode_tps", "300", source="someone")
    assert told(300, [*probe(), fact]).verdict == "supported"
