"""What a provider itself says is believed before any tracker, and the spread says by how much trackers are off."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pages import NOW, Line, load, records, row, sight
from recordings import needed, recorded, replay

from collector import crawl, pipelines
from db import ledger, views

PAGES = Path(__file__).parents[1] / "sources"
DAY = "2026-10-27"
LITELLM = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
FIELDS = {
    "input_cost_per_token": "input_mtok",
    "output_cost_per_token": "output_mtok",
    "cache_read_input_token_cost": "cache_read_mtok",
}
ASK = "select source_key, meter, condition, price_usd, source, agreement, spread from market.price where plan = 'standard' and endpoint is null"


def read(name: str, body: bytes, status: int = 200) -> ledger.Outcome:
    """One run of a source whose start page is given."""
    from db import engine

    wanted = crawl.named(name)
    wanted.min_records = 1  # type: ignore[misc]
    with engine.connect("collector") as connection:
        clock = ledger.clock(connection)
        intake = pipelines.Intake(connection, wanted, ledger.begin(connection, pipelines.row(wanted), clock(), None), clock)
        intake.take(wanted.start_urls[0], None, status, body)
        return intake.conclude()


def own_page(name: str) -> bytes:
    (file,) = (file for file in (PAGES / name / "page").rglob("*") if file.is_file())
    return file.read_bytes()


def believed(source_key: str) -> dict[tuple[str, str | None], dict[str, Any]]:
    return {(found["meter"], found["condition"]): found for found in views.rows(f"{ASK} and source_key = %s", [source_key])}


def test_the_providers_page_is_believed_and_the_spread_tells_how_far_off_a_tracker_is(database: Any) -> None:
    database.empty()
    entry = {"litellm_provider": "deepseek", "mode": "chat", "input_cost_per_token": 1.5e-07, "output_cost_per_token": 1e-06}
    assert read("litellm", json.dumps({"brook": entry}).encode()).outcome == "complete"
    assert {said["source"] for said in believed("deepseek/brook").values()} == {"litellm"}
    assert read("deepseek", own_page("deepseek")).outcome == "complete"
    found = believed("deepseek/brook")
    assert {said["source"] for said in found.values()} == {"deepseek"} and len(found) % 3 == 0
    off, agreed = found["input_mtok", None], found["output_mtok", None]
    assert (off["price_usd"], off["agreement"]) == (Decimal("0.1"), 1)
    assert off["spread"] == Decimal("0.15") / Decimal("0.1")
    assert (agreed["price_usd"], agreed["agreement"], agreed["spread"]) == (1, 2, 1)
    peaks = [when for (meter, when), said in found.items() if meter == "input_mtok" and said["price_usd"] == Decimal("0.2")]
    assert sorted(map(str, peaks)) == ["utc tue-sat 06:00-10:30", "utc tue-sat 23:30-02:00"]


def test_an_experimental_source_overrules_no_tracker(database: Any) -> None:
    database.empty()
    assert read("openai", own_page("openai")).outcome == "complete"
    alone = believed("openai/gtp-9")["input_mtok", None]
    assert (alone["price_usd"], alone["source"]) == (Decimal("1.25"), "openai")
    with database.connect() as connection:
        assert connection.execute("select trust, experimental from ledger.source where name = 'openai'").fetchall() == [(4, True)]
        for tracker in ("one", "two"):
            load(
                connection,
                row(tracker),
                [sight(NOW - timedelta(hours=1), records({Line("openai/gtp-9"): Decimal("1.3")}), f"https://{tracker}.test/")],
            )
    together = believed("openai/gtp-9")["input_mtok", None]
    assert (together["price_usd"], together["agreement"]) == (Decimal("1.3"), 2)
    assert together["spread"] == (Decimal("1.3") / Decimal("1.25")).quantize(Decimal("0.000001")).normalize()


@needed
def test_on_the_recorded_day_deepseeks_twelve_prices_are_its_own(database: Any) -> None:
    database.empty()
    with replay(DAY) as web:
        command = [sys.executable, "-P", "-m", "jobs.cli", "collect", "deepseek", "litellm", "--json"]
        done = subprocess.run(command, env={**os.environ, "MODELMARKET_MIRROR": web.url}, capture_output=True, text=True, check=False)
    assert {run["source"]: run["outcome"] for run in json.loads(done.stdout)["runs"]} == {"deepseek": "complete", "litellm": "complete"}
    file, tracked = recorded(crawl.named("deepseek").start_urls[0], DAY), recorded(LITELLM, DAY)
    assert file and tracked
    page, entries = file.read_text(), json.loads(tracked.read_bytes(), parse_float=Decimal)
    cells = list(map(Decimal, re.findall(r"<td>\$([\d.]+)</td>", page)))
    models = re.findall(r"<td>(deepseek-[a-z0-9-]+)<sup>", page)
    assert len(cells) == 12
    for place, model in enumerate(models):
        found = {line: said for line, said in believed(f"deepseek/{model}").items() if said["source"] == "deepseek"}
        peak = ("utc mon-fri 01:00-04:00", "utc mon-fri 06:00-10:00")
        own = {(meter, when in peak): said["price_usd"] for (meter, when), said in found.items()}
        assert sorted(own.values()) == sorted(cells[place :: len(models)]) and len(own) == 6
        assert all(said["price_usd"] == own[meter, when in peak] for (meter, when), said in found.items())
        for (meter, when), said in found.items():
            assert (said["agreement"], said["spread"]) == ((1, 1) if when in peak else (2, 1)) or when is None, (meter, when)
        for field, meter in FIELDS.items():
            both = sorted((own[meter, False], entries[model][field] * 1_000_000))
            assert found[meter, None]["spread"] == both[1] / both[0]


def test_a_source_that_needs_a_key_is_skipped_with_a_sentence_until_there_is_one(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    database.empty()
    for key, outcome, said in (("", "skipped", "set XAI_API_KEY"), ("wrong", "failed", "answered 401")):
        monkeypatch.setenv("XAI_API_KEY", key)
        run = read("xai", b'{"error": "no key"}', status=401)
        assert run.outcome == outcome and run.reason and said in run.reason
    assert read("xai", own_page("xai")).outcome == "complete"
