"""Open against closed: the lag of a made-up market whose lag is known, and what must hold of any."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from market import frontier
from market.frontier import DAYS_A_MONTH, Rated

START, END = date(2024, 1, 1), date(2026, 12, 31)
MODELS = st.lists(
    st.builds(
        Rated,
        st.sampled_from("abcdefgh"),
        st.dates(START, END),
        st.integers(0, 100).map(float),
        st.booleans(),
        st.integers(1, 9).map(Decimal),
    ),
    max_size=25,
)


def market(days: int, steps: int = 20) -> list[Rated]:
    """A closed model every thirty days, one point better each, and the same open ones some days later."""
    closed = [Rated(f"closed-{n}", START + timedelta(30 * n), 50.0 + n, False, Decimal(10)) for n in range(steps)]
    opened = [Rated(f"open-{n}", one.came_on + timedelta(days), one.score, True, Decimal(2)) for n, one in enumerate(closed)]
    return closed + opened


def test_a_lag_that_was_put_in_is_found_with_its_sign() -> None:
    for days in (120, 45, -60):
        found = frontier.lag(market(days), END, START)
        assert found and abs(found.months - days / DAYS_A_MONTH) < 0.05
        assert found.low <= found.months <= found.high + 1


def test_what_open_has_not_reached_yet_is_said_apart() -> None:
    known = market(90)
    on = max(one.came_on for one in known if not one.is_open)
    found = frontier.lag(known, on, START)
    assert found and found.behind == 3 and found.waiting_months
    assert abs(found.waiting_months - 60 / DAYS_A_MONTH) < 0.05
    after = frontier.lag(known, END, START)
    assert after and after.behind == 0 and after.waiting_months is None


def test_only_scores_first_reached_since_a_day_count() -> None:
    slow = [Rated("old-open", START + timedelta(400), 10.0, True), Rated("old-closed", START, 10.0, False)]
    late = [one._replace(came_on=one.came_on + timedelta(500)) for one in market(30)]
    since = START + timedelta(450)
    found = frontier.lag(slow + late, END, since)
    whole = frontier.lag(slow + late, END, START)
    assert found and whole and found.score_low == 10.0 and found.months <= whole.months + 1e-9


def test_the_price_at_equal_score_compares_the_cheapest_of_each_side() -> None:
    known = [*market(30), Rated("cheap-and-poor", START, 1.0, False, Decimal("0.01"))]
    ratio = frontier.price_ratio(known, END)
    assert ratio and ratio[0] == Decimal(5) and ratio[1].model == "closed-19"
    assert frontier.price_ratio([one for one in known if one.is_open], END) is None
    assert frontier.price_ratio([], END) is None


@given(MODELS, st.dates(START, END))
def test_the_best_only_rises_and_the_lag_lies_within_what_was_seen(known: list[Rated], on: date) -> None:
    for side in (True, False):
        path = frontier.steps(known, side)
        assert all(one.score < two.score and one.came_on <= two.came_on for one, two in pairwise(path))
    found = frontier.lag(known, on, START)
    if found:
        assert abs(found.months) <= (END - START).days / DAYS_A_MONTH
        assert found.low <= found.high and found.score_low < found.score_high
    else:
        assert frontier.lag([one for one in known if one.came_on <= on], END, START) is None
