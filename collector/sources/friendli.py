"""FriendliAI's own models list."""

from collections.abc import Iterator

from collector import formats
from collector.formats import Catalog
from collector.source import Page, Source, Terms
from market.records import Record

CATALOG = Catalog(
    "friendli",
    {"input": "input_mtok", "output": "output_mtok", "input_cache_read": "cache_read_mtok", "input_cache_write": "cache_write_mtok"},
)


class Friendli(Source):
    """What FriendliAI charges for its serverless endpoints.

    Source: the public models list of FriendliAI's serverless API.
    Unit: USD per token, as text or number.
    Grain: an offer per id.
    Lists: every model with a serverless endpoint.
    """

    name = "friendli"
    start_urls = ("https://api.friendli.ai/serverless/v1/models",)
    cadence = "15 3 * * *"
    min_records = 3
    trust = 2
    terms = Terms("none stated", "Prices: FriendliAI (friendli.ai)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, CATALOG.model)
