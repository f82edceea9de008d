"""Chutes' own models list."""

from collections.abc import Iterator
from typing import Any

from collector import formats
from collector.formats import Prices, count, text, words
from collector.source import Page, Source, Terms
from market.records import Offer, Record

METERS = {"prompt": "input_mtok", "completion": "output_mtok", "input_cache_read": "cache_read_mtok"}


class Chutes(Source):
    """What Chutes charges for the open-weight models it serves.

    Source: Chutes' models list.
    Unit: USD per million tokens, as numbers.
    Grain: an offer per id.
    Lists: every model that Chutes serves.

    In 2025 `price` held one number in `usd`, and the same price in TAO, its own coin, which is therefore not read. That the
    number is per million tokens, in and out alike: resellers listed 0.27 / 0.27 for DeepSeek R1 0528 where `usd` was 0.27216.
    Later lists, of which none is recorded, say `pricing` {prompt, completion, input_cache_read}; `price` then repeats it.
    `created` is the start of the server, no date of the model.
    """

    name = "chutes"
    start_urls = ("https://llm.chutes.ai/v1/models",)
    cadence = "27 2 * * *"
    min_records = 20
    trust = 2
    terms = Terms("none stated", "Prices: Chutes (chutes.ai)")

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, _model)


def _model(entry: dict[str, Any]) -> Iterator[Record]:
    outputs = words(entry.get("output_modalities"))
    offer = Offer(
        "chutes",
        entry["id"],
        mode=formats.mode(outputs),
        quantization=text(entry.get("quantization")),
        context_tokens=count(entry.get("context_length")) or count(entry.get("max_model_len")),
        max_output_tokens=count(entry.get("max_output_length")),
        input_modalities=words(entry.get("input_modalities")),
        output_modalities=outputs,
    )
    yield from formats.sold(offer, _prices(entry))


def _prices(entry: dict[str, Any]) -> Prices:
    if entry.get("pricing") is not None:
        return formats.prices(entry["pricing"], lambda key, _: METERS.get(key), per=1_000_000)
    both = formats.prices(entry.get("price"), lambda key, _: "input_mtok" if key == "usd" else None, ("tao",), per=1_000_000)
    return Prices(both.amounts | {("output_mtok", when): value for (_, when), value in both.amounts.items()}, both.unknown, both.variable)
