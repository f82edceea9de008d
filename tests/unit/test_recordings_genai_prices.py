"""genai-prices against its recordings and against the package's own choice of prices."""

import json
import os
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, StartDateConstraint, TieredPrices, TimeOfDateConstraint

from collector.source import Page
from collector.sources.genai_prices import GenaiPrices
from market.errors import SourceChanged
from market.records import Offer, Quote, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED", Path(__file__).parents[2].parent / "shared"))
RECORDED = sorted((SHARED / "data/web").glob("*/raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json"))
SOURCE = GenaiPrices()

recorded = pytest.mark.skipif(not RECORDED, reason=f"no recordings of genai-prices under {SHARED}")


def page_of(file: Path) -> Page:
    day = file.relative_to(SHARED / "data/web").parts[0]
    return Page(SOURCE.start_urls[0], file.read_bytes(), datetime.fromisoformat(day).replace(tzinfo=UTC))


@pytest.fixture(scope="module")
def installed() -> Page:
    return SOURCE.installed()


def raw_prices(model: dict[str, Any]) -> list[Decimal]:
    """Every number that a model's raw entry gives as a price."""
    standard = model["prices"] if isinstance(model["prices"], list) else [{"prices": model["prices"]}]
    found = []
    for entry in (*standard, *(model.get("price_variants") or ())):
        for value in entry["prices"].values():
            found += [value["base"], *(tier["price"] for tier in value["tiers"])] if isinstance(value, dict) else [value]
    return [Decimal(price) for price in found if price is not None]


@recorded
@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.relative_to(SHARED / "data/web").parts[0])
def test_every_entry_and_every_price_of_a_recording_is_accounted_for(file: Path) -> None:
    raw = json.loads(file.read_bytes(), parse_float=Decimal)
    entries = [(provider["id"], model["id"]) for provider in raw for model in provider["models"]]
    prices = Counter(price for provider in raw for model in provider["models"] for price in raw_prices(model))
    records = list(SOURCE.records(page_of(file)))
    quotes = [record for record in records if isinstance(record, Quote)]

    assert [(r.provider, r.model_key) for r in records if isinstance(r, Offer) and r.plan == "standard"] == entries
    assert not [record for record in records if isinstance(record, UnknownKey)]
    assert Counter(quote.usd for quote in quotes) == prices
    places = Counter((q.provider, q.model_key, q.endpoint, q.plan, q.meter, q.condition, q.stated_from) for q in quotes)
    assert max(places.values()) == 1
    offers = Counter((r.provider, r.model_key, r.plan) for r in records if isinstance(r, Offer))
    assert max(offers.values()) == 1
    assert {(q.provider, q.model_key, q.plan) for q in quotes} <= set(offers)


@recorded
def test_the_installed_table_reads_like_the_file_of_its_version(installed: Page) -> None:
    file = next((file for file in RECORDED if "2026-11-15" in file.parts), None)
    if file is None or not installed.url.endswith("@0.2.3"):
        pytest.skip("the recording is of version 0.2.3")
    assert set(SOURCE.records(installed)) == set(SOURCE.records(page_of(file)))
    assert SOURCE.newest_stated_date(page_of(file)) == date(2026, 11, 9)


def test_the_installed_table_is_the_same_bytes_each_time(installed: Page) -> None:
    assert SOURCE.installed().body == installed.body
    assert installed.url.startswith("pkg:pypi/genai-prices@")
    assert installed.fetched_at.utcoffset() == timedelta(0)


def edges(model: ModelInfo) -> list[datetime]:
    """Instants just before and at every change that a model's entries name, by day and by hour."""
    entries = [*(model.prices if isinstance(model.prices, list) else ()), *(model.price_variants or ())]
    days, hours = {date(2024, 1, 1), date(2030, 1, 1)}, {timedelta(hours=12)}
    for constraint in (entry.constraint for entry in entries):
        if isinstance(constraint, StartDateConstraint):
            days |= {constraint.start_date, constraint.start_date - timedelta(days=1)}
        if isinstance(constraint, TimeOfDateConstraint):
            for at in (constraint.start_time, constraint.end_time):
                edge = timedelta(hours=at.hour, minutes=at.minute)
                hours |= {edge, (edge - timedelta(seconds=1)) % timedelta(days=1)}
    hours |= {timedelta(0), timedelta(hours=23, minutes=59, seconds=59)}
    return [datetime(day.year, day.month, day.day, tzinfo=UTC) + hour for day in days for hour in hours]


def package_says(prices: ModelPrice) -> dict[tuple[str, str | None], Decimal]:
    said: dict[tuple[str, str | None], Decimal] = {}
    for key, value in vars(prices).items():
        if isinstance(value, TieredPrices):
            said |= {(key, f"input>{tier.start}"): tier.price for tier in value.tiers} | {(key, None): value.base}
        elif value is not None:
            said[key, None] = value
    return said


def we_say(quotes: list[Quote], at: datetime) -> dict[tuple[str, str | None], Decimal | None]:
    """The quotes in force at an instant, those whose hours it is in before the others."""
    said: dict[tuple[str, str | None], Decimal | None] = {}
    for quote in sorted(quotes, key=lambda q: "utc" in (q.condition or "")):
        if (quote.stated_from and at < quote.stated_from) or (quote.stated_to and at >= quote.stated_to):
            continue
        words = (quote.condition or "").split("; ")
        hours = next((word.removeprefix("utc ") for word in words if word.startswith("utc ")), None)
        if hours:
            opens, closes = hours.split("-")
            now = f"{at:%H:%M}"
            if not (opens <= now < closes if opens < closes else now >= opens or now < closes):
                continue
        said[quote.meter, next((word for word in words if word.startswith("input>")), None)] = quote.usd
    return said


def test_at_every_edge_our_quotes_are_the_prices_that_the_package_picks(installed: Page) -> None:
    ours: dict[tuple[str, str], list[Quote]] = defaultdict(list)
    for record in SOURCE.records(installed):
        if isinstance(record, Quote):
            ours[record.provider, record.model_key].append(record)
    compared = 0
    for provider in providers:
        for model in provider.models:
            quotes = ours[provider.id, model.id]
            standard = [q for q in quotes if q.plan == "standard" and not {"route", "search_type"} & set((q.condition or "").split())]
            for at in edges(model):
                assert we_say(standard, at) == package_says(model.get_prices(at)), (provider.id, model.id, at)
                for variant in model.price_variants or ():
                    (name, value), *more = variant.when.items()
                    assert not more
                    found = [q for q in quotes if q.plan == value or q.condition == f"{name} {value}"]
                    named = we_say(found, at)
                    tiers = {key for key, _ in named}
                    kept = {place: price for place, price in we_say(standard, at).items() if place[0] not in tiers}
                    assert kept | named == package_says(model.get_prices(at, {name: value})), (provider.id, model.id, at, value)
                compared += 1
    assert compared > 2 * len(providers)


@pytest.mark.parametrize("body", [b'{"error": "rate limited"}', b"[]", b'[{"id": "acme", "models": []}]', b'[{"name": "acme"}]', b"[", b""])
def test_a_page_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        list(SOURCE.records(Page(SOURCE.start_urls[0], body, datetime(2026, 1, 1, tzinfo=UTC))))
