"""Many nights in little time with random faults: nothing grows, and the prices are those of the same nights without faults.

`MODELMARKET_SLOW=1` runs all 500 nights, and twenty more through the real command and a web that misbehaves; else it is twenty and three.
"""

import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import mean
from typing import Any

import psutil
import psycopg
import pytest
from databases import Database
from nights import Answer, Shop, night
from psycopg import sql

from db import engine, events, queue

SLOW = bool(os.environ.get("MODELMARKET_SLOW"))
NIGHTS, CRAWLS = (500, 20) if SLOW else (20, 3)
SEED, ITEMS = 20261122, 40
GROWS = 1.05  # the last tenth over the first
# Tables that hold what is now: their size may follow the market's, which stands still here, and never the number of nights.
STANDING = ("standing", "listed", "carded", "offer", "price_line", "scope", "source")
CONNECTIONS = "select count(*) from pg_stat_activity where datname = current_database()"
BYTES_PER_ROW = """
select sum(pg_table_size(c.oid)) / sum(greatest(c.reltuples, 1)) from pg_class as c
where c.relnamespace = 'ledger'::regnamespace and c.relkind = 'r' and c.reltuples > 500
"""


def shop(number: int) -> type[Shop]:
    """One of several shops, with two pages: each lists half of what is on sale."""
    letter = "abc"[number]
    return type(
        f"Shop{letter}", (Shop,), {"name": f"shop_{letter}", "start_urls": tuple(f"https://{letter}.test/{page}" for page in (1, 2))}
    )


SHOPS = [shop(number)() for number in range(3)]


class Market:
    """What the shops charge, night by night; drawn anew from the same seed it is the same."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.prices = {f"m{n}": 10 + n for n in range(ITEMS)}

    def pages(self) -> dict[str, dict[str, Any]]:
        """The next night: some prices move, one item is away and another back."""
        for name in self.chance.sample(sorted(self.prices), 3):
            self.prices[name] = self.chance.randint(8, 60)
        away = self.chance.sample(sorted(self.prices), 2)
        there = {name: price for name, price in self.prices.items() if name not in away}
        halves = [{n: p for n, p in there.items() if int(n[1:]) % 2 == half} for half in (0, 1)]
        return {
            url: {"items": [{"id": name, "price": price} for name, price in half.items()]}
            for source in SHOPS
            for url, half in zip(source.start_urls, halves, strict=True)
        }


def broken(chance: random.Random, page: dict[str, Any]) -> Answer:
    """What comes instead of a page."""
    text = json.dumps(page).encode()
    return chance.choice(
        [
            500, 403, b"", b"\xff\xfe\x80", b"<html><title>Just a moment</title></html>", text[: len(text) // 2],
            {"error": "rate limited", "items": None}, {"items": []}, TimeoutError("no answer"), ConnectionResetError("reset"),
            {"items": [{**item, "price": item["price"] * 1000} for item in page["items"]]}, {"items": page["items"][:3]},
        ]
    )  # fmt: skip


def served(nights: int) -> Iterator[tuple[dict[str, dict[str, Any]], dict[str, Answer]]]:
    """Each night's true pages, and those that come broken; the last night is sound."""
    market, chance = Market(SEED), random.Random(SEED + 1)
    for count in range(nights):
        pages = market.pages()
        faults = {url: broken(chance, page) for url, page in pages.items() if chance.random() < 0.15}
        yield pages, {} if count >= nights - 4 else faults


class Gauge:
    """What must not grow, measured after each night."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection, self.me = connection, psutil.Process()
        self.seen: dict[str, list[float]] = {}

    def read(self) -> None:
        """Notes every figure once."""
        gc.collect()
        figures = {
            "memory": self.me.memory_info().rss,
            "handles": self.me.num_fds(),
            "threads": self.me.num_threads(),
            "connections": self.one(CONNECTIONS),
            "entries in /tmp": len(os.listdir(tempfile.gettempdir())),
            "locks": self.one("select count(*) from pg_locks where locktype = 'advisory'"),
            "standing tables": sum(self.size(table) for table in STANDING),
            "bytes per row": self.one(BYTES_PER_ROW),
        }
        self.connection.commit()
        for name, value in figures.items():
            self.seen.setdefault(name, []).append(float(value))

    def one(self, query: str) -> int:
        row = self.connection.execute(query).fetchone()  # type: ignore[arg-type]
        assert row
        return int(row[0] or 0)

    def size(self, table: str) -> int:
        row = self.connection.execute(sql.SQL("select pg_relation_size({})").format(f"ledger.{table}")).fetchone()
        assert row
        return int(row[0])

    def growth(self) -> dict[str, float]:
        """The mean of the last tenth over that of the first, the first fifth being left out: the market's first nights fill it."""
        grown = {}
        for name, values in self.seen.items():
            steady = values[len(values) // 5 :]
            tenth = max(len(steady) // 10, 1)
            grown[name] = mean(steady[-tenth:]) / max(mean(steady[:tenth]), 1)
        return grown


def live(connection: psycopg.Connection, nights: int, gauge: Gauge) -> list[bool]:
    """All nights of all shops, faults included; for each run whether anything was loaded."""
    began = queue.now() - timedelta(days=nights + 1)
    loaded = []
    for count, (pages, wrong) in enumerate(served(nights)):
        for source in SHOPS:
            found = night(connection, source, began + timedelta(days=count), {**pages, **wrong})
            loaded.append(found.outcome in ("complete", "unchanged", "partial"))
        if count % 5 == 0:
            tidy()
        gauge.read()
    return loaded


def without_faults(connection: psycopg.Connection, nights: int, loaded: list[bool]) -> None:
    """The same nights where nothing broken is served: what came broken, or was held with it, does not come at all."""
    began, runs = queue.now() - timedelta(days=nights + 1), iter(loaded)
    for count, (pages, wrong) in enumerate(served(nights)):
        for source in SHOPS:
            never = wrong if next(runs) else source.start_urls
            night(connection, source, began + timedelta(days=count), {**pages, **dict.fromkeys(never, 500)})


def tidy() -> None:
    """What autovacuum does between two real nights."""
    with psycopg.connect(engine.dsn(), autocommit=True) as owner:
        owner.execute("vacuum analyze")


def told(connection: psycopg.Connection, view: str, columns: str) -> list[tuple[Any, ...]]:
    found = connection.execute(f"select {columns} from market.{view} order by {columns}").fetchall()  # type: ignore[arg-type]
    connection.commit()
    return found


PRICES = ("price", "source_key, meter, price_usd, agreement")


@pytest.mark.timeout(7200 if SLOW else 1200)
def test_fault_60_nothing_grows_and_what_was_served_is_believed(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.empty()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other programs write to /tmp, too
    with database.connect() as connection:
        gauge = Gauge(connection)
        connection.execute("set synchronous_commit = off")
        loaded = live(connection, NIGHTS, gauge)
        outcomes = dict(connection.execute("select outcome, count(*) from market.run group by 1").fetchall())
        disturbed, past = told(connection, *PRICES), history(connection)
        orphans = connection.execute(
            "select (select count(*) from ledger.run where finished_at is null),"
            " (select count(*) from market.quote_history where gone_at <= seen_at or valid_to <= valid_from)"
        ).fetchone()
        events.watch()
    assert {"complete", "partial", "failed", "quarantined"} <= set(outcomes), outcomes
    assert orphans == (0, 0)
    database.empty()
    with database.connect() as connection:
        without_faults(connection, NIGHTS, loaded)
        assert told(connection, *PRICES) == disturbed
        assert history(connection) == past
    database.empty()
    with database.connect() as connection:
        undisturbed(connection)
        assert told(connection, *PRICES) == disturbed, "the sound nights at the end mend everything"
    growth = {name: round(by, 3) for name, by in gauge.growth().items()}
    print(growth, {name: values[-1] for name, values in gauge.seen.items()}, outcomes)
    tables = {"standing tables", "bytes per row"}  # a few nights are too few for tables to have come to rest
    assert all(by <= GROWS for name, by in growth.items() if SLOW or name not in tables), growth


def history(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """Every statement that was not held, its times counted from the first night."""
    found = connection.execute(
        "select source, source_key, meter, price_usd, seen_at::date - (select min(started_at)::date from market.run),"
        " gone_at::date - (select min(started_at)::date from market.run) from market.quote_history where not quarantined order by 1, 2, 3, 5, 4"
    ).fetchall()
    connection.commit()
    return found


def undisturbed(connection: psycopg.Connection) -> None:
    """The same nights as they would have been without a fault; only those that the last prices depend on."""
    began = queue.now() - timedelta(days=NIGHTS + 1)
    for count, (pages, _) in enumerate(served(NIGHTS)):
        if count >= NIGHTS - 30:
            for source in SHOPS:
                night(connection, source, began + timedelta(days=count), pages)


class Rough:
    """A web for the real command: llm-prices, with what a night does to it."""

    FAULTS = ("", "status", "html", "empty", "truncate", "garbage", "reset", "scale")

    def __init__(self) -> None:
        self.fault, self.price = "", 1
        web = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                web.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def page(self, factor: int) -> bytes:
        listed = [
            {"id": f"x-{n}", "vendor": "v", "name": f"X {n}", "input": (self.price + n) * factor, "output": (90 + n) * factor}
            for n in range(30)
        ]
        return json.dumps({"prices": listed}).encode()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if not request.path.endswith("historical-v1.json"):
            request.send_error(404)
            return
        whole = self.page(1000 if self.fault == "scale" else 1)
        content = {"html": b"<html>", "empty": b"", "truncate": whole[:99], "garbage": b"\xff\xfe", "reset": whole[:99]}.get(
            self.fault, whole
        )
        request.send_response(503 if self.fault == "status" else 200)
        request.send_header("Content-Length", str(len(whole) if self.fault == "reset" else len(content)))
        request.end_headers()
        request.wfile.write(content)


def test_fault_60_nights_through_the_real_command(database: Database, tmp_path: Path) -> None:
    database.empty()
    web, chance = Rough(), random.Random(SEED)
    environment = {**os.environ, "MODELMARKET_MIRROR": web.url, "TMPDIR": str(tmp_path)}
    believed: dict[str, int] = {}
    with database.connect() as connection:
        connections = Gauge(connection)
        for count in range(CRAWLS):
            web.fault = "" if count == 0 else chance.choice(Rough.FAULTS)
            web.price += 1
            command = [sys.executable, "-m", "collector", "crawl", "llm_prices", "--json"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
            assert done.returncode == 0, done.stderr
            run = json.loads(done.stdout)
            if not web.fault:
                assert run["outcome"] == "complete"
                believed = {f"v/x-{n}": web.price + n for n in range(30)}
            else:
                assert run["outcome"] in ("failed", "quarantined") and run["quotes"] == 0, (web.fault, run)
            found = connection.execute("select source_key, price_usd from market.price where meter = 'input_mtok'").fetchall()
            connection.commit()
            assert {key: int(price) for key, price in found} == believed, web.fault
            for _ in range(300):  # a server process ends some time after its client
                if connections.one(CONNECTIONS) == 1:
                    break
                time.sleep(0.1)
            connections.read()
    web.server.shutdown()
    web.server.server_close()
    assert set(connections.seen["connections"]) == {connections.seen["connections"][0]}
    assert list(tmp_path.iterdir()) == []
