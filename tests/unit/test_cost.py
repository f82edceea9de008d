"""What a usage costs on a sheet: its properties, its conditions, its errors."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.cost import Price, Sheet, Unpriced
from market.effective import effective
from market.tariff import Offered, Span, Tariff
from market.units import Condition
from market.workload import NAMES, OddUsage, Profile, Usage, usage_name

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
MILLION = 1_000_000
amounts = st.decimals(min_value=0, max_value=1000, places=4)
counts = st.integers(min_value=0, max_value=10**7)
METERS = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "output_reasoning_mtok", "web_searches_kcount")


def sheet(**prices: Any) -> Sheet:
    return Sheet([Price(meter, None, Decimal(str(usd)), {}) for meter, usd in prices.items()])


def of(*prices: tuple[str, str | None, Any], below: Sheet | None = None) -> Sheet:
    return Sheet([Price(meter, condition, Decimal(str(usd)), {}) for meter, condition, usd in prices], below)


def cost(prices: Sheet, at: datetime = NOON, when: tuple[str, ...] = (), **usage: Any) -> Decimal:
    bill = prices.bill(Usage.of(usage), at, frozenset(when))
    assert bill.usd == sum((line.usd for line in bill.lines), Decimal(0))
    return bill.usd


@st.composite
def sheets(draw: st.DrawFn) -> list[Price]:
    """Prices of every meter, dearer (never cheaper) above a threshold."""
    over = draw(st.sampled_from([128_000, 200_000]))
    known = []
    for meter in METERS:
        usd = draw(amounts)
        known.append(Price(meter, None, usd, {}))
        if draw(st.booleans()):
            known.append(Price(meter, f"input>{over}", usd + draw(amounts), {}))
    return known


@st.composite
def usages(draw: st.DrawFn) -> dict[str, int]:
    read, written, reasoning = draw(counts), draw(counts), draw(counts)
    return {
        "input_tokens": draw(counts) + read + written, "output_tokens": draw(counts) + reasoning, "cache_read_tokens": read,
        "cache_write_tokens": written, "output_reasoning_tokens": reasoning, "web_searches": draw(counts),
    }  # fmt: skip


@given(sheets(), usages(), st.integers(min_value=1, max_value=50))
def test_linear_in_tokens_within_a_tier(prices: list[Price], usage: dict[str, int], times: int) -> None:
    one, made = Sheet(prices), {name: count * times for name, count in usage.items()}
    assert cost(one, **made, requests=times) == times * cost(one, **usage)
    tier = [limit for limit in (128_000, 200_000) if usage["input_tokens"] > limit]
    if tier == [limit for limit in (128_000, 200_000) if made["input_tokens"] > limit]:
        assert cost(one, **made) == times * cost(one, **usage)


@given(sheets(), usages(), st.sampled_from(sorted(NAMES)), counts)
def test_never_negative_and_never_less_for_more(prices: list[Price], usage: dict[str, int], name: str, more: int) -> None:
    """A read or written cache token more is an input token more, too; dearer tiers never make more tokens cheaper."""
    one, before = Sheet(prices), cost(Sheet(prices), **usage)
    assert before >= 0
    if name in usage:
        grown = {**usage, name: usage[name] + more}
        for whole, parts in (
            ("input_tokens", ("cache_read_tokens", "cache_write_tokens")),
            ("output_tokens", ("output_reasoning_tokens",)),
        ):
            grown[whole] += more if name in parts else 0
        assert cost(one, **grown) >= before


@given(sheets(), usages(), st.randoms(use_true_random=False))
def test_the_order_of_prices_and_usage_does_not_matter(prices: list[Price], usage: dict[str, int], chance: Any) -> None:
    shuffled, items = list(prices), list(usage.items())
    chance.shuffle(shuffled)
    chance.shuffle(items)
    one, other = Sheet(prices).bill(Usage.of(usage), NOON), Sheet(shuffled).bill(Usage.of(dict(items)), NOON)
    assert one == other


@given(usages())
def test_a_free_plan_costs_nothing(usage: dict[str, int]) -> None:
    free = sheet(**dict.fromkeys(METERS, 0))
    assert cost(free, **usage) == 0


def test_cached_tokens_are_counted_inside_the_input() -> None:
    prices = sheet(input_mtok=2, output_mtok=8, cache_read_mtok="0.5", cache_write_mtok="2.5", cache_write_1h_mtok=4)
    used = {"input_tokens": MILLION, "cache_read_tokens": 400_000, "cache_write_tokens": 300_000, "cache_write_1h_tokens": 100_000}
    assert cost(prices, **used) == Decimal("0.6") + Decimal("0.2") + Decimal("0.5") + Decimal("0.4")


def test_an_unpriced_cache_read_costs_the_input_price_and_says_so() -> None:
    bill = sheet(input_mtok=2).bill(Usage.of({"input_tokens": 10, "cache_read_tokens": 4}), NOON)
    noted = {line.meter: line.note for line in bill.lines}
    assert noted == {"input_mtok": None, "cache_read_mtok": "no price for cached input: billed as input"}
    assert bill.usd == Decimal("0.00002")


@pytest.mark.parametrize("meter", sorted(set(NAMES.values()) - {"input_mtok", "cache_read_mtok", "requests_kcount"}))
def test_any_other_unpriced_meter_is_an_error_that_names_it(meter: str) -> None:
    total = {"input_tokens": 10} | ({"output_tokens": 10} if "output" in meter and meter.endswith("mtok") else {})
    prices = sheet(input_mtok=1, **({"output_mtok": 1} if "output_tokens" in total and meter != "output_mtok" else {}))
    if meter in ("cache_audio_read_mtok", "cache_image_read_mtok"):
        total |= {usage_name(meter.replace("cache_", "input_").replace("_read", "")): 0}
    with pytest.raises(Unpriced, match=meter):
        cost(prices, **{**total, usage_name(meter): 3})


@pytest.mark.parametrize(
    ("usage", "says"),
    [
        ({"input_tokens": 1, "cache_read_tokens": 2}, "input_tokens .1. is less than cache_read_tokens"),
        ({"cache_read_tokens": 2}, "without input_tokens"),
        ({"frobs": 2}, "'frobs'"),
        ({"input_tokens": -1}, "0 or more"),
        ({"input_tokens": True}, "not a count"),
        ({"input_tokens": "many"}, "not a count"),
        ({"input_tokens": float("nan")}, "not a count"),
        ({"input_tokens": 1, "requests": 0}, "requests is 0"),
        ({"reasoning_tokens": 1, "output_reasoning_tokens": 1}, "twice"),
    ],
)
def test_odd_usage_is_told(usage: dict[str, Any], says: str) -> None:
    with pytest.raises(OddUsage, match=says):
        cost(sheet(input_mtok=1, cache_read_mtok=1), **usage)


def test_tiers_are_strict_or_not_and_hold_for_the_whole_request() -> None:
    strict = of(("input_mtok", None, 1), ("input_mtok", "input>200000", 2))
    loose = of(("input_mtok", None, 1), ("input_mtok", "input>=200000", 2))
    assert [cost(strict, input_tokens=n) for n in (200_000, 200_001)] == [Decimal("0.2"), Decimal("0.400002")]
    assert [cost(loose, input_tokens=n) for n in (199_999, 200_000)] == [Decimal("0.199999"), Decimal("0.4")]
    assert cost(strict, input_tokens=400_000, requests=2) == Decimal("0.4"), "the tier is that of one request"


def test_a_tier_may_price_only_what_is_above_it() -> None:
    prices = of(("input_mtok", None, 1), ("input_mtok", "input>200000; part above", 2), ("input_mtok", "input>500000; part above", 3))
    assert cost(prices, input_tokens=200_000) == Decimal("0.2")
    assert cost(prices, input_tokens=MILLION) == Decimal("0.2") + Decimal("0.6") + Decimal("1.5")
    assert Condition.parse("input>200000; part above") == Condition(input_over=200_000, part=True)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("utc 16:30-00:30", [(2, "16:30"), (3, "00:29")], [(2, "16:29"), (2, "00:30")]),
        ("utc mon-fri 01:00-04:00", [(1, "01:00"), (5, "03:59")], [(6, "02:00"), (1, "04:00")]),
        ("utc fri 22:00-02:00", [(5, "23:00"), (6, "01:59")], [(6, "23:00"), (5, "01:00")]),
        ("utc sat-sun 00:00-24:00", [(6, "00:00"), (7, "23:59")], [(1, "00:00"), (5, "23:59")]),
        ("utc sun 22:00-02:00", [(7, "22:00"), (1, "01:00")], [(7, "01:00"), (2, "01:00")]),
    ],
)
def test_hours_and_days(text: str, inside: list[tuple[int, str]], outside: list[tuple[int, str]]) -> None:
    prices = of(("input_mtok", None, 1), ("input_mtok", text, 2))
    assert Condition.parse(text).text() == text
    for told, expected in ((inside, 2), (outside, 1)):
        for day, clock in told:
            at = datetime.combine(datetime(2026, 11, 15 + day).date(), datetime.strptime(clock, "%H:%M").time(), UTC)
            assert cost(prices, at, input_tokens=MILLION) == expected, (day, clock)


def test_an_instant_of_another_zone_is_one_in_utc() -> None:
    prices = of(("input_mtok", None, 1), ("input_mtok", "utc 01:00-04:00", 2))
    assert cost(prices, datetime.fromisoformat("2026-11-18T10:00+08:00"), input_tokens=MILLION) == 2


def test_further_words_hold_only_where_they_are_said() -> None:
    prices = of(("input_mtok", None, 1), ("input_mtok", "region us", "1.1"), ("web_searches_kcount", "search low", 5))
    assert cost(prices, input_tokens=MILLION) == 1
    assert cost(prices, when=("region us",), input_tokens=MILLION) == Decimal("1.1")
    with pytest.raises(Unpriced, match="'search low'"):
        cost(prices, input_tokens=1, web_searches=1)
    assert cost(prices, when=("search low",), web_searches=1000) == 5


def test_a_condition_is_partial_and_a_plan_falls_back() -> None:
    standard = of(("input_mtok", None, 2), ("output_mtok", None, 8), ("input_mtok", "input>200000", 4))
    batch = of(("input_mtok", None, 1), below=standard)
    bill = batch.bill(Usage.of({"input_tokens": MILLION, "output_tokens": MILLION}), NOON)
    assert bill.usd == 1 + 8
    assert [line.note for line in bill.lines] == [None, "not priced under this plan: the standard plan's price"]
    long, far = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    tariffs = [Tariff([Span(Price("input_mtok", None, Decimal(usd), {}), long, far, 0)]) for usd in (0, 2)]
    for plan, usd in (("free", None), ("batch", 0)):
        offered = Offered(Tariff() if usd is None else tariffs[0], tariffs[1], plan).sheet(NOON)
        if usd is None:
            with pytest.raises(Unpriced):
                cost(offered, input_tokens=1)
        else:
            assert cost(offered, input_tokens=1) == usd


def test_prices_change_at_their_edges() -> None:
    early, late, far = NOON - timedelta(days=2), NOON, datetime.max.replace(tzinfo=UTC)
    spans = [Span(Price("input_mtok", None, Decimal(usd), {}), begin, end, 0) for usd, begin, end in ((1, early, late), (2, late, far))]
    offered = Offered(Tariff(spans))
    assert cost(offered.sheet(late - timedelta(seconds=1)), input_tokens=MILLION) == 1
    assert cost(offered.sheet(late), input_tokens=MILLION) == 2
    with pytest.raises(Unpriced):
        cost(offered.sheet(early - timedelta(seconds=1)), input_tokens=1)


def test_a_least_amount_is_billed_where_the_provider_does() -> None:
    whisper = Sheet([Price("input_audio_hours", None, Decimal("0.36"), {})], None, 10)
    assert [cost(whisper, input_audio_seconds=n) for n in (3, 10, 20)] == [Decimal("0.001"), Decimal("0.001"), Decimal("0.002")]
    assert cost(whisper, input_audio_seconds=3, requests=2) == Decimal("0.002")


def test_an_effective_price_is_that_of_the_week() -> None:
    prices = of(("input_mtok", None, 1), ("input_mtok", "utc mon-fri 00:00-12:00", 3), ("output_mtok", None, 4))
    entry = {"input_tokens": 3000, "output_tokens": 1000}
    even = effective(Profile.of("even", {"request": [entry]}), prices)
    week = (Decimal(1) * (7 * 24 - 5 * 12) + 3 * 5 * 12) / (7 * 24)
    assert even.usd == (3 * week + 4) / 4
    assert sum(even.parts.values()) == even.usd
    night = Profile.of("night", {"request": [entry], "hours": [{"utc": "00:00-06:00", "days": [1, 2, 3, 4, 5]}]})
    assert effective(night, prices).usd == (3 * Decimal(3) + 4) / 4
    half = Profile.of("half", {"request": [entry], "batched": Decimal("0.5")})
    assert effective(half, sheet(input_mtok=2, output_mtok=2), sheet(input_mtok=1, output_mtok=1)).usd == Decimal("1.5")
    assert effective(half, sheet(input_mtok=2, output_mtok=2)).notes == ("no batch on sale: the price of an answer at once",)


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"frob": 1, "request": [{"input_tokens": 1}]},
        {"request": [{"input_tokens": 1, "share": Decimal("0.5")}]},
        {"request": [{"input_tokens": 1, "cached": 2}]},
        {"request": {"input_tokens": 1}},
        {"request": [{"input_tokens": 1}], "hours": [{"utc": "18:00-06:00"}]},
        {"request": [{"input_tokens": 1}], "hours": [{"utc": "late"}]},
        {"request": [{"input_tokens": 1}], "batched": 2},
        {"request": [{"input_tokens": 1}], "choices": "region us"},
    ],
)
def test_an_odd_profile_is_told(table: dict[str, Any]) -> None:
    with pytest.raises(OddUsage, match="profile"):
        Profile.of("mine", table)
