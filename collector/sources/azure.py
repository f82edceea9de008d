"""Azure's retail price interface: models in Foundry."""

import re
from collections.abc import Iterator
from typing import Any

from collector.formats import array, instant, number, text
from collector.source import Page, Source, Terms
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import Condition, usd

REGION = "eastus"
FILTER = f"serviceName%20eq%20%27Foundry%20Models%27%20and%20armRegionName%20eq%20%27{REGION}%27%20and%20priceType%20eq%20%27Consumption%27"
UNITS = {"1k": 1_000, "1m": 1_000_000}
READS, WRITES = frozenset({"in", "inp", "inpt", "input"}), frozenset({"out", "opt", "outp", "outpt", "output"})
CACHED = frozenset({"cached", "cchd", "cach", "cache", "cd"})
BATCH, PRIORITY = frozenset({"batch", "btch"}), frozenset({"priority", "prty", "pp"})
WAYS = {"glbl": "global", "gl": "global", "global": "global", "dz": "data zone", "dzn": "data zone", "dzone": "data zone"}
WAYS |= {"datazone": "data zone", "rgnl": "regional", "regnl": "regional", "regional": "regional"}
NOISE = frozenset({"tokens", "token", "1k", "1m"})
OTHER = frozenset(
    {"ft", "train", "trng", "training", "hosting", "hstng", "audio", "aud", "image", "img", "video", "grdr", "grader", "rft", "wr", "write"}
)


class Azure(Source):
    """What Azure charges for models in Foundry, by the token.

    Source: Azure's retail price interface, page by page; one region, East US.
    Unit: USD per thousand or per million tokens, as `unitOfMeasure` says.
    Grain: an offer per model, way of serving (global, data zone, regional; endpoint) and plan.
    Lists: every meter of Foundry Models in the region; one that does not count text tokens is reported by product and unit.

    A meter's name is the model's, in lower case with hyphens, and a handful of abbreviations (`inp`, `opt`, `cchd`, `glbl`)
    in any order. A price begins on the effective date that Azure states. Names stay Azure's: `5.4 mini` names no family.
    """

    name = "azure"
    start_urls = (f"https://prices.azure.com/api/retail/prices?api-version=2023-01-01-preview&$filter={FILTER}",)
    cadence = "55 3 * * *"
    min_records = 50
    trust = 2
    terms = Terms("none stated", "Prices: Azure Retail Prices (prices.azure.com)")
    experimental = True
    max_pages = 100

    def records(self, page: Page) -> Iterator[Record]:
        items = page.json.get("Items") if isinstance(page.json, dict) else None
        if not isinstance(items, list):
            raise SourceChanged(f"{page.url} is not a page of retail prices")
        said: dict[tuple[Any, ...], Quote] = {}
        offers: dict[tuple[str, str | None, str], None] = {}
        for item in array(items):
            record = _item(item if isinstance(item, dict) else {})
            if isinstance(record, Quote):
                key = record.model_key, record.endpoint, record.plan
                if key not in offers:
                    yield Offer("azure", *key)
                offers[key] = None
                known = said.setdefault((*key, record.meter, record.condition, record.stated_from), record)
                if known is record:
                    yield record
                elif known.usd != record.usd:
                    yield UnknownKey(f"two prices of {record.meter}", f"azure/{record.model_key}")
            else:
                yield record

    def links(self, page: Page) -> Iterator[str]:
        yield from super().links(page)
        if isinstance(page.json, dict) and (following := text(page.json.get("NextPageLink"))):
            yield following


def _item(item: dict[str, Any]) -> Quote | UnknownKey:
    sku, product = text(item.get("skuName")) or text(item.get("meterName")) or "", text(item.get("productName")) or "a product"
    words = [word for word in re.split(r"[\s\-_]+", sku) if word]
    low = [word.lower() for word in words]
    known = READS | WRITES | CACHED | BATCH | PRIORITY | NOISE | WAYS.keys()
    key = "-".join(word for word in low if word not in known)
    unit = (text(item.get("unitOfMeasure")) or "").lower().removesuffix(" tokens")
    amount, meter = number(item.get("retailPrice")), _meter(set(low))
    fits = unit in UNITS and item.get("currencyCode") == "USD" and not item.get("tierMinimumUnits")
    if not key or meter is None or amount is None or not fits:
        return UnknownKey(f"{product} per {item.get('unitOfMeasure')}", f"azure/{sku}")
    region = text(item.get("armRegionName"))
    return Quote(
        "azure",
        key,
        meter,
        usd(meter, amount, UNITS[unit]),
        endpoint=next((WAYS[word] for word in low if word in WAYS), None),
        plan="batch" if BATCH & set(low) else "priority" if PRIORITY & set(low) else "standard",
        condition=None if region == REGION else Condition(extra=(f"region {region}",)).text(),
        stated_from=instant(item.get("effectiveStartDate")),
    )


def _meter(words: set[str]) -> str | None:
    """The meter of text tokens that a meter's words mean; None where they mean another, or none."""
    reads, writes = bool(words & READS), bool(words & WRITES)
    if reads == writes or words & OTHER or (writes and words & CACHED):
        return None
    return "output_mtok" if writes else "cache_read_mtok" if words & CACHED else "input_mtok"
