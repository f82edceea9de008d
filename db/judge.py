"""Screening applied to the ledger: touched things are judged again, held statements noted, the last good prices kept.

The rules are market/screening.py's; this module only fetches what they need and writes what they say.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

import psycopg

from db import beliefs
from db.moves import write as tell_moves
from market import screening

# Lines that the page and its scope's preceding sighting both price: old, new.
MOVES = """
select b.usd, n.usd
from stage_statement as n inner join before_statement as b on b.scope_id = n.scope_id and b.line_id = n.line_id
where not b.gone and b.usd > 0 and n.usd > 0
"""

# Lines of the page, and what independent sources believe of the same.
AGAINST = """
with voices as materialized (select * from ledger.voice),

mine as materialized (
    select n.line_id, n.usd, f.thing, l.meter, coalesce(l.condition, '') as condition, v.family
    from stage_statement as n
    inner join ledger.price_line as l on l.id = n.line_id
    inner join ledger.offer as f on f.id = l.offer_id
    inner join voices as v on v.source_id = f.source_id and v.provider_id = f.provider_id
    where n.usd > 0
),

others as materialized (
    select f.thing, l.meter, coalesce(l.condition, '') as condition, st.good_usd as usd, src.trust, l.stated_from, v.family
    from ledger.standing as st
    inner join ledger.price_line as l on l.id = st.line_id
    inner join ledger.offer as f on f.id = l.offer_id
    inner join ledger.source as src on src.id = f.source_id and src.id <> %(source)s
    inner join voices as v on v.source_id = f.source_id and v.provider_id = f.provider_id
    where st.good_usd > 0 and not st.gone and coalesce(l.stated_from <= now(), true) and coalesce(st.good_to > now(), true)
)

select distinct on (n.line_id) o.usd, n.usd
from mine as n
inner join others as o on o.thing = n.thing and o.meter = n.meter and o.condition = n.condition and o.family <> n.family
order by n.line_id, o.trust, o.stated_from desc nulls last, o.usd
"""

# Records of the page and of its scope's last complete sighting, start pages of a source that lists everything.
SIZES = """
select sc.url, now_.records, last.records
from sight as s
inner join ledger.scope as sc on sc.id = s.scope_id and sc.found_on is null
inner join ledger.source as src on src.id = sc.source_id and src.lists_everything
inner join ledger.sighting as now_ on now_.scope_id = s.scope_id and now_.seen_at = s.seen_at
inner join lateral (
    select p.records from ledger.sighting as p
    where p.scope_id = s.scope_id and p.seen_at < s.seen_at and p.complete and p.sha256 is not null
    order by p.seen_at desc limit 1
) as last on true
where s.newest
"""

# Every positive price that stands, for the ceilings and the typical prices of the meters.
STANDING = """
select o.source_id || ' ' || o.provider_id, o.thing, o.id, l.meter, coalesce(st.usd, c.usd)
from ledger.standing as st
left join ledger.converted as c on c.line_id = st.line_id and c.scope_id = st.scope_id and c.seen_at = st.seen_at
inner join ledger.price_line as l on l.id = st.line_id
inner join ledger.offer as o on o.id = l.offer_id
where not st.gone and coalesce(st.usd, c.usd) > 0 and l.condition is null
"""

SETTLE = (
    # Verdicts that fell away, and new ones; one that stays keeps the time it was first judged.
    """
    delete from ledger.quarantine as q using ledger.price_line as l, ledger.offer as o, judged as j
    where l.id = q.line_id and o.id = l.offer_id and o.thing = j.thing and not exists (
        select 1 from held as h where h.line_id = q.line_id and h.seen_at = q.seen_at and h.scope_id = q.scope_id
    )
    """,
    """
    insert into ledger.quarantine (line_id, seen_at, scope_id, rule, reason)
    select line_id, seen_at, scope_id, rule, reason from held
    on conflict (line_id, seen_at, scope_id) do update set rule = excluded.rule, reason = excluded.reason
    where (quarantine.rule, quarantine.reason) is distinct from (excluded.rule, excluded.reason)
    """,
    # What stands and is not held is good as it is.
    """
    update ledger.standing as st set held = null, good_usd = b.usd, good_seen_at = st.seen_at, good_to = st.stated_to
    from (
        select st.scope_id, st.line_id, coalesce(st.usd, c.usd) as usd
        from judged as j
        inner join ledger.offer as o on o.thing = j.thing
        inner join ledger.price_line as l on l.offer_id = o.id
        inner join ledger.standing as st on st.line_id = l.id and not st.gone
        left join ledger.converted as c on c.line_id = st.line_id and c.scope_id = st.scope_id and c.seen_at = st.seen_at
        where not exists (
            select 1 from held as h where h.line_id = st.line_id and h.seen_at = st.seen_at and h.scope_id = st.scope_id
        )
    ) as b
    where st.scope_id = b.scope_id and st.line_id = b.line_id
        and (st.held, st.good_usd, st.good_seen_at, st.good_to) is distinct from (null, b.usd, st.seen_at, st.stated_to)
    """,
    # What is held or gone keeps the last good word before it.
    """
    update ledger.standing as st set held = b.rule, good_usd = b.usd, good_seen_at = b.seen_at, good_to = b.stated_to
    from (
        select st.scope_id, st.line_id, h.rule, good.usd, good.seen_at, good.stated_to
        from judged as j
        inner join ledger.offer as o on o.thing = j.thing
        inner join ledger.price_line as l on l.offer_id = o.id
        inner join ledger.standing as st on st.line_id = l.id
        left join held as h on h.line_id = st.line_id and h.seen_at = st.seen_at and h.scope_id = st.scope_id
        left join lateral (
            select s.usd, s.seen_at, s.stated_to from ledger.said as s
            where s.line_id = st.line_id and s.scope_id = st.scope_id and not s.gone and s.usd is not null and not exists (
                select 1 from held as q where q.line_id = s.line_id and q.seen_at = s.seen_at and q.scope_id = s.scope_id
            )
            order by s.seen_at desc limit 1
        ) as good on true
        where h.line_id is not null or st.gone
    ) as b
    where st.scope_id = b.scope_id and st.line_id = b.line_id
        and (st.held, st.good_usd, st.good_seen_at, st.good_to) is distinct from (b.rule, b.usd, b.seen_at, b.stated_to)
    """,
)

# Things touched by the run: a price written, a rate moved, a name changed, an offer missing once more, a source grown stale or fresh.
TOUCHED = (
    """
    insert into judged select distinct o.thing from delta_statement as d
    inner join ledger.price_line as l on l.id = d.line_id inner join ledger.offer as o on o.id = l.offer_id
    """,
    """
    insert into judged select distinct o.thing from delta_rate as d
    inner join ledger.converted as c on c.currency = d.currency and c.rate_on = d.day
    inner join ledger.price_line as l on l.id = c.line_id inner join ledger.offer as o on o.id = l.offer_id
    where d.moved on conflict do nothing
    """,
    "insert into judged select old from renamed union select new from renamed on conflict do nothing",
    """
    insert into judged select distinct o.thing from ledger.sighting as sg
    inner join ledger.standing as st on st.scope_id = sg.scope_id and st.gone
    inner join ledger.belief as b on b.line_id = st.line_id and b.scope_id = st.scope_id and b.valid_to > now()
    inner join ledger.price_line as l on l.id = st.line_id inner join ledger.offer as o on o.id = l.offer_id
    where sg.run_id = %(run)s on conflict do nothing
    """,
    # What the first page of all lists is no news; an older page put before it makes it news.
    """
    insert into judged select distinct o.thing from ledger.sighting as sg
    inner join ledger.standing as st on st.scope_id = sg.scope_id
    inner join ledger.price_line as l on l.id = st.line_id inner join ledger.offer as o on o.id = l.offer_id
    where sg.run_id = %(run)s and not exists (
        select 1 from ledger.sighting as older where older.scope_id = sg.scope_id and older.seen_at < sg.seen_at
    ) on conflict do nothing
    """,
    """
    with seen as (
        select src.id, coalesce(max(sc.last_seen_at) < now() - src.fail_after, false) as stale
        from ledger.source as src left join ledger.scope as sc on sc.source_id = src.id group by src.id
    ), turned as (
        update ledger.source as src set stale = seen.stale from seen where seen.id = src.id and src.stale <> seen.stale returning src.id
    )
    insert into judged select distinct o.thing from turned inner join ledger.offer as o on o.source_id = turned.id on conflict do nothing
    """,
)

# What this run made to be held, its own source's statements only.
NEWLY = """
select count(*) from ledger.quarantine as q
inner join ledger.price_line as l on l.id = q.line_id
inner join ledger.offer as o on o.id = l.offer_id and o.source_id = %(source)s
inner join judged as j on j.thing = o.thing
where q.judged_at = now()
"""

# After so many things of a load, what the planner knows of the tables is too old to plan the judging by.
MANY = 500
TABLES = ", ".join(
    f"ledger.{name}"
    for name in ("offer", "price_line", "statement", "standing", "listing", "listed", "sighting", "quarantine", "belief", "move")
)

# The least size at which half of it missing says anything.
ENOUGH = 10


def page_hold(connection: psycopg.Connection, source_id: int) -> screening.Hold | None:
    """Why what is staged must not be believed as a whole, if so."""
    for url, records, last in connection.execute(SIZES).fetchall():
        if last >= ENOUGH and (hold := screening.judge_page((), (), records, last)):
            return screening.Hold(hold.rule, f"{url}: {hold.reason}")
    if not connection.execute("select 1 from stage_statement limit 1").fetchone():
        return None
    moves = connection.execute(MOVES).fetchall()
    against = connection.execute(AGAINST, {"source": source_id}).fetchall()
    return screening.judge_page(moves, against, len(moves) + len(against), None)


def settle(connection: psycopg.Connection, source_id: int, run_id: int) -> int:
    """Judges what `load.write` touched and makes the belief in it anew; how many statements of the source it newly holds."""
    connection.execute("create temp table judged (thing text primary key) on commit drop")
    for statement in TOUCHED:
        connection.execute(statement, {"run": run_id})
    count = connection.execute("select count(*) from judged").fetchone()
    if count and count[0] > MANY:
        connection.execute(f"analyze judged, {TABLES}")
    return judge(connection, source_id)


def judge(connection: psycopg.Connection, source_id: int) -> int:
    """Judges the things named in the temporary table `judged`; how many statements of the source are newly held."""
    if not connection.execute("select 1 from judged limit 1").fetchone():
        return 0
    families = beliefs.voices(connection)
    standing = prices(connection, families)
    market = screening.market_of(standing)
    _beyond(connection, standing, market)
    stated = beliefs.stated(connection, families)
    groups: dict[str, list[screening.Stated]] = defaultdict(list)
    for row in stated:
        groups[row.thing].append(
            screening.Stated(
                (row.line, row.seen_at, row.scope), row.offer, row.family, row.trust, row.meter, row.condition, row.usd,
                row.seen_at, row.gone_at, row.stated_from, row.mode, row.model_key, row.decision, row.thing,
            )
        )  # fmt: skip
    connection.execute(
        "create temp table held (line_id int, seen_at timestamptz, scope_id int, rule text, reason text,"
        " primary key (line_id, seen_at, scope_id)) on commit drop"
    )
    held = {row: hold for group in groups.values() for row, hold in _rows(screening.judge(group, market))}
    with connection.cursor().copy("copy held from stdin") as copy:
        for (line, seen, scope), hold in held.items():
            copy.write_row((line, seen, scope, hold.rule, hold.reason))
    for statement in SETTLE:
        connection.execute(statement)
    beliefs.write(connection, stated, held.keys())
    tell_moves(connection)
    found = connection.execute(NEWLY, {"source": source_id}).fetchone()
    return found[0] if found else 0


def prices(connection: psycopg.Connection, families: Mapping[str, str]) -> list[tuple[str, str, int, str, Decimal]]:
    """Every positive unconditional price that stands: family, thing, offer, meter, USD per the meter's unit."""
    return [(families[voice], *rest) for voice, *rest in connection.execute(STANDING).fetchall()]


def _rows(held: dict[Hashable, screening.Hold]) -> list[tuple[Any, screening.Hold]]:
    return list(held.items())


def _beyond(connection: psycopg.Connection, standing: list[Any], market: screening.Market) -> None:
    """Things that a yardstick may hold, and things held so far, are judged again though nothing touched them: either may have moved."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into judged values (%s) on conflict do nothing", [(thing,) for thing in screening.apart(market, standing)]
        )
    connection.execute(
        "insert into judged select distinct o.thing from ledger.quarantine as q inner join ledger.price_line as l on l.id = q.line_id"
        " inner join ledger.offer as o on o.id = l.offer_id on conflict do nothing"
    )
