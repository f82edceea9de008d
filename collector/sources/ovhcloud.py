"""OVHcloud's AI Endpoints, as its catalog tells OpenRouter."""

from collections.abc import Iterator
from typing import Any

from collector import formats
from collector.formats import Prices, count, table, text
from collector.source import Page, Source, Terms
from market.records import Offer, Record

METERS = {
    "prompt": "input_mtok",
    "completion": "output_mtok",
    "request": "requests_kcount",
    "image": "input_images_kcount",
    "input_cache_reads": "cache_read_mtok",
    "input_cache_writes": "cache_write_mtok",
}


class OvhCloud(Source):
    """What OVHcloud charges for the models on its AI Endpoints.

    Source: the catalog that OVHcloud publishes in OpenRouter's format.
    Unit: `currency_unit` (USD where it is not said) per token, image or request, as text.
    Grain: an offer per id.
    Lists: every model on AI Endpoints.

    A context length of 0 is unknown. Some entries (speech, safety) stand at 0 for every key and are quoted as they stand.
    """

    name = "ovhcloud"
    start_urls = ("https://catalog.endpoints.ai.ovh.net/rest/v2/openrouter",)
    cadence = "33 2 * * *"
    trust = 2
    terms = Terms("none stated", "Prices: OVHcloud AI Endpoints (endpoints.ai.cloud.ovh.net)")

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, _model)


def _model(entry: dict[str, Any]) -> Iterator[Record]:
    offer = Offer(
        "ovhcloud",
        entry["id"],
        context_tokens=count(entry.get("context_length")),
        max_output_tokens=count(entry.get("max_completion_tokens")),
    )
    currency = table(entry.get("pricing")).get("currency_unit") or "USD"
    if text(currency):
        read = formats.prices(entry.get("pricing"), lambda key, _: METERS.get(key), ("currency_unit",))
    else:
        read = Prices(unknown=("currency_unit is not a currency", *(key for key in table(entry["pricing"]) if key in METERS)))
    yield from formats.sold(offer, read, currency)
