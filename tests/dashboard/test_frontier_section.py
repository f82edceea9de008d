"""Open against closed on Outlook: what it says in words, figures and lines."""

from datetime import date, timedelta
from decimal import Decimal

from dashboard import frontier as section
from market import frontier
from market.frontier import Rated

START, END = date(2025, 1, 1), date(2026, 6, 1)


def market(days: int, ahead: int = 0) -> list[Rated]:
    """Ten closed models a month apart and open ones so many days behind, the last few of them still missing."""
    closed = [Rated(f"acme/closed-{n}", START + timedelta(30 * n), 40.0 + n, False, Decimal(8)) for n in range(10)]
    opened = [
        one._replace(model=f"acme/open-{n}", came_on=one.came_on + timedelta(days), is_open=True, usd=Decimal(2))
        for n, one in enumerate(closed)
    ]
    return closed + opened[: len(opened) - ahead]


def lag(known: list[Rated]) -> frontier.Lag:
    found = frontier.lag(known, END, date.min)
    assert found
    return found


def test_the_verdict_says_who_is_behind_and_by_how_much() -> None:
    assert section._verdict(lag(market(90))) == f"Open models reach what closed ones could {90 / frontier.DAYS_A_MONTH:.1f} months later."
    assert "months earlier" in section._verdict(lag(market(-60)))
    assert "The best closed model is 2 points ahead" in section._verdict(lag(market(30, ahead=2)))


def test_the_figures_name_both_models_of_the_price() -> None:
    known = market(30)
    told = {label: (value, hint) for label, value, hint in section._figures(lag(known), known, END)}
    value, hint = told["Closed over open price"]
    assert "4" in value and "acme/closed-9" in hint and "acme/open-9" in hint
    assert "Best open ahead" in {label for label, _, _ in section._figures(lag([*known, Rated("x/y", END, 60.0, True)]), known, END)}


def test_each_side_is_drawn_step_by_step_up_to_today() -> None:
    known = market(30)
    drawn = section._chart(known, END, "light").to_dict()
    (points,) = drawn["datasets"].values()
    assert len(points) == len(frontier.steps(known, True)) + len(frontier.steps(known, False)) + 2
    assert {point["side"] for point in points} == set(section.SIDES.values())
