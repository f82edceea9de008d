"""The clock. It only rings: who rings first for a source and a tick puts one job into the queue, whoever else rings too."""

import argparse
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from croniter import croniter

from db import queue, views

GRACE = timedelta(hours=6)
LOOK_AGAIN = timedelta(minutes=10)
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


class Cadence(BaseTrigger):  # type: ignore[misc]
    """A source's cron expression as a trigger; APScheduler's own counts the days of the week from Monday, cron from Sunday."""

    def __init__(self, cadence: str) -> None:
        self.cadence = cadence

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The tick after the last one that fired, else after now."""
        return next_tick(self.cadence, previous_fire_time or now)


def now() -> datetime:
    """This instant, aware, UTC."""
    return datetime.now(UTC)


def ring(source: str, tick: datetime) -> bool:
    """Puts one job for a source and a tick into the queue, in one transaction with the claim to it; False where another did."""
    from jobs.tasks import collect_source

    with queue.connect() as connection:
        if not queue.claim(connection, source, tick):
            return False
        key = f"{source} {tick.isoformat()}"
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
    """Rings each missed source once, for its newest missed tick only."""
    for source, tick in due(cadences, at or now()).items():
        ring(source, tick)


def tend(cadences: Mapping[str, str]) -> None:
    """What the clock does every few minutes: rings what was missed, also while the database was away, and tidies up."""
    catch_up(cadences)
    queue.forget(MONTH)


def cadences() -> dict[str, str]:
    """The cron expression of every source."""
    from collector.source import find

    return {name: source.cadence for name, source in sorted(find().items())}


def scheduler(_: argparse.Namespace) -> int:
    """`modelmarket scheduler`: catches up what was missed, then rings each source at its cadence until stopped."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    known = cadences()
    settings: dict[str, Any] = {"coalesce": True, "misfire_grace_time": int(GRACE.total_seconds()), "max_instances": 1}
    clock = BlockingScheduler(timezone=UTC, job_defaults=settings)
    for source, cadence in known.items():
        clock.add_job(lambda source=source, cadence=cadence: ring(source, newest_tick(cadence, now())), Cadence(cadence), name=source)
    clock.add_job(tend, "interval", args=[known], seconds=LOOK_AGAIN.total_seconds(), next_run_time=now(), name="tend")
    clock.start()
    return 0
