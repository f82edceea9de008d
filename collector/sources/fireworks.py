"""Fireworks' own list of serverless models."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from collector import formats
from collector.formats import Catalog, Prices, array, number, table, text
from collector.source import Page, Source, Terms
from market.records import Record
from market.units import PLANS, usd

CATALOG = Catalog("fireworks", {})
METERS = {
    "llm input tokens (uncached)": "input_mtok",
    "llm input tokens (cached)": "cache_read_mtok",
    "llm output tokens": "output_mtok",
}
UNITS = {"1M tokens": 1_000_000, "1K tokens": 1_000}
STANDARD = ("standard", "default", "")


class Fireworks(Source):
    """What Fireworks charges for its serverless models.

    Source: the list of serverless models of Fireworks' API, which answers only to a key.
    Unit: USD per the unit that a price names, as text.
    Grain: an offer per id and serving mode (the plan).
    Lists: every serverless model; aliases of a model are no offers of their own.

    A model is listed once per mode; a mode that is no plan we know is told apart by endpoint.
    """

    name = "fireworks"
    start_urls = ("https://api.fireworks.ai/v1/serverless/models",)
    cadence = "31 3 * * *"
    min_records = 5
    trust = 2
    terms = Terms("none stated", "Prices: Fireworks AI (fireworks.ai)")
    experimental = True
    key_variable = "FIREWORKS_API_KEY"

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, _model)


def _model(entry: dict[str, Any]) -> Iterator[Record]:
    mode = (text(entry.get("serverless_mode")) or "").lower()
    plan = "standard" if mode in STANDARD else mode
    offer = replace(CATALOG.offer(entry), plan=plan if plan in PLANS else "standard", endpoint=None if plan in PLANS else plan)
    yield from formats.sold(offer, _prices(entry.get("pricing")))


def _prices(stated: Any) -> Prices:
    amounts: dict[tuple[str, str | None], Decimal] = {}
    unknown = []
    for line in map(table, array(stated)):
        sku = text(line.get("sku")) or "a price without a sku"
        meter, amount, per = METERS.get(sku.lower()), number(line.get("amount")), UNITS.get(text(line.get("unit")) or "")
        if meter is None or amount is None or amount < 0 or per is None:
            unknown.append(f"{sku} per {line.get('unit')}")
        else:
            amounts[meter, None] = usd(meter, amount, per)
    return Prices(amounts, tuple(unknown))
