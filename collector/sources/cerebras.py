"""Cerebras' own models list."""

from collections.abc import Iterator

from collector import formats
from collector.formats import Catalog
from collector.source import Page, Source, Terms
from market.records import Record

CATALOG = Catalog(
    "cerebras",
    {"prompt": "input_mtok", "completion": "output_mtok", "input_cache_read": "cache_read_mtok", "input_cache_write": "cache_write_mtok"},
    context=("limits.max_context_length", "context_length"),
    most=("limits.max_completion_tokens",),
)


class Cerebras(Source):
    """What Cerebras charges for the models it serves.

    Source: the public models list of Cerebras' API.
    Unit: USD per token, as text.
    Grain: an offer per id.
    Lists: every model that is open to all.
    """

    name = "cerebras"
    start_urls = ("https://api.cerebras.ai/public/v1/models",)
    cadence = "21 3 * * *"
    min_records = 2
    trust = 2
    terms = Terms("none stated", "Prices: Cerebras (cerebras.ai)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, CATALOG.model)
