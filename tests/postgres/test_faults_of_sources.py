"""Whatever a source answers: what is believed stays, nothing is withdrawn, one sentence says why, and a sound night mends it."""

import contextlib
import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest
from pages import empty, hour

from collector import crawl as door
from collector import pipelines
from collector.source import Page, Source, Terms
from collector.spider import MarketSpider
from db import ledger
from market.errors import Misused, SourceChanged
from market.records import Offer, Quote, Record
from market.units import usd

ONE, TWO, THREE = (f"https://shop.test/{name}" for name in ("one", "two", "three"))


class Shop(Source):
    """A shop with two start pages that may lead to more.

    Source: this test. Unit: USD per million tokens. Grain: an item. Lists: everything.
    """

    name = "shop"
    start_urls = (ONE, TWO)
    trust = 2
    terms = Terms("CC0-1.0", "a shop")
    max_pages = 5

    def records(self, page: Page) -> Iterator[Record]:
        if not isinstance(page.json, dict) or "items" not in page.json:
            raise SourceChanged(f"{page.url} has no items")
        for item in page.json["items"]:
            more = {key: item[key] for key in ("name", "context_tokens", "endpoint") if key in item}
            yield Offer("shop", item["id"], mode="chat", **more)
            if "price" in item:
                yield Quote(
                    "shop", item["id"], "input_mtok", usd("input_mtok", item["price"], per=1_000_000), endpoint=item.get("endpoint")
                )
            if "raw" in item:
                yield Quote("shop", item["id"], "input_mtok", Decimal(item["raw"]))

    def links(self, page: Page) -> Iterator[str]:
        yield from page.json.get("more", ())


class Solo(Shop):
    """The shop's first page alone."""

    name = "solo"
    start_urls = (ONE,)


Answer = dict[str, Any] | bytes | int | Exception


def items(*prices: Any, letter: str = "m", **more: Any) -> dict[str, Any]:
    return {"items": [{"id": f"{letter}{place}", "price": price, **more} for place, price in enumerate(prices)]}


FINE: dict[str, Answer] = {ONE: items(*range(1, 9)), TWO: items(*range(1, 9), letter="n")}


def body(answer: Answer) -> bytes:
    return answer if isinstance(answer, bytes) else json.dumps(answer).encode()


class Nights:
    """A source's nights, one after the other, without a network."""

    def __init__(self, connection: psycopg.Connection, source: Source) -> None:
        self.connection, self.source, self.at = connection, source, hour(0)

    def night(self, answers: dict[str, Answer]) -> ledger.Outcome:
        self.at += timedelta(days=1)
        run = ledger.begin(self.connection, pipelines.row(self.source), self.at, None)
        intake = pipelines.Intake(self.connection, self.source, run, lambda: self.at)
        asked = [(url, None) for url in self.source.start_urls]
        for url, found_on in asked:
            answer = answers.get(url, 404)
            if isinstance(answer, Exception):
                intake.fail(url, found_on, answer)
                continue
            status, content = (answer, b"sorry") if isinstance(answer, int) else (200, body(answer))
            asked += [(link, found_on or url) for link in intake.take(url, found_on, status, content)]
        outcome = intake.conclude()
        self.connection.execute("select pg_advisory_unlock_all()")
        self.connection.commit()
        assert outcome.reason is None or "\n" not in outcome.reason
        return outcome

    def prices(self) -> dict[str, Decimal]:
        found = self.connection.execute("select source_key, price_usd from market.price").fetchall()
        self.connection.commit()
        return dict(found)

    def gone(self) -> int:
        found = self.connection.execute("select count(*) from ledger.standing where gone").fetchone()
        self.connection.commit()
        assert found
        return int(found[0])


@pytest.fixture
def shop(connection: psycopg.Connection) -> Nights:
    connection.rollback()
    empty(connection)
    return Nights(connection, Shop())


@pytest.fixture
def solo(connection: psycopg.Connection) -> Nights:
    connection.rollback()
    empty(connection)
    return Nights(connection, Solo())


DEEP = b'{"items": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"
BROKEN: dict[str, tuple[Answer, str, str]] = {
    "an error in a 200": ({"error": "rate limited", "data": []}, "failed", "has no items"),
    "no items": ({"items": []}, "failed", "no records"),
    "nothing": (b"", "failed", "answered nothing, which is not JSON"),
    "a login page": (b"<html><title>Sign in</title>", "failed", "not JSON"),
    "a captcha": (b"<!doctype html><title>Just a moment...</title><form action=/cdn-cgi/challenge>", "failed", "not JSON"),
    "maintenance": (b"<h1>We will be back soon</h1>", "failed", "not JSON"),
    "cut in half": (body(FINE[ONE])[:100], "failed", "not JSON"),
    "not UTF-8": (b"\xff\xfe" + body(FINE[ONE]), "failed", "not JSON"),
    "nested a million deep": (DEEP, "failed", "over and over"),
    "NaN": (body(FINE[ONE]).replace(b": 3", b": NaN"), "failed", "not JSON"),
    "500": (500, "failed", "answered 500"),
    "403": (403, "failed", "answered 403"),
    "404": (404, "skipped", "answered 404"),
    "no answer": (TimeoutError("no answer in 60 s\nsecond line"), "failed", "could not be fetched"),
    "fewer than half": (items(1, 2, 3), "quarantined", "fewer than half"),
    "prices as text": (items(*"abcdefgh"), "failed", "could not be read"),
    "1e400": (body(items(*range(1, 9))).replace(b": 3", b": 1e400"), "failed", "could not be read"),
    "1e200000": ({"items": [*items(*range(1, 9))["items"], {"id": "x", "raw": "1e200000"}]}, "failed", "what the database cannot hold"),
    "another shape inside": ({"items": ["m0", "m1"]}, "failed", "could not be read"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_fault_14_a_broken_page_changes_nothing(solo: Nights, case: str) -> None:
    assert solo.night(FINE).outcome == "complete"
    before = solo.prices()
    answer, outcome, why = BROKEN[case]
    for _ in range(3):
        found = solo.night({ONE: answer})
        assert (found.outcome, found.quotes, found.withdrawn) == (outcome, 0, 0)
        assert found.reason and why in found.reason
        assert (solo.prices(), solo.gone()) == (before, 0)
    assert solo.night(FINE).outcome in ("unchanged", "complete")
    assert solo.night({ONE: items(*range(2, 10))}).quotes == 8


def test_one_page_of_several_is_missing(shop: Nights) -> None:
    more = {**FINE, ONE: {**items(*range(1, 9)), "more": [THREE]}, THREE: items(1, 2, letter="o")}
    assert shop.night(more).quotes == 18
    before = shop.prices()
    for wrong in (500, b"<html>", TimeoutError("late"), {"error": "rate limited"}):
        for page in (TWO, THREE):
            found = shop.night({**more, page: wrong})
            assert (found.outcome, found.quotes, found.withdrawn) == ("partial", 0, 0)
            assert found.reason and page in found.reason
        assert (shop.prices(), shop.gone()) == (before, 0)
    changed = shop.night({**more, ONE: {**items(9, *range(2, 8)), "more": [THREE]}, TWO: 500})
    assert (changed.outcome, changed.quotes, changed.withdrawn) == ("partial", 1, 0)
    assert shop.prices()["shop/m0"] == 9 and shop.prices()["shop/m7"] == 8
    whole = shop.night({**more, ONE: {**items(9, *range(2, 8)), "more": [THREE]}})
    assert (whole.outcome, whole.quotes, whole.withdrawn) == ("complete", 0, 1), (
        "what a partial night could not withdraw, the next whole one does"
    )


def test_a_page_that_is_no_longer_there_withdraws_what_it_said_after_three_nights(shop: Nights) -> None:
    more = {**FINE, ONE: {**items(*range(1, 9)), "more": [THREE]}, THREE: items(1, letter="o")}
    shop.night(more)
    assert shop.night({**more, THREE: 404}).withdrawn == 1
    shop.night({**more, THREE: 404})
    assert "shop/o0" in shop.prices()
    shop.night({**more, THREE: 404})
    assert "shop/o0" not in shop.prices()
    assert shop.night({**more, THREE: 404}).outcome == "unchanged"
    assert shop.night(more).quotes == 1 and "shop/o0" in shop.prices()


NASTY = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x","y")',
    "'; drop table ledger.offer; --",
    "\u202egpt",
    "z\u200bero",
    "a\\N\tb",
    "\U0001f600",
)


def test_fault_15_strange_names_are_stored_and_impossible_ones_named(shop: Nights) -> None:
    strange = [{"id": name, "price": 1, "name": name} for name in NASTY]
    impossible = [{"id": "nul\0", "price": 1}, {"id": "e", "endpoint": "nul\0", "price": 1}]
    impossible += [{"id": "".join(map(chr, range(200, 8000))), "price": 1}]
    bent = [{"id": "bent", "price": 1, "name": "n\0" + "x" * 10_000, "context_tokens": 10**30}]
    found = shop.night({ONE: {"items": [*strange, *impossible, *bent]}, TWO: FINE[TWO]})
    assert (found.outcome, found.quotes) == ("complete", len(NASTY) + 1 + 8)
    assert list(found.unknown_keys) == ["a name longer than 1,500 bytes", "a name with a NUL in it"]
    assert {f"shop/{name}" for name in (*NASTY, "bent")} <= shop.prices().keys()
    for view in ("price", "offer_wide", "model", "quote_history", "price_change", "run"):
        shop.connection.execute(f"select * from market.{view}").fetchall()
    assert shop.night({ONE: {"items": [*strange, *impossible, *bent]}, TWO: FINE[TWO]}).outcome == "unchanged"


def test_a_nul_in_a_reason_or_an_unknown_key_does_not_fail_the_run(solo: Nights) -> None:
    found = solo.night({ONE: {"items": [{"id": 7, "price": {"\0": 1}}]}})
    assert found.outcome == "failed" and found.reason
    assert pipelines.storable(pipelines.UnknownKey("key\0")).name == "key "  # type: ignore[union-attr]


def test_odd_numbers_are_kept_and_held(solo: Nights) -> None:
    solo.night(FINE)
    before = solo.prices()
    for odd in ("-5", "1e-9", "3000"):
        found = solo.night({ONE: body(items(*range(1, 9))).replace(b'"price": 3', f'"price": {odd}'.encode())})
        assert (found.outcome, found.quotes, found.quarantined) == ("complete", 1, 1), odd
        assert solo.prices() == before
        held = solo.connection.execute("select price_usd from market.quarantine").fetchall()
        assert held == [(Decimal(odd),)]


def test_a_source_scaled_as_a_whole_is_held_as_a_whole_and_only_a_person_lets_it_in(shop: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    fine = {ONE: items(*range(1, 16)), TWO: items(*range(1, 41), letter="n")}
    shop.night(fine)
    before = shop.prices()
    scaled = {**fine, ONE: items(*[1000 * price for price in range(1, 16)])}
    for _ in range(2):
        assert shop.night(scaled).outcome == "quarantined"
        assert (shop.prices(), shop.gone()) == (before, 0)
    held = shop.connection.execute("select item, evidence_url, seen_at from market.quarantine where kind = 'page'").fetchall()
    assert [(url, at) for _, url, at in held] == [(ONE, shop.at)], "only what changed is held, once, in its newest form"
    monkeypatch.setattr(door, "named", lambda _: Shop())
    done = door.accept_page(int(held[0][0][1:]), "they changed the unit")
    assert (done["outcome"], done["quotes"], done["withdrawn"]) == ("complete", 15, 0)
    now = shop.prices()
    assert now["shop/m0"] == 1000 and all(now[key] == before[key] for key in before if "/n" in key)
    assert shop.gone() == 0
    seen_at = shop.connection.execute("select distinct seen_at from market.quote_history where price_usd >= 1000").fetchall()
    assert seen_at == [(shop.at,)], "seen when it was fetched, not when it was accepted"
    assert shop.connection.execute("select * from market.quarantine").fetchall() == []
    shop.connection.commit()
    assert shop.night(scaled).outcome in ("unchanged", "complete") and shop.gone() == 0
    with pytest.raises(Misused):
        door.accept_page(999_999, None)


def test_a_page_found_through_another_stays_one_when_accepted(shop: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    more = {**FINE, ONE: {**items(*range(1, 9)), "more": [THREE]}, THREE: items(*range(1, 31), letter="o")}
    shop.night(more)
    assert shop.night({**more, THREE: items(*[1000 * price for price in range(1, 31)], letter="o")}).outcome == "quarantined"
    ((item,),) = shop.connection.execute("select item from market.quarantine where kind = 'page'").fetchall()
    monkeypatch.setattr(door, "named", lambda _: Shop())
    assert door.accept_page(int(item[1:]), None)["quotes"] == 30
    assert shop.connection.execute("select found_on from ledger.scope where url = %s", (THREE,)).fetchone() == (ONE,)
    shop.connection.commit()


def test_pages_that_could_not_be_read_are_read_again_as_of_their_time(shop: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    more = {**FINE, ONE: {**items(*range(1, 9)), "more": [THREE]}, THREE: items(1, 2, letter="o")}
    shop.night(more)
    with monkeypatch.context() as broken:
        broken.setattr(Shop, "records", lambda self, page: [][0] if page.url == THREE else iter(list(ORIGINAL(self, page))))
        assert shop.night({**more, THREE: items(5, 2, letter="o")}).outcome == "partial"
    when = shop.at
    monkeypatch.setattr(door, "named", lambda _: Shop())
    done = door.reparse("shop")
    assert (done["outcome"], done["pages"], done["quotes"], done["withdrawn"]) == ("partial", 1, 1, 0)
    assert shop.prices()["shop/o0"] == 5 and shop.gone() == 0
    at = shop.connection.execute("select seen_at from market.quote_history where source_key = 'shop/o0' and gone_at is null").fetchall()
    assert at == [(when,)]
    assert shop.connection.execute("select count(*) from ledger.run where outcome is null or outcome = 'aborted'").fetchone() == (0,)
    shop.connection.commit()
    with pytest.raises(Misused, match="nothing that shop answered waits"):
        door.reparse("shop")


ORIGINAL = Shop.records


def test_pages_beyond_the_most_a_run_reads_make_it_partial_not_withdrawn(shop: Nights) -> None:
    run = ledger.begin(shop.connection, pipelines.row(shop.source), shop.at, None)
    intake = pipelines.Intake(shop.connection, shop.source, run, lambda: shop.at)
    spider = MarketSpider(shop.source, intake)
    asked = [request.url for place in range(9) for request in spider._ask(f"https://shop.test/{place}", ONE)]
    assert len(asked) == 5
    for url in asked:
        intake.take(url, None, 200, body(FINE[ONE]))
    found = intake.conclude()
    assert found.outcome == "partial" and found.reason and "more than 5 pages" in found.reason
    assert list(spider.unanswered()) == []
    shop.connection.execute("select pg_advisory_unlock_all()")
    shop.connection.commit()


def test_what_was_asked_and_never_taken_in_is_known(shop: Nights) -> None:
    run = ledger.begin(shop.connection, pipelines.row(shop.source), shop.at, None)
    intake = pipelines.Intake(shop.connection, shop.source, run, lambda: shop.at)
    spider = MarketSpider(shop.source, intake)
    list(spider._ask(ONE, None))
    assert list(spider.unanswered()) == [(ONE, None)]
    shop.connection.execute("select pg_advisory_unlock_all()")
    shop.connection.commit()


# From here on the whole way: a web server, a process that crawls it, the database.

MODELS = 150


def models_dev(factor: float = 1) -> bytes:
    """A page in the shape of models.dev, some providers with some models."""
    models = {
        f"m-{place}": {"id": f"m-{place}", "cost": {"input": (1 + place % 7) * factor, "output": (3 + place % 7) * factor}}
        for place in range(MODELS)
    }
    return json.dumps(
        {
            f"p{part}": {"id": f"p{part}", "models": {key: model for key, model in models.items() if hash_of(key) == part}}
            for part in range(3)
        }
    ).encode()


def hash_of(key: str) -> int:
    return int(key.rpartition("-")[2]) % 3


LLM = json.dumps(
    {"prices": [{"id": f"x-{n}", "vendor": "v", "name": f"X {n}", "input": 1 + n % 5, "output": 2 + n % 5} for n in range(40)]}
).encode()
ROUTED = [
    {"id": f"a/m-{n}", "pricing": {"prompt": "0.000001", "completion": "0.000002"}, "architecture": {"output_modalities": ["text"]}}
    for n in range(60)
]
FAULTS: dict[str, tuple[str, str]] = {
    "scale:1000": ("quarantined", "moved more than 3 times"),
    "scale:0.001": ("quarantined", "moved more than 3 times"),
    "empty": ("failed", "answered nothing"),
    "html": ("failed", "not JSON"),
    "truncate": ("failed", "not JSON"),
    "reset": ("failed", "could not be fetched"),
    "status:503": ("failed", "503"),
    "garbage": ("failed", "not JSON"),
    "bomb": ("failed", "larger than 32 MB"),
    "huge": ("failed", "larger than 32 MB"),
}


class Site:
    """The web as a mirror tells it; `fault` is what models.dev suffers."""

    def __init__(self) -> None:
        self.fault = ""
        self.extra: list[dict[str, Any]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                with contextlib.suppress(OSError):
                    site.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        pages: dict[str, Callable[[], bytes]] = {
            "/models.dev/api.json": models_dev,
            "/www.llm-prices.com/historical-v1.json": lambda: LLM,
            "/openrouter.ai/api/v1/models": lambda: json.dumps({"data": [*ROUTED, *self.extra]}).encode(),
        }
        page = pages.get(request.path)
        status, content, headers = (404, b"", {}) if page is None else (200, page(), {})
        if request.path == "/models.dev/api.json" and self.fault:
            status, content, headers = self.broken(content)
        request.send_response(status)
        request.send_header("Content-Length", str(len(content) * (2 if self.fault == "reset" and "models.dev" in request.path else 1)))
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    def broken(self, content: bytes) -> tuple[int, bytes, dict[str, str]]:
        verb, _, rest = self.fault.partition(":")
        match verb:
            case "scale":
                return 200, models_dev(float(rest)), {}
            case "empty":
                return 200, b"", {}
            case "html":
                return 200, b"<html><title>Just a moment</title></html>", {}
            case "truncate" | "reset":
                return 200, content[: len(content) // 2], {}
            case "status":
                return int(rest), b"", {"Retry-After": "0"}
            case "garbage":
                return 200, b"\xff\xfe\x80", {}
            case "bomb":
                return 200, gzip.compress(b"[" + b" " * (64 << 20) + b"]", 1), {"Content-Encoding": "gzip"}
        return 200, b"[" + b" " * (40 << 20) + b"]", {}

    def crawl(self, name: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "collector", "crawl", name, "--json"]
        environment = {**os.environ, "MODELMARKET_MIRROR": self.url, "MODELMARKET_TIMEOUT": "10"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
        return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    web = Site()
    yield web
    web.server.shutdown()
    web.server.server_close()


@pytest.fixture(scope="module")
def healthy(site: Site, connection: psycopg.Connection) -> list[Any]:
    """One good night before the bad ones; what was believed then."""
    connection.rollback()
    empty(connection)
    assert site.crawl("models_dev")["outcome"] == "complete"
    return believed(connection)


def believed(connection: psycopg.Connection) -> list[Any]:
    found = connection.execute("select source_key, meter, price_usd, seen_at, held from market.price order by 1, 2").fetchall()
    connection.commit()
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_14_a_crawl_that_meets_a_fault_leaves_everything_as_it_was(
    site: Site, connection: psycopg.Connection, healthy: list[Any], fault: str
) -> None:
    site.fault = fault
    run = site.crawl("models_dev")
    outcome, why = FAULTS[fault]
    assert (run["outcome"], run["quotes"], run["withdrawn"]) == (outcome, 0, 0)
    assert why in run["reason"] and "\n" not in run["reason"] and "Traceback" not in run["reason"]
    assert believed(connection) == healthy and len(healthy) == 2 * MODELS
    told = connection.execute("select last_outcome, last_reason from market.source_health where source = 'models_dev'").fetchone()
    connection.commit()
    assert told == (outcome, run["reason"])


def test_the_others_finish_and_the_next_sound_night_is_fine(site: Site, connection: psycopg.Connection, healthy: list[Any]) -> None:
    site.fault = "html"
    assert site.crawl("llm_prices")["outcome"] == "complete"
    site.fault = ""
    again = site.crawl("models_dev")
    assert (again["outcome"], again["quotes"], again["withdrawn"]) == ("unchanged", 0, 0)
    assert set(healthy) <= set(believed(connection))


def test_a_page_that_leads_nowhere_fetchable_is_partial(site: Site, connection: psycopg.Connection) -> None:
    site.extra = [{**ROUTED[0], "id": odd} for odd in ("a/" + "x" * 10_000, "a/nul\0", "a/b?c#d e", "a/<script>", "../../etc/passwd")]
    run = site.crawl("openrouter")
    assert run["outcome"] == "partial" and "which is no address" in run["reason"]
    assert run["quotes"] == 2 * (60 + 3), "all but the two whose names nothing can hold"
    site.extra = []
    again = site.crawl("openrouter")
    assert (again["outcome"], again["withdrawn"]) == ("complete", 6)
    connection.execute("select * from market.price").fetchall()
    connection.commit()


def test_a_database_that_goes_away_is_one_sentence() -> None:
    environment = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    done = subprocess.run(
        [sys.executable, "-m", "collector", "crawl", "chutes"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "cannot be reached" in done.stderr
