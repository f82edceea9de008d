"""Workers that die, hang and share: FAULTS.md items 32, 34 and 35."""

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from databases import Database
from nights import MODELS, Web, address, worker

from db import queue
from jobs import crawl, schedule, tasks
from jobs.app import app

TICK = datetime(2026, 3, 21, 3, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _empty(database: Database) -> None:
    database.empty()


@pytest.fixture
def web() -> Iterator[Web]:
    site = Web()
    yield site
    site.close()


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to this"
        time.sleep(0.02)


def job(database: Database) -> tuple[str, int]:
    with database.connect("dashboard") as connection:
        row = connection.execute("select status, attempts from market.job").fetchone()
    assert row
    return row


def test_fault_32_the_job_of_a_killed_worker_is_done_once_by_another(database: Database, web: Web) -> None:
    assert 10 + queue.sweep.__defaults__[0] + tasks.SWEEP_EVERY <= 60, "heartbeat, silence and sweep together"  # type: ignore[index]
    entries = set(os.listdir(tempfile.gettempdir()))
    schedule.ring("llm_prices", TICK)
    web.hold = lambda: time.sleep(60)
    first = worker(MODELMARKET_MIRROR=web.url)
    try:
        assert web.asked.wait(30)
        children = psutil.Process(first.pid).children(recursive=True)
        assert children
    finally:
        first.kill()
        first.wait(60)
    _, left = psutil.wait_procs(children, timeout=60)
    assert not left, "the crawl is on a leash"
    assert job(database) == ("doing", 0)
    with queue.connect() as connection:
        connection.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
    assert job(database) == ("stalled", 0)
    web.hold = lambda: None
    second = worker(MODELMARKET_MIRROR=web.url)
    try:
        until(lambda: job(database)[0] in ("succeeded", "failed"))
    finally:
        second.terminate()
        second.wait(60)
    assert job(database) == ("succeeded", 2), second.stderr and second.stderr.read()
    with database.connect() as connection:
        assert connection.execute("select scheduled_for, outcome from market.run").fetchall() == [(TICK, "complete")]
        assert connection.execute("select count(distinct source_key) from market.price").fetchone() == (MODELS,)
    assert not {name for name in set(os.listdir(tempfile.gettempdir())) - entries if "modelmarket" in name or "scrapy" in name}


def test_fault_34_two_workers_share_and_each_job_is_done_once(database: Database, tmp_path: Path) -> None:
    told = tmp_path / "told"
    with queue.connect() as connection:
        for number in range(200):
            app.configure_task("touch", queue="test", connection=connection).defer(number=number)
    options = "dict(queues=['test'], wait=False, concurrency=2)"
    workers = [worker(str(told), options), worker(str(told), options, DATABASE_URL=address())]
    for each in workers:
        assert each.wait(60) == 0, each.stderr and each.stderr.read()
    done = [line.split() for line in told.read_text().splitlines()]
    assert sorted(int(number) for number, _ in done) == list(range(200))
    shares = Counter(int(pid) for _, pid in done)
    assert set(shares) == {each.pid for each in workers}, "the second machine has its share"
    with database.connect("dashboard") as connection:
        assert connection.execute("select status, attempts, count(*) from market.job group by 1, 2").fetchall() == [("succeeded", 1, 200)]
        said = connection.execute("select waiting, running, stalled, done_7d, failed_7d from market.queue where queue = 'test'").fetchone()
    assert said == (0, 0, 0, 200, 0)


def test_fault_34_a_tick_is_in_the_queue_once(database: Database) -> None:
    assert [schedule.ring("a", TICK) for _ in range(3)] == [True, False, False]
    assert job(database) == ("todo", 0)


SPINS = "import signal, subprocess, sys\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
FOREVER = SPINS + "while True: pass"
PARENT = (
    SPINS
    + f"child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}])\nprint('progress 1 2', file=sys.stderr, flush=True)\nwhile True: pass"
)


def test_fault_35_a_crawl_that_spins_and_hears_no_signal_is_ended_with_all_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawl, "door", lambda *_: [sys.executable, "-c", PARENT])
    monkeypatch.setattr(crawl, "LIMIT", 2.0)
    monkeypatch.setattr(crawl, "GRACE", 1.0)
    seen: list[psutil.Process] = []
    me = psutil.Process()
    others = me.children(recursive=True)
    run = asyncio.run(crawl.crawl("spinner", told=lambda *_: seen.extend(p for p in me.children(recursive=True) if p not in others)))
    assert run["outcome"] == "failed" and "and was stopped" in run["reason"]
    assert len(seen) == 3, "the leash, the crawl and its child"
    until(lambda: not [process for process in seen if process.is_running() and process.status() != psutil.STATUS_ZOMBIE])


def test_fault_35_the_worker_goes_on_after_a_crawl_that_was_given_up(database: Database, web: Web) -> None:
    web.hold = lambda: time.sleep(60)
    schedule.ring("llm_prices", TICK)
    process = worker(limit=4.0, MODELMARKET_MIRROR=web.url)
    try:
        until(lambda: job(database)[0] == "failed")
        with queue.connect() as connection:
            app.configure_task("touch", queue="test", connection=connection).defer(number=1)
        until(lambda: queue.counts()["succeeded"] == 1)
        assert not psutil.Process(process.pid).children(recursive=True)
    finally:
        process.terminate()
        process.wait(60)
    with database.connect() as connection:
        assert connection.execute("select count(*) from market.run where outcome in ('complete', 'partial')").fetchone() == (0,)


def test_fault_27_a_worker_asked_to_stop_takes_its_crawl_along(database: Database, web: Web) -> None:
    schedule.ring("llm_prices", TICK)
    web.hold = lambda: time.sleep(60)
    process = worker(MODELMARKET_MIRROR=web.url)
    assert web.asked.wait(30)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    process.wait(50)
    _, left = psutil.wait_procs(children, timeout=50)
    assert not left
    assert job(database)[0] == "todo"
    with database.connect() as connection:
        assert connection.execute("select outcome from market.run").fetchall() == [("aborted",)]
        others = "select count(*) from pg_stat_activity where application_name in ('modelmarket collector', 'modelmarket queue')"
        assert connection.execute(others).fetchone() == (0,)
