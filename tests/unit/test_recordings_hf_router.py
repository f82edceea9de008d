"""Every recorded page of Hugging Face's router, checked against counts taken from the raw JSON."""

import json
import os
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from collector.source import Page
from collector.sources.hf_router import HfRouter
from market.records import Model, Offer, Quote, Service, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
FILES = sorted(SHARED.glob("data/web/*/router.huggingface.co/v1/models"))
if not FILES:
    pytest.skip(f"there are no recordings under {SHARED}", allow_module_level=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-4])
def test_each_provider_of_each_model_is_an_offer_and_each_price_a_quote(file: Path) -> None:
    page = Page(HfRouter.start_urls[0], file.read_bytes(), datetime(2026, 1, 1, tzinfo=UTC))
    records = list(HfRouter().records(page))
    raw = json.loads(file.read_bytes(), parse_float=Decimal)["data"]
    served = [(entry["id"], said) for entry in raw for said in entry["providers"]]
    assert [r.hugging_face_id for r in records if isinstance(r, Model)] == [entry["id"] for entry in raw]
    assert [(r.model_key, r.provider) for r in records if isinstance(r, Offer)] == [(key, said["provider"]) for key, said in served]
    quotes = [r for r in records if isinstance(r, Quote)]
    assert len({(q.provider, q.model_key, q.endpoint, q.plan, q.meter) for q in quotes}) == len(quotes)
    prices = [price for _, said in served for price in said.get("pricing", {}).values()]
    assert Counter(q.usd for q in quotes) == Counter(map(Decimal, prices))
    assert not [r for r in records if isinstance(r, UnknownKey)]
    speeds = [(said.get("first_token_latency_ms"), said.get("throughput")) for _, said in served if "throughput" in said]
    assert [(r.ttft_ms_p50, r.tps_p50) for r in records if isinstance(r, Service)] == speeds
