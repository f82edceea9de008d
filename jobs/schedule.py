"""The clock. It only rings: who rings first for a source and a tick puts one job into the queue, whoever else rings too.

APScheduler wakes it, at each source's tick and once a minute; what time it is, and so what is due, the database says: clocks
on several machines agree, and a machine's clock that is wrong or is set does no harm.
"""

import argparse
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import psycopg
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from croniter import croniter

from db import events, queue, views
from market.errors import MarketError

LOOK_AGAIN = timedelta(minutes=1)
FORECAST, CLAIMS = "forecast", "claims"
NIGHTLY = {FORECAST: "47 6 * * *", CLAIMS: "17 7 * * *"}
"""Jobs that no source asks for, after collecting."""
MONTH = timedelta(days=30)
log = logging.getLogger("jobs.clock")


def newest_tick(cadence: str, now: datetime) -> datetime:
    """The last tick of a cadence at or before an instant, UTC."""
    found: datetime = croniter(cadence, now.astimezone(UTC) + timedelta(microseconds=1)).get_prev(datetime)
    return found


def next_tick(cadence: str, now: datetime) -> datetime:
    """The first tick of a cadence after an instant, UTC."""
    found: datetime = croniter(cadence, now.astimezone(UTC)).get_next(datetime)
    return found


def ring(source: str, tick: datetime) -> bool:
    """Puts one job for a source and a tick into the queue, in one transaction with the claim to it; False where another did."""
    from jobs.tasks import collect_source, nightly

    with queue.connect() as connection:
        if not queue.claim(connection, source, tick):
            return False
        key = f"{source} {tick.isoformat()}"
        if source in NIGHTLY:
            nightly(source).configure(connection=connection, lock=source, queueing_lock=key).defer(scheduled_for=tick.isoformat())
        else:
            job = collect_source.configure(connection=connection, lock=f"collect {source}", queueing_lock=f"collect {key}")
            job.defer(source=source, scheduled_for=tick.isoformat())
    log.info("Rang %s.", key)
    return True


def due(cadences: Mapping[str, str], at: datetime) -> dict[str, datetime]:
    """The newest missed tick of each source that has one: neither rung nor answered by a run since."""
    rung = queue.newest_rings()
    query = "select source, max(started_at) as began from market.run where outcome <> 'aborted' group by source"
    began = {row["source"]: row["began"] for row in views.rows(query)}
    ticks = {source: newest_tick(cadence, at) for source, cadence in cadences.items()}
    return {source: tick for source, tick in ticks.items() if all(source not in seen or seen[source] < tick for seen in (rung, began))}


def catch_up(cadences: Mapping[str, str], at: datetime | None = None) -> None:
    """Rings each source whose newest tick nobody answered once, however many ticks it missed."""
    for source, tick in due(cadences, at or queue.now()).items():
        ring(source, tick)


def tend(cadences: Mapping[str, str]) -> None:
    """One look of the clock: rings what is due, notes who is late, tidies up."""
    try:
        catch_up(cadences)
        for event in events.watch():
            log.warning("%s", event)
        queue.forget(MONTH)
    except (psycopg.Error, MarketError) as error:
        log.warning("The database did not answer; the clock looks again in a minute: %s", error)


class Cadence(BaseTrigger):  # type: ignore[misc]
    """A source's cron expression as a trigger; APScheduler's own counts the days of the week from Monday, cron from Sunday."""

    def __init__(self, cadence: str) -> None:
        self.cadence = cadence

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The tick after now."""
        return next_tick(self.cadence, now)


class Clock(BlockingScheduler):  # type: ignore[misc]
    """APScheduler, awake once a minute whatever the machine's clock says: one set back by a day must not stop it for a day."""

    def _process_jobs(self) -> float:
        latest = datetime.now(UTC) + LOOK_AGAIN
        for job in self.get_jobs():
            if job.id == "look" and job.next_run_time > latest:
                job.modify(next_run_time=latest - LOOK_AGAIN)
        wait = super()._process_jobs()
        return min(LOOK_AGAIN.total_seconds(), LOOK_AGAIN.total_seconds() if wait is None else wait)


def clock(known: Mapping[str, str]) -> Clock:
    """A clock for these cadences: it looks at each tick and once a minute; a look that comes late is made, and once."""
    made = Clock(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1})
    for source, cadence in known.items():
        made.add_job(tend, Cadence(cadence), args=[{source: cadence}], id=source)
    made.add_job(tend, "interval", args=[known], seconds=LOOK_AGAIN.total_seconds(), next_run_time=datetime.now(UTC), id="look")
    return made


def cadences() -> dict[str, str]:
    """The cron expression of every source."""
    from collector.source import find

    return {name: source.cadence for name, source in sorted(find().items())}


def scheduler(_: argparse.Namespace) -> int:
    """`modelmarket scheduler`: rings each source at its cadence, forecasts and claims after them, and what was missed, until stopped."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    clock({**cadences(), **NIGHTLY}).start()
    return 0
