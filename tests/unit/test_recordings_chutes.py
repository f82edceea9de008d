"""Every recorded page of Chutes, checked against counts taken from the raw JSON."""

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from collector.source import Page
from collector.sources.chutes import Chutes
from market.records import Offer, Quote, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
FILES = sorted(SHARED.glob("data/web/*/llm.chutes.ai/v1/models"))
if not FILES:
    pytest.skip(f"there are no recordings under {SHARED}", allow_module_level=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-4])
def test_each_model_is_an_offer_and_its_one_price_is_quoted_for_input_and_output(file: Path) -> None:
    page = Page(Chutes.start_urls[0], file.read_bytes(), datetime(2026, 1, 1, tzinfo=UTC))
    records = list(Chutes().records(page))
    raw = json.loads(file.read_bytes(), parse_float=Decimal)["data"]
    assert [r.model_key for r in records if isinstance(r, Offer)] == [entry["id"] for entry in raw]
    prices = {entry["id"]: Decimal(entry["price"]["usd"]) for entry in raw}
    for meter in ("input_mtok", "output_mtok"):
        quotes = [(r.model_key, r.usd) for r in records if isinstance(r, Quote) and r.meter == meter]
        assert len(quotes) == len(raw) and dict(quotes) == prices
    assert not [r for r in records if isinstance(r, UnknownKey)]
