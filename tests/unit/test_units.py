"""Meters, the only conversions between price units, and the canonical text of conditions."""

from datetime import time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import UnknownUnit
from market.units import METERS, SUFFIXES, Condition, plain, unit, usd

AMOUNTS = st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False, places=15)


def test_every_meter_names_its_unit() -> None:
    assert all(meter.rpartition("_")[2] in SUFFIXES and unit(meter) for meter in METERS)


@pytest.mark.parametrize(
    ("meter", "amount", "per", "price"),
    [
        ("input_mtok", "1.5e-07", 1, "0.15"),
        ("input_mtok", "0.15", 1_000_000, "0.15"),
        ("output_mtok", "0.0006", 1, "600"),
        ("input_mtok", "0.0000014", 100, "0.014"),
        ("web_searches_kcount", "0.035", 1, "35"),
        ("requests_kcount", "35", 1000, "35"),
        ("audio_hours", "0.0001", 1, "0.36"),
        ("output_gpixels", "0.04", 1_000_000, "40"),
        ("storage_gbdays", "0.1", 1, "0.1"),
        ("input_mtok", "0", 1, "0"),
        ("input_mtok", "-0.000001", 1, "-1"),
    ],
)
def test_prices_convert_exactly(meter: str, amount: str, per: int, price: str) -> None:
    assert str(usd(meter, Decimal(amount), per)) == price


@given(st.sampled_from(sorted(METERS)), AMOUNTS, st.sampled_from([1, 100, 1000, 1_000_000]))
def test_no_conversion_loses_anything(meter: str, amount: Decimal, per: int) -> None:
    base = SUFFIXES[meter.rpartition("_")[2]][0]
    assert Fraction(usd(meter, amount, per)) == Fraction(amount) * base / per


@given(AMOUNTS)
def test_one_price_has_one_spelling(amount: Decimal) -> None:
    spelled = plain(amount)
    assert (spelled == amount and "E" not in str(spelled)) or spelled < Decimal("1e-6")
    assert str(plain(Decimal(f"{amount:f}00") if "." in f"{amount:f}" else amount)) == str(spelled)


@pytest.mark.parametrize("odd", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_price(odd: str) -> None:
    with pytest.raises(UnknownUnit, match="is not a price"):
        usd("input_mtok", Decimal(odd))


@pytest.mark.parametrize("meter", ["input", "input_tok", "", "mtok", "input_mtoks"])
def test_an_unknown_meter_is_refused_by_name(meter: str) -> None:
    with pytest.raises(UnknownUnit, match="there is no meter"):
        usd(meter, 1)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (Condition(), None),
        (Condition(input_over=200_000), "input>200000"),
        (Condition(input_from=200_000), "input>=200000"),
        (Condition(window=(time(16, 30), time(0, 30))), "utc 16:30-00:30"),
        (Condition(window=(time(10), time(0))), "utc 10:00-24:00"),
        (Condition(window=(time(0), time(0))), "utc 00:00-24:00"),
        (Condition(window=(time(1), time(4)), days=(1, 2, 3, 4, 5)), "utc mon-fri 01:00-04:00"),
        (Condition(window=(time(1), time(4)), days=(5, 1, 3)), "utc mon,wed,fri 01:00-04:00"),
        (Condition(days=(6, 7)), "utc sat-sun 00:00-24:00"),
        (Condition(days=(7, 1)), "utc mon,sun 00:00-24:00"),
        (Condition(window=(time(1), time(4)), days=(1, 2, 3, 4, 5, 6, 7)), "utc 01:00-04:00"),
        (Condition(extra=("resolution 1080p", "region us")), "region us; resolution 1080p"),
        (Condition(input_over=200_000, extra=("region us",)), "input>200000; region us"),
    ],
)
def test_a_condition_has_one_text(condition: Condition, text: str | None) -> None:
    assert condition.text() == text


@given(
    st.lists(st.integers(1, 7), max_size=7),
    st.lists(st.sampled_from(["region us", "search low", "cache explicit"]), max_size=3, unique=True),
)
def test_the_order_in_which_a_condition_is_told_does_not_matter(days: list[int], extra: list[str]) -> None:
    one = Condition(days=tuple(days), extra=tuple(extra)).text()
    assert one == Condition(days=tuple(reversed(days)), extra=tuple(reversed(extra))).text()
