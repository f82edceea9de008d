"""Every recorded page of OVHcloud's catalog, checked against counts taken from the raw JSON."""

import json
import os
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from collector.source import Page
from collector.sources.ovhcloud import OvhCloud
from market.records import Offer, Quote, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
FILES = sorted(SHARED.glob("data/web/*/catalog.endpoints.ai.ovh.net/rest/v2/openrouter"))
if not FILES:
    pytest.skip(f"there are no recordings under {SHARED}", allow_module_level=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-5])
def test_each_model_is_an_offer_and_each_price_a_quote(file: Path) -> None:
    page = Page(OvhCloud.start_urls[0], file.read_bytes(), datetime(2026, 1, 1, tzinfo=UTC))
    records = list(OvhCloud().records(page))
    raw = json.loads(file.read_bytes(), parse_float=Decimal)["data"]
    offers = [r for r in records if isinstance(r, Offer)]
    assert [(o.model_key, o.context_tokens) for o in offers] == [(e["id"], e["context_length"] or None) for e in raw]
    quotes = [r for r in records if isinstance(r, Quote)]
    assert len({(q.model_key, q.meter) for q in quotes}) == len(quotes)
    pieces = {"image", "request"}
    prices = [(key, said) for entry in raw for key, said in entry["pricing"].items() if key != "currency_unit"]
    expected = Counter(Fraction(said) * (1_000 if key in pieces else 1_000_000) for key, said in prices)
    assert Counter(Fraction(q.usd) for q in quotes if q.usd is not None) == expected
    assert not [r for r in records if isinstance(r, UnknownKey)]
