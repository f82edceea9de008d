"""A past into the ledger: what changed on a page, commit by commit, merged with the sightings already there.

`Past` collects the changes while the history is walked; `load_pasts` writes them in the caller's transaction. However a
history comes (at once, in pieces, backwards, after live runs), the ledger says the same afterwards.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

import psycopg

from db import counts, judge, load
from db.rows import terms
from market import identity
from market.records import Adoption, Model, Offer, Quote, Record, Score, UnknownKey

OfferKey = tuple[str, str, str | None, str]
LineKey = tuple[str, str, str | None, str, str, str | None, datetime | None]
Owner = tuple[str, str]
Changes = Sequence[tuple[datetime, Any]]


class Amount(NamedTuple):
    """What a line costs: USD, stated end, currency, native amount."""

    usd: Decimal | None
    stated_to: datetime | None
    currency: str
    native: Decimal | None


class Facts:
    """The changes of one kind of fact (prices, or offers) on one page: for each key its values in order of time, None for gone."""

    def __init__(self) -> None:
        self.changes: dict[Any, list[tuple[datetime, Any]]] = {}
        self.owners: dict[Any, Owner] = {}
        self.owned: dict[Owner, dict[Any, Any]] = {}

    def put(self, owner: Owner, at: datetime, said: dict[Any, Any]) -> None:
        """A piece of the page says this now, and nothing else."""
        before = self.owned.get(owner, {})
        if said == before:
            return
        for key in before.keys() - said.keys():
            self._end(owner, key, at)
        for key, value in said.items():
            self._set(key, at, value)
            self.owners[key] = owner
        self.owned[owner] = said

    def drop(self, owner: Owner, at: datetime) -> None:
        """A piece is no longer there."""
        for key in self.owned.pop(owner, ()):
            self._end(owner, key, at)

    def _end(self, owner: Owner, key: Any, at: datetime) -> None:
        if self.owners.get(key) == owner:
            self._set(key, at, None)
            del self.owners[key]

    def _set(self, key: Any, at: datetime, value: Any) -> None:
        known = self.changes.get(key)
        if known is None:
            self.changes[key] = [(at, value)]
            return
        if known[-1][0] == at:
            known.pop()
        if (known[-1][1] if known else None) != value:
            known.append((at, value))
        elif not known:
            del self.changes[key]


class Past:
    """What a history says of one page."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.prices, self.offers = Facts(), Facts()
        self.counts = counts.Counts()
        self.sights: list[tuple[datetime, str]] = []
        self.unknown: set[str] = set()

    def sight(self, at: datetime, commit: str) -> None:
        """The page was seen at a commit; of two commits in one second the later counts."""
        if self.sights and self.sights[-1][0] == at:
            self.sights.pop()
        self.sights.append((at, commit))

    def put(self, owner: Owner, at: datetime, records: Iterable[Record]) -> None:
        """A piece of the page reads so now."""
        prices: dict[LineKey, Amount] = {}
        offers: dict[OfferKey, Offer] = {}
        for record in records:
            if isinstance(record, Quote):
                key = (record.provider, record.model_key, record.endpoint, record.plan, record.meter, record.condition, record.stated_from)
                prices[key] = Amount(record.usd, record.stated_to, record.currency, record.native)
            elif isinstance(record, Offer):
                offers[record.provider, record.model_key, record.endpoint, record.plan] = record
            elif isinstance(record, UnknownKey):
                self.unknown.add(record.name)
            elif isinstance(record, Adoption | Model | Score):
                self.counts.put(at, record)
        self.prices.put(owner, at, prices)
        self.offers.put(owner, at, offers)

    def drop(self, owner: Owner, at: datetime) -> None:
        """A piece of the page is gone."""
        self.prices.drop(owner, at)
        self.offers.drop(owner, at)


class Scope(NamedTuple):
    """A page's past beside what the ledger has of it.

    Attributes:
        there: the sightings the ledger has.
        fresh: those it has not, with their commits.
        order: (instant, whether it is fresh) of all sightings that told of everything, in order.
        edges: those of them at which the row of sightings passes from fresh ones to others or back.
    """

    number: int
    past: Past
    there: set[datetime]
    fresh: list[tuple[datetime, str]]
    order: list[tuple[datetime, bool]]
    edges: list[tuple[datetime, bool]]


def merged(mine: Changes, theirs: Changes, scope: Scope) -> list[tuple[datetime, Any]]:
    """Rows to add so that both pasts of one key hold, each at its own sightings: by time its values, None for gone.

    Args:
        mine: the key's values in the history to be loaded.
        theirs: the key's rows in the ledger.
    """
    rows = {at for at, _ in theirs}
    points = {(at, False) for at in rows}
    breaks = sorted({at for at, _ in mine} | rows)
    for place, at in enumerate(breaks, 1):
        first = bisect_left(scope.order, at, key=_when)
        points.update(scope.order[first : first + 1])
        if _at(mine, at) != _at(theirs, at):
            # While the two differ, every passage from one to the other is a change, and the first after that ends it.
            end = bisect_left(scope.edges, breaks[place], key=_when) if place < len(breaks) else len(scope.edges)
            points.update(scope.edges[bisect_left(scope.edges, at, key=_when) : end + 1])
    added: list[tuple[datetime, Any]] = []
    before: Any = None
    for at, fresh in sorted(points):
        value = _at(mine if fresh else theirs, at)
        if value != before and at not in rows:
            added.append((at, value))
        before = value
    return added


def _when(point: tuple[datetime, Any]) -> datetime:
    return point[0]


def _at(changes: Changes, at: datetime) -> Any:
    """The value in force at an instant."""
    place = bisect_right(changes, at, key=_when)
    return changes[place - 1][1] if place else None


# Where each key of a scope stands after its newest row, and since when it stands so.
STAND = """
insert into ledger.{current} ({key}, scope_id, seen_at, {values}, gone)
select distinct on (f.{key}, f.scope_id) f.{key}, f.scope_id, f.seen_at, {f_values}, f.gone
from (
    select c.*, lag(c.seen_at) over past is null or ({c_values}, c.gone) is distinct from ({lags}, lag(c.gone) over past) as begins
    from ledger.{changes} as c where c.scope_id = any(%s)
    window past as (partition by c.{key}, c.scope_id order by c.seen_at)
) as f
where f.begins
order by f.{key}, f.scope_id, f.seen_at desc
on conflict (scope_id, {key}) do update set seen_at = excluded.seen_at, gone = excluded.gone, {updates}
where ({current}.seen_at, {current}.gone) is distinct from (excluded.seen_at, excluded.gone)
"""

SIGHTINGS = """
select seen_at, complete or coalesce(sha256 = lag(sha256) over (partition by sha256 is null order by seen_at), false)
from ledger.sighting where scope_id = %s
"""

KEYS = "(offer_id, scope_id, seen_at, gone)"
"""What the planner is to know of a listing; its terms take longer to look through than all the rest."""

# Verdicts are about everything the source ever said: they depend on what is usual, and a history changes that.
JUDGED = "insert into judged select thing from ledger.offer where source_id = %s union select unnest(%s::text[])"


def load_pasts(
    connection: psycopg.Connection, source_id: int, run_id: int, pasts: Sequence[Past], parser: str, origin: str
) -> load.Written:
    """Loads pages' pasts as one change and judges it; prices written and withdrawn. Does not commit."""
    load.alone(connection)
    scopes = [scope for past in pasts if (scope := _scope(connection, source_id, past)).fresh]
    if not scopes:
        return load.Written(0, 0)
    _sight(connection, run_id, scopes, parser, origin)
    offers, renamed = _offers(connection, source_id, scopes)
    lines = _lines(connection, source_id, scopes, offers)
    prices = [row for scope in scopes for row in _rows(connection, scope, load.PRICES, scope.past.prices, lines)]
    listings = [row for scope in scopes for row in _rows(connection, scope, load.OFFERS, scope.past.offers, offers)]
    for fact, rows in ((load.PRICES, prices), (load.OFFERS, listings)):
        load.copy(connection, f"ledger.{fact.changes}", rows, (fact.key, "seen_at", "scope_id", *fact.values, "gone"))
        _stand(connection, scopes, fact, rows)
    connection.execute(f"analyze ledger.offer, ledger.price_line, ledger.statement, ledger.standing, ledger.listed {KEYS}, ledger.sighting")
    counts.write(connection, source_id, [scope.past.counts for scope in scopes])
    connection.execute("create temp table judged (thing text primary key) on commit drop")
    connection.execute(JUDGED, (source_id, renamed))
    judge.judge(connection, source_id)
    connection.execute(f"analyze ledger.belief, ledger.quarantine, ledger.listing {KEYS}, ledger.scope")
    return load.Written(sum(row[-1] is False for row in prices), sum(row[-1] is True for row in prices))


def _scope(connection: psycopg.Connection, source_id: int, past: Past) -> Scope:
    row = connection.execute(
        "insert into ledger.scope (source_id, url) values (%s, %s)"
        " on conflict (source_id, url) do update set url = excluded.url returning id",
        (source_id, past.url),
    ).fetchone()
    assert row
    there: dict[datetime, bool] = dict(connection.execute(SIGHTINGS, row).fetchall())
    fresh = [(at, commit) for at, commit in past.sights if at not in there]
    order = sorted([(at, True) for at, _ in fresh] + [(at, False) for at, whole in there.items() if whole])
    edges = order[:1] + [now for last, now in pairwise(order) if last[1] != now[1]]
    return Scope(int(row[0]), past, set(there), fresh, order, edges)


def _sight(connection: psycopg.Connection, run_id: int, scopes: Sequence[Scope], parser: str, origin: str) -> None:
    """Notes when the pages were seen."""
    columns = ("scope_id", "seen_at", "commit", "address", "complete", "parser", "records", "run_id")
    looks = [(s.number, at, commit, f"{origin}@{commit}", True, parser, 0, run_id) for s in scopes for at, commit in s.fresh]
    load.copy(connection, "ledger.sighting", looks, columns)
    for scope in scopes:
        connection.execute(
            "update ledger.scope set last_seen_at = greatest(last_seen_at, %s) where id = %s", (scope.fresh[-1][0], scope.number)
        )


def _offers(connection: psycopg.Connection, source_id: int, scopes: Sequence[Scope]) -> tuple[dict[OfferKey, int], list[str]]:
    """The numbers of all offers, those named for the first time included; and what was on sale under an older name."""
    known = {
        (provider, model_key, endpoint, plan): (number, tuple(who))
        for number, provider, model_key, endpoint, plan, *who in connection.execute(
            "select id, provider, model_key, endpoint, plan, provider_id, model, thing from ledger.offer where source_id = %s", (source_id,)
        ).fetchall()
    }
    new, renamed = [], {}
    for key, (at, offer) in _newest(scopes).items():
        who = tuple(identity.resolve(*key, offer.model)[:3])
        if key not in known:
            new.append((source_id, *key, *who))
        elif known[key][1] != who:
            renamed[known[key][0]] = (at, who, known[key][1][2])
    old_things = _rename(connection, renamed) if renamed else []
    columns = ("source_id", "provider", "model_key", "endpoint", "plan", "provider_id", "model", "thing")
    numbers = {key: number for key, (number, _) in known.items()}
    for number, *key in _insert(connection, "offer", columns, new, columns[1:5]):
        numbers[tuple(key)] = number
    return numbers, old_things


def _newest(scopes: Sequence[Scope]) -> dict[OfferKey, tuple[datetime, Offer]]:
    """Each offer as it was last listed, and since when it was listed so."""
    found: dict[OfferKey, tuple[datetime, Offer]] = {}
    for key, changes in (item for scope in scopes for item in scope.past.offers.changes.items()):
        for at, offer in changes[-2:]:
            if offer is not None and (key not in found or found[key][0] < at):
                found[key] = (at, offer)
    return found


def _rename(connection: psycopg.Connection, renamed: dict[int, tuple[datetime, tuple[Any, ...], str]]) -> list[str]:
    """Gives offers the identity of their newest listing, if that is in the history; what was on sale before."""
    newer = connection.execute(
        "select offer_id, max(seen_at) from ledger.listing where not gone and offer_id = any(%s) group by offer_id", (list(renamed),)
    ).fetchall()
    for number, at in newer:
        if at > renamed[number][0]:
            del renamed[number]
    with connection.cursor() as cursor:
        changed = [(*who, number) for number, (_, who, _) in renamed.items()]
        cursor.executemany("update ledger.offer set provider_id = %s, model = %s, thing = %s where id = %s", changed)
    return [thing for _, _, thing in renamed.values()]


def _lines(connection: psycopg.Connection, source_id: int, scopes: Sequence[Scope], offers: dict[OfferKey, int]) -> dict[LineKey, int]:
    """The numbers of the price lines, those named for the first time included."""
    keys = {key: (offers[key[:4]], *key[4:]) for scope in scopes for key in scope.past.prices.changes}
    known = {
        tuple(key): number
        for number, *key in connection.execute(
            "select l.id, l.offer_id, l.meter, l.condition, l.stated_from from ledger.price_line l"
            " inner join ledger.offer o on o.id = l.offer_id where o.source_id = %s",
            (source_id,),
        ).fetchall()
    }
    columns = ("offer_id", "meter", "condition", "stated_from")
    new = [key for key in dict.fromkeys(keys.values()) if key not in known]
    known |= {tuple(key): number for number, *key in _insert(connection, "price_line", columns, new, columns)}
    return {key: known[numbered] for key, numbered in keys.items()}


def _rows(connection: psycopg.Connection, scope: Scope, fact: load.Fact, facts: Facts, numbers: dict[Any, int]) -> list[tuple[Any, ...]]:
    """The rows of one page's changes of one kind: key, instant, scope, values, gone."""
    theirs = _known(connection, scope.number, fact) if scope.there else {}
    mine = {numbers[key]: changes for key, changes in facts.changes.items()}
    if fact is load.OFFERS:
        mine = {number: [(at, offer and (terms(offer),)) for at, offer in changes] for number, changes in mine.items()}
    if scope.there:
        keys = mine.keys() | theirs.keys()
        mine = {key: merged(mine.get(key, ()), theirs.get(key, ()), scope) for key in keys}
    nothing = (None,) * len(fact.values)
    return [(number, at, scope.number, *(value or nothing), value is None) for number, changes in mine.items() for at, value in changes]


def _known(connection: psycopg.Connection, scope_id: int, fact: load.Fact) -> dict[int, list[tuple[datetime, Any]]]:
    """A scope's rows in the ledger, by key, in order."""
    found: dict[int, list[tuple[datetime, Any]]] = {}
    for number, at, gone, *value in connection.execute(
        f"select {fact.key}, seen_at, gone, {', '.join(fact.values)} from ledger.{fact.changes}"
        f" where scope_id = %s order by {fact.key}, seen_at",
        (scope_id,),
    ).fetchall():
        said = tuple(json.dumps(v, sort_keys=True) if isinstance(v, dict) else v for v in value)
        found.setdefault(number, []).append((at, None if gone else said))
    return found


def _stand(connection: psycopg.Connection, scopes: Sequence[Scope], fact: load.Fact, rows: list[tuple[Any, ...]]) -> None:
    """Brings the table of where things stand to the new rows; of a scope first seen, the newest rows are it."""
    old = [scope.number for scope in scopes if scope.there]
    if old:
        connection.execute(STAND.format(**load.names(fact)), (old,))
    values = ("seen_at", *fact.values, "gone")
    newest = {(number, scope): (at, *said) for number, at, scope, *said in rows}
    if fact is load.OFFERS:
        fresh = ((*key, *said) for key, said in newest.items() if key[1] not in old)
        return load.copy(connection, f"ledger.{fact.current}", fresh, (fact.key, "scope_id", *values))
    # What stands is good until judged otherwise, and of what is gone the last amount: that spares rewriting all of it.
    last = {(number, scope): (usd, at, until) for number, at, scope, usd, until, *_ in rows if usd is not None}
    standing = (
        (*key, at, usd, until, *rest, gone, *(last.get(key, (None, None, None)) if gone else (usd, at, until)))
        for key, (at, usd, until, *rest, gone) in newest.items()
        if key[1] not in old
    )
    return load.copy(connection, "ledger.standing", standing, (fact.key, "scope_id", *values, "good_usd", "good_seen_at", "good_to"))


def _insert(
    connection: psycopg.Connection, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]], returned: Sequence[str]
) -> list[Any]:
    """Adds rows that get a number; the numbers, each with some of its columns."""
    if not rows:
        return []
    names = ", ".join(columns)
    connection.execute(f"create temp table new_{table} on commit drop as select {names} from ledger.{table} limit 0")
    load.copy(connection, f"new_{table}", rows, columns)
    return connection.execute(
        f"insert into ledger.{table} ({names}) select {names} from new_{table} returning id, {', '.join(returned)}"
    ).fetchall()
