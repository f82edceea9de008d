"""xAI's own list of language models."""

from collections.abc import Iterator
from typing import Any

from collector import formats
from collector.formats import Catalog, Prices, count
from collector.source import Page, Source, Terms
from market.errors import SourceChanged
from market.records import Record, UnknownKey
from market.units import Condition

CENTS_PER = 100 * 100_000_000
LONG = "_long_context"
METERS = {
    "prompt_text_token_price": "input_mtok",
    "cached_prompt_text_token_price": "cache_read_mtok",
    "prompt_image_token_price": "input_image_mtok",
    "completion_text_token_price": "output_mtok",
}
CATALOG = Catalog("xai", METERS, per=CENTS_PER, pricing="", context=("context_length",))


class Xai(Source):
    """What xAI charges for Grok.

    Source: the list of language models of xAI's API, which answers only to a key.
    Unit: US cents per hundred million tokens, as whole numbers: 20000 is 2 USD per million.
    Grain: an offer per id.
    Lists: every language model; aliases of a model are no offers of their own.

    Prices that end in `_long_context` hold for prompts over `long_context_threshold` tokens. A price of 0 stands where a model does not
    take what it is for, and is left out. What a search costs is reported: the list does not say per how many.
    """

    name = "xai"
    start_urls = ("https://api.x.ai/v1/language-models",)
    cadence = "25 3 * * *"
    min_records = 2
    trust = 2
    terms = Terms("none stated", "Prices: xAI (x.ai)")
    experimental = True
    key_variable = "XAI_API_KEY"

    def records(self, page: Page) -> Iterator[Record]:
        entries = page.json.get("models") if isinstance(page.json, dict) else None
        if not isinstance(entries, list):
            raise SourceChanged(f"{page.url} is not a list of language models")
        for entry in entries:
            if isinstance(entry, dict) and formats.text(entry.get("id")):
                yield from _model(entry)
            else:
                yield UnknownKey("an entry without an id", page.url)


def _model(entry: dict[str, Any]) -> Iterator[Record]:
    priced = {key: value for key, value in entry.items() if "_price" in key and value not in (0, None)}
    base = formats.prices({k: v for k, v in priced.items() if not k.endswith(LONG)}, lambda key, _: METERS.get(key), (), CENTS_PER)
    long = formats.prices(
        {k.removesuffix(LONG): v for k, v in priced.items() if k.endswith(LONG)}, lambda key, _: METERS.get(key), (), CENTS_PER
    )
    over = count(entry.get("long_context_threshold"))
    when = Condition(input_over=over).text() if over else None
    amounts = base.amounts | ({(meter, when): value for (meter, _), value in long.amounts.items()} if when else {})
    unknown = (*base.unknown, *(f"{name}{LONG}" for name in long.unknown), *(() if when or not long.amounts else ("long_context",)))
    yield from formats.sold(CATALOG.offer(entry), Prices(amounts, unknown))
