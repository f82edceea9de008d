"""Loading is a function of what was seen when: in any order, twice, in pieces, the market is the same."""

import dataclasses
import itertools
import os
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pages import LONG_AGO, NOW, TO_COME, Line, empty, hour, load, overlaps, records, row, seen, sight

from db import ledger
from market.errors import SourceChanged

EXAMPLES = int(os.environ.get("MODELMARKET_EXAMPLES", "12"))
LOADED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="MODELMARKET_EXAMPLES" not in os.environ,
    database=None,
    phases=[Phase.generate],
)


@pytest.fixture
def clean(connection: psycopg.Connection) -> psycopg.Connection:
    empty(connection)
    return connection


@dataclass(frozen=True)
class Look:
    """One sighting of a scope: what it priced, what it listed without a price, and whether it was whole."""

    scope: int
    at: datetime
    said: dict[Line, tuple[Decimal, datetime | None]]
    offers: tuple[str, ...]
    complete: bool

    @property
    def listed(self) -> set[str]:
        return {line.offer for line in self.said} | set(self.offers)

    def sight(self) -> ledger.Sight:
        return sight(self.at, records(self.said, self.offers), f"https://one.test/{self.scope}", complete=self.complete)


@st.composite
def looks(draw: st.DrawFn, amounts: tuple[str, ...] = ("0", "1", "2", "4")) -> list[Look]:
    """A past of one source in one or two scopes, oldest first."""
    found = []
    for scope in range(draw(st.integers(1, 2))):
        names = [f"p{scope}/{model}" for model in ("a", "b")]
        line = st.builds(
            Line,
            st.sampled_from(names),
            st.sampled_from(["input_mtok", "output_mtok"]),
            st.none(),
            st.sampled_from([None, LONG_AGO, NOW, TO_COME]),
        )
        amount = st.tuples(st.sampled_from(amounts).map(Decimal), st.sampled_from([None, None, None, hour(-100), TO_COME]))
        for place in range(draw(st.integers(1, 4))):
            said = draw(st.dictionaries(line, amount, max_size=4))
            more = tuple(draw(st.sets(st.sampled_from(names))))
            found.append(Look(scope, hour(24 * place + scope), said, more, draw(st.booleans())))
    return sorted(found, key=lambda look: look.at)


def past(all_looks: list[Look], scope: int) -> tuple[dict[Line, list[tuple[datetime, Any]]], dict[str, list[tuple[datetime, bool]]]]:
    """What a scope said of every line and whether it listed every offer, as changes: the definition, said naively."""
    lines: dict[Line, list[tuple[datetime, Any]]] = {}
    offers: dict[str, list[tuple[datetime, bool]]] = {}
    for look in sorted((look for look in all_looks if look.scope == scope), key=lambda look: look.at):
        for line in {*lines, *look.said}:
            word = look.said.get(line)
            changes = lines.setdefault(line, [])
            if (word is not None or look.complete) and word != (changes[-1][1] if changes else None):
                changes.append((look.at, word))
        for offer in {*offers, *look.listed}:
            told = offers.setdefault(offer, [])
            if (offer in look.listed or look.complete) and (offer in look.listed) != (told[-1][1] if told else False):
                told.append((look.at, offer in look.listed))
    return lines, offers


def history(all_looks: list[Look]) -> list[tuple[str, ...]]:
    """The rows of market.quote_history that these looks must come to."""
    rows = []
    for scope in {look.scope for look in all_looks}:
        for line, changes in past(all_looks, scope)[0].items():
            for (at, word), (until, _) in zip(changes, [*changes[1:], (None, None)], strict=True):
                if word is None:
                    continue
                begins, ends = line.stated_from or at, min((end for end in (word[1], until) if end), default=None)
                if line.stated_from and until and (until, None) not in changes:
                    ends = begins
                rows.append((line.offer, line.meter, word[0], begins, ends and max(ends, begins), at, until))
    return sorted(tuple(map(str, one)) for one in rows)


def price(all_looks: list[Look]) -> list[tuple[str, ...]]:
    """The rows of market.price that these looks must come to."""
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for scope in {look.scope for look in all_looks}:
        lines, offers = past(all_looks, scope)
        for line, changes in lines.items():
            (last, word), good = changes[-1], [change for change in changes if change[1] is not None][-1]
            missed = sum(look.complete and look.scope == scope and look.at >= last for look in all_looks)
            waits = word is None and offers[line.offer][-1] == (last, False) and missed < 3
            in_force = (line.stated_from or LONG_AGO) <= NOW and (good[1][1] or TO_COME) > NOW
            if in_force and (word is not None or waits):
                rank = (line.stated_from is not None, line.stated_from or LONG_AGO)
                best[line.offer, line.meter] = max(best.get((line.offer, line.meter), ((False, LONG_AGO),)), (rank, good[1][0], good[0]))
    return sorted((offer, meter, str(usd), str(at)) for (offer, meter), (_, usd, at) in best.items())


def told(connection: psycopg.Connection) -> list[tuple[str, ...]]:
    rows = connection.execute(
        "select source_key, meter, price_usd, valid_from, valid_to, seen_at, gone_at from market.quote_history where source = 'one'"
    ).fetchall()
    connection.commit()
    return sorted(tuple(map(str, one)) for one in rows)


def believed(connection: psycopg.Connection) -> list[tuple[str, ...]]:
    rows = connection.execute("select source_key, meter, price_usd, seen_at from market.price where source = 'one'").fetchall()
    connection.commit()
    return sorted(tuple(map(str, one)) for one in rows)


def market(connection: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {view: seen(connection, view) for view in ("quote_history", "price", "price_change", "offer_wide")}


# What a market usually asks, so that two odd prices are not the whole market.
USUAL = records({Line(f"u/{n}", meter): Decimal(1 + n % 3) for n in range(30) for meter in ("input_mtok", "output_mtok")})


def fill(connection: psycopg.Connection, order: list[Look]) -> dict[str, list[tuple[Any, ...]]]:
    """Loads looks one by one; one that is the newest and like the look before is loaded as a crawl does, without its records."""
    empty(connection)
    load(connection, row("usual"), [sight(hour(-1), USUAL, "https://usual.test/")])
    newest: dict[int, Look] = {}
    for look in order:
        last, one = newest.get(look.scope), look.sight()
        if last is None or look.at > last.at:
            newest[look.scope] = look
            if last is not None and one.sha256 == last.sight().sha256 and last.complete >= look.complete:
                one = dataclasses.replace(one, records=None)
        load(connection, row(), [one])
    return market(connection)


@LOADED
@given(looks(), st.data())
def test_the_market_is_what_was_seen_in_whatever_order_it_came(
    connection: psycopg.Connection, found: list[Look], data: st.DataObject
) -> None:
    once = fill(connection, found)
    assert told(connection) == history(found)
    assert believed(connection) == price(found)
    assert overlaps(connection) == []
    again = data.draw(st.lists(st.sampled_from(found), max_size=3))
    assert fill(connection, data.draw(st.permutations([*found, *again]))) == once
    assert overlaps(connection) == []


def test_two_overlapping_replays_are_one(clean: psycopg.Connection) -> None:
    line, other = Line("p/a"), Line("p/b")
    one = [
        Look(0, hour(24 * day), {line: (Decimal(day // 2), None)} | ({other: (Decimal(1), None)} if day % 3 else {}), (), True)
        for day in range(6)
    ]
    once = fill(clean, one)
    count = clean.execute("select count(*), max(recorded_at) from ledger.statement").fetchone()
    for look in [*one[:4], *one[2:]]:
        assert load(clean, row(), [look.sight()]) == (0, 0, 0)
    assert clean.execute("select count(*), max(recorded_at) from ledger.statement").fetchone() == count
    assert market(clean) == once
    assert fill(clean, [*one[2:], *one[:4]]) == once


@LOADED
@given(looks(("1", "2", "30", "4000", "0.01")), st.data())
def test_what_is_held_does_not_depend_on_the_order_either(connection: psycopg.Connection, found: list[Look], data: st.DataObject) -> None:
    once = fill(connection, found)
    assert overlaps(connection) == []
    assert fill(connection, data.draw(st.permutations(found))) == once


def test_an_unchanged_page_writes_no_statement(clean: psycopg.Connection) -> None:
    found = records({Line("p/a"): Decimal(1), Line("p/b"): Decimal(2)})
    assert load(clean, row(), [sight(hour(0), found)]) == (2, 0, 0)
    before = [
        clean.execute(f"select * from ledger.{table} order by 1, 2, 3").fetchall()
        for table in ("statement", "standing", "listing", "listed")
    ]
    assert load(clean, row(), [sight(hour(24), found)]) == (0, 0, 0)
    assert load(clean, row(), [dataclasses.replace(sight(hour(48), found), records=None)]) == (0, 0, 0)
    after = [
        clean.execute(f"select * from ledger.{table} order by 1, 2, 3").fetchall()
        for table in ("statement", "standing", "listing", "listed")
    ]
    assert after == before
    assert clean.execute("select count(*) from ledger.sighting").fetchone() == (3,)


def test_a_partial_page_withdraws_nothing_and_the_complete_one_after_it_does(clean: psycopg.Connection) -> None:
    whole, half = records({Line("p/a"): Decimal(1), Line("p/b"): Decimal(2)}), records({Line("p/a"): Decimal(1)})
    load(clean, row(), [sight(hour(0), whole)])
    assert load(clean, row(), [sight(hour(24), half, complete=False)]) == (0, 0, 0)
    assert {line[0] for line in told(clean) if line[-1] == "None"} == {"p/a", "p/b"}
    assert load(clean, row(), [sight(hour(48), half)]) == (0, 1, 0)
    assert {line[0] for line in told(clean) if line[-1] == "None"} == {"p/a"}


def test_an_offer_retires_after_three_complete_pages_without_it(clean: psycopg.Connection) -> None:
    whole, half = records({Line("p/a"): Decimal(1), Line("p/b"): Decimal(2)}), records({Line("p/a"): Decimal(1)})
    load(clean, row(), [sight(hour(0), whole)])

    def state() -> tuple[bool, bool, int]:
        gone = clean.execute("select count(*) from market.quote_history where gone_at is not null").fetchone()
        kinds = clean.execute("select count(*) from market.price_change where kind = 'withdrawn'").fetchone()
        assert gone and kinds
        return gone[0] == 1, len(believed(clean)) == 2, kinds[0]

    assert load(clean, row(), [sight(hour(24), half)]) == (0, 1, 0)
    assert state() == (True, True, 0)
    load(clean, row(), [sight(hour(36), half, complete=False)])
    load(clean, row(), [dataclasses.replace(sight(hour(48), half), records=None)])
    assert state() == (True, True, 0)
    load(clean, row(), [dataclasses.replace(sight(hour(72), half), records=None)])
    assert state() == (True, False, 1)
    load(clean, row(), [sight(hour(96), whole)])
    load(clean, row(), [sight(hour(120), whole)])
    assert len(believed(clean)) == 2
    assert clean.execute("select kind, old_usd, new_usd from market.price_change order by seen_at").fetchall() == [
        ("withdrawn", Decimal(2), None),
        ("relisted", None, Decimal(2)),
    ]


def test_a_line_dropped_while_its_offer_stays_is_gone_at_once_and_stays_gone(clean: psycopg.Connection) -> None:
    both = {Line("p/a"): Decimal(1), Line("p/a", "output_mtok"): Decimal(2)}
    load(clean, row(), [sight(hour(0), records(both))])
    load(clean, row(), [sight(hour(24), records({Line("p/a"): Decimal(1)}))])
    assert [line[1] for line in believed(clean)] == ["input_mtok"]
    assert clean.execute("select kind, meter from market.price_change").fetchall() == [("withdrawn", "output_mtok")]
    load(clean, row(), [sight(hour(48), [], "https://one.test/")])
    assert [line[1] for line in believed(clean)] == ["input_mtok"], (
        "the offer waits for three pages; the line that went before does not come back"
    )


def test_one_page_that_says_two_things_of_one_line_always_means_the_same_one(clean: psycopg.Connection) -> None:
    one, two = records({Line("p/a"): Decimal(1)}), records({Line("p/a"): Decimal(2)})
    seen_ = set()
    for order in ([*one, two[1]], [two[0], two[1], one[1]]):
        empty(clean)
        load(clean, row(), [sight(hour(0), order)])
        seen_.add(str(told(clean)))
    assert len(seen_) == 1


def test_a_quote_without_an_offer_is_no_run(clean: psycopg.Connection) -> None:
    with pytest.raises(SourceChanged, match="p/a .standard., which it does not list"):
        load(clean, row(), [sight(hour(0), records({Line("p/a"): Decimal(1)})[1:])])
    clean.rollback()
    clean.execute("select pg_advisory_unlock_all()")
    assert told(clean) == []


def test_an_offer_is_named_by_its_newest_page_in_whatever_order_pages_come(clean: psycopg.Connection) -> None:
    def named(day: int, model: str | None) -> ledger.Sight:
        offer, quote = records({Line("p/a"): Decimal(1)})
        return sight(hour(24 * day), [dataclasses.replace(offer, model=model), quote] if model else [])

    looks_ = [named(0, "x/one"), named(1, "x/two"), named(2, "x/two"), named(3, None), named(4, None)]
    for order in list(itertools.permutations(range(5)))[::20]:
        empty(clean)
        for place in order:
            load(clean, row(), [looks_[place]])
        assert {line[0] for line in clean.execute("select model from market.quote_history where source = 'one'").fetchall()} == {"x/two"}, (
            order
        )
