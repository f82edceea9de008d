"""The recorded web, day after day: what each night writes is exactly what changed between two recordings."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from collector import pipelines, source
from collector.source import Page, Source
from db import ledger
from market.records import Quote

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
WEB = SHARED / "data" / "web"
if not (SHARED / "tools" / "mirror.py").is_file():
    pytest.skip(f"no recordings under {SHARED}", allow_module_level=True)

SOURCES = source.find()
FIRST = "2026-03-21"
DAYS = (FIRST, "2026-05-01", "2026-07-17", "2026-07-31", "2026-11-15")
EARLIER = {"models_dev": ("2026-01-15",)}
Keyed = dict[Any, Any]


@cache
def newest(url: str, day: str) -> Path | None:
    """The newest recording of an address by a day; the query does not count."""
    parts = urlsplit(url)
    place = f"{parts.netloc}{parts.path}"
    days = sorted((folder.name for folder in WEB.iterdir() if folder.name <= day), reverse=True)
    files = (WEB / known / name for known in days for name in (place, f"{place}@index"))
    return next((file for file in files if file.is_file()), None)


def recorded(wanted: Source, day: str) -> bool:
    return any(newest(url, day) for url in wanted.start_urls)


RECORDED = sorted(name for name, known in SOURCES.items() if recorded(known, DAYS[-1]))


# Flattenings that know nothing of the sources' code: keys that each mean one meter, by the key.


def in_openrouter(page: Any) -> Keyed:
    """Price keys of the models list that mean one meter each; -1 is no price."""
    found: Keyed = {}
    for entry in page["data"]:
        nth = sum(known[0] == entry["id"] and known[2] == "" for known in found)
        found[entry["id"], nth, ""] = None
        for key, meter in OPENROUTER.items():
            if (said := entry["pricing"].get(key)) is not None and Decimal(said) != -1:
                found[entry["id"], nth, meter] = Decimal(said)
    return {key: value for key, value in found.items() if key[2]}


def in_litellm(page: Any) -> Keyed:
    """Fields of an entry that mean one meter each, and those of its tier that begins at 0; with and without its prefix an id is one."""
    found: Keyed = {}
    for name, entry in page.items():
        provider = entry.get("litellm_provider")
        bare = name.removeprefix(f"{provider}/")
        twice = bare != name and page.get(bare, {}).get("litellm_provider") == provider
        key_of = (provider, bare, name if twice else None)
        tiers = [tier for tier in entry.get("tiered_pricing") or () if tier.get("range", [1])[0] == 0]
        for field, meter in LITELLM.items():
            amounts = [part[field] for part in (entry, *tiers) if isinstance(part.get(field), int | Decimal)]
            if amounts and name != "sample_spec":
                found[*key_of, meter] = amounts[0]
    return found


def in_models_dev(page: Any) -> Keyed:
    return {
        (provider, name, model.get("id"), meter): model["cost"][key]
        for provider, about in page.items()
        for name, model in about["models"].items()
        for key, meter in MODELS_DEV.items()
        if isinstance(model.get("cost", {}).get(key), int | Decimal)
    }


def in_llm_prices(page: Any) -> Keyed:
    """The rows that are no context tier; the second one of an id and a day says the same as the first."""
    return {
        (row["vendor"], row["id"], row["from_date"], meter): (row[key], row["to_date"])
        for row in page["prices"]
        for key, meter in LLM_PRICES.items()
        if row.get(key) is not None and not row["id"].endswith("k")
    }


OPENROUTER = {
    "prompt": "input_mtok",
    "completion": "output_mtok",
    "request": "requests_kcount",
    "web_search": "web_searches_kcount",
    "internal_reasoning": "output_reasoning_mtok",
    "input_cache_read": "cache_read_mtok",
    "input_cache_write": "cache_write_mtok",
}
LITELLM = {"output_cost_per_reasoning_token": "output_reasoning_mtok", "input_cost_per_audio_token": "input_audio_mtok"}
LITELLM |= {"output_cost_per_token": "output_mtok", "cache_creation_input_token_cost": "cache_write_mtok"}
MODELS_DEV = {"input": "input_mtok", "output": "output_mtok", "input_audio": "input_audio_mtok", "output_audio": "output_audio_mtok"}
LLM_PRICES = {"input": "input_mtok", "output": "output_mtok", "input_cached": "cache_read_mtok"}
FLAT: dict[str, tuple[Callable[[Any], Keyed], dict[str, str]]] = {
    "openrouter": (in_openrouter, OPENROUTER),
    "litellm": (in_litellm, LITELLM),
    "models_dev": (in_models_dev, MODELS_DEV),
    "llm_prices": (in_llm_prices, LLM_PRICES),
}


def changes(before: Keyed, now: Keyed) -> tuple[int, int]:
    """How many keys are new or say something else, and how many are gone."""
    return sum(key not in before or before[key] != value for key, value in now.items()), len(before.keys() - now.keys())


class Web:
    """A source's walk through the recordings of a day, without a network: the same intake, the same answers."""

    def __init__(self, connection: psycopg.Connection, name: str) -> None:
        self.connection, self.source, self.said = connection, SOURCES[name], {}

    def night(self, day: str) -> tuple[ledger.Outcome, dict[str, Path]]:
        at = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
        run = ledger.begin(self.connection, pipelines.row(self.source), at, None)
        intake = pipelines.Intake(self.connection, self.source, run, lambda: at)
        queue, files = [(url, None) for url in self.source.start_urls], {}
        asked = set(self.source.start_urls)
        for url, found_on in queue:
            file = newest(url, day)
            tag = str(file)
            fresh = intake.conditions(url).get("If-None-Match") != tag
            status, body = (404, b"") if file is None else (200, file.read_bytes()) if fresh else (304, b"")
            links = intake.take(url, found_on, status, body, etag=tag)
            if file is not None:
                files[url] = file
            for link in links:
                if link not in asked:
                    asked.add(link)
                    queue.append((link, found_on or url))
        outcome = intake.conclude()
        self.connection.execute("select pg_advisory_unlock_all()")
        return outcome, files

    def quotes(self, files: dict[str, Path]) -> Keyed:
        """What the source reads on all pages, by page and line."""
        found: Keyed = {}
        for url, file in files.items():
            for quote in self.source.records(Page(url, file.read_bytes(), datetime(2026, 1, 1, tzinfo=UTC))):
                if isinstance(quote, Quote):
                    key = (quote.provider, quote.model_key, quote.endpoint, quote.plan, quote.meter, quote.condition, quote.stated_from)
                    assert (url, key) not in found, f"{url} says {key} twice"
                    found[url, key] = (quote.usd, quote.stated_to, quote.currency, quote.native)
        return found

    def written(self, day: str, meters: dict[str, str]) -> tuple[int, int]:
        """What a night wrote of these meters for the start page: said, gone."""
        at = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
        row = self.connection.execute(
            "select count(*) filter (where not s.gone), count(*) filter (where s.gone) from ledger.statement s"
            " inner join ledger.price_line l on l.id = s.line_id inner join ledger.offer o on o.id = l.offer_id"
            " inner join ledger.scope sc on sc.id = s.scope_id and sc.url = %s"
            " where s.seen_at = %s and l.meter = any(%s) and l.condition is null and (%s or o.plan in ('standard', 'subscription', 'provisioned'))",
            (self.source.start_urls[0], at, list(meters.values()), self.source.name == "openrouter"),
        ).fetchone()
        self.connection.commit()
        assert row
        return row


@pytest.mark.parametrize("name", RECORDED)
def test_each_night_writes_exactly_the_changes(connection: psycopg.Connection, name: str) -> None:
    web, before, flat_before, last = Web(connection, name), {}, {}, None
    flatten, meters = FLAT.get(name, (None, {}))
    for day in (*EARLIER.get(name, ()), *DAYS):
        outcome, files = web.night(day)
        if not recorded(web.source, day):
            assert outcome.outcome == "skipped", day
            continue
        same = last is not None and files == last
        assert outcome.outcome == ("unchanged" if same else "complete"), (day, outcome)
        now = before if same else web.quotes(files)
        assert (outcome.quotes, outcome.withdrawn) == changes(before, now), day
        if flatten is not None:
            flat = flatten(json.loads(newest(web.source.start_urls[0], day).read_bytes(), parse_float=Decimal))  # type: ignore[union-attr]
            assert web.written(day, meters) == changes(flat_before, flat), day
            flat_before = flat
        before, last = now, files
    again, _ = web.night(day)
    assert (again.outcome, again.quotes, again.withdrawn, again.quarantined) == ("unchanged", 0, 0, 0)
    assert last, f"nothing of {name} is recorded by {DAYS[-1]}"


def ask(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    found = connection.execute(query).fetchall()  # type: ignore[call-overload]
    connection.commit()
    return found


def test_what_must_not_be_believed_is_not(connection: psycopg.Connection) -> None:
    assert ask(connection, "select count(*) from market.quote_history where source_key = 'azure_ai/jais-30b-chat'") >= [(1,)]
    assert ask(connection, "select * from market.price where source_key like '%jais-30b-chat' and price_usd > 100") == []
    assert (Decimal(600),) in ask(connection, "select price_usd from market.price where model = 'openai/o1-pro' and meter = 'output_mtok'")
    assert (
        ask(
            connection,
            f"select source_key, price_usd from market.price where mode in ('chat', 'completion') and source_key ~* '{NOT_CHAT}' and meter ~ 'put_mtok'",
        )
        == []
    )
    assert ask(connection, f"select source_key, input_usd, output_usd from market.offer_wide where source_key ~* '{NOT_CHAT}'") == []
    assert ask(connection, "select count(*) > 4000 from market.offer_wide") == [(True,)]
    assert ask(connection, "select * from market.quote_history where price_usd < 0") == []
    assert (
        ask(connection, "select * from market.quote_history where source = 'openrouter' and source_key = 'openrouter/openrouter/auto'")
        == []
    )
    assert ask(
        connection,
        "select count(*) from ledger.listed d inner join ledger.offer o on o.id = d.offer_id where d.terms ->> 'variable' = 'true' and o.model_key = 'openrouter/auto'",
    ) >= [(1,)]


def test_no_line_holds_twice_at_once(connection: psycopg.Connection) -> None:
    assert (
        ask(
            connection,
            "select line_id from (select line_id, gone_at, lead(seen_at) over (partition by line_id order by seen_at) as next from market.quote_history) x"
            " where next < coalesce(gone_at, 'infinity')",
        )
        == []
    )


NOT_CHAT = "flux-|sdxl|stable-diffusion|dall-e|whisper|-tts|embed"


class Mirror:
    """The replay web in a process of its own."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        command = [sys.executable, str(SHARED / "tools" / "mirror.py"), "--date", FIRST, "--port", self.url.rpartition(":")[2]]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self.process.stdout and self.process.stdout.readline()

    def control(self, order: str) -> None:
        urllib.request.urlopen(f"{self.url}/_control?{order}").close()

    def crawl(self, name: str) -> dict[str, Any]:
        environment = {**os.environ, "MODELMARKET_MIRROR": self.url}
        done = subprocess.run(
            [sys.executable, "-m", "collector", "crawl", name, "--json"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 and not done.stderr, done.stderr
        return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def mirror() -> Iterator[Mirror]:
    web = Mirror()
    yield web
    web.process.terminate()
    web.process.wait(10)


def test_a_crawl_of_the_mirror_is_complete_or_skipped(database: Any, mirror: Mirror) -> None:
    database.empty()
    began = time.monotonic()
    with ThreadPoolExecutor(2) as two:
        runs = dict(zip(SOURCES, two.map(mirror.crawl, SOURCES), strict=True))
    assert {name: run["outcome"] for name, run in runs.items()} == {
        name: "complete" if recorded(known, FIRST) else "skipped" for name, known in SOURCES.items()
    }
    assert all(run["reason"] for run in runs.values() if run["outcome"] == "skipped")
    for name in ("litellm", "llm_prices"):
        again = mirror.crawl(name)
        assert (again["outcome"], again["quotes"], again["withdrawn"]) == ("unchanged", 0, 0)
    mirror.control("date=2026-11-15")
    with ThreadPoolExecutor(2) as two:
        for name, run in zip(("litellm", "genai_prices"), two.map(mirror.crawl, ("litellm", "genai_prices")), strict=True):
            pages = [{url: file for url in SOURCES[name].start_urls if (file := newest(url, day))} for day in (FIRST, "2026-11-15")]
            web = Web(None, name)  # type: ignore[arg-type]
            assert (run["outcome"], run["quotes"], run["withdrawn"]) == ("complete", *changes(web.quotes(pages[0]), web.quotes(pages[1])))
    print(f"{time.monotonic() - began:.0f} s")
