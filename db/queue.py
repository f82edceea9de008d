"""The job queue's own schema, `queue`: which ticks of the clock were rung, how the jobs stand, and whose worker died."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import cast

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db import engine, schema

SWEEPING = 7_306_219

STALLED = """
select job.id, job.attempts, exists (
    select from procrastinate_jobs as twin where twin.status = 'todo' and twin.queueing_lock = job.queueing_lock
) as doubled
from procrastinate_jobs as job
left join procrastinate_workers as worker on worker.id = job.worker_id
where job.status = 'doing' and (worker.id is null or worker.last_heartbeat < now() - make_interval(secs => %s))
order by job.id for update of job
"""


def dsn() -> str:
    """A connection string of the owner that finds procrastinate's tables."""
    given = engine.dsn()
    options = conninfo_to_dict(given).get("options") or ""
    return make_conninfo(given, options=f"{options} -c search_path=queue", application_name="modelmarket queue")


@contextmanager
def connect() -> Iterator[psycopg.Connection]:
    """A connection of the owner in schema `queue`, committed on leaving, rolled back on an error."""
    schema.ensure()
    with psycopg.connect(dsn()) as connection:
        yield connection


def now() -> datetime:
    """This instant by the database's clock, aware, UTC."""
    with connect() as connection:
        row = connection.execute("select clock_timestamp()").fetchone()
    assert row
    return cast(datetime, row[0])


def claim(connection: psycopg.Connection, source: str, scheduled_for: datetime) -> bool:
    """Whether this is the first to ring a source for a tick; it stays so if the connection's transaction commits."""
    done = connection.execute("insert into ring (source, scheduled_for) values (%s, %s) on conflict do nothing", (source, scheduled_for))
    return done.rowcount == 1


def newest_rings() -> dict[str, datetime]:
    """The newest tick rung, per source."""
    with connect() as connection:
        return dict(connection.execute("select source, max(scheduled_for) from ring group by source").fetchall())


def counts() -> dict[str, int]:
    """How many jobs are todo, doing, succeeded, failed, cancelled and aborted."""
    with connect() as connection:
        return dict(
            connection.execute(
                "select status::text, count(job.id) from unnest(enum_range(null::procrastinate_job_status)) as status"
                " left join procrastinate_jobs as job using (status) where status::text <> 'aborting' group by status order by status"
            ).fetchall()
        )


def forget(age: timedelta) -> int:
    """Deletes jobs that ended longer ago than this; returns how many."""
    with connect() as connection:
        return connection.execute(
            "delete from procrastinate_jobs as job where status not in ('todo', 'doing') and not exists"
            " (select from procrastinate_events as event where event.job_id = job.id and event.at > now() - %s)",
            (age,),
        ).rowcount


def asked(connection: psycopg.Connection, key: str) -> bool:
    """Whether a job with this queueing lock waits or is being done."""
    known = "select from procrastinate_jobs where queueing_lock = %s and status in ('todo', 'doing')"
    return connection.execute(known, (key,)).fetchone() is not None


def sweep(silent_for: float = 30.0, retries: int = 2) -> dict[int, str]:
    """Gives jobs whose worker died back to the queue, and sets those aside as failed that have been given back before.

    One that was asked for again meanwhile, and waits, is aborted: the queue takes no two of the same, and one does the work.

    Args:
        silent_for: seconds without a heartbeat after which a worker counts as dead.
        retries: how often a job is given back.

    Returns:
        The new status (todo, failed or aborted) by number of the job; empty also where another worker sweeps just now.
    """
    swept: dict[int, str] = {}
    with connect() as connection:
        if connection.execute("select pg_try_advisory_xact_lock(%s)", (SWEEPING,)).fetchone() != (True,):
            return swept
        for job, attempts, doubled in connection.execute(STALLED, (silent_for,)).fetchall():
            if doubled:
                connection.execute("select procrastinate_finish_job_v1(%s, 'aborted', false)", (job,))
                swept[job] = "aborted"
            elif attempts < retries:
                connection.execute("select procrastinate_retry_job_v2(%s, now(), null, null, null)", (job,))
                swept[job] = "todo"
            else:
                connection.execute("select procrastinate_finish_job_v1(%s, 'failed', false)", (job,))
                swept[job] = "failed"
    return swept
