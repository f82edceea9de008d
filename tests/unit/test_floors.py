"""Floors day by day, held against a plain look at each day; told piece by piece they are the same."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from market.floors import NEAR, Ask, Floor, blended, filled, floors, mixed

ZERO = datetime(2025, 1, 1, tzinfo=UTC)
TODAY = date(2025, 2, 1)


def hours(number: float) -> datetime:
    return ZERO + timedelta(hours=number)


def ask(
    usd: str | int,
    begin: float = 0,
    end: float = 10_000,
    thing: str = "a",
    agreement: int = 1,
    why: str = "entry",
    model: str | None = None,
) -> Ask:
    return Ask(thing, model or f"lab/{thing}", "p", Decimal(usd), hours(begin), hours(end), agreement, why)


@st.composite
def many(draw: st.DrawFn) -> list[Ask]:
    found = []
    for number in range(draw(st.integers(1, 6))):
        edges = sorted(draw(st.sets(st.integers(0, 600), min_size=2, max_size=6)))
        for begin, end in itertools.pairwise(edges):
            if draw(st.booleans()):
                usd = draw(st.sampled_from(["1", "2", "3", "12", "60"]))
                found.append(ask(usd, begin, end, f"t{number}", draw(st.integers(1, 2)), model=f"lab/{number // 2}"))
    return found


def on(told: list[Floor], day: date) -> Floor | None:
    before = [floor for floor in told if floor.day <= day]
    return before[-1] if before else None


def plainly(asks: list[Ask], day: date) -> tuple[Decimal, Decimal | None, int, str] | None:
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
    standing = sorted(
        (one.usd, one.thing, one.agreement, one.model)
        for one in asks
        if one.begin_at < end <= one.end_at and one.begin_at.date() < one.end_at.date()
    )
    for place, (usd, thing, agreement, model) in enumerate(standing):
        rest = standing[place + 1 :]
        same = [other[0] for other in rest if other[3] == model]
        if agreement > 1 or (rest and rest[0][0] <= NEAR * usd and (not same or same[0] <= NEAR * usd)):
            return usd, rest[0][0] if rest else None, 1 + sum(other <= usd * Decimal("1.1") for other, *_ in rest), thing
    return None


@given(many())
def test_each_day_has_the_lowest_confirmed_ask_at_its_end(asks: list[Ask]) -> None:
    told = floors(asks, TODAY)
    for number in range(32):
        day = date(2025, 1, 1) + timedelta(days=number)
        floor, plain = on(told, day), plainly(asks, day)
        if plain is None:
            assert floor is None or floor.usd is None
        else:
            assert floor is not None
            usd, second, within, _ = plain
            assert (floor.usd, floor.second_usd, floor.within) == (usd, second, within)


@given(many(), st.integers(0, 31), st.permutations(range(20)))
def test_told_from_a_day_on_they_are_the_same_in_any_order(asks: list[Ask], number: int, order: list[int]) -> None:
    whole, since = floors(asks, TODAY), date(2025, 1, 1) + timedelta(days=number)
    before = [floor for floor in whole if floor.day < since]
    start = datetime.combine(since, datetime.min.time(), UTC)
    later = [asks[place] for place in order if place < len(asks)] + asks[20:]
    rest = floors([one for one in later if one.end_at > start], TODAY, since, before[-1] if before else None)
    assert [floor[:5] for floor in before + rest] == [floor[:5] for floor in whole]


def test_a_lone_ask_far_below_the_rest_is_passed_over_and_named() -> None:
    (floor,) = floors([ask("0.0001"), ask(1, thing="b"), ask(2, thing="c")], TODAY)
    assert (floor.usd, floor.thing, floor.held_usd) == (1, "b", Decimal("0.0001"))


def test_a_lone_ask_far_below_what_others_ask_for_the_same_model_is_passed_over() -> None:
    speech, chat = ask("0.002", model="lab/voice"), ask("0.1", thing="b", model="lab/voice")
    rest = [ask("0.005", thing="c"), ask("0.006", thing="d")]
    (floor,) = floors([speech, *rest, chat], TODAY)
    assert (floor.usd, floor.thing, floor.held_usd) == (Decimal("0.005"), "c", Decimal("0.002"))
    (floor,) = floors([speech, *rest], TODAY)
    assert (floor.usd, floor.held_usd) == (Decimal("0.002"), None)


def test_two_sources_confirm_it() -> None:
    (floor,) = floors([ask("0.0001", agreement=2), ask(1, thing="b")], TODAY)
    assert (floor.usd, floor.held_usd) == (Decimal("0.0001"), None)


def test_why_it_moved() -> None:
    asks = [
        *(ask(10, thing=f"{n}") for n in range(3)),
        ask(8, 24, 48, "x"),
        ask(6, 48, 72, "x", why="change"),
        ask(7, 72, 96, "x", why="change"),
        ask(5, 120, 144, "y", why="coverage"),
    ]
    told = floors(asks, TODAY)
    assert [(floor.usd, floor.reason) for floor in told] == [
        (10, "start"), (8, "entry"), (6, "cut"), (7, "rise"), (10, "withdrawal"), (5, "coverage"), (10, "withdrawal"),
    ]  # fmt: skip


def test_a_blend_stands_while_both_its_parts_do() -> None:
    found = list(blended([ask(1, 0, 10), ask(2, 10, 30)], [ask(5, 5, 20)], (3, 1)))
    assert [(one.usd, one.begin_at, one.end_at) for one in found] == [(2, hours(5), hours(10)), (Decimal("2.75"), hours(10), hours(20))]


@given(many(), many(), many())
def test_a_mix_costs_at_every_instant_what_its_tokens_cost(inputs: list[Ask], reads: list[Ask], outputs: list[Ask]) -> None:
    tokens = Decimal(3), Decimal(5), Decimal(2)
    made = mixed(inputs, reads, outputs, tokens)
    for number in range(0, 600, 7):
        at = hours(number + 0.5)

        def standing(asks: list[Ask], at: datetime = at) -> dict[str, Decimal]:
            return {one.thing: one.usd for one in asks if one.begin_at <= at < one.end_at}

        read, cached, written = standing(inputs), standing(reads), standing(outputs)
        both = read.keys() & written.keys()
        assert standing(made) == {thing: (3 * read[thing] + 5 * cached.get(thing, read[thing]) + 2 * written[thing]) / 10 for thing in both}


def test_a_gap_is_filled_piece_by_piece_and_no_piece_is_an_entry() -> None:
    told = list(filled([ask(1, 5, 10), ask(1, 15, 20)], [ask(4, 0, 30), ask(9, 0, 5, "b")]))
    assert [(one.thing, one.usd, one.begin_at, one.end_at, one.why) for one in told[2:]] == [
        ("a", 4, hours(0), hours(5), "entry"),
        ("a", 4, hours(10), hours(15), "change"),
        ("a", 4, hours(20), hours(30), "change"),
        ("b", 9, hours(0), hours(5), "entry"),
    ]
