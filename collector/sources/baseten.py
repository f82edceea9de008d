"""Baseten's own models list."""

from collections.abc import Iterator

from collector import formats
from collector.formats import Catalog
from collector.source import Page, Source, Terms
from market.records import Record

CATALOG = Catalog("baseten", {"prompt": "input_mtok", "completion": "output_mtok", "input_cache_read": "cache_read_mtok"})


class Baseten(Source):
    """What Baseten charges for the models behind its shared endpoints.

    Source: the models list of Baseten's inference API, which answers only to a key.
    Unit: USD per token, as text.
    Grain: an offer per id.
    Lists: every model that has a shared endpoint; deployments of one's own are billed by the minute and not listed.
    """

    name = "baseten"
    start_urls = ("https://inference.baseten.co/v1/models",)
    cadence = "9 3 * * *"
    min_records = 3
    trust = 2
    terms = Terms("none stated", "Prices: Baseten (baseten.co)")
    experimental = True
    key_variable = "BASETEN_API_KEY"

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, CATALOG.model)
