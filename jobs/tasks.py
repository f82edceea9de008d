"""What a worker can do, and the worker itself. A task calls a door; what fails there fails the job."""

import argparse
import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Any

import psycopg
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

from db import queue
from db.turns import working
from jobs.app import app
from jobs.backfill import load
from jobs.crawl import BAD, crawl
from market.errors import MarketError

SWEEP_EVERY, PLAN_EVERY = 15.0, 86_400.0  # seconds
log = logging.getLogger("jobs.worker")


class CollectFailed(MarketError):
    """A source could not be collected; `modelmarket status` says why."""


class WhenInterrupted(BaseRetryStrategy):
    """A job that the worker's own end cut off is done again by the next worker; one that failed is not."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Again at once, up to ten times."""
        again = isinstance(exception, asyncio.CancelledError) and job.attempts < 10
        return RetryDecision(retry_in={"seconds": 0}) if again else None


class WhenRoom(WhenInterrupted):
    """A probe whose model finds no room on the disk now is tried again every hour for a day."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """In an hour, where room is missing; else as for any other job."""
        from probes.artifacts import NoRoom

        if isinstance(exception, NoRoom) and job.attempts < 24:
            return RetryDecision(retry_in={"hours": 1})
        return super().get_retry_decision(exception=exception, job=job)


@app.task(name="collect_source", queue="collect", retry=WhenInterrupted())
async def collect_source(source: str, scheduled_for: str) -> dict[str, Any]:
    """Collects one source for one tick of the clock, in a process of its own.

    Raises:
        CollectFailed: the run failed or was partial.
    """
    run = await crawl(source, datetime.fromisoformat(scheduled_for))
    if run["outcome"] in BAD:
        raise CollectFailed(f"{source}: {run['outcome']}: {run['reason']}")
    return run


@app.task(name="forecast_night", queue="forecast", retry=WhenInterrupted())
async def forecast_night(scheduled_for: str) -> dict[str, int]:
    """Scores the forecasts that came due and stores this night's."""
    from jobs.forecast import nightly

    log.info("Forecasts of %s.", scheduled_for)
    async with working():
        return await asyncio.to_thread(nightly)


@app.task(name="claims_night", queue="forecast", retry=WhenInterrupted())
async def claims_night(scheduled_for: str) -> dict[str, Any]:
    """Checks every claim again; a verdict that flips is logged as a warning and kept."""
    from jobs.claims import nightly

    log.info("Claims of %s.", scheduled_for)
    async with working():
        found = await asyncio.to_thread(nightly)
    for flip in found["flips"]:
        log.warning("%s", flip)
    return found


def nightly(name: str) -> Any:
    """The task of a nightly job, by its name on the clock."""
    return {"forecast": forecast_night, "claims": claims_night}[name]


@app.task(name="load_past", queue="past", retry=WhenInterrupted())
async def load_past(source: str) -> dict[str, Any] | None:
    """Loads a source's past from its public repository; None where that cannot be reached, for the next `up` to try again."""
    async with working():
        return await load(source)


@app.task(name="probe_artifact", queue="probe", retry=WhenRoom(), pass_context=True)
async def probe_artifact(context: JobContext, repository: str, revision: str, file: str, machine_id: str, budget: float) -> bool:
    """Measures one file of the Hub on the machine it was meant for; False where the job's result is there already."""
    from jobs.probing import run

    log.info("%s of %s, for machine %s.", file, repository, machine_id)
    return await _apart(lambda: run(repository, revision, file, budget, context.job.id, log.info))


async def _apart(work: Callable[[], bool]) -> bool:
    """Runs a call in a thread that a stopped worker does not wait for: what measures, or waits for its turn, ends with the worker."""
    done: Future[bool] = Future()

    def call() -> None:
        if done.set_running_or_notify_cancel():
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    return await asyncio.wrap_future(done)


def queues(named: list[str] | None) -> list[str]:
    """The queues that a worker takes jobs from: probes only where named, and then only those that this machine was meant for."""
    if named and "probe" in named:
        from probes.machine import machine

        return [f"probe {machine().machine_id}" if name == "probe" else name for name in named]
    return named or sorted({task.queue for task in app.tasks.values()} - {"probe"})


async def _sweep_for_ever(sweep: Callable[[], dict[int, str]]) -> None:
    while True:
        try:
            for job, status in (await asyncio.to_thread(sweep)).items():
                log.warning("The worker of job %d died; the job is %s now.", job, status)
        except (psycopg.Error, MarketError) as error:
            log.warning("The sweep for dead workers' jobs was put off: %s", error)
        await asyncio.sleep(SWEEP_EVERY)


async def work(**options: Any) -> None:
    """Runs jobs until a signal, and sweeps for jobs of dead workers meanwhile; options are procrastinate's for a worker."""
    async with app.open_async():
        sweeper = asyncio.create_task(_sweep_for_ever(queue.sweep))
        try:
            await app.run_worker_async(**options)
        finally:
            sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeper


def _plan_for_ever() -> None:
    from jobs.probing import renew

    while True:
        try:
            log.info("The policy has %d files measured here that were not yet.", renew())
        except MarketError as error:
            log.warning("The plan of probes was put off until tomorrow: %s", error)
        time.sleep(PLAN_EVERY)


def _in_a_line(record: logging.LogRecord) -> bool:
    """Says a job's failure, which is no fault of the code, in one line without a traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, MarketError | asyncio.CancelledError):
        record.msg, record.args, record.exc_info = f"{record.getMessage()}{f': {error}' if str(error) else ''}", (), None
    return True


def worker(asked: argparse.Namespace) -> int:
    """`modelmarket worker`: runs jobs of the named queues, by default of all, until stopped."""
    from db import schema

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(_in_a_line)
    schema.ensure()
    probes = bool(asked.queue and "probe" in asked.queue)
    alone = {"concurrency": 1} if probes else {}  # nothing runs beside a measurement
    if probes:
        threading.Thread(target=_plan_for_ever, daemon=True).start()
    asyncio.run(work(queues=queues(asked.queue), **alone))
    return 0
