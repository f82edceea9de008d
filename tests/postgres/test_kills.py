"""A crawl killed anywhere: nothing of it is seen, and one more run makes the market what it would have been."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest
from pages import again, empty, save, seen

TIMES = ("line_id", "seen_at", "gone_at", "valid_from", "valid_to", "changed_at")
MODELS = 30


def listed(night: int) -> dict[str, Any]:
    """OpenRouter's list of a night: some prices move, one model goes, one comes."""
    models = range(night, MODELS + night)
    return {
        "data": [
            {
                "id": f"a/m-{n}",
                "pricing": {"prompt": f"{1 + n % 5 + (night if n % 9 == 0 else 0)}e-6", "completion": "9e-6"},
                "architecture": {"output_modalities": ["text"]},
            }
            for n in models
        ]
    }


def endpoints(name: str, night: int) -> dict[str, Any]:
    return {
        "data": {
            "id": name,
            "architecture": {},
            "endpoints": [{"tag": tag, "provider_name": tag, "pricing": {"prompt": f"{night + 1}e-6"}} for tag in "xyz"],
        }
    }


class Site:
    """OpenRouter as a mirror tells it; `hold` is called before each answer."""

    def __init__(self) -> None:
        self.night, self.asked, self.hold = 0, 0, lambda _: None
        self.started: list[subprocess.Popen[str]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                site.asked += 1
                site.hold(site.asked)
                path = self.path.removeprefix("/openrouter.ai/api/v1/models")
                if path == self.path:
                    self.send_error(404)
                    return
                name = path.strip("/").removesuffix("/endpoints")
                content = json.dumps(endpoints(name, site.night) if name else listed(site.night)).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def start(self) -> "subprocess.Popen[str]":
        """A crawl, begun."""
        self.asked = 0
        command = [sys.executable, "-m", "collector", "crawl", "openrouter", "--json"]
        environment = {**os.environ, "MODELMARKET_MIRROR": self.url}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started.append(process)
        return process

    def crawl(self) -> dict[str, Any]:
        """A crawl, whole."""
        process = self.start()
        said, told = process.communicate(timeout=120)
        assert process.returncode == 0, told
        return dict(json.loads(said))


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    web = Site()
    yield web
    web.server.shutdown()
    web.server.server_close()


@pytest.fixture(scope="module")
def watch(database: Any) -> Iterator[psycopg.Connection]:
    with database.connect() as open_:
        open_.autocommit = True
        yield open_


@pytest.fixture(autouse=True)
def _let_go(site: Site) -> Iterator[None]:
    yield
    site.hold = lambda _: None
    for process in site.started:
        process.kill()
        process.wait(10)
    site.started.clear()


def market(watch: psycopg.Connection) -> list[Any]:
    return [seen(watch, view, TIMES) for view in ("quote_history", "price", "price_change", "offer_wide", "quarantine")]


def runs(watch: psycopg.Connection) -> list[Any]:
    return watch.execute("select outcome, quotes from market.run order by run_id").fetchall()


@pytest.fixture(scope="module")
def undisturbed(site: Site, watch: psycopg.Connection) -> list[Any]:
    """Two nights without any trouble."""
    empty(watch)
    site.night = 0
    assert site.crawl()["outcome"] == "complete"
    save(watch)
    site.night = 1
    assert site.crawl()["outcome"] == "complete"
    assert [outcome for outcome, _ in runs(watch)] == ["complete", "complete"]
    return market(watch)


def locked(watch: psycopg.Connection) -> bool:
    """Whether a load waits for the lock that loads take one by one."""
    found = watch.execute("select 1 from pg_locks where locktype = 'advisory' and not granted").fetchone()
    return found is not None


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to this"
        time.sleep(0.002)


def begun(watch: psycopg.Connection) -> bool:
    return watch.execute("select count(*) from ledger.run where finished_at is null").fetchone() == (1,)


def kept(watch: psycopg.Connection, pages: int) -> bool:
    found = watch.execute(
        "select count(*) from ledger.fetch f inner join ledger.run r on r.id = f.run_id where r.finished_at is null"
    ).fetchone()
    return found is not None and found[0] >= pages


def loading(watch: psycopg.Connection, word: str) -> bool:
    """Whether the crawl's own session has a statement under way, or done last in its transaction, that holds a word."""
    found = watch.execute(
        "select 1 from pg_stat_activity where application_name = 'modelmarket collector' and xact_start is not null and query ~ %s", (word,)
    ).fetchone()
    return found is not None


MOMENTS: dict[str, Callable[[Site, psycopg.Connection], bool]] = {
    "before the first answer": lambda site, watch: begun(watch),
    "after a quarter of the pages": lambda site, watch: kept(watch, MODELS // 4),
    "after the last page": lambda site, watch: kept(watch, MODELS + 1),
    "while it stages": lambda site, watch: loading(watch, "said_offer|said_quote|stage_"),
    "while it writes": lambda site, watch: loading(watch, "delta_|ledger.statement"),
    "while it judges": lambda site, watch: loading(watch, "judged|held|ledger.belief"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_fault_26_28_killed(site: Site, watch: psycopg.Connection, undisturbed: list[Any], moment: str) -> None:
    again(watch)
    before = market(watch)
    site.night = 1
    if moment == "before the first answer":
        site.hold = lambda _: time.sleep(0.5)
    process = site.start()
    until(lambda: MOMENTS[moment](site, watch) or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    site.hold = lambda _: None
    until(lambda: not loading(watch, "."))
    landed = process.returncode == 0 or market(watch) != before
    if not landed:
        assert watch.execute("select outcome from ledger.run order by id desc limit 1").fetchone() == (None,)
    last = site.crawl()
    assert last["outcome"] == ("unchanged" if landed else "complete")
    assert market(watch) == undisturbed
    if not landed:
        assert [outcome for outcome, _ in runs(watch)] == ["complete", "aborted", "complete"]
    orphans = watch.execute(
        "select (select count(*) from ledger.statement s left join ledger.sighting g on g.scope_id = s.scope_id and g.seen_at = s.seen_at where g.scope_id is null),"
        " (select count(*) from ledger.standing st left join ledger.said s on s.line_id = st.line_id and s.scope_id = st.scope_id and s.seen_at = st.seen_at where s.line_id is null),"
        " (select count(*) from ledger.run where finished_at is null)"
    ).fetchone()
    assert orphans == (0, 0, 0)


def test_fault_27_asked_to_stop_while_a_page_hangs(site: Site, watch: psycopg.Connection, undisturbed: list[Any]) -> None:
    again(watch)
    before = market(watch)
    site.night, done = 1, threading.Event()
    site.hold = lambda asked: done.wait(60) if asked > MODELS // 2 else None
    process = site.start()
    until(lambda: kept(watch, MODELS // 4))
    process.send_signal(signal.SIGTERM)
    said, told = process.communicate(timeout=50)
    done.set()
    site.hold = lambda _: None
    assert process.returncode == 1 and said == ""
    assert told.strip() == "The crawl was stopped before it had finished; nothing of it was loaded."
    assert market(watch) == before
    assert [outcome for outcome, _ in runs(watch)] == ["complete", "aborted"]
    assert watch.execute("select count(*) from pg_stat_activity where application_name = 'modelmarket collector'").fetchone() == (0,)
    assert site.crawl()["outcome"] == "complete"
    assert market(watch) == undisturbed


def test_fault_27_asked_to_stop_while_it_loads(site: Site, watch: psycopg.Connection, undisturbed: list[Any]) -> None:
    again(watch)
    before = market(watch)
    site.night = 1
    with watch.transaction():
        watch.execute("select pg_advisory_xact_lock(7306215)")
        process = site.start()
        until(lambda: locked(watch))
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert told.strip() == "The crawl was stopped before it had finished; nothing of it was loaded."
    assert market(watch) == before and runs(watch)[-1][0] == "aborted"
    assert site.crawl()["outcome"] == "complete"
    assert market(watch) == undisturbed


def test_two_crawls_of_one_source_take_turns(site: Site, watch: psycopg.Connection, undisturbed: list[Any]) -> None:
    empty(watch)
    site.night = 0
    crawls = [site.start(), site.start()]
    outcomes = sorted(json.loads(process.communicate(timeout=120)[0])["outcome"] for process in crawls)
    assert outcomes == ["complete", "unchanged"]
    site.night = 1
    assert site.crawl()["outcome"] == "complete"
    assert market(watch) == undisturbed
    assert watch.execute("select count(*) from ledger.run where outcome = 'aborted'").fetchone() == (0,)
