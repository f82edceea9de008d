"""Sightings into the ledger: only what changed is written, set by set, inside the caller's transaction.

Prices, offers and models go the same way: what the page says is staged by COPY, held against what its scope said at the
preceding sighting, and the differences are written. A page older than the scope's newest is put between its neighbors
so that nothing after it changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from db import rentals, rows
from market.records import Record, UnknownKey

LOADING = 7_306_215


@dataclass(frozen=True, slots=True)
class Sight:
    """One accepted look at a page.

    Attributes:
        found_on: the start page that led here; None for a start page.
        seen_at: fetch time.
        sha256: of the bytes; None where the page is no longer there.
        complete: whether what it lacks counts as withdrawn.
        parser: fingerprint of the code that read it.
        address: where the bytes came from, if not from `url`.
        records: what was read; None where the bytes and the parser are those of the preceding sighting.
    """

    url: str
    found_on: str | None
    seen_at: datetime
    sha256: bytes | None
    complete: bool
    parser: str
    records: Sequence[Record] | None
    address: str | None = None


class Written(NamedTuple):
    """Statements written and withdrawn."""

    quotes: int
    withdrawn: int


class Fact(NamedTuple):
    """A pair of tables that work alike: every change, and where it stands."""

    changes: str
    current: str
    key: str
    values: tuple[str, ...]


PRICES = Fact("statement", "standing", "line_id", ("usd", "stated_to", "currency", "native"))
OFFERS = Fact("listing", "listed", "offer_id", ("terms",))
MODELS = Fact("card", "carded", "subject_id", ("facts",))

SAID_SCORE = """
create temp table said_score (
    model_key text, benchmark text, effort text, harness text, day date, value numeric, low numeric, high numeric, self_reported boolean
) on commit drop;
"""

STAGES = """
create temp table sight (
    scope_id int primary key, seen_at timestamptz, complete boolean, newest boolean, next_at timestamptz, same_at timestamptz
) on commit drop;
create temp table said_offer (
    scope_id int, provider text, model_key text, endpoint text, plan text, provider_id text, model text, thing text, terms jsonb
) on commit drop;
create temp table said_quote (
    scope_id int, provider text, model_key text, endpoint text, plan text, meter text, condition text,
    stated_from timestamptz, usd numeric, stated_to timestamptz, currency text, native numeric
) on commit drop;
create temp table said_model (scope_id int, model_key text, model text, facts jsonb) on commit drop;
create temp table said_service (
    provider text, model_key text, endpoint text, plan text, seen_at timestamptz,
    ttft_ms_p50 numeric, tps_p50 numeric, uptime_1d numeric, uptime_30m numeric
) on commit drop;
create temp table said_adoption (model_key text, metric text, day date, value numeric) on commit drop;
create temp table said_rate (currency text, day date, usd numeric, seen_at timestamptz) on commit drop;
"""

# A look, the next complete one, and the next one that still says all that the look before this one said.
LOOK = """
insert into sight
select
    %(scope)s, %(at)s, %(complete)s, %(newest)s,
    min(g.seen_at) filter (where g.complete), min(g.seen_at) filter (where g.complete or g.sha256 = f.sha256)
from ledger.sighting as g
left join (
    select p.sha256, p.complete from ledger.sighting as p
    where p.scope_id = %(scope)s and p.seen_at < %(at)s order by p.seen_at desc limit 1
) as f on f.complete
where g.scope_id = %(scope)s and g.seen_at > %(at)s
"""

# Offers, price lines and models named for the first time get a number; those that have one keep it.
NAMED = """
insert into ledger.offer (source_id, provider, model_key, endpoint, plan, provider_id, model, thing)
select distinct on (s.provider, s.model_key, s.endpoint, s.plan)
    %(source)s, s.provider, s.model_key, s.endpoint, s.plan, s.provider_id, s.model, s.thing
from said_offer as s
where not exists (
    select 1 from ledger.offer as o
    where o.source_id = %(source)s and o.provider = s.provider and o.model_key = s.model_key
    and o.endpoint is not distinct from s.endpoint and o.plan = s.plan
)
order by s.provider, s.model_key, s.endpoint, s.plan, s.terms;
create temp table stage_listing on commit drop as
select distinct on (s.scope_id, o.id) s.scope_id, o.id as offer_id, s.terms, s.provider_id, s.model, s.thing
from said_offer as s
inner join ledger.offer as o
    on o.source_id = %(source)s and o.provider = s.provider and o.model_key = s.model_key
    and o.endpoint is not distinct from s.endpoint and o.plan = s.plan
order by s.scope_id, o.id, s.terms;
create temp table priced on commit drop as
select q.*, o.id as offer_id
from said_quote as q
inner join ledger.offer as o
    on o.source_id = %(source)s and o.provider = q.provider and o.model_key = q.model_key
    and o.endpoint is not distinct from q.endpoint and o.plan = q.plan;
analyze priced;
insert into ledger.price_line (offer_id, meter, condition, stated_from)
select distinct p.offer_id, p.meter, p.condition, p.stated_from
from priced as p
where not exists (
    select 1 from ledger.price_line as l
    where l.offer_id = p.offer_id and l.meter = p.meter
    and l.condition is not distinct from p.condition and l.stated_from is not distinct from p.stated_from
);
create temp table stage_statement on commit drop as
select distinct on (p.scope_id, l.id) p.scope_id, l.id as line_id, p.usd, p.stated_to, p.currency, p.native
from priced as p
inner join ledger.price_line as l
    on l.offer_id = p.offer_id and l.meter = p.meter
    and l.condition is not distinct from p.condition and l.stated_from is not distinct from p.stated_from
order by p.scope_id, l.id, p.usd, p.native, p.currency, p.stated_to;
insert into ledger.subject (source_id, model_key, model)
select distinct on (s.model_key) %(source)s, s.model_key, s.model from said_model as s order by s.model_key, s.facts
on conflict (source_id, model_key) do nothing;
create temp table stage_card on commit drop as
select distinct on (s.scope_id, u.id) s.scope_id, u.id as subject_id, s.facts
from said_model as s inner join ledger.subject as u on u.source_id = %(source)s and u.model_key = s.model_key
order by s.scope_id, u.id, s.facts;
analyze stage_listing;
analyze stage_statement;
analyze stage_card;
analyze sight;
"""

# What each scope said at its preceding sighting: read off the current table, or off the changes where the page is not the newest.
BEFORE = """
create temp table before_{changes} on commit drop as
select c.scope_id, c.{key}, {c_values}, c.gone
from ledger.{current} as c inner join sight as s on s.scope_id = c.scope_id where s.newest
union all
(select distinct on (f.scope_id, f.{key}) f.scope_id, f.{key}, {f_values}, f.gone
from ledger.{changes} as f inner join sight as s on s.scope_id = f.scope_id
where not s.newest and f.seen_at < s.seen_at
order by f.scope_id, f.{key}, f.seen_at desc);
analyze before_{changes};
"""

# The differences, and for a page put between two others the old value again at the next one that tells of it.
WRITE = """
create temp table delta_{changes} on commit drop as
select n.{key}, s.seen_at, n.scope_id, {n_values}, false as gone
from stage_{changes} as n
inner join sight as s on s.scope_id = n.scope_id
left join before_{changes} as b on b.scope_id = n.scope_id and b.{key} = n.{key}
where b.{key} is null or b.gone or ({n_values}) is distinct from ({b_values})
union all
select b.{key}, s.seen_at, b.scope_id, {nulls}, true
from before_{changes} as b
inner join sight as s on s.scope_id = b.scope_id
where s.complete and not b.gone and not exists (
    select 1 from stage_{changes} as n where n.scope_id = b.scope_id and n.{key} = b.{key}
);
insert into ledger.{changes} ({key}, seen_at, scope_id, {values}, gone)
select {key}, seen_at, scope_id, {values}, gone from delta_{changes};
insert into ledger.{changes} ({key}, seen_at, scope_id, {values}, gone)
select d.{key}, later.at, d.scope_id, {b_values}, coalesce(b.gone, true)
from delta_{changes} as d
inner join sight as s on s.scope_id = d.scope_id
left join before_{changes} as b on b.scope_id = d.scope_id and b.{key} = d.{key}
cross join lateral (select case when not b.gone then s.same_at else s.next_at end as at) as later
where later.at is not null and not exists (
    select 1 from ledger.{changes} as f
    where f.{key} = d.{key} and f.scope_id = d.scope_id and f.seen_at > s.seen_at and f.seen_at <= later.at
);
insert into ledger.{current} ({key}, scope_id, seen_at, {values}, gone)
select d.{key}, d.scope_id, d.seen_at, {values}, d.gone
from delta_{changes} as d inner join sight as s on s.scope_id = d.scope_id and s.newest
on conflict (scope_id, {key}) do update set seen_at = excluded.seen_at, gone = excluded.gone, {updates};
insert into ledger.{current} ({key}, scope_id, seen_at, {values}, gone)
select distinct on (f.{key}, f.scope_id) f.{key}, f.scope_id, f.seen_at, {f_values}, f.gone
from (
    select c.*, lag(c.seen_at) over past is null or ({c_values}, c.gone) is distinct from ({lags}, lag(c.gone) over past) as begins
    from ledger.{changes} as c
    inner join delta_{changes} as d on d.{key} = c.{key} and d.scope_id = c.scope_id
    inner join sight as s on s.scope_id = d.scope_id and not s.newest
    window past as (partition by c.{key}, c.scope_id order by c.seen_at)
) as f
where f.begins
order by f.{key}, f.scope_id, f.seen_at desc
on conflict (scope_id, {key}) do update set seen_at = excluded.seen_at, gone = excluded.gone, {updates};
"""

# What an incomplete page says is written though nothing changed: else no page put before it could know what it did not say.
CONFIRM = """
insert into ledger.{changes} ({key}, seen_at, scope_id, {values}, gone)
select n.{key}, s.seen_at, n.scope_id, {n_values}, false
from stage_{changes} as n inner join sight as s on s.scope_id = n.scope_id and not s.complete
on conflict do nothing
"""

# An offer is what its newest listing says it is.
RENAME = """
create temp table renamed on commit drop as
select o.id, o.thing as old, n.thing as new, n.provider_id, n.model
from stage_listing as n
inner join ledger.offer as o on o.id = n.offer_id
inner join sight as s on s.scope_id = n.scope_id
where (o.provider_id, o.model, o.thing) is distinct from (n.provider_id, n.model, n.thing) and (
    s.newest or s.seen_at = (select max(g.seen_at) from ledger.listing as g where g.offer_id = o.id and not g.gone)
);
update ledger.offer as o set provider_id = r.provider_id, model = r.model, thing = r.new from renamed as r where o.id = r.id;
"""

MEASURED = """
insert into ledger.service (offer_id, seen_at, ttft_ms_p50, tps_p50, uptime_1d, uptime_30m)
select distinct on (o.id, s.seen_at) o.id, s.seen_at, s.ttft_ms_p50, s.tps_p50, s.uptime_1d, s.uptime_30m
from said_service as s
inner join ledger.offer as o
    on o.source_id = %(source)s and o.provider = s.provider and o.model_key = s.model_key
    and o.endpoint is not distinct from s.endpoint and o.plan = s.plan
on conflict do nothing;
insert into ledger.adoption (subject_id, metric, day, value)
select distinct on (u.id, a.metric, a.day) u.id, a.metric, a.day, a.value
from said_adoption as a inner join ledger.subject as u on u.source_id = %(source)s and u.model_key = a.model_key
on conflict do nothing;
"""

# A test's result on a day is what was read first that day.
SCORED = """
insert into ledger.score (subject_id, benchmark, effort, harness, day, value, low, high, self_reported)
select distinct on (u.id, s.benchmark, s.effort, s.harness, s.day)
    u.id, s.benchmark, s.effort, s.harness, s.day, s.value, s.low, s.high, s.self_reported
from said_score as s inner join ledger.subject as u on u.source_id = %(source)s and u.model_key = s.model_key
order by u.id, s.benchmark, s.effort, s.harness, s.day, s.value desc
on conflict do nothing
"""

# A rate is what the newest look says it is, whatever the order of loading; `moved` are those that were others, or none.
RATES = """
create temp table delta_rate on commit drop as
select distinct on (n.currency, n.day) n.currency, n.day, n.usd, n.seen_at, n.usd is distinct from r.usd as moved
from said_rate as n left join ledger.rate as r on r.currency = n.currency and r.day = n.day
where r.seen_at is null or r.seen_at < n.seen_at
order by n.currency, n.day, n.seen_at desc;
insert into ledger.rate (currency, day, usd, source_id, seen_at)
select d.currency, d.day, d.usd, %(source)s, d.seen_at from delta_rate as d
on conflict (currency, day) do update set usd = excluded.usd, source_id = excluded.source_id, seen_at = excluded.seen_at;
"""


def alone(connection: psycopg.Connection) -> None:
    """Waits until no other transaction writes what follows from statements; holds it for this one until it ends.

    What follows is made of everything every source said, so two that write it at once would undo each other.
    """
    connection.execute("select pg_advisory_xact_lock(%s)", (LOADING,))


def stage(connection: psycopg.Connection, source_id: int, run_id: int, sights: Iterable[Sight]) -> None:
    """Writes the sightings, stages what they say and finds what their scopes said before; nothing of it is a statement yet.

    Raises:
        SourceChanged: a quote belongs to no offer of its page.
    """
    connection.execute(STAGES + SAID_SCORE + rentals.STAGE)
    read = []
    for sight in sights:
        scope_id = _sight(connection, source_id, run_id, sight)
        if scope_id is not None and sight.records is not None:
            read.append((scope_id, sight))
    for _, sight in read:
        rows.check(sight.url, sight.records or ())
    for kind, (table, row) in rows.STAGED.items():
        copy(connection, table, (row(i, s.seen_at, r) for i, s in read for r in s.records or () if isinstance(r, kind)))
    _script(connection, NAMED, {"source": source_id})
    for fact in (PRICES, OFFERS, MODELS):
        _script(connection, BEFORE.format(**names(fact)))


def write(connection: psycopg.Connection, source_id: int) -> Written:
    """Writes what `stage` found to differ."""
    for fact in (OFFERS, PRICES, MODELS):
        _script(connection, WRITE.format(**names(fact)))
    for fact in (OFFERS, PRICES):
        _script(connection, CONFIRM.format(**names(fact)))
    _script(connection, RENAME)
    _script(connection, MEASURED, {"source": source_id})
    _script(connection, SCORED, {"source": source_id})
    _script(connection, RATES, {"source": source_id})
    _script(connection, rentals.WRITE, {"source": source_id})
    counted = connection.execute("select count(*) filter (where not gone), count(*) filter (where gone) from delta_statement").fetchone()
    return Written(*(counted or (0, 0)))


def _sight(connection: psycopg.Connection, source_id: int, run_id: int, sight: Sight) -> int | None:
    """Notes one look; the scope's number, or None where this very look was noted before."""
    row = connection.execute(
        "insert into ledger.scope (source_id, url, found_on) values (%s, %s, %s)"
        " on conflict (source_id, url) do update set found_on = excluded.found_on returning id, last_seen_at",
        (source_id, sight.url, sight.found_on),
    ).fetchone()
    assert row
    scope_id, last = int(row[0]), row[1]
    count = None if sight.records is None else sum(not isinstance(record, UnknownKey) for record in sight.records)
    noted = connection.execute(
        "insert into ledger.sighting (scope_id, seen_at, sha256, address, complete, parser, records, run_id)"
        " values (%s, %s, %s, %s, %s, %s, coalesce(%s, (select g.records from ledger.sighting g where g.scope_id = %s"
        " order by g.seen_at desc limit 1), 0), %s) on conflict do nothing",
        (scope_id, sight.seen_at, sight.sha256, sight.address, sight.complete, sight.parser, count, scope_id, run_id),
    )
    if not noted.rowcount:
        return None
    newest = last is None or sight.seen_at > last
    if newest:
        connection.execute("update ledger.scope set last_seen_at = %s where id = %s", (sight.seen_at, scope_id))
    if sight.records is not None:
        connection.execute(LOOK, {"scope": scope_id, "at": sight.seen_at, "complete": sight.complete, "newest": newest})
    return scope_id


def _script(connection: psycopg.Connection, script: str, params: dict[str, Any] | None = None) -> None:
    """Runs several statements, one after the other."""
    for statement in script.split(";\n"):
        if statement.strip():
            connection.execute(statement, params)


def copy(connection: psycopg.Connection, table: str, rows: Iterable[tuple[Any, ...]], columns: Sequence[str] = ()) -> None:
    """Writes many rows at once."""
    named = f"{table} ({', '.join(columns)})" if columns else table
    with connection.cursor().copy(f"copy {named} from stdin") as copying:
        for row in rows:
            copying.write_row(row)


def names(fact: Fact) -> dict[str, str]:
    """A pair of tables in words: what the scripts' braces stand for."""

    def each(prefix: str) -> str:
        return ", ".join(f"{prefix}.{value}" for value in fact.values)

    return {
        "changes": fact.changes,
        "current": fact.current,
        "key": fact.key,
        "values": ", ".join(fact.values),
        "c_values": each("c"),
        "f_values": each("f"),
        "n_values": each("n"),
        "b_values": each("b"),
        "lags": ", ".join(f"lag(c.{value}) over past" for value in fact.values),
        "nulls": ", ".join("null" for _ in fact.values),
        "updates": ", ".join(f"{value} = excluded.{value}" for value in fact.values),
    }
