"""Forecasts of floors: nothing of the future is used, bands are what they say, losses are the textbook's, and the gate opens and shuts."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.backtest import Interval, Score, backtest, earns, holder, losses_of, ratio
from market.forecast import CELLS, CHALLENGER, FINE, HORIZONS, NO_CHANGE, QUANTILES, Rates, Step, begun, outlooks, panel, unchanged

ZERO = date(2024, 1, 1)
LAST = ZERO + timedelta(days=500)


def on(number: int) -> date:
    return ZERO + timedelta(days=number)


def market(seed: int, models: int = 30, days: int = 500, often: float = 0.02, fall: float = 0.8) -> dict[str, list[Step]]:
    """Floors that fall and rise at random."""
    chance = np.random.default_rng(seed)
    found: dict[str, list[Step]] = {}
    for number in range(models):
        steps = [Step(on(int(chance.integers(0, 40))), Decimal(10), "start", 1)]
        for day in range(41, days):
            if chance.random() < often:
                usd = (steps[-1].usd or Decimal(1)) * Decimal(str(round(chance.choice([fall, 1 / fall], p=[0.8, 0.2]), 3)))
                steps.append(Step(on(day), usd, str(chance.choice(["entry", "cut"])), int(chance.integers(1, 4))))
        found[f"lab/m{number} input_mtok"] = steps
    return found


def said(histories: dict[str, list[Step]], day: date) -> list[tuple[object, ...]]:
    return list(outlooks(histories, day, LAST))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 5), st.integers(150, 450), st.integers(0, 10_000))
def test_what_is_said_of_a_day_needs_nothing_of_that_day_or_later(seed: int, day: int, other: int) -> None:
    known = market(seed)
    before = {name: [step for step in steps if step.day < on(day)] for name, steps in known.items()}
    strange = {name: [*steps, Step(on(day + other % 7), Decimal("0.001"), "entry", 1)] for name, steps in before.items()}
    assert said(known, on(day)) == said(before, on(day)) == said(strange, on(day)) != []


@pytest.mark.parametrize("day", [200, 311, 420])
def test_a_backtest_says_on_a_past_day_what_was_said_then(day: int) -> None:
    known = market(3)
    whole, then = panel(known, LAST), panel(known, on(day - 1))
    place = (on(day) - whole.first).days
    assert place == len(then.log)
    for days in HORIZONS:
        np.testing.assert_array_equal(whole.known(place, days, False), then.known(place, days, False))
        np.testing.assert_allclose(Rates(whole, False).masses(place, days), Rates(then, False).masses(place, days))
    np.testing.assert_array_equal(whole.cells[place - 1], then.cells[place - 1])


def test_steps_are_known_only_when_they_have_been_made() -> None:
    known = panel(market(1), LAST)
    for place in (0, 28, 29, 42, 43, 200):
        for days in HORIZONS:
            made = [s for s in range(14, len(known.log), 14) if s + days < place]
            plain = [known.log[s + days, c] - known.log[s - 1, c] for s in made for c in range(len(known.names))]
            np.testing.assert_allclose(np.sort(known.known(place, days, False)), np.sort([one for one in plain if not math.isnan(one)]))


@given(st.lists(st.sampled_from([-1.0, -0.3, -0.1, 0.0, 0.0, 0.0, 0.2, 0.7]), min_size=40, max_size=200))
def test_no_change_stays_and_its_band_holds_as_much_of_the_past_as_it_says(steps: list[float]) -> None:
    found = unchanged(np.array(steps))
    band = dict(zip(QUANTILES, found.steps[0], strict=True))
    assert band[0.5] == 0
    assert list(band.values()) == sorted(band.values())
    for low, high in ((0.05, 0.95), (0.1, 0.9), (0.25, 0.75)):
        inside = sum(band[low] <= step <= band[high] for step in steps)
        assert inside >= (high - low) * len(steps) - 1e-9
    assert found.directions[0].sum() == pytest.approx(1)


def test_no_change_keeps_every_digit_of_the_price() -> None:
    known = {name: [Step(on(0), Decimal("0.123456789"), "start", 1)] for name in ("lab/a x", "lab/b x", "lab/c x")}
    told = [one for one in outlooks(known, on(400), LAST) if one.method == NO_CHANGE]
    assert len(told) == 3 * len(HORIZONS)
    assert {one.values[QUANTILES.index(0.5)] for one in told} == {Decimal("0.123456789")}


def test_events_at_a_steady_rate_are_a_compound_poisson_process() -> None:
    usd = [Decimal(8) / 2 ** (day // 50) for day in range(0, 500, 50)]
    known = {f"lab/m{n} x": [Step(on(50 * k), one, "entry", 5) for k, one in enumerate(usd)] for n in range(40)}
    rates = Rates(panel(known, LAST), False)
    mass = rates.masses(500, 91)
    steps = ((np.arange(CELLS) + CELLS // 2) % CELLS - CELLS // 2) * FINE
    young = 0  # series of the youngest kind that do not stand alone
    exposed, events = rates.exposed[499, young], rates.counted[499, 0, young]
    usual = rates.counted[499, 0].sum() / rates.exposed[499].sum()
    rate = (events + 5) / (exposed + 5 / usual)
    assert mass[young, 0] == pytest.approx(math.exp(-91 * rate), rel=1e-6)
    assert (mass[young] * steps).sum() == pytest.approx(91 * rate * -0.69, rel=1e-6)  # ln 2 on a grid of hundredths


@settings(max_examples=30)
@given(st.lists(st.floats(-2, 2), min_size=7, max_size=7), st.floats(-2, 2))
def test_losses_are_the_textbook_s(steps: list[float], came: float) -> None:
    steps = sorted(steps)
    found = losses_of(np.array([steps]), np.array([[0.2, 0.7, 0.1]]), np.array([came]))
    plain = [level * (came - step) if came >= step else (1 - level) * (step - came) for level, step in zip(QUANTILES, steps, strict=True)]
    assert found["pinball"][0] == pytest.approx(sum(plain) / len(plain))
    assert found["error"][0] == pytest.approx(abs(came - steps[3]))
    assert found["inside"][0] == (steps[1] - 1e-9 < came < steps[5] + 1e-9)
    truth = [came < 0, came == 0, came > 0]
    assert found["brier"][0] == pytest.approx(sum((p - t) ** 2 for p, t in zip([0.2, 0.7, 0.1], truth, strict=True)))


def test_the_interval_of_a_ratio_is_of_things_not_of_rows() -> None:
    chance = np.random.default_rng(1)
    base = chance.random(400)
    better = base * np.repeat(chance.uniform(0.4, 1.2, 20), 20)
    by_thing, by_row = ratio(better, base, np.repeat(np.arange(20), 20)), ratio(better, base, np.arange(400))
    assert by_thing is not None and by_row is not None
    assert [by_thing.value, by_row.value] == pytest.approx([better.sum() / base.sum()] * 2)
    assert by_thing.high - by_thing.low > 1.5 * (by_row.high - by_row.low)
    assert ratio(base, base, np.arange(400)) == Interval(1, 1, 1)
    assert ratio(base, np.zeros(400), np.arange(400)) is None


GOOD = Score(
    "one", "one model", 28, CHALLENGER, 200, 20, 0.1, 1.0, 0.05, 0.8, 0.5, 0.3, Interval(0.9, 0.8, 0.99), Interval(0.1, 0, 0.2), None
)


def worse() -> Iterator[Score]:
    yield replace(GOOD, n=199)
    yield replace(GOOD, n_series=19)
    yield replace(GOOD, coverage_80=0.74)
    yield replace(GOOD, coverage_80=0.96)
    yield replace(GOOD, error_ratio=Interval(0.9, 0.8, 1.0))
    yield replace(GOOD, error_ratio=None)
    yield replace(GOOD, method=NO_CHANGE)


def test_the_gate_opens_on_two_sets_of_floors_and_for_nothing_less() -> None:
    other = replace(GOOD, floors="two")
    assert holder([GOOD, other], "one model", 28) == CHALLENGER
    assert holder([GOOD, GOOD], "one model", 28) == NO_CHANGE
    assert holder([GOOD, other], "one model", 91) == holder([GOOD, other], "family", 28) == NO_CHANGE
    for bad in worse():
        assert not earns(bad)
        assert holder([bad, other], "one model", 28) == NO_CHANGE


def test_where_floors_really_fall_the_challenger_wins_and_where_they_wander_it_does_not() -> None:
    falling = backtest(panel(market(7, models=60, often=0.05, fall=0.6), LAST), "falling")
    still = backtest(panel(market(8, models=60, often=0.002), LAST), "still")
    assert [earns(one) for one in falling if (one.method, one.horizon_days) == (CHALLENGER, 91)] == [True]
    assert not any(earns(one) for one in still)
    assert {one.n_series for one in falling} == {60}


def test_a_history_begins_where_it_is_told_to() -> None:
    steps = [Step(on(0), Decimal(3), "start", 1), Step(on(9), Decimal(2), "cut", 1)]
    assert begun(steps, on(4)) == [Step(on(4), Decimal(3), "start", 1), steps[1]]
    assert begun(steps, on(9)) == [steps[1]]
    assert begun(steps[1:], on(4)) == steps[1:]


def test_nothing_known_says_nothing() -> None:
    assert said({}, on(9)) == []
    assert backtest(panel({}, LAST)) == []
    assert said({"lab/a x": [Step(on(0), Decimal(1), "start", 1)]}, on(20)) == []
