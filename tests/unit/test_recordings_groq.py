"""The recorded page of Groq, row by row against the page's own text."""

import os
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from collector.source import Page
from collector.sources.groq import Groq
from market.records import Offer, Quote, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
FILES = sorted(SHARED.glob("data/web/*/console.groq.com/docs/models.md"))
if not FILES:
    pytest.skip(f"there are no recordings under {SHARED}", allow_module_level=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-4])
def test_each_row_is_an_offer_and_each_price_a_quote_of_its_own_unit(file: Path) -> None:
    records = list(Groq().records(Page(Groq.start_urls[0], file.read_bytes(), datetime(2026, 9, 15, tzinfo=UTC))))
    rows = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in file.read_text().splitlines() if line.startswith("| [")]
    offers, quotes = [r for r in records if isinstance(r, Offer)], [r for r in records if isinstance(r, Quote)]
    assert len(offers) == len(rows) == 16
    for offer, row in zip(offers, rows, strict=True):
        assert row[0].endswith(offer.model_key) and (f"/{offer.model_key})" in row[0] or offer.model_key.startswith("groq/"))
        assert offer.context_tokens == (int(row[4].replace(",", "")) if row[4] != "\\-" else None)
        priced = {q.meter: q.usd for q in quotes if q.model_key == offer.model_key}
        numbers = [Decimal(said) for said in re.findall(r"\$([\d.]+)", row[2])]
        if "input" in row[2]:
            assert priced == dict(zip(("input_mtok", "output_mtok"), numbers, strict=True))
        elif "per hour" in row[2]:
            assert priced == {"input_audio_hours": numbers[0]} and offer.mode == "audio"
        elif "per 1M characters" in row[2]:
            assert priced == {"input_mchars": numbers[0]} and offer.mode == "audio"
        else:
            assert not priced and row[2] in ("ContactSales", "\\-")
            assert (offer.status == "ContactSales") == (row[2] == "ContactSales")
    assert len({(q.model_key, q.meter) for q in quotes}) == len(quotes)
    assert {offer.status for offer in offers} == {"production", "preview", "ContactSales"}
    assert not [r for r in records if isinstance(r, UnknownKey)]
