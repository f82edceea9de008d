"""A past into the ledger: what changed on a page, commit by commit, merged with the sightings already there.

`Past` collects the changes while the history is walked; `load_pasts` writes them in the caller's transaction. However a
history comes (at once, in pieces, backwards, after live runs), the ledger says the same afterwards.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from db import judge, load
from market import identity
from market.records import Offer, Quote, Record, UnknownKey

OfferKey = tuple[str, str, str | None, str]
LineKey = tuple[str, str, str | None, str, str, str | None, datetime | None]
Value = tuple[Any, ...]


class Amount(NamedTuple):
    """What a line costs: USD, stated end, currency, native amount."""

    usd: Decimal | None
    stated_to: datetime | None
    currency: str
    native: Decimal | None


class Facts:
    """The changes of one kind of fact (prices, or offers) on one page: for each key its values in order of time."""

    def __init__(self) -> None:
        self.changes: dict[Any, list[tuple[datetime, Value | None]]] = {}
        self.owners: dict[Any, tuple[str, str]] = {}
        self.owned: dict[tuple[str, str], set[Any]] = {}

    def put(self, owner: tuple[str, str], at: datetime, said: dict[Any, Value]) -> None:
        """A piece of the page says this now, and nothing else."""
        for key in self.owned.get(owner, set()) - said.keys():
            self._end(owner, key, at)
        for key, value in said.items():
            self._set(key, at, value)
            self.owners[key] = owner
        self.owned[owner] = set(said)

    def drop(self, owner: tuple[str, str], at: datetime) -> None:
        """A piece is no longer there."""
        for key in self.owned.pop(owner, set()):
            self._end(owner, key, at)

    def _end(self, owner: tuple[str, str], key: Any, at: datetime) -> None:
        if self.owners.get(key) == owner:
            self._set(key, at, None)
            del self.owners[key]

    def _set(self, key: Any, at: datetime, value: Value | None) -> None:
        known = self.changes.setdefault(key, [])
        if known and known[-1][0] == at:
            known.pop()
        if (known[-1][1] if known else None) != value:
            known.append((at, value))


class Past:
    """What a history says of one page."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.prices, self.offers = Facts(), Facts()
        self.sights: list[tuple[datetime, str]] = []
        self.known: dict[OfferKey, Offer] = {}
        self.unknown: set[str] = set()

    def sight(self, at: datetime, commit: str) -> None:
        """The page was seen at a commit; of two commits in one second the later counts."""
        if self.sights and self.sights[-1][0] == at:
            self.sights.pop()
        self.sights.append((at, commit))

    def put(self, owner: tuple[str, str], at: datetime, records: Iterable[Record]) -> None:
        """A piece of the page reads so now."""
        prices: dict[LineKey, Value] = {}
        offers: dict[OfferKey, Value] = {}
        for record in records:
            if isinstance(record, Quote):
                key = (record.provider, record.model_key, record.endpoint, record.plan)
                prices[*key, record.meter, record.condition, record.stated_from] = Amount(
                    record.usd, record.stated_to, record.currency, record.native
                )
            elif isinstance(record, Offer):
                offer = (record.provider, record.model_key, record.endpoint, record.plan)
                offers[offer] = (load.terms(record),)
                self.known[offer] = record
            elif isinstance(record, UnknownKey):
                self.unknown.add(record.name)
        self.prices.put(owner, at, prices)
        self.offers.put(owner, at, offers)

    def drop(self, owner: tuple[str, str], at: datetime) -> None:
        """A piece of the page is gone."""
        self.prices.drop(owner, at)
        self.offers.drop(owner, at)


def merged(
    mine: Sequence[tuple[datetime, Value | None]], theirs: Sequence[tuple[datetime, Value | None]], edges: Sequence[tuple[datetime, bool]]
) -> list[tuple[datetime, Value | None]]:
    """Rows to add so that both pasts of one key hold, each at its own sightings.

    Args:
        mine: the key's values by time in the history to be loaded.
        theirs: the key's rows in the ledger.
        edges: every instant at which the row of sightings passes from one to the other: (first sighting, whether it is mine).
        there: sightings the ledger has.
    """
    their_times = {at for at, _ in theirs}
    points = sorted({(at, True) for at, _ in mine if at not in there} | {(at, False) for at, _ in theirs} | set(edges))
    added: list[tuple[datetime, Value | None]] = []
    before: Value | None = None
    for at, is_mine in points:
        value = _at(mine if is_mine else theirs, at)
        if value != before and at not in their_times:
            added.append((at, value))
        before = value
    return added


def _at(rows: Sequence[tuple[datetime, Value | None]], at: datetime) -> Value | None:
    """The value in force at an instant."""
    place = bisect_right(rows, at, key=lambda row: row[0])
    return rows[place - 1][1] if place else None


def load_pasts(connection: psycopg.Connection, source_id: int, run_id: int, pasts: Sequence[Past], parser: str, origin: str) -> load.Written:
    """Loads pages' pasts as one change, and judges all they touched; prices written and withdrawn. Does not commit."""
    _name(connection, source_id, pasts)
    offer_ids, line_ids = _numbers(connection, source_id)
    touched: list[tuple[int]] = []
    quotes = withdrawn = 0
    for past in pasts:
        scope_id = _scope(connection, source_id, past.url)
        there = _sightings(connection, scope_id)
        fresh = [(at, commit) for at, commit in past.sights if at not in there]
        edges = _edges([at for at, _ in fresh], sorted(there))
        _sight(connection, scope_id, run_id, fresh, parser, origin)
        rows = _rows(connection, scope_id, load.PRICES, past.prices, line_ids, there, edges)
        quotes += sum(row[-1] is False for row in rows)
        withdrawn += sum(row[-1] is True for row in rows)
        touched += [(row[0],) for row in rows]
        _rows(connection, scope_id, load.OFFERS, past.offers, offer_ids, there, edges)
        for fact in (load.PRICES, load.OFFERS):
            connection.execute(_STAND.format(**load.names(fact)), {"scope": scope_id})  # type: ignore[call-overload]
    connection.execute("create temp table judged (thing text primary key) on commit drop")
    connection.execute("create temp table moved (line_id int) on commit drop")
    _copy(connection, "moved", ("line_id",), touched)
    connection.execute(
        "insert into judged select distinct o.thing from moved as m inner join ledger.price_line as l on l.id = m.line_id"
        " inner join ledger.offer as o on o.id = l.offer_id"
    )
    judge.judge(connection, source_id)
    return load.Written(quotes, withdrawn)


# Where each key of a scope stands after its newest row, since when it stands so.
_STAND = """
insert into ledger.{current} ({key}, scope_id, seen_at, {values}, gone)
select distinct on (f.{key}) f.{key}, f.scope_id, f.seen_at, {f_values}, f.gone
from (
    select c.*, lag(c.seen_at) over past is null or ({c_values}, c.gone) is distinct from ({lags}, lag(c.gone) over past) as begins
    from ledger.{changes} as c where c.scope_id = %(scope)s
    window past as (partition by c.{key} order by c.seen_at)
) as f
where f.begins
order by f.{key}, f.seen_at desc
on conflict (scope_id, {key}) do update set seen_at = excluded.seen_at, gone = excluded.gone, {updates}
where ({current}.seen_at, {current}.gone) is distinct from (excluded.seen_at, excluded.gone)
"""


def _name(connection: psycopg.Connection, source_id: int, pasts: Sequence[Past]) -> None:
    """Gives numbers to offers and price lines that have none yet."""
    connection.execute("create temp table named (like ledger.offer) on commit drop")
    connection.execute("alter table named drop column id")
    offers = {key: offer for past in pasts for key, offer in past.known.items()}
    rows = []
    for key, offer in offers.items():
        who = identity.resolve(*key, offer.model)
        rows.append((source_id, *key, who.provider_id, who.model, who.thing))
    _copy(connection, "named", ("source_id", "provider", "model_key", "endpoint", "plan", "provider_id", "model", "thing"), rows)
    connection.execute(
        "insert into ledger.offer (source_id, provider, model_key, endpoint, plan, provider_id, model, thing)"
        " select * from named on conflict do nothing"
    )
    ids, _ = _numbers(connection, source_id, lines=False)
    connection.execute("create temp table lined (offer_id int, meter text, condition text, stated_from timestamptz) on commit drop")
    lines = {(ids[key[:4]], *key[4:]) for past in pasts for key in past.prices.changes}
    _copy(connection, "lined", ("offer_id", "meter", "condition", "stated_from"), lines)
    connection.execute(
        "insert into ledger.price_line (offer_id, meter, condition, stated_from) select * from lined on conflict do nothing"
    )


def _numbers(connection: psycopg.Connection, source_id: int, *, lines: bool = True) -> tuple[dict[OfferKey, int], dict[LineKey, int]]:
    """The numbers of a source's offers and price lines by their keys."""
    offers = connection.execute(
        "select id, provider, model_key, endpoint, plan from ledger.offer where source_id = %s", (source_id,)
    ).fetchall()
    by_id = {number: key for number, *key in offers}
    ids = {tuple(key): number for number, key in by_id.items()}
    if not lines:
        return ids, {}  # type: ignore[return-value]
    found = connection.execute(
        "select l.id, l.offer_id, l.meter, l.condition, l.stated_from from ledger.price_line l"
        " inner join ledger.offer o on o.id = l.offer_id where o.source_id = %s",
        (source_id,),
    ).fetchall()
    return ids, {(*by_id[offer], *rest): number for number, offer, *rest in found}  # type: ignore[return-value,misc]


def _scope(connection: psycopg.Connection, source_id: int, url: str) -> int:
    row = connection.execute(
        "insert into ledger.scope (source_id, url) values (%s, %s) on conflict (source_id, url) do update set url = excluded.url returning id",
        (source_id, url),
    ).fetchone()
    assert row
    return int(row[0])


def _sightings(connection: psycopg.Connection, scope_id: int) -> set[datetime]:
    return {at for (at,) in connection.execute("select seen_at from ledger.sighting where scope_id = %s", (scope_id,)).fetchall()}


def _sight(connection: psycopg.Connection, scope_id: int, run_id: int, fresh: Sequence[tuple[datetime, str]], parser: str, origin: str) -> None:
    columns = ("scope_id", "seen_at", "commit", "address", "complete", "parser", "records", "run_id")
    looks = ((scope_id, at, commit, f"{origin}@{commit}", True, parser, 0, run_id) for at, commit in fresh)
    _copy(connection, "ledger.sighting", columns, looks)
    if fresh:
        connection.execute(
            "update ledger.scope set last_seen_at = greatest(last_seen_at, %s) where id = %s", (max(at for at, _ in fresh), scope_id)
        )


def _edges(mine: Sequence[datetime], theirs: Sequence[datetime]) -> list[tuple[datetime, bool]]:
    """Every instant at which the row of sightings passes from one past to the other."""
    order = sorted([(at, True) for at in mine] + [(at, False) for at in theirs])
    return [point for place, point in enumerate(order) if place == 0 or order[place - 1][1] != point[1]]


def _rows(
    connection: psycopg.Connection,
    scope_id: int,
    fact: load.Fact,
    facts: Facts,
    ids: dict[Any, int],
    there: set[datetime],
    edges: list[tuple[datetime, bool]],
) -> list[tuple[Any, ...]]:
    """Writes one page's changes of one kind; the rows written: key, instant, scope, values, gone."""
    mine = {ids[key]: [(at, value) for at, value in known] for key, known in facts.changes.items()}
    theirs = _known(connection, scope_id, fact) if there else {}
    nothing = (None,) * len(fact.values)
    rows: list[tuple[Any, ...]] = []
    for number in mine.keys() | theirs.keys():
        if there:
            changes = merged(mine.get(number, []), theirs.get(number, []), edges, there)
        else:
            changes = mine[number]
        rows += [(number, at, scope_id, *(value or nothing), value is None) for at, value in changes]
    _copy(connection, f"ledger.{fact.changes}", (fact.key, "seen_at", "scope_id", *fact.values, "gone"), rows)
    return rows


def _known(connection: psycopg.Connection, scope_id: int, fact: load.Fact) -> dict[int, list[tuple[datetime, Value | None]]]:
    """A scope's rows in the ledger, by key, in order."""
    found: dict[int, list[tuple[datetime, Value | None]]] = {}
    for number, at, gone, *value in connection.execute(
        f"select {fact.key}, seen_at, gone, {', '.join(fact.values)} from ledger.{fact.changes}"  # type: ignore[call-overload]
        f" where scope_id = %s order by {fact.key}, seen_at",
        (scope_id,),
    ).fetchall():
        said = tuple(json.dumps(v, sort_keys=True) if isinstance(v, dict) else v for v in value)
        found.setdefault(number, []).append((at, None if gone else said))
    return found


def _copy(connection: psycopg.Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor().copy(f"copy {table} ({', '.join(columns)}) from stdin") as copy:  # type: ignore[call-overload]
        for row in rows:
            copy.write_row(row)
