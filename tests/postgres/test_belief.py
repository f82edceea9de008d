"""What is made of statements: intervals, moves, the belief, and what a person decides."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from pages import LONG_AGO, NOW, TO_COME, Line, Said, hour, load, records, row, sight

from db import judge, ledger
from market.errors import Misused

A, B = Line("p/a"), Line("p/b")
OUT = Line("p/a", "output_mtok")
TIER = Line("p/a", condition="input>200000")
MARCH, JUNE, SOON = (NOW - timedelta(days=200), NOW - timedelta(days=100), NOW + timedelta(days=100))


def dated(begin: datetime, line: Line = A) -> Line:
    return Line(line.offer, line.meter, line.condition, begin)


def d(amount: str | int) -> Decimal:
    return Decimal(str(amount))


def ask(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    found = connection.execute(query).fetchall()  # type: ignore[call-overload]
    connection.commit()
    return found


ONE_PAGE_A_DAY: dict[str, tuple[list[Said], list[tuple[Any, ...]]]] = {
    "the first page is where it begins, no news": ([{A: d(1)}], []),
    "cut": ([{A: d(2)}, {A: d(1)}], [("cut", hour(24), d(2), d(1), d("0.5"))]),
    "rise": ([{A: d(1)}, {A: d(3)}], [("rise", hour(24), d(1), d(3), d(3))]),
    "from free, no ratio": ([{A: d(0)}, {A: d(3)}], [("rise", hour(24), d(0), d(3), None)]),
    "to free": ([{A: d(3)}, {A: d(0)}], [("cut", hour(24), d(3), d(0), d(0))]),
    "new": ([{B: d(1)}, {B: d(1), A: d(1)}], [("new", hour(24), None, d(1), None)]),
    "tier added": ([{A: d(1)}, {A: d(1), TIER: d(2)}], [("tier_added", hour(24), None, d(2), None)]),
    "a new offer's tier is new": (
        [{B: d(1)}, {B: d(1), A: d(1), TIER: d(2)}],
        [("new", hour(24), None, d(1), None), ("new", hour(24), None, d(2), None)],
    ),
    "missing twice is no news": ([{A: d(1), B: d(1)}, {B: d(1)}, {B: d(1)}, {A: d(1), B: d(1)}], []),
    "missing twice and back cheaper": (
        [{A: d(2), B: d(1)}, {B: d(1)}, {B: d(1)}, {A: d(1), B: d(1)}],
        [("cut", hour(72), d(2), d(1), d("0.5"))],
    ),
    "withdrawn": ([{A: d(1), B: d(1)}, {B: d(1)}, {B: d(1)}, {B: d(1)}], [("withdrawn", hour(24), d(1), None, None)]),
    "relisted": (
        [{A: d(1), B: d(1)}, {B: d(1)}, {B: d(1)}, {B: d(1)}, {A: d(1), B: d(1)}],
        [("withdrawn", hour(24), d(1), None, None), ("relisted", hour(96), None, d(1), None)],
    ),
    "a line of an offer that stays": ([{A: d(1), OUT: d(2)}, {A: d(1)}], [("withdrawn", hour(24), d(2), None, None)]),
    "stated from a day": ([{dated(MARCH): d(2)}, {dated(MARCH): d(2), dated(JUNE): d(1)}], [("cut", JUNE, d(2), d(1), d("0.5"))]),
    "a past that the first page tells": ([{dated(MARCH): d(2), dated(JUNE): d(1)}], [("cut", JUNE, d(2), d(1), d("0.5"))]),
    "an undated price that a dated one has replaced was before it": ([{A: d(2), dated(JUNE): d(1)}], [("cut", JUNE, d(2), d(1), d("0.5"))]),
    "announced": ([{A: d(2)}, {A: d(2), dated(SOON): d(1)}], [("cut", SOON, d(2), d(1), d("0.5"))]),
    "announced and canceled": ([{A: d(2)}, {A: d(2), dated(SOON): d(1)}, {A: d(2)}], []),
    "corrected": ([{dated(MARCH): d(2)}, {dated(MARCH): d(3)}], [("correction", MARCH, d(2), d(3), d("1.5"))]),
    "over before it was seen": ([{A: (d(1), hour(-9)), dated(MARCH): d(2)}], []),
    "a dated line takes the undated one's place, and the offer goes": (
        [{A: d(2), B: d(1)}, {dated(JUNE): d(1), B: d(1)}, {B: d(1)}, {B: d(1)}, {B: d(1)}],
        [("cut", JUNE, d(2), d(1), d("0.5")), ("withdrawn", hour(48), d(1), None, None)],
    ),
}


@pytest.mark.parametrize("case", ONE_PAGE_A_DAY)
def test_moves(clean: psycopg.Connection, case: str) -> None:
    days, expected = ONE_PAGE_A_DAY[case]
    for day, said in enumerate(days):
        load(clean, row(), [sight(hour(24 * day), records(said))])
    found = ask(
        clean, "select kind, changed_at, old_usd, new_usd, ratio from market.price_change order by changed_at, meter, condition nulls first"
    )
    assert found == expected


def test_a_held_price_is_no_move(clean: psycopg.Connection) -> None:
    for day, amount in enumerate(("1", "4000", "1", "2")):
        load(clean, row(), [sight(hour(24 * day), records({A: d(amount), B: d(1)}))])
    assert ask(clean, "select kind, old_usd, new_usd from market.price_change") == [("rise", d(1), d(2))]
    assert ask(clean, "select price_usd from market.quote_history where quarantined") == [(d(4000),)]


VALID: dict[str, tuple[list[Said], list[tuple[Any, ...]]]] = {
    "stands": ([{A: d(1)}], [(d(1), hour(0), None, None)]),
    "changed": ([{A: d(1)}, {A: d(2)}], [(d(1), hour(0), hour(24), hour(24)), (d(2), hour(24), None, None)]),
    "a stated end": ([{A: (d(1), TO_COME)}], [(d(1), hour(0), TO_COME, None)]),
    "gone before its stated end": ([{A: (d(1), TO_COME)}, {}], [(d(1), hour(0), hour(24), hour(24))]),
    "over before it was seen": ([{A: (d(1), LONG_AGO)}], [(d(1), hour(0), hour(0), None)]),
    "in force since": ([{dated(JUNE): d(1)}], [(d(1), JUNE, None, None)]),
    "canceled before it came": ([{dated(SOON): d(1)}, {}], [(d(1), SOON, SOON, hour(24))]),
    "corrected before it came": ([{dated(SOON): d(1)}, {dated(SOON): d(2)}], [(d(1), SOON, SOON, hour(24)), (d(2), SOON, None, None)]),
    "corrected afterwards": ([{dated(JUNE): d(1)}, {dated(JUNE): d(2)}], [(d(1), JUNE, JUNE, hour(24)), (d(2), JUNE, None, None)]),
    "withdrawn after it came": ([{dated(JUNE): d(1)}, {}], [(d(1), JUNE, hour(24), hour(24))]),
}


@pytest.mark.parametrize("case", VALID)
def test_intervals(clean: psycopg.Connection, case: str) -> None:
    days, expected = VALID[case]
    for day, said in enumerate(days):
        load(clean, row(), [sight(hour(24 * day), records(said, ["p/other"]))])
    assert ask(clean, "select price_usd, valid_from, valid_to, gone_at from market.quote_history order by seen_at") == expected


def price(connection: psycopg.Connection, columns: str = "price_usd, source, agreement, sources_asked, spread") -> list[tuple[Any, ...]]:
    return ask(connection, f"select {columns} from market.price order by source_key, meter, condition nulls first")


def said(connection: psycopg.Connection, source: ledger.SourceRow, amount: str, at: datetime = NOW) -> None:
    load(connection, source, [sight(at, records({A: d(amount)}), f"https://{source.name}.test/")])


def test_the_better_trusted_source_is_believed_and_agreement_counts_families_once(clean: psycopg.Connection) -> None:
    said(clean, row("tracker", trust=4), "2")
    said(clean, row("tracker_copy", trust=4, family="tracker"), "2")
    assert price(clean) == [(d(2), "tracker", 1, 1, d(1))]
    said(clean, row("second", trust=4), "2")
    said(clean, row("third", trust=4), "1")
    assert price(clean)[0][2:] == (2, 3, d(2))
    said(clean, row("router", trust=3), "3")
    assert price(clean) == [(d(3), "router", 1, 4, d(3))]
    said(clean, row("provider", trust=1), "1")
    assert price(clean) == [(d(1), "provider", 2, 5, d(3))]


def test_among_equals_agreement_decides(clean: psycopg.Connection) -> None:
    said(clean, row("newest"), "3", NOW)
    said(clean, row("one"), "2", hour(0))
    said(clean, row("two"), "2", hour(1))
    assert price(clean, "price_usd, source, agreement") == [(d(2), "two", 2)]


def test_a_source_past_its_limit_is_believed_last_and_no_sooner(clean: psycopg.Connection) -> None:
    late = row("provider", trust=1, fail_after=timedelta(days=60))
    said(clean, late, "1", NOW - timedelta(days=59))
    said(clean, row("tracker"), "2", NOW)
    assert price(clean, "price_usd, source, stale") == [(d(1), "provider", False)]
    clean.execute("update ledger.source set fail_after = '58 days' where name = 'provider'")
    load(clean, row("tracker"), [sight(NOW + timedelta(seconds=1), records({A: d(2), B: d(1)}), "https://tracker.test/")])
    assert price(clean, "price_usd, source, stale")[0] == (d(2), "tracker", False)
    said(clean, row("provider", trust=1, fail_after=timedelta(days=60)), "1", NOW)
    assert price(clean, "price_usd, source, stale")[0] == (d(1), "provider", False)


def test_a_free_price_has_no_spread(clean: psycopg.Connection) -> None:
    said(clean, row("one"), "0")
    said(clean, row("two"), "2")
    assert price(clean, "spread") == [(None,)]


def test_a_stated_price_takes_over_by_itself_when_its_time_comes(clean: psycopg.Connection) -> None:
    soon, end = datetime.now(UTC) + timedelta(seconds=2.5), datetime.now(UTC) + timedelta(seconds=5)
    load(clean, row(), [sight(hour(0), records({A: d(2), dated(soon): (d(1), end)}))])
    assert price(clean, "price_usd, valid_from_basis") == [(d(2), "seen")]
    while datetime.now(UTC) < soon:
        time.sleep(0.05)
    assert price(clean, "price_usd, valid_from_basis") == [(d(1), "stated")]
    while datetime.now(UTC) < end:
        time.sleep(0.05)
    assert price(clean, "price_usd, valid_from_basis")[0] == (d(2), "seen")


def test_the_last_good_price_ends_when_it_said_it_would(clean: psycopg.Connection) -> None:
    end = datetime.now(UTC) + timedelta(seconds=2.5)
    load(clean, row(), [sight(hour(0), records({A: (d(2), end), **many("1", 8)}))])
    load(clean, row(), [sight(hour(1), records({A: d(4000), **many("1", 8)}))])
    assert price(clean, "price_usd, held")[-1] == (d(2), "jump")
    while datetime.now(UTC) < end:
        time.sleep(0.05)
    assert len(price(clean)) == 8


def many(factor: str, names: int = 20) -> dict[Line, Decimal | tuple[Decimal, datetime | None]]:
    return {Line(f"p/{place}"): d(place + 1) * d(factor) for place in range(names)}


def test_a_page_scaled_as_a_whole_is_held_and_one_line_of_it_alone(clean: psycopg.Connection) -> None:
    load(clean, row(), [sight(hour(0), records(many("1")))])
    before = price(clean)
    for factor in ("1000", "0.001"):
        reason = load(clean, row(), [sight(hour(24), records(many(factor)))])
        assert isinstance(reason, str) and "20 of 20 prices moved" in reason
        clean.commit()
        assert price(clean) == before
    assert load(clean, row(), [sight(hour(24), records({**many("1"), Line("p/3"): d(4000)}))]) == (1, 0, 1)
    assert price(clean) == before


def test_a_page_with_fewer_than_half_its_records_is_held(clean: psycopg.Connection) -> None:
    load(clean, row(), [sight(hour(0), records(many("1")))])
    assert "fewer than half" in str(load(clean, row(), [sight(hour(24), records(many("1", 9)))]))
    clean.commit()
    assert load(clean, row(), [sight(hour(24), records(many("1", 10)))]) == (0, 10, 0)


def held(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return ask(connection, "select item, price_usd, last_good_usd, rule from market.quarantine order by price_usd")


def test_a_person_accepts_or_rejects_one_held_statement(clean: psycopg.Connection) -> None:
    for day, amount in enumerate(("1", "4000")):
        load(clean, row(), [sight(hour(24 * day), records({A: d(amount), **many("1", 8)}))])
    ((item, *rest),) = held(clean)
    assert rest == [d(4000), d(1), "jump"]
    assert "now believed" in ledger.review(item, "accept", "seen on their page")
    assert held(clean) == []
    assert price(clean, "price_usd, held")[-1] == (d(4000), None)
    assert ledger.review(item.lower(), "reject")
    assert held(clean)[0][3] == "rejected" and price(clean, "price_usd")[-1] == (d(1),)
    with pytest.raises(Misused):
        ledger.review("S999999.9", "accept")
    with pytest.raises(Misused):
        ledger.review("nonsense", "accept")


def test_only_an_independent_source_confirms(clean: psycopg.Connection) -> None:
    for day, amount in enumerate(("1", "4000")):
        load(clean, row("one"), [sight(hour(24 * day), records({A: d(amount), **many("1", 8)}))])
    for name in ("one", "copy"):
        load(clean, row(name, family="one"), [sight(hour(48), records({A: d(4000), B: d(1)}), f"https://{name}.test/2")])
        assert price(clean, "price_usd")[-2] == (d(1),)
    load(clean, row("two"), [sight(hour(72), records({A: d(4000), B: d(1)}), "https://two.test/")])
    assert price(clean, "price_usd")[-2] == (d(4000),)
    assert (d(4000),) not in ask(clean, "select price_usd from market.quote_history where quarantined")


def test_what_stands_does_not_read_the_past_again(clean: psycopg.Connection) -> None:
    """The belief as kept is the belief as it would be made anew of everything."""
    for day, amount in enumerate(("1", "3", "4000", "2")):
        load(clean, row(), [sight(hour(24 * day), records({A: d(amount), B: d(day + 1), **many("2", 5)}))])
        load(clean, row("two"), [sight(hour(24 * day), records({A: d("2"), **many("2", 4)}), "https://two.test/")])
    kept = "select * from ledger.belief order by 1, 2, 3, 5"
    before, quarantined = clean.execute(kept).fetchall(), "select * from ledger.quarantine order by 1, 2, 3"
    clean.execute("create temp table judged (thing text primary key) on commit drop")
    clean.execute("insert into judged select distinct thing from ledger.offer")
    held = clean.execute(quarantined).fetchall()
    clean.execute("delete from ledger.belief")
    judge.judge(clean, 0)
    assert clean.execute(quarantined).fetchall() == held
    assert clean.execute(kept).fetchall() == before
    clean.rollback()


def test_everybody_who_may_look_sees_a_stated_price_take_over(clean: psycopg.Connection, database: Any) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    load(clean, row(), [sight(hour(0), records({A: d(2), dated(soon): d(1)}))])
    while datetime.now(UTC) < soon:
        time.sleep(0.05)
    for role in (None, "collector", "analyst", "dashboard"):
        with database.connect(role) as connection:
            assert connection.execute("select price_usd from market.price").fetchall() == [(d(1),)], role
