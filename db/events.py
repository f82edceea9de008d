"""What happens to sources besides prices: one falls silent and speaks again, announces its end, or changes the shape of its pages.

Every event is written once, when it is first seen to have happened.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import psycopg

from db import engine

_WATCHING = 7_306_217

# A source that is late, then too late, then back: each said once until the next is so.
STANDINGS = """
with last as (
    select distinct on (e.source_id) e.source_id, e.kind
    from ledger.event as e
    where e.kind in ('stale', 'failed', 'recovered')
    order by e.source_id, e.id desc
),

found as (
    select
        s.id,
        h.source,
        h.last_success,
        l.kind as was,
        case h.standing when 'fresh' then 'recovered' else h.standing end as kind,
        h.last_success + case h.standing
            when 'stale' then h.expected_every * 1.5 when 'failed' then h.fail_after else interval '0'
        end as happened_at
    from market.source_health as h
    inner join ledger.source as s on s.name = h.source
    left join last as l on l.source_id = s.id
)

insert into ledger.event (source_id, kind, happened_at, detail)
select
    f.id,
    f.kind,
    f.happened_at,
    f.source || case f.kind
        when 'recovered' then ' is read again, since '
        when 'stale' then ' is late: it was last read at '
        else ' has failed: it was last read at '
    end || to_char(f.last_success, 'YYYY-MM-DD HH24:MI') || ' UTC.'
from found as f
where
    (f.kind = 'recovered' and f.was in ('stale', 'failed'))
    or (f.kind = 'stale' and coalesce(f.was, 'recovered') = 'recovered')
    or (f.kind = 'failed' and f.was is distinct from 'failed')
order by f.source
returning detail
"""

# The same is not said again while it is the last that was said of the same thing.
TOLD = """
insert into ledger.event (source_id, run_id, kind, what, happened_at, detail)
select %(source)s, %(run)s, %(kind)s, %(what)s, %(happened_at)s, %(detail)s
where not exists (
    select from (
        select e.kind, e.detail from ledger.event as e
        where
            e.source_id = %(source)s and e.what = %(what)s
            and (e.kind = %(kind)s or (e.kind like '%%_key' and %(kind)s like '%%_key'))
        order by e.id desc limit 1
    ) as last
    where last.kind = %(kind)s and (last.detail = %(detail)s or %(kind)s in ('new_key', 'lost_key'))
)
"""


class Event(NamedTuple):
    """Something a page tells of its source.

    Attributes:
        kind: sunset, deprecation, new_key, lost_key or retyped_key.
        what: the start page that announces its end, or the path of the key.
        detail: one sentence.
    """

    kind: str
    what: str
    happened_at: datetime
    detail: str


def tell(connection: psycopg.Connection, source_id: int, run_id: int, events: Sequence[Event]) -> None:
    """Writes what a run noticed, each thing once. Does not commit."""
    with connection.cursor() as cursor:
        cursor.executemany(TOLD, [{"source": source_id, "run": run_id, **event._asdict()} for event in events])


def watch() -> list[str]:
    """Writes which sources fell silent or spoke again since the last look, by the database's clock; one sentence each."""
    with engine.connect() as connection:
        # Another clock may be looking just now; then it writes.
        if connection.execute("select pg_try_advisory_xact_lock(%s)", (_WATCHING,)).fetchone() != (True,):
            return []
        return [detail for (detail,) in connection.execute(STANDINGS).fetchall()]
