"""Nights of a made-up source without a network, the web of a few real ones, and workers as processes of their own."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from collector import pipelines
from collector.source import Page, Source, Terms
from db import engine, ledger
from market.errors import SourceChanged
from market.records import Offer, Quote, Record
from market.units import usd

ONE = "https://shop.test/one"
MODELS = 30
Answer = dict[str, Any] | bytes | int | Exception


class Shop(Source):
    """A shop of one page.

    Source: the test. Unit: USD per million tokens. Grain: an item. Lists: everything.
    """

    name = "shop"
    start_urls = (ONE,)
    trust = 2
    terms = Terms("CC0-1.0", "a shop")

    def records(self, page: Page) -> Iterator[Record]:
        if not isinstance(page.json, dict) or "items" not in page.json:
            raise SourceChanged(f"{page.url} has no items")
        for item in page.json["items"]:
            yield Offer("shop", item["id"], mode="chat")
            yield Quote("shop", item["id"], "input_mtok", usd("input_mtok", item["price"], per=1_000_000))

    def links(self, page: Page) -> Iterator[str]:
        yield from page.json.get("more", ())


def items(*prices: Any) -> dict[str, Any]:
    """A page of the shop."""
    return {"items": [{"id": f"m{place}", "price": price} for place, price in enumerate(prices)]}


def night(connection: psycopg.Connection, source: Source, at: datetime, answers: Mapping[str, Answer], **more: Any) -> ledger.Outcome:
    """One run at a made-up time; an address without an answer is not there."""
    run = ledger.begin(connection, pipelines.row(source), at, None)
    intake = pipelines.Intake(connection, source, run, lambda: at)
    asked: list[tuple[str, str | None]] = [(url, None) for url in source.start_urls]
    for url, found_on in asked:
        answer = answers.get(url, 404)
        if isinstance(answer, Exception):
            intake.fail(url, found_on, answer)
            continue
        status, body = (
            (answer, b"sorry") if isinstance(answer, int) else (200, answer if isinstance(answer, bytes) else json.dumps(answer).encode())
        )
        asked += [(link, found_on or url) for link in intake.take(url, found_on, status, body, **more)]
    outcome = intake.conclude()
    connection.execute("select pg_advisory_unlock_all()")
    connection.commit()
    return outcome


def age(connection: psycopg.Connection, by: str) -> None:
    """Moves all that runs did into the past."""
    connection.execute(
        "update ledger.run set started_at = started_at - %(by)s::interval, finished_at = finished_at - %(by)s::interval", {"by": by}
    )
    connection.execute("update ledger.fetch set fetched_at = fetched_at - %s::interval", (by,))
    connection.commit()


def address() -> str:
    """The tests' server as another machine would name it in DATABASE_URL."""
    given = conninfo_to_dict(engine.dsn())
    return f"postgresql://{given['user']}@/{given['dbname']}?host={quote(str(given['host']), safe='')}&port={given['port']}"


class Web:
    """llm-prices as a mirror tells it; `hold` is called before each page."""

    PAGE = "/www.llm-prices.com/historical-v1.json"

    def __init__(self) -> None:
        self.hold: Callable[[], object] = lambda: None
        self.asked = threading.Event()
        self.price = 1
        web = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                with contextlib.suppress(OSError):
                    web.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        content = b""
        if request.path == self.PAGE:
            self.asked.set()
            self.hold()
            listed = [{"id": f"x-{n}", "vendor": "v", "name": f"X {n}", "input": self.price + n, "output": 40 + n} for n in range(MODELS)]
            content = json.dumps({"prices": listed}).encode()
        request.send_response(200 if content else 404)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


WORKER = """
import asyncio, os, sys, time
from jobs import crawl, tasks
from jobs.app import app

@app.task(name="touch", queue="test")
def touch(number):
    with open(sys.argv[1], "a") as file:
        file.write(f"{number} {os.getpid()}\\n")
    time.sleep(0.005)

tasks.SWEEP_EVERY = 0.5
crawl.LIMIT = float(sys.argv[3])
asyncio.run(tasks.work(fetch_job_polling_interval=0.2, **eval(sys.argv[2])))
"""


def worker(told: str = os.devnull, options: str = "{}", limit: float = 60.0, **environment: str) -> "subprocess.Popen[bytes]":
    """A worker as a process of its own that also knows a task `touch`, and gives a crawl up after `limit` seconds."""
    command = [sys.executable, "-c", WORKER, told, options, str(limit)]
    return subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
