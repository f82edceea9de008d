"""A crawl killed at any point shows nothing; one more run, and the ledger is as if nothing had happened."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db import engine

NAME = "ovhcloud"
PAGES = Path(__file__).parents[1] / "sources" / NAME / "page"
LOADING = 7_306_215
STATED = "select source, source_key, endpoint, plan, meter, condition, price_usd, valid_to, gone_at, quarantined from market.quote_history"
BELIEVED = "select thing, meter, condition, price_usd, source, agreement, spread from market.price"


class Web(SimpleHTTPRequestHandler):
    """Small pages; may be told to keep a caller waiting."""

    open = threading.Event()
    waiting = threading.Event()

    def do_GET(self) -> None:
        if not self.path.endswith("/robots.txt"):
            self.waiting.set()
            self.open.wait(60)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Web(*a, directory=str(PAGES)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def crawl(web: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "collector", "crawl", NAME, "--json"],
        env=os.environ | {"MODELMARKET_MIRROR": web},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(true: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + 90
    while not true():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.02)


def one(query: str) -> Any:
    with engine.connect() as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def told() -> list[Any]:
    with engine.connect() as connection:
        return [sorted(map(str, connection.execute(query).fetchall())) for query in (STATED, BELIEVED)]


class Asked:
    """The page was asked for and has not come."""

    def before(self, holder: psycopg.Connection) -> None:
        Web.open.clear()

    def reached(self, holder: psycopg.Connection) -> None:
        until(lambda: Web.waiting.is_set(), "the question")

    def after(self, holder: psycopg.Connection) -> None:
        Web.open.set()


class Kept:
    """The bytes are kept; the load waits for its turn."""

    def before(self, holder: psycopg.Connection) -> None:
        holder.execute("select pg_advisory_lock(%s)", (LOADING,))
        holder.commit()

    def reached(self, holder: psycopg.Connection) -> None:
        until(lambda: one("select 1 from pg_locks where locktype = 'advisory' and not granted"), "the load")
        assert one("select count(*) from ledger.fetch where sha256 is not null") == 1

    def after(self, holder: psycopg.Connection) -> None:
        holder.execute("select pg_advisory_unlock(%s)", (LOADING,))
        holder.commit()


class Loaded:
    """All statements are written in the open transaction; its last step waits for the run's row."""

    def before(self, holder: psycopg.Connection) -> None:
        pass

    def reached(self, holder: psycopg.Connection) -> None:
        until(lambda: one("select 1 from ledger.run where finished_at is null"), "the run")
        holder.execute("select 1 from ledger.run where finished_at is null for no key update")
        waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'update ledger.run%'"
        until(lambda: one(waits), "the finish")

    def after(self, holder: psycopg.Connection) -> None:
        holder.rollback()


@pytest.fixture(scope="module")
def undisturbed(database: Any, web: str) -> list[Any]:
    Web.open.set()
    assert crawl(web).wait(120) == 0
    found = told()
    assert all(found)
    return found


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("point", [Asked, Kept, Loaded])
def test_a_killed_crawl_shows_nothing_and_is_made_good(database: Any, web: str, undisturbed: list[Any], point: Any, sign: int) -> None:
    database.empty()
    Web.open.set()
    Web.waiting.clear()
    at = point()
    with engine.connect_raw() as holder:
        at.before(holder)
        crawling = crawl(web)
        at.reached(holder)
        crawling.send_signal(sign)
        if sign == signal.SIGKILL:
            crawling.wait(10)
        assert told() == [[], []]
        at.after(holder)
    crawling.wait(30)
    again = crawl(web)
    assert again.wait(120) == 0, again.communicate()[1]
    assert told() == undisturbed
    outcomes = [row[0] for row in rows("select outcome from ledger.run order by id")]
    # A polite end may still come too late to stop what was nearly done.
    assert outcomes[0] == "aborted" or (sign == signal.SIGTERM and point is not Asked and outcomes[0] == "complete"), outcomes
    assert one("select count(*) from ledger.run where finished_at is null") == 0


def rows(query: str) -> list[Any]:
    with engine.connect() as connection:
        return connection.execute(query).fetchall()
