"""Vercel's AI gateway."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from collector import formats
from collector.formats import Catalog, Prices, array, count, number, table, text
from collector.source import Page, Source, Terms
from market.records import Record
from market.units import Condition, usd

METERS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "input_cache_read": "cache_read_mtok",
    "input_cache_write": "cache_write_mtok",
}
STEPS = "_tiers"
CATALOG = Catalog("vercel", METERS, context=("context_window",), most=("max_tokens",))
MODES = {"language": "chat", "embedding": "embedding", "image": "image", "video": "video", "reranking": "rerank"}


class Vercel(Source):
    """What Vercel's AI gateway charges for the models behind it.

    Source: the gateway's public models list.
    Unit: USD per token or image, as text.
    Grain: an offer per id.
    Lists: every model that can be reached through the gateway.

    A gateway, but it bills these prices itself and so knows them first hand. `…_tiers` are steps of prompt length: a step
    begins at `min` tokens, and the first one repeats the price without steps. `web_search` is reported, its unit being said
    only in the documentation; so are prices that depend on size or quality.
    """

    name = "vercel"
    start_urls = ("https://ai-gateway.vercel.sh/v1/models",)
    cadence = "39 3 * * *"
    min_records = 50
    trust = 2
    terms = Terms("none stated", "Prices: Vercel AI Gateway (vercel.com)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, _model)


def _model(entry: dict[str, Any]) -> Iterator[Record]:
    stated = table(entry.get("pricing"))
    meters = METERS | {"image": "output_images_kcount"}
    base = formats.prices({k: v for k, v in stated.items() if not k.endswith(STEPS)}, lambda key, _: meters.get(key))
    amounts, unknown = dict(base.amounts), list(base.unknown)
    for key in (key for key in stated if key.endswith(STEPS)):
        meter = METERS.get(key.removesuffix(STEPS))
        steps = _steps(meter, stated[key]) if meter else None
        amounts.update(steps or {})
        unknown.extend([] if steps is not None else [key])
    offer = replace(CATALOG.offer(entry), mode=MODES.get(text(entry.get("type")) or "", "other"))
    yield from formats.sold(offer, Prices(amounts, tuple(unknown), base.variable))


def _steps(meter: str, stated: Any) -> dict[tuple[str, str | None], Decimal] | None:
    """The prices of longer prompts; None where a step is not understood."""
    found: dict[tuple[str, str | None], Decimal] = {}
    for step in map(table, array(stated)):
        cost, least = number(step.get("cost")), count(step.get("min"))
        if cost is None or cost < 0:
            return None
        # A step from 200001 on is what others write as more than 200000.
        found[meter, Condition(input_over=least - 1).text() if least else None] = usd(meter, cost)
    return found
