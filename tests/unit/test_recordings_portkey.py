"""Portkey's price files against their recordings."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collector.source import Page
from collector.sources.portkey import Portkey
from market.errors import SourceChanged
from market.records import Offer, Quote, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED", Path(__file__).parents[2].parent / "shared"))
RECORDED = sorted((SHARED / "data/web").glob("*/configs.portkey.ai/pricing/*.json"))
SOURCE = Portkey()

recorded = pytest.mark.skipif(not RECORDED, reason=f"no recordings of Portkey under {SHARED}")


def prices(node: Any) -> Iterator[Decimal]:
    """Every number called `price`, however deep."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node if isinstance(node, list) else ()):
        if key == "price":
            yield Decimal(value)
        yield from prices(value)


@recorded
@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_every_entry_and_every_price_of_a_recording_is_accounted_for(file: Path) -> None:
    raw = json.loads(file.read_bytes(), parse_float=Decimal)
    raw.pop("default")
    records = list(
        SOURCE.records(Page(f"https://configs.portkey.ai/pricing/{file.name}", file.read_bytes(), datetime(2026, 1, 31, tzinfo=UTC)))
    )
    quotes = [record for record in records if isinstance(record, Quote)]
    assert [record.model_key for record in records if isinstance(record, Offer) and record.plan == "standard"] == list(raw)
    assert {record.provider for record in records if isinstance(record, Offer | Quote)} <= {file.stem}
    assert max(Counter((q.model_key, q.endpoint, q.plan, q.meter, q.condition) for q in quotes).values(), default=1) == 1

    for model_key, entry in raw.items():
        said = ((entry["pricing_config"] or {}).get("pay_as_you_go") or {}) if entry else {}
        extra = said.get("additional_units") or {}
        repeated = 1 if "search" in extra and extra["search"] == extra.get("web_search") else 0
        unknown = [r for r in records if isinstance(r, UnknownKey) and r.where == f"{file.stem}/{model_key}"]
        mine = {(q.meter, q.condition): q.usd for q in quotes if q.model_key == model_key}
        assert len(list(prices(entry))) == len(mine) + len(unknown) + repeated
        for key, meter in {
            "request_token": "input_mtok",
            "response_token": "output_mtok",
            "cache_read_input_token": "cache_read_mtok",
        }.items():
            if key in said:
                assert mine[meter, None] == Decimal(said[key]["price"]) * 10_000


@recorded
def test_every_recorded_file_is_asked_for() -> None:
    assert {f"https://configs.portkey.ai/pricing/{file.name}" for file in RECORDED} <= set(SOURCE.start_urls)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"error": {"message": "gone"}}', b"<html>"])
def test_a_page_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        list(SOURCE.records(Page(SOURCE.start_urls[0], body, datetime(2026, 1, 1, tzinfo=UTC))))
