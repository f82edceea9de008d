"""Novita's own models list."""

from collections.abc import Iterator
from typing import Any

from collector import formats
from collector.formats import Catalog, Prices, at
from collector.source import Page, Source, Terms
from market.records import Record

PER = 10_000 * 1_000_000
FLAT = {"input_token_price_per_m": "input_mtok", "output_token_price_per_m": "output_mtok"}
NESTED = {
    "prompt": "input_mtok",
    "completion": "output_mtok",
    "input_cache_read": "cache_read_mtok",
    "input_cache_write": "cache_write_mtok",
}
CATALOG = Catalog("novita", FLAT, per=PER, pricing="", context=("context_size",), most=("max_output_tokens",))
PRICING = Catalog("novita", NESTED, per=PER, amount="price_per_m")


class Novita(Source):
    """What Novita charges for the models it serves.

    Source: the public models list of Novita's OpenAI-style API.
    Unit: ten-thousandths of a USD per million tokens, as whole numbers: 2690 is 0.269 USD.
    Grain: an offer per id.
    Lists: every language model on sale.

    The same prices stand at the entry and, with those of the cache, in `pricing`; where the two disagree that is reported, and
    the entry's holds. Prices that step with the length of the prompt are reported by name.
    """

    name = "novita"
    start_urls = ("https://api.novita.ai/v3/openai/models",)
    cadence = "35 3 * * *"
    min_records = 20
    trust = 2
    terms = Terms("none stated", "Prices: Novita AI (novita.ai)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, _model)


def _model(entry: dict[str, Any]) -> Iterator[Record]:
    flat, more = CATALOG.prices(entry), PRICING.prices(entry)
    torn = [f"pricing disagrees on {meter}" for (meter, when), usd in more.amounts.items() if flat.amounts.get((meter, when), usd) != usd]
    steps = ["tiered_billing_configs"] if at(entry, "tiered_billing_configs") else []
    yield from formats.sold(CATALOG.offer(entry), Prices(more.amounts | flat.amounts, (*flat.unknown, *more.unknown, *torn, *steps)))
