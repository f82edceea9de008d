"""Every recorded OpenRouter page, checked against counts taken from the raw JSON."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from collector.source import Page
from collector.sources.openrouter import OpenRouter
from market.records import Model, Offer, Quote, Record, Service, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
LISTS = sorted(SHARED.glob("data/web/*/openrouter.ai/api/v1/models@index"))
FOLDERS = sorted(SHARED.glob("data/web/*/openrouter.ai/api/v1/models"))
if not LISTS:
    pytest.skip(f"there are no recordings under {SHARED}", allow_module_level=True)


def read(file: Path) -> tuple[Page, list[Record], Any]:
    web = file.relative_to(SHARED / "data" / "web").as_posix().partition("/")[2].removesuffix("@index")
    page = Page(f"https://{web}", file.read_bytes(), datetime(2026, 1, 1, tzinfo=UTC))
    return page, list(OpenRouter().records(page)), json.loads(file.read_bytes(), parse_float=Decimal)


def leaves(pricing: dict[str, Any]) -> Iterator[Fraction]:
    """Every price in a raw table, per million tokens or per thousand pieces; the copy of image_output once."""
    for table in (pricing, *pricing.get("overrides", [])):
        for key, said in table.items():
            if not isinstance(said, str) or said == "-1" or (key == "image_token" and said == table.get("image_output")):
                continue
            piece = key in ("request", "web_search") or (key == "image" and not 0 < float(said) < 1e-5)
            yield Fraction(said) * (1_000 if piece else 1_000_000)


def check(records: list[Record], tables: list[dict[str, Any]]) -> None:
    """Each price leaf is a quote of exactly that amount, no key comes twice, and nothing is unknown."""
    quotes = [record for record in records if isinstance(record, Quote)]
    keys = Counter((q.provider, q.model_key, q.endpoint, q.plan, q.meter, q.condition, q.stated_from) for q in quotes)
    assert max(keys.values(), default=1) == 1
    assert Counter(Fraction(q.usd) for q in quotes if q.usd is not None) == Counter(f for t in tables for f in leaves(t))
    assert not [record for record in records if isinstance(record, UnknownKey)]


@pytest.mark.parametrize("file", LISTS, ids=lambda file: file.parts[-5])
def test_each_listed_model_is_an_offer_and_each_price_a_quote(file: Path) -> None:
    page, records, raw = read(file)
    offers = [record for record in records if isinstance(record, Offer)]
    assert [offer.model_key for offer in offers] == [entry["id"] for entry in raw["data"]]
    assert [o.model_key for o in offers if o.variable] == [e["id"] for e in raw["data"] if e["pricing"]["prompt"] == "-1"]
    assert {o.plan for o in offers if o.model_key.endswith(":free")} == {"free"}
    assert {o.plan for o in offers if o.model_key.endswith(":batch")} <= {"batch"}
    assert all(o.model is None for o in offers if o.model_key.startswith(("~", "openrouter/")))
    assert not any(o.retires_on and o.retires_on.year == 2098 for o in offers)
    check(records, [entry["pricing"] for entry in raw["data"]])
    models = [record.model_key for record in records if isinstance(record, Model)]
    assert len(models) == len(set(models)) and set(models) == {o.model for o in offers} - {None}
    links = list(OpenRouter().links(page))
    assert links == [f"https://openrouter.ai/api/v1/models/{entry['id']}/endpoints" for entry in raw["data"]]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parts[-5])
def test_each_endpoint_is_an_offer_of_its_own_and_each_price_a_quote(folder: Path) -> None:
    for file in folder.rglob("endpoints"):
        page, records, raw = read(file)
        endpoints = raw["data"]["endpoints"]
        offers = [record for record in records if isinstance(record, Offer)]
        assert len({(o.endpoint, o.plan) for o in offers}) == len(offers) == len(endpoints), file
        assert Counter(o.host for o in offers) == Counter(e["provider_name"] for e in endpoints), file
        assert all(o.endpoint and o.quantization != "unknown" for o in offers), file
        check(records, [endpoint["pricing"] for endpoint in endpoints])
        measured = [e for e in endpoints if e["latency_last_30m"] or e.get("uptime_last_1d") is not None]
        assert len([r for r in records if isinstance(r, Service)]) == len(measured), file
        assert not list(OpenRouter().links(page)), file


def test_endpoints_of_one_tag_keep_their_names_when_the_page_is_reordered() -> None:
    file = next(file for folder in FOLDERS for file in folder.glob("google/gemma-4-31b-it/endpoints"))
    page, records, raw = read(file)
    raw["data"]["endpoints"].reverse()
    turned = Page(page.url, json.dumps(raw, default=str).encode(), page.fetched_at)
    assert [r for r in records if isinstance(r, Quote)] == [r for r in OpenRouter().records(turned) if isinstance(r, Quote)]


def test_the_bare_array_of_an_older_copy_reads_as_the_answer_does() -> None:
    page, records, raw = read(LISTS[0])
    bare = Page(page.url, json.dumps(raw["data"], default=str).encode(), page.fetched_at)
    assert list(OpenRouter().records(bare)) == records
