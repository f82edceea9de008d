"""Clocks that are wrong and sources that fall silent: FAULTS.md items 31 and 58."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import Database
from nights import ONE, Shop, Web, age, items, night
from repositories import Repository

from collector import backfill
from collector import crawl as door
from collector.source import History
from db import events, queue
from jobs import schedule

SKEWED = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long skew(void) { const char *by = getenv("SKEW"); return by ? atol(by) : 0; }
int clock_gettime(clockid_t which, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int said = real(which, at);
    if (which == CLOCK_REALTIME) at->tv_sec += skew();
    return said;
}
time_t time(time_t *at) { struct timespec now; clock_gettime(CLOCK_REALTIME, &now); if (at) *at = now.tv_sec; return now.tv_sec; }
int gettimeofday(struct timeval *at, void *zone) {
    (void)zone; struct timespec now; clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec; at->tv_usec = now.tv_nsec / 1000; return 0;
}
"""
WRONG = {"a day ahead": 86_400, "an hour behind": -3_600, "ten minutes ahead": 600, "ten minutes behind": -600}


@pytest.fixture(scope="module")
def skewed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library that sets the clock of a process that is started with it, and of no other."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("a process gets a clock of its own with a C compiler on Linux only")
    folder = tmp_path_factory.mktemp("clock")
    (folder / "skew.c").write_text(SKEWED)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(folder / "skew.so"), str(folder / "skew.c"), "-ldl"], check=True)
    return str(folder / "skew.so")


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    database.empty()
    with database.connect() as open_:
        yield open_


@pytest.fixture
def web() -> Iterator[Web]:
    site = Web()
    yield site
    site.close()


def one(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    connection.commit()
    assert row
    return row[0]


def test_fault_31_whatever_the_machine_s_clock_says_the_ledger_keeps_the_database_s(
    connection: psycopg.Connection, web: Web, skewed: str
) -> None:
    for nights, (name, seconds) in enumerate(WRONG.items(), 1):
        web.price += 1
        environment = {**os.environ, "LD_PRELOAD": skewed, "SKEW": str(seconds), "MODELMARKET_MIRROR": web.url}
        told = subprocess.run([sys.executable, "-c", "import time; print(time.time())"], env=environment, capture_output=True, check=True)
        assert abs(float(told.stdout) - time.time() - seconds) < 30, "the process has a wrong clock indeed"
        before = queue.now()
        command = [sys.executable, "-m", "collector", "crawl", "llm_prices", "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        run = json.loads(done.stdout)
        after = queue.now()
        assert run["outcome"] == "complete" and 0 <= run["seconds"] < (after - before).total_seconds(), name
        times = connection.execute(
            "select started_at, finished_at from ledger.run union all select fetched_at, seen_at from ledger.fetch, ledger.sighting"
            " where fetched_at > %(at)s and seen_at > %(at)s order by 1 desc limit 2",
            {"at": before},
        ).fetchall()
        assert all(before <= at <= after for pair in times for at in pair), name
        assert one(connection, "select age between interval '0' and interval '1 minute' from market.source_health")
        assert one(connection, "select count(distinct seen_at) from market.quote_history") == nights
    wrong = "select count(*) from market.quote_history where gone_at <= seen_at or valid_to <= valid_from or seen_at > now()"
    assert one(connection, wrong) == 0
    assert one(connection, "select count(*) from market.quote_history where gone_at is null and source_key like '%x-0'") == 2


def test_fault_31_a_page_from_the_future_is_not_accepted(connection: psycopg.Connection) -> None:
    now = queue.now()
    assert night(connection, Shop(), now, {ONE: items(1, 2, 3)}).outcome == "complete"
    found = night(connection, Shop(), now + timedelta(minutes=10), {ONE: items(4, 5, 6)})
    assert found.outcome == "failed" and found.reason and "has not come by the database's clock" in found.reason
    assert one(connection, "select array_agg(price_usd order by price_usd) from market.price") == [1, 2, 3]
    assert one(connection, "select count(*) from ledger.sighting where seen_at > now()") == 0
    assert night(connection, Shop(), now - timedelta(hours=1), {ONE: items(7, 8, 9)}).outcome == "complete"
    assert one(connection, "select array_agg(price_usd order by price_usd) from market.price") == [1, 2, 3], (
        "what is older changes nothing now"
    )
    assert one(connection, "select count(*) from market.quote_history where gone_at <= seen_at") == 0


def test_fault_31_a_commit_from_the_future_is_skipped(
    connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = past(tmp_path, monkeypatch, [datetime.now(UTC) - timedelta(days=9), datetime.now(UTC) + timedelta(days=9)])
    assert [each["reason"].partition(",")[0][:14] for each in told["skipped"]] == ["it is dated 20"]
    assert one(connection, "select count(*) from ledger.sighting where seen_at > now()") == 0
    assert one(connection, "select array_agg(price_usd) from market.price") == [1]


def test_fault_31_a_clock_that_is_wrong_rings_by_the_database_s(connection: psycopg.Connection, skewed: str) -> None:
    known = {**schedule.cadences(), **schedule.NIGHTLY}
    before = queue.now()
    for seconds in (86_400, -3_600):
        environment = {**os.environ, "LD_PRELOAD": skewed, "SKEW": str(seconds)}
        process = subprocess.Popen([sys.executable, "-P", "-m", "jobs.cli", "scheduler"], env=environment, stderr=subprocess.PIPE)
        try:
            end = time.monotonic() + 120
            while one(connection, "select count(*) from queue.ring") < len(known) and time.monotonic() < end:
                time.sleep(0.1)
            time.sleep(0.5)
            assert process.poll() is None
        finally:
            process.terminate()
            process.wait(60)
    rang = connection.execute("select source, scheduled_for from queue.ring").fetchall()
    now = queue.now()  # a tick may have come meanwhile
    assert {source for source, _ in rang} == set(known)
    assert all(tick in {schedule.newest_tick(known[source], at) for at in (before, now)} for source, tick in rang)
    assert one(connection, "select count(*) from queue.ring where scheduled_for > now()") == 0
    assert one(connection, "select count(*) from queue.procrastinate_jobs") == len(rang)


def past(folder: Path, monkeypatch: pytest.MonkeyPatch, when: list[datetime]) -> dict[str, Any]:
    """Backfills the shop from a repository with one commit at each time."""
    repository = Repository(folder / "shop")
    for place, at in enumerate(when, 1):
        hours = (at - datetime(2026, 1, 1, 12, tzinfo=UTC)).total_seconds() / 3600
        repository.commit(hours, {"one.json": json.dumps(items(place))})
    shop = Shop()
    shop.history = History("", ((r"one\.json", ONE),))  # type: ignore[misc]
    monkeypatch.setattr(backfill, "named", lambda _: shop)
    return backfill.backfill("shop", str(folder / "shop"))


def standing(connection: psycopg.Connection) -> str:
    return str(one(connection, "select standing from market.source_health"))


def test_fault_58_a_silent_source_is_told_of_at_its_thresholds_once_each(
    connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look() -> list[str]:
        with ThreadPoolExecutor(4) as clocks:
            return [said for each in clocks.map(lambda _: events.watch(), range(4)) for said in each]

    night(connection, Shop(), queue.now(), {ONE: items(1, 2, 3)})
    every, limit = (
        one(connection, "select expected_every from market.source_health"),
        one(connection, "select fail_after from market.source_health"),
    )
    assert (standing(connection), look()) == ("fresh", [])
    shortly = timedelta(seconds=20)
    age(connection, str(every * 1.5 - shortly))
    assert (standing(connection), look()) == ("fresh", [])
    age(connection, str(shortly))
    assert standing(connection) == "stale" and [said.partition(":")[0] for said in look()] == ["shop is late"]
    assert look() == [] and look() == []
    age(connection, str(limit - every * 1.5 - shortly))
    assert (standing(connection), look()) == ("stale", [])
    age(connection, str(shortly))
    assert standing(connection) == "failed" and [said.partition(":")[0] for said in look()] == ["shop has failed"]
    assert look() == []
    assert past(tmp_path, monkeypatch, [queue.now() - timedelta(days=9)])["commits"] == 1
    assert (standing(connection), look()) == ("failed", []), "an old day says nothing about today"
    assert night(connection, Shop(), queue.now(), {ONE: 500}).outcome == "failed"
    assert (standing(connection), look()) == ("failed", [])
    night(connection, Shop(), queue.now(), {ONE: items(1, 2, 3)})
    assert standing(connection) == "fresh" and [said.partition(" again")[0] for said in look()] == ["shop is read"]
    assert look() == []
    told = connection.execute("select kind, happened_at <= now() from market.source_event order by event_id").fetchall()
    assert told == [("stale", True), ("failed", True), ("recovered", True)]


def test_fault_58_a_page_read_again_says_nothing_about_today(connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Shop, "records", lambda self, page: [][0])
        assert night(connection, Shop(), queue.now(), {ONE: items(1, 2, 3)}).outcome == "failed"
    age(connection, "9 days")
    monkeypatch.setattr(door, "named", lambda _: Shop())
    assert door.reparse("shop")["quotes"] == 3
    assert standing(connection) == "never"
