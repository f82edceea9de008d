"""Amazon Bedrock in AWS's public price list."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from collector import tables
from collector.formats import instant, number, table, text
from collector.source import Page, Source, Terms
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import Condition, usd

HOME = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws"
LISTS = ("AmazonBedrock", "AmazonBedrockFoundationModels")
REFERENCE = "us-east-1"
REGIONS = (REFERENCE, "us-west-2", "eu-central-1", "ap-northeast-1")
UNITS = {"1k tokens": 1_000, "1m tokens": 1_000_000}
ENDPOINTS = {"latency": "latency optimized", "global": "global"}
OTHER = ("provisioned", "reserved", "custom", "model unit")


class Bedrock(Source):
    """What AWS charges for models on Bedrock.

    Source: AWS's bulk price list, a file per region for AWS's own and open models and one for those sold through the Marketplace.
    Unit: USD per thousand or per million tokens, as the price's unit or description says; text.
    Grain: an offer per model, way of serving (global profile, latency optimized; endpoint) and plan; a quote per region.
    Lists: every model in the regions asked; what is not sold by the token is reported by its feature and unit.

    The prices of us-east-1 stand without a condition, those of another region under `region …`. The plan hides in the inference
    type or the usage type. A price begins on the effective date that AWS states. Models go by the names of the list.
    """

    name = "bedrock"
    start_urls = tuple(f"{HOME}/{name}/current/{region}/index.json" for region in REGIONS for name in LISTS)
    cadence = "51 3 * * *"
    min_records = 50
    trust = 2
    terms = Terms("none stated", "Prices: AWS Price List (aws.amazon.com)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        found = page.json if isinstance(page.json, dict) else {}
        products, terms = found.get("products"), table(found.get("terms")).get("OnDemand")
        if not isinstance(products, dict) or not isinstance(terms, dict):
            raise SourceChanged(f"{page.url} is not a price list with products and on-demand terms")
        offers: dict[tuple[str, str | None, str], None] = {}
        said: dict[tuple[Any, ...], Quote] = {}
        for sku in sorted(products):
            for record in _product(table(table(products[sku]).get("attributes")), table(terms.get(sku))):
                if isinstance(record, Quote):
                    key = record.model_key, record.endpoint, record.plan
                    if key not in offers:
                        yield Offer("amazon-bedrock", record.model_key, record.endpoint, record.plan)
                    offers[key] = None
                    yield from _once(record, said)
                else:
                    yield record


def _once(quote: Quote, said: dict[tuple[Any, ...], Quote]) -> Iterator[Record]:
    """The quote, or the report that the list has said something else of the same thing."""
    line = (quote.model_key, quote.endpoint, quote.plan, quote.meter, quote.condition, quote.stated_from)
    known = said.setdefault(line, quote)
    if known is quote:
        yield quote
    elif known.usd != quote.usd:
        yield UnknownKey(f"two prices of {quote.meter}", f"amazon-bedrock/{quote.model_key}")


def _product(attributes: dict[str, Any], terms: dict[str, Any]) -> Iterator[Record]:
    """The quotes of one product, or the report of what it is sold by."""
    name = text(attributes.get("model")) or text(attributes.get("titanModel")) or _edition(attributes.get("servicename"))
    usage = text(attributes.get("usagetype")) or "no usage type"
    for term in map(table, terms.values()):
        for price in map(table, table(term.get("priceDimensions")).values()):
            yield _price(name, usage, attributes, price, term) or UnknownKey(_report(attributes, price), f"amazon-bedrock/{name or usage}")


def _price(name: str | None, usage: str, attributes: dict[str, Any], price: dict[str, Any], term: dict[str, Any]) -> Quote | None:
    said = (text(price.get("description")) or "").rpartition("|")[2]
    label = text(attributes.get("inferenceType")) or f"{said} {usage}"
    words = re.sub(r"(?<=[a-z])(?=[A-Z0-9])|[-_:]", " ", " ".join((label, said, usage, text(attributes.get("feature")) or ""))).lower()
    meter, unit = tables.meter(re.sub(r"(?<=[a-z])(?=[A-Z0-9])|[-_:]", " ", label)), (text(price.get("unit")) or "").lower()
    per = UNITS.get(unit) or (1_000_000 if unit == "units" and said.lower().startswith("million") else None)
    amount = number(table(price.get("pricePerUnit")).get("USD"))
    begins_at_once = price.get("beginRange") in (None, "0")
    if not name or not meter or not per or amount is None or not begins_at_once or any(word in words for word in OTHER):
        return None
    region = text(attributes.get("regionCode"))
    return Quote(
        "amazon-bedrock",
        name,
        meter,
        usd(meter, Decimal(amount), per),
        endpoint=next((endpoint for word, endpoint in ENDPOINTS.items() if word in words), None),
        plan=tables.plan(words),
        condition=None if region == REFERENCE else Condition(extra=(f"region {region}",)).text(),
        stated_from=instant(term.get("effectiveDate")),
    )


def _edition(servicename: Any) -> str | None:
    """The model in a Marketplace name, `Model (Amazon Bedrock Edition)`."""
    return (text(servicename) or "").partition(" (Amazon Bedrock")[0].strip() or None


def _report(attributes: dict[str, Any], price: dict[str, Any]) -> str:
    what = text(attributes.get("inferenceType")) or text(attributes.get("feature")) or "a price"
    return f"{what} per {text(price.get('unit')) or 'nothing named'}"
