"""The clock and the queue on a real PostgreSQL: each tick once, missed ones once, dead workers' jobs again, poison set aside."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from databases import Database

from db import queue
from jobs import crawl, schedule, tasks
from jobs.app import app

NIGHTLY = "17 3 * * *"
MORNING = datetime(2026, 3, 21, 8, 0, tzinfo=UTC)
TICK = datetime(2026, 3, 21, 3, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _empty(database: Database) -> None:
    database.empty()


@pytest.fixture
def crawls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was crawled, (source, tick), by crawls that do nothing else; a source named `bad` fails."""
    done: list[tuple[str, str]] = []

    async def pretend(source: str, scheduled_for: datetime) -> dict[str, Any]:
        done.append((source, scheduled_for.isoformat()))
        return {**crawl.EMPTY, "outcome": "failed" if source == "bad" else "complete", "reason": None}

    monkeypatch.setattr(tasks, "crawl", pretend)
    return done


def work_off() -> None:
    """Runs every job that waits; jobs of one source wait for each other, so one worker after the other."""
    while queue.counts()["todo"]:
        asyncio.run(tasks.work(wait=False, install_signal_handlers=False, listen_notify=False))


def jobs(database: Database) -> list[tuple[str, int]]:
    """Status and attempts of every job, oldest first."""
    with database.connect() as connection:
        return connection.execute("select status::text, attempts from queue.procrastinate_jobs order by id").fetchall()


def test_fault_29_four_clocks_ring_each_tick_once(database: Database, crawls: list[tuple[str, str]]) -> None:
    ticks = [TICK + timedelta(days=day) for day in range(25)]
    with ThreadPoolExecutor(4) as clocks:
        rang = list(clocks.map(lambda _: [schedule.ring("a", tick) for tick in ticks], range(4)))
    assert [sum(each) for each in zip(*rang, strict=True)] == [1] * 25
    work_off()
    assert crawls == [("a", tick.isoformat()) for tick in ticks]
    assert jobs(database) == [("succeeded", 1)] * 25


def test_a_ring_that_cannot_become_a_job_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(tasks.collect_source, "configure", fail)
        with pytest.raises(ConnectionError):
            schedule.ring("a", TICK)
    assert schedule.ring("a", TICK)


def test_fault_30_missed_nights_are_caught_up_once(database: Database, crawls: list[tuple[str, str]]) -> None:
    known = {"a": NIGHTLY, "b": NIGHTLY}
    assert schedule.ring("a", TICK - timedelta(days=3))
    with ThreadPoolExecutor(4) as clocks:
        list(clocks.map(lambda _: schedule.catch_up(known, MORNING), range(4)))
    schedule.catch_up(known, MORNING + timedelta(hours=1))
    work_off()
    assert sorted(crawls[1:]) == [("a", TICK.isoformat()), ("b", TICK.isoformat())]


def test_a_run_since_the_tick_answers_it(database: Database) -> None:
    answer(database, "early", TICK - timedelta(minutes=1), "complete")
    answer(database, "late", TICK + timedelta(minutes=1), "complete")
    answer(database, "offline", TICK + timedelta(minutes=1), "failed")
    answer(database, "killed", TICK + timedelta(minutes=1), "aborted")
    known = dict.fromkeys(("early", "late", "offline", "killed", "new"), NIGHTLY)
    assert schedule.due(known, MORNING) == dict.fromkeys(("early", "killed", "new"), TICK)


def answer(database: Database, source: str, began: datetime, outcome: str) -> None:
    """Writes a run of a source into the ledger."""
    with database.connect() as connection:
        connection.execute(
            "with s as (insert into ledger.source (name, trust, family, lists_everything, cadence, expected_every, fail_after,"
            " experimental, license, attribution, rate_limit) values (%s, 4, '', true, %s, '1 day', '3 days', false, '', '', '')"
            " returning id) insert into ledger.run (source_id, started_at, finished_at, outcome) select id, %s, %s, %s from s",
            (source, NIGHTLY, began, began, outcome),
        )


@pytest.mark.parametrize(
    ("cadence", "now", "before", "after"),
    [
        (NIGHTLY, TICK, TICK, TICK + timedelta(days=1)),
        (NIGHTLY, TICK - timedelta(milliseconds=1), TICK - timedelta(days=1), TICK),
        (NIGHTLY, MORNING, TICK, TICK + timedelta(days=1)),
        ("0 0 * * 0", MORNING, datetime(2026, 3, 15, tzinfo=UTC), datetime(2026, 3, 22, tzinfo=UTC)),  # cron's 0 is Sunday
    ],
)
def test_fault_30_ticks_are_cron_s_in_utc(cadence: str, now: datetime, before: datetime, after: datetime) -> None:
    assert (schedule.newest_tick(cadence, now), schedule.next_tick(cadence, now)) == (before, after)


@pytest.mark.parametrize("change", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)], ids=["spring", "autumn"])
def test_fault_30_a_night_on_which_the_clocks_change_has_one_tick(monkeypatch: pytest.MonkeyPatch, change: datetime) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        looks = [change + timedelta(minutes=minute) for minute in range(-12 * 60, 36 * 60)]
        seen = {schedule.newest_tick("30 2 * * *", look.astimezone()) for look in looks}
        to_come = {schedule.next_tick("30 2 * * *", look.astimezone()) for look in looks}
    finally:
        monkeypatch.undo()
        time.tzset()
    first = change + timedelta(hours=2, minutes=30)
    assert seen == {first + timedelta(days=day) for day in (-1, 0, 1)}
    assert to_come == {first + timedelta(days=day) for day in (0, 1, 2)}


def test_the_job_fails_when_the_crawl_did_and_the_others_finish(database: Database, crawls: list[tuple[str, str]]) -> None:
    for source in ("a", "bad", "c"):
        schedule.ring(source, TICK)
    work_off()
    assert sorted(source for source, _ in crawls) == ["a", "bad", "c"]
    assert [status for status, _ in jobs(database)] == ["succeeded", "failed", "succeeded"]
    assert queue.counts()["failed"] == 1


def test_a_crawl_without_a_document_is_a_failed_run() -> None:
    run = asyncio.run(crawl.crawl("nosuch"))
    assert run["outcome"] == "failed"
    assert "nosuch" in run["reason"]
    assert set(run) >= {"source", "pages", "records", "quotes", "withdrawn", "quarantined", "unknown_keys", "seconds"}


KILLER = """
import asyncio, os, signal, sys
from jobs import tasks
from jobs.app import app

@app.task(name="poison", queue="test")
def poison():
    os.kill(os.getpid(), signal.SIGKILL)

@app.task(name="touch", queue="test")
def touch(number):
    with open(sys.argv[1], "a") as file:
        file.write(f"{number}\\n")

asyncio.run(tasks.work(queues=["test"], wait=False, concurrency=1, listen_notify=False))
"""


def test_fault_33_a_poison_job_is_set_aside_and_the_others_finish_once(database: Database, tmp_path: Path) -> None:
    told = tmp_path / "told"
    defer("poison")
    for number in range(20):
        defer("touch", number=number)
    deaths = 0
    for _ in range(5):
        worker = subprocess.run([sys.executable, "-c", KILLER, str(told)], check=False, capture_output=True)
        deaths += worker.returncode == -signal.SIGKILL
        with database.connect() as connection:
            connection.execute("update queue.procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
        queue.sweep()
    assert deaths == 3
    assert jobs(database) == [("failed", 3), *[("succeeded", 1)] * 20]
    assert told.read_text().split() == [str(number) for number in range(20)]


def defer(task: str, **arguments: Any) -> None:
    """Puts a job of a task that only the test's worker knows into its queue."""
    with queue.connect() as connection:
        app.configure_task(task, queue="test", connection=connection).defer(**arguments)


def test_only_the_silent_are_swept() -> None:
    defer("touch", number=1)
    defer("touch", number=2)
    with queue.connect() as connection:
        for job, silent in ((1, "10 s"), (2, "1 min")):
            worker = "insert into procrastinate_workers (last_heartbeat) values (now() - %s::interval) returning id"
            row = connection.execute(worker, (silent,)).fetchone()
            assert row
            connection.execute("update procrastinate_jobs set status = 'doing', worker_id = %s where id = %s", (row[0], job))
    assert queue.sweep() == {2: "todo"}
    assert queue.sweep() == {}


def test_a_stalled_job_that_was_asked_for_again_is_left_to_the_one_that_waits() -> None:
    with queue.connect() as connection:
        twice = app.configure_task("touch", queue="test", queueing_lock="the same", connection=connection)
        twice.defer(number=1)
        connection.execute("update procrastinate_jobs set status = 'doing'")
        twice.defer(number=1)
        assert queue.asked(connection, "the same") and not queue.asked(connection, "another")
    assert queue.sweep() == {1: "aborted"}
    assert queue.sweep() == {}
    assert queue.counts()["todo"] == 1


def test_jobs_are_forgotten_a_month_after_they_ended(database: Database, crawls: list[tuple[str, str]]) -> None:
    for source in ("a", "b"):
        schedule.ring(source, TICK)
    work_off()
    schedule.ring("c", TICK)
    with queue.connect() as connection:
        connection.execute("update procrastinate_events set at = at - interval '31 days' where job_id <> 2")
    assert queue.forget(schedule.MONTH) == 1
    assert [status for status, _ in jobs(database)] == ["succeeded", "todo"]


def test_a_worker_that_is_stopped_gives_its_job_back(database: Database) -> None:
    code = (
        "import asyncio\nfrom jobs import tasks\n"
        "async def crawl(*_):\n    print('began', flush=True)\n    await asyncio.sleep(60)\n"
        "tasks.crawl = crawl\nasyncio.run(tasks.work())"
    )
    schedule.ring("a", TICK)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ}) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == b"began\n"
        worker.terminate()
        worker.wait(50)
    assert jobs(database) == [("todo", 1)]


def test_the_clock_looks_again_within_a_minute_though_its_machine_was_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Any] = []
    monkeypatch.setattr(schedule, "tend", looks.append)
    clock = schedule.clock({"a": "0 3 * * *"})
    set_back = partial(clock.modify_job, "look", next_run_time=datetime.now(UTC) + timedelta(days=1))
    for after, what in ((0.5, set_back), (1.0, clock.wakeup), (2.0, partial(clock.shutdown, wait=False))):
        threading.Timer(after, what).start()
    clock.start()
    assert len(looks) >= 2 and looks[0] == {"a": "0 3 * * *"}


def test_the_clock_rings_for_the_forecasts_and_a_worker_makes_them(crawls: list[tuple[str, str]]) -> None:
    schedule.catch_up({schedule.FORECAST: schedule.NIGHTLY[schedule.FORECAST]}, MORNING)
    schedule.catch_up({schedule.FORECAST: schedule.NIGHTLY[schedule.FORECAST]}, MORNING + timedelta(minutes=1))
    work_off()
    assert crawls == []
    with queue.connect() as connection:
        assert connection.execute("select task_name, status::text from queue.procrastinate_jobs").fetchall() == [
            ("forecast_night", "succeeded")
        ]
