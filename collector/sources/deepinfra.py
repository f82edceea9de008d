"""DeepInfra's own models list."""

from collections.abc import Iterator

from collector import formats
from collector.formats import Catalog
from collector.source import Page, Source, Terms
from market.records import Record

CATALOG = Catalog(
    "deepinfra",
    {
        "input_tokens": "input_mtok",
        "output_tokens": "output_mtok",
        "cache_read_tokens": "cache_read_mtok",
        "cache_write_tokens": "cache_write_mtok",
    },
    per=1_000_000,
    pricing="metadata.pricing",
    context=("metadata.context_length",),
    most=("metadata.max_tokens",),
)


class DeepInfra(Source):
    """What DeepInfra charges for the models it serves.

    Source: the public models list of DeepInfra's OpenAI-style API, with its `metadata`.
    Unit: USD per million tokens, as numbers; an image and a second of video apart.
    Grain: an offer per id.
    Lists: every model on sale; one without `metadata` has no price.
    """

    name = "deepinfra"
    start_urls = ("https://api.deepinfra.com/v1/openai/models?filter=with_meta",)
    cadence = "19 3 * * *"
    min_records = 20
    trust = 2
    terms = Terms("none stated", "Prices: DeepInfra (deepinfra.com)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, CATALOG.model)
