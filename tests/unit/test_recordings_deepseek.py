"""The recorded page of DeepSeek, cell by cell against the page's own text."""

import os
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from collector.source import Page
from collector.sources.deepseek import DeepSeek
from market.records import Offer, Quote, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
FILES = sorted(SHARED.glob("data/web/*/api-docs.deepseek.com/quick_start/pricing"))
if not FILES:
    pytest.skip(f"there are no recordings under {SHARED}", allow_module_level=True)

METERS = ("cache_read_mtok", "input_mtok", "output_mtok")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-4])
def test_three_prices_per_model_and_window_are_those_of_the_page(file: Path) -> None:
    records = list(DeepSeek().records(Page(DeepSeek.start_urls[0], file.read_bytes(), datetime(2026, 9, 15, tzinfo=UTC))))
    text = file.read_text()
    models = re.findall(r"<td>(deepseek-[a-z0-9-]+)<sup>", text)
    offers = {r.model_key: r.alias_of for r in records if isinstance(r, Offer)}
    assert [name for name, leads in offers.items() if leads is None] == models and len(models) == 2
    older = {name: leads for name, leads in offers.items() if leads}
    assert older and set(older.values()) == {models[0]} and all(f"<code>{name}</code>" in text for name in older)
    cells = [Decimal(said) for said in re.findall(r"<td>\$([\d.]+)</td>", text)]
    assert len(cells) == 12
    stated = iter(cells)
    page = {(model, meter, window): next(stated) for meter in METERS for window in ("off-peak", "peak") for model in models}
    spans = re.findall(r"(\d\d:\d\d) - (\d\d:\d\d)", text)
    assert spans and "Monday through Friday" in text
    windows = {None: "off-peak"} | {f"utc mon-fri {start}-{end}": "peak" for start, end in spans}
    ends = ["00:00", *(clock for span in spans for clock in span), "24:00"]
    windows |= {f"utc mon-fri {start}-{end}": "off-peak" for start, end in zip(ends[::2], ends[1::2], strict=True)}
    windows |= {"utc sat-sun 00:00-24:00": "off-peak"}
    said = [r for r in records if isinstance(r, Quote)]
    quotes = [q for q in said if q.model_key in models]
    for name, leads in older.items():
        alike = [[(q.meter, q.condition, q.usd) for q in quotes if q.model_key == one] for one, quotes in ((name, said), (leads, quotes))]
        assert alike[0] == alike[1]
    assert {(q.model_key, q.meter, windows[q.condition]): q.usd for q in quotes} == page
    assert len(quotes) == len(models) * len(METERS) * len(windows)
    assert not [r for r in records if isinstance(r, UnknownKey)]
