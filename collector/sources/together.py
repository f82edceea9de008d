"""Together AI's own models list."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from collector import formats
from collector.formats import Catalog, Prices, number, table, text
from collector.source import Page, Source, Terms
from market.records import Record

CATALOG = Catalog("together", {"input": "input_mtok", "output": "output_mtok", "cached_input": "cache_read_mtok"}, per=1_000_000)
MODES = {"chat": "chat", "language": "completion", "code": "completion", "image": "image", "embedding": "embedding", "rerank": "rerank"}
MODES |= {"moderation": "moderation", "audio": "audio", "transcribe": "audio", "video": "video"}
FREE = "-free"


class Together(Source):
    """What Together AI charges for the models it serves.

    Source: the models list of Together's API, which answers only to a key.
    Unit: USD per million tokens, as numbers; `hourly` USD per hour of a machine of one's own.
    Grain: an offer per id.
    Lists: every model that can be run, also those that are only let by the hour.

    0 is a price only where an id ends in `-Free`: else it stands where nothing is sold by the token, and is left out.
    `base` and `finetune` are reported where they are not 0; what they count is not said.
    """

    name = "together"
    start_urls = ("https://api.together.ai/v1/models",)
    cadence = "29 3 * * *"
    min_records = 20
    trust = 2
    terms = Terms("none stated", "Prices: Together AI (together.ai)")
    experimental = True
    key_variable = "TOGETHER_API_KEY"

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, _model)


def _model(entry: dict[str, Any]) -> Iterator[Record]:
    free = entry["id"].lower().endswith(FREE)
    stated = {key: said for key, said in table(entry.get("pricing")).items() if number(said) != 0 or (free and key in ("input", "output"))}
    hourly = formats.prices({"hourly": stated.pop("hourly", None)}, lambda *_: "compute_hours", per=3_600)
    tokens = CATALOG.prices({"pricing": stated})
    read = Prices(tokens.amounts | hourly.amounts, tokens.unknown + hourly.unknown, tokens.variable)
    offer = CATALOG.offer(entry)
    mode = MODES.get(text(entry.get("type")) or "", offer.mode)
    yield from formats.sold(replace(offer, mode=mode, plan="free" if free else "standard"), read)
