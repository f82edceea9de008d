"""llm-prices against its recordings."""

import json
import os
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collector.source import Page
from collector.sources.llm_prices import LlmPrices
from market.errors import SourceChanged
from market.records import Offer, Quote, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED", Path(__file__).parents[2].parent / "shared"))
RECORDED = sorted((SHARED / "data/web").glob("*/www.llm-prices.com/*-v1.json"))
SOURCE = LlmPrices()
PRICES = {"input": "input_mtok", "output": "output_mtok", "input_cached": "cache_read_mtok"}

recorded = pytest.mark.skipif(not RECORDED, reason=f"no recordings of llm-prices under {SHARED}")


def rows_of(file: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(file.read_bytes(), parse_float=Decimal)["prices"]
    return rows


@recorded
@pytest.mark.parametrize("file", RECORDED, ids=lambda file: "-".join(file.parts[-3::2]))
def test_every_row_and_every_price_of_a_recording_is_accounted_for(file: Path) -> None:
    rows = rows_of(file)
    records = list(SOURCE.records(Page(f"https://www.llm-prices.com/{file.name}", file.read_bytes(), datetime(2026, 3, 1, tzinfo=UTC))))
    quotes = [record for record in records if isinstance(record, Quote)]
    offers = {(record.provider, record.model_key) for record in records if isinstance(record, Offer)}
    assert not [record for record in records if isinstance(record, UnknownKey)]
    assert max(Counter((q.provider, q.model_key, q.endpoint, q.meter, q.condition, q.stated_from) for q in quotes).values()) == 1

    once = {tuple((key, value) for key, value in row.items() if key != "name"): row for row in rows}.values()
    left = Counter(
        (q.provider, q.meter, q.usd, q.stated_from and f"{q.stated_from:%Y-%m-%d}", q.stated_to and f"{q.stated_to:%Y-%m-%d}")
        for q in quotes
    )
    left.subtract(
        (row["vendor"], meter, Decimal(row[key]), row.get("from_date"), row.get("to_date"))
        for row in once
        for key, meter in PRICES.items()
        if row[key] is not None
    )
    assert not +left and not -left
    for row in rows:
        base = row["id"].rpartition("-")[0].rstrip("-") if ">" in row["name"] else row["id"]
        assert (row["vendor"], base) in offers or (row["vendor"], row["id"]) in offers


@recorded
@pytest.mark.parametrize("day", sorted({file.parts[-3] for file in RECORDED}))
def test_the_current_list_says_nothing_that_the_historical_one_does_not(day: str) -> None:
    current, historical = (
        rows_of(SHARED / "data/web" / day / "www.llm-prices.com" / f"{name}-v1.json") for name in ("current", "historical")
    )
    assert not [row for row in current if not any(row.items() <= old.items() and old["to_date"] is None for old in historical)]


@pytest.mark.parametrize("body", [b"[]", b'{"prices": {}}', b'{"prices": ["x"]}', b'{"error": 1}', b"{"])
def test_a_page_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        list(SOURCE.records(Page(SOURCE.start_urls[0], body, datetime(2026, 1, 1, tzinfo=UTC))))
