"""model-price-hub against its recordings."""

import json
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collector.source import Page
from collector.sources.model_price_hub import ModelPriceHub
from market.errors import SourceChanged
from market.records import Offer, Quote, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED", Path(__file__).parents[2].parent / "shared"))
RECORDED = sorted((SHARED / "data/web").glob("*/raw.githubusercontent.com/Microllin/model-price-hub/main/data/latest.json"))
SOURCE = ModelPriceHub()
AT = datetime(2026, 8, 20, tzinfo=UTC)
PRICES = ("input_per_1m", "output_per_1m", "cached_input_per_1m", "cache_write_per_1m")

recorded = pytest.mark.skipif(not RECORDED, reason=f"no recordings of model-price-hub under {SHARED}")
each = pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.parts[-7])


def entries_of(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(file.read_bytes(), parse_float=Decimal)["entries"]
    return found


def records_of(body: bytes) -> list[Any]:
    return list(SOURCE.records(Page(SOURCE.start_urls[0], body, AT)))


@recorded
@each
def test_every_entry_and_every_price_of_a_recording_is_accounted_for(file: Path) -> None:
    entries, records = entries_of(file), records_of(file.read_bytes())
    quotes = [record for record in records if isinstance(record, Quote)]
    offers = [(record.provider, record.model_key, record.endpoint, record.plan) for record in records if isinstance(record, Offer)]
    keys = Counter((q.provider, q.model_key, q.endpoint, q.plan, q.meter, q.condition, q.stated_from) for q in quotes)
    assert max(keys.values()) == max(Counter(offers).values()) == 1
    assert {(q.provider, q.model_key, q.endpoint, q.plan) for q in quotes} <= set(offers)
    assert {entry["model"] for entry in entries} == {model for _, model, _, _ in offers}

    # An amount under a time window is quoted once for each of its windows.
    stated = Counter(
        (entry["model"], entry["currency"], entry[key])
        for entry in entries
        for key in PRICES
        if entry[key] is not None
        for _ in (entry.get("time_window") or {"windows": [0]})["windows"]
    )
    said = Counter((q.model_key, q.currency, q.usd if q.native is None else q.native) for q in quotes)
    assert not said - stated
    reported = Counter(
        r.where.partition("/")[2] for r in records if isinstance(r, UnknownKey) and r.name.endswith("contradicts another entry")
    )
    missing = Counter[str]()
    for (model, _, _), number in (stated - said).items():
        missing[model] += number
    assert missing.keys() == reported.keys()
    assert sum(reported.values()) == sum(isinstance(r, UnknownKey) for r in records)
    assert sum(missing.values()) < len(entries) / 100


@recorded
@each
def test_yuan_is_no_dollar(file: Path) -> None:
    quotes = [record for record in records_of(file.read_bytes()) if isinstance(record, Quote)]
    assert {q.currency for q in quotes} == {"USD", "CNY"}
    assert all((q.usd is None) == (q.currency == "CNY") == (q.native is not None) for q in quotes)


@recorded
@each
def test_peak_hours_of_a_model_fill_the_day_in_both_zones(file: Path) -> None:
    windows: dict[tuple[Any, ...], list[str]] = {}
    for q in records_of(file.read_bytes()):
        if isinstance(q, Quote) and q.condition and q.condition.startswith("utc "):
            windows.setdefault((q.provider, q.model_key, q.endpoint, q.meter), []).append(q.condition[4:])
    assert bool(windows) == any(entry.get("time_window") for entry in entries_of(file))
    for hours in windows.values():
        minutes = Counter[int]()
        for window in hours:
            start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in window.split("-"))
            minutes.update(minute % 1440 for minute in range(start, end if end > start else end + 1440))
        assert len(minutes) == 1440 and set(minutes.values()) == {1}


@recorded
@each
def test_the_pieces_of_a_page_say_what_the_page_says(file: Path) -> None:
    body = file.read_bytes()
    whole = Counter(record for record in records_of(body) if not isinstance(record, UnknownKey))
    parts = Counter(
        record
        for piece in SOURCE.pieces("data/latest.json", body, lambda _: None).values()
        for record in records_of(piece)
        if not isinstance(record, UnknownKey)
    )
    assert whole == parts


@pytest.mark.parametrize("body", [b"[]", b'{"error": "gone"}', b'{"entries": []}', b'{"entries": {"a": 1}}', b"<html>", b""])
def test_what_is_no_table_is_refused(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        records_of(body)


def test_a_window_of_shanghai_begins_eight_hours_earlier_in_utc() -> None:
    block = {"timezone": "Asia/Shanghai", "windows": [{"start": "07:00", "end": "09:00"}], "weekdays": ["mon"]}
    entry = {"provider": "p", "model": "m", "currency": "CNY", "region": "cn", "input_per_1m": 1, "time_window": block}
    quote = next(r for r in records_of(json.dumps({"entries": [entry]}).encode()) if isinstance(r, Quote))
    monday_seven = datetime(2026, 8, 17, 7) - timedelta(hours=8)
    assert quote.condition == f"utc {monday_seven:%a} 23:00-01:00".lower() == "utc sun 23:00-01:00"
