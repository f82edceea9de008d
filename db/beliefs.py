"""The belief, at every instant of both times: made by market/belief.py of what is not held, and kept for the views to read."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

import psycopg

from market.belief import END, Belief, Word, beliefs

# Every statement about the things to judge, with the review that decides it, and how long it was said: until when, whether the offer
# went with it, and when the third complete page was without it.
STATED = """
select o.thing, s.line_id, s.seen_at, s.scope_id, o.id, o.source_id || ' ' || o.provider_id, src.trust, l.meter,
    l.condition, s.usd, s.gone_at, l.stated_from, d.terms ->> 'mode', o.model_key,
    (select r.decision from ledger.review as r where r.line_id = s.line_id and r.seen_at = s.seen_at order by r.id desc limit 1),
    s.stated_to, s.corrected, w.offer_id is not null,
    case when w.offer_id is not null then (
        select sg.seen_at from ledger.sighting as sg
        where sg.scope_id = s.scope_id and sg.complete and sg.seen_at >= s.gone_at order by sg.seen_at offset 2 limit 1
    ) end,
    s.native, s.currency, s.rate_on
from judged as j
inner join ledger.offer as o on o.thing = j.thing
inner join ledger.source as src on src.id = o.source_id
inner join ledger.price_line as l on l.offer_id = o.id
inner join ledger.said as s on s.line_id = l.id and not s.gone and s.usd is not null
left join ledger.listed as d on d.scope_id = s.scope_id and d.offer_id = o.id
left join ledger.listing as w
    on not s.corrected and w.offer_id = o.id and w.scope_id = s.scope_id and w.seen_at = s.gone_at and w.gone
order by s.line_id, s.scope_id, s.seen_at
"""

# Asked for aside: joined, it misleads the planner about how many offers there are.
VOICES = "select source_id || ' ' || provider_id, family from ledger.voice"

NAMES = """
select o.id, array[src.name, o.provider, o.model_key, coalesce(o.endpoint, '')]
from judged as j inner join ledger.offer as o on o.thing = j.thing inner join ledger.source as src on src.id = o.source_id
"""

STALE = """
select sc.id, sc.last_seen_at + src.fail_after
from ledger.scope as sc inner join ledger.source as src on src.id = sc.source_id
where sc.last_seen_at + src.fail_after < now()
"""

COLUMNS = "line_id, scope_id, known_from, known_to, valid_from, valid_to, dated, assumed, usd, seen_at, agreement, families, spread, stale"

MADE = f"create temp table believed on commit drop as select {COLUMNS} from ledger.belief limit 0"
# Only what is otherwise than before is written: things are judged again on many nights, and most come out the same. `shifted` tells from
# which instant on the belief in a line is another.
# The index keeps a planner that knows nothing of the tables yet from comparing all with all.
CHANGE = f"""
create unique index on believed (line_id, scope_id, known_from, valid_from);
analyze believed;
create temp table outdated on commit drop as
select b.* from ledger.belief as b
inner join ledger.price_line as l on l.id = b.line_id
inner join ledger.offer as o on o.id = l.offer_id
inner join judged as j on j.thing = o.thing
where not exists (
    select 1 from believed as n
    where n.line_id = b.line_id and n.scope_id = b.scope_id and n.known_from = b.known_from and n.valid_from = b.valid_from and n = b
);
delete from ledger.belief as b using outdated as o
where o.line_id = b.line_id and o.scope_id = b.scope_id and o.known_from = b.known_from and o.valid_from = b.valid_from;
delete from believed as n using ledger.belief as b
where n.line_id = b.line_id and n.scope_id = b.scope_id and n.known_from = b.known_from and n.valid_from = b.valid_from;
insert into ledger.belief ({COLUMNS}) select {COLUMNS} from believed;
create temp table shifted on commit drop as
select line_id, min(
    case
        when (o.usd, o.agreement) is not distinct from (n.usd, n.agreement)
            then least(o.known_to, o.valid_to, n.known_to, n.valid_to)
        else greatest(known_from, valid_from)
    end
) as since
from (select * from outdated where not assumed) as o
full join (select * from believed where not assumed) as n using (line_id, scope_id, known_from, valid_from)
group by line_id;
"""


class Stated(NamedTuple):
    """A row of STATED.

    Attributes:
        gone_at: when the source said otherwise or fell silent.
        corrected: it said otherwise.
        kept: it fell silent since the whole offer went.
        missed_at: the third complete page without the offer.
        native: the amount as stated, where that is not in USD.
        rate_on: the day of the rate that made USD of it.
    """

    thing: str
    line: int
    seen_at: datetime
    scope: int
    offer: int
    family: str
    trust: int
    meter: str
    condition: str | None
    usd: Decimal
    gone_at: datetime | None
    stated_from: datetime | None
    mode: str | None
    model_key: str
    decision: str | None
    stated_to: datetime | None
    corrected: bool
    kept: bool
    missed_at: datetime | None
    native: Decimal | None
    currency: str
    rate_on: date | None


def voices(connection: psycopg.Connection) -> dict[str, str]:
    """Whose word it is what each source says of each provider, by their numbers and names with a space between."""
    return dict(connection.execute(VOICES).fetchall())


def stated(connection: psycopg.Connection, families: Mapping[str, str]) -> list[Stated]:
    """Every statement about the things named in the temporary table `judged`, by line and page in order of time.

    Args:
        families: as `voices` gives them.
    """
    rows = map(Stated._make, connection.execute(STATED).fetchall())
    return [row._replace(family=families[row.family]) for row in rows]


def write(connection: psycopg.Connection, rows: Iterable[Stated], held: Container[tuple[int, datetime, int]]) -> None:
    """Makes the belief in the things named in `judged` anew, of all statements that are not held."""
    names: dict[int, list[str]] = dict(connection.execute(NAMES).fetchall())
    stale: dict[int, datetime] = dict(connection.execute(STALE).fetchall())
    things: dict[str, list[Word]] = defaultdict(list)
    for (_, scope), said in groupby(rows, key=lambda row: (row.line, row.scope)):
        for row, until, kept in lasting(said, held):
            name = tuple(names[row.offer])
            things[row.thing].append(
                Word(
                    row.line, scope, row.offer, (row.meter, row.condition), row.family, row.trust, name, row.usd,
                    row.seen_at, until, kept, row.stated_from, row.stated_to, stale.get(scope, END),
                )
            )  # fmt: skip
    connection.execute(MADE)
    with connection.cursor().copy(f"copy believed ({COLUMNS}) from stdin") as copy:
        for words in things.values():
            for belief in beliefs(words):
                copy.write_row(_row(belief))
    for statement in CHANGE.rstrip().removesuffix(";").split(";\n"):
        connection.execute(statement)


def lasting(said: Iterable[Stated], held: Container[tuple[int, datetime, int]]) -> Iterator[tuple[Stated, datetime, bool]]:
    """The good statements of one line on one page, each until the next one, or until silence; what is held between ends none."""
    good: Stated | None = None
    ends, kept = END, False
    for row in said:
        if (row.line, row.seen_at, row.scope) not in held:
            if good is not None:
                yield good, min(ends, row.seen_at), kept and ends <= row.seen_at
            good, ends, kept = row, END, False
        if row.gone_at is not None and not row.corrected and ends == END:
            kept = row.kept
            ends = (row.missed_at or END) if kept else row.gone_at
    if good is not None:
        yield good, ends, kept


def _row(belief: Belief) -> tuple[Any, ...]:
    best = belief.best
    times = (belief.known_from, belief.known_to, belief.valid_from, belief.valid_to)
    said = (belief.dated, belief.assumed, best.usd, best.seen_at, best.agreement, best.families, best.spread, best.stale)
    return (best.line, best.scope, *times, *said)
