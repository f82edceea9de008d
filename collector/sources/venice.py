"""Venice's own models list."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from collector import formats
from collector.formats import Catalog, Prices, at, count, table, text
from collector.source import Page, Source, Terms
from market.records import Record
from market.units import Condition

METERS = {"input": "input_mtok", "output": "output_mtok", "cache_input": "cache_read_mtok", "cache_write": "cache_write_mtok"}
CATALOG = Catalog(
    "venice",
    METERS,
    per=1_000_000,
    pricing="model_spec.pricing",
    amount="usd",
    ignored=("extended",),
    context=("model_spec.availableContextTokens", "context_length"),
    most=("model_spec.maxCompletionTokens",),
)
EXTENDED = Catalog(
    "venice", METERS, per=1_000_000, pricing="model_spec.pricing.extended", amount="usd", ignored=("context_token_threshold",)
)


class Venice(Source):
    """What Venice charges for the text models it serves.

    Source: the public models list of Venice's API.
    Unit: USD per million tokens, as numbers (`usd`); the same price in its own unit (`diem`) is not read.
    Grain: an offer per id.
    Lists: every text model; images, sound and video are listed elsewhere.

    `extended` prices hold for prompts over `context_token_threshold` tokens.
    """

    name = "venice"
    start_urls = ("https://api.venice.ai/api/v1/models?type=text",)
    cadence = "43 3 * * *"
    min_records = 5
    trust = 2
    terms = Terms("none stated", "Prices: Venice (venice.ai)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, _model)


def _model(entry: dict[str, Any]) -> Iterator[Record]:
    base, amounts, unknown = CATALOG.prices(entry), {}, list[str]()
    if extended := table(at(entry, "model_spec.pricing.extended")):
        over, more = count(extended.get("context_token_threshold")), EXTENDED.prices(entry)
        unknown = [f"extended {name}" for name in (*more.unknown, *([] if over else ["without a threshold"]))]
        amounts = {(meter, Condition(input_over=over).text()): usd for (meter, _), usd in more.amounts.items()} if over else {}
    offer = CATALOG.offer(entry)
    chats = "chat" if entry.get("type") in ("text", None) else None
    quantization = text(at(entry, "model_spec.quantization"))
    offer = replace(
        offer,
        name=text(at(entry, "model_spec.name")),
        mode=offer.mode or chats,
        quantization=None if quantization == "not-available" else quantization,
    )
    yield from formats.sold(offer, Prices(base.amounts | amounts, (*base.unknown, *unknown), base.variable))
