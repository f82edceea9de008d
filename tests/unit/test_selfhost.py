"""What running a model oneself costs: the formula against sums done by hand, and what must hold for every machine."""

from decimal import Decimal
from itertools import pairwise

import pytest

from market import accelerators, selfhost
from market.selfhost import Rate

RATE = Rate.of(100.0, 90.0, 110.0)


def test_a_machine_that_works_all_hour_makes_its_rate_times_3600_tokens() -> None:
    made = selfhost.cost(Decimal("3.6"), RATE)
    assert made.usd == Decimal("3.6") / (100 * 3600) * 1_000_000 == 10
    assert made.low < made.usd < made.high
    assert made.high == pytest.approx(Decimal("3.6") * 1_000_000 / (90 * 3600))


def test_idle_time_is_paid_for() -> None:
    points = selfhost.curve(Decimal(2), RATE)
    assert [points[0].utilisation, points[-1].utilisation] == [Decimal("0.01"), 1]
    assert all(one.cost.usd > next_.cost.usd for one, next_ in pairwise(points))
    assert points[0].cost.usd == pytest.approx(points[-1].cost.usd * 100)


def test_a_bought_machine_costs_its_price_over_its_life_and_its_power() -> None:
    hours = Decimal(2) * 8766
    assert selfhost.bought(hours, Decimal(2), Decimal(0), Decimal(0)) == 1
    assert selfhost.bought(Decimal(0), Decimal(2), Decimal(500), Decimal("0.30")) == Decimal("0.15")


def test_a_mix_takes_the_time_of_its_parts() -> None:
    mixed = selfhost.blended(Rate.of(300.0), Rate.of(10.0))
    assert mixed.tps == pytest.approx(Decimal(4) / (Decimal(3) / 300 + Decimal(1) / 10))
    assert mixed.low == mixed.tps == mixed.high


def test_at_the_break_even_both_cost_the_same() -> None:
    hour, api = Decimal(1), Decimal(20)
    even = selfhost.break_even(hour, RATE, api)
    assert even is not None and even.reached
    at = selfhost.cost(hour, RATE, even.utilisation)
    assert at.usd == pytest.approx(api)
    assert even.tokens_month * api / 1_000_000 == pytest.approx(hour * selfhost.HOURS_A_MONTH)


@pytest.mark.parametrize(("api", "reached"), [("100", True), ("2.78", None), ("0.01", False)])
def test_the_interval_decides_whether_a_break_even_is_sure(api: str, reached: bool | None) -> None:
    even = selfhost.break_even(Decimal(1), RATE, Decimal(api))
    assert even is not None and even.reached is reached


def test_nothing_is_cheaper_than_free() -> None:
    assert selfhost.break_even(Decimal(1), RATE, Decimal(0)) is None


def test_a_rented_accelerator_is_known_by_name_and_memory() -> None:
    known = accelerators.rented("H100", Decimal(80))
    assert known and known.name == "NVIDIA H100 80GB HBM3"
    assert accelerators.rented("A100", Decimal(40)) is None, "another memory is another card"
    assert accelerators.rented("T4", Decimal(16)) is None


def test_every_accelerator_has_its_sheet_and_where_it_was_read() -> None:
    for card in accelerators.table():
        assert card.source.startswith("https://") and card.read_at.startswith("https://"), card.name
        assert accelerators.named(card.name) == card
        for name in card.also:
            assert accelerators.named(name) == card
