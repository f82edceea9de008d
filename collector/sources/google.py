"""Google's own pricing page of the Gemini API."""

from collections.abc import Iterator

from collector import tables
from collector.source import Page, Source, Terms
from collector.tables import Grid, Line
from market.errors import SourceChanged
from market.records import Record


class Google(Source):
    """What Google charges for Gemini and its other models on the Gemini API.

    Source: the pricing page of the Gemini API; a section per model, in it a table per plan with a row per kind of price.
    Unit: USD per million tokens, as the heading of the paid column says.
    Grain: an offer per model and plan; a quote per kind of token and per prompt length.
    Lists: every model on sale by the token; prices per image, second, search or hour of storage are reported.

    Only the paid tier is read. A model's id is the first code in its section, and all ids in it cost the same. Of a cell with
    several prices each says for what it is: sound apart from text, prompts over a length apart from shorter ones.
    """

    name = "google"
    start_urls = ("https://ai.google.dev/gemini-api/docs/pricing",)
    cadence = "17 2 * * *"
    min_records = 10
    trust = 1
    terms = Terms("none stated", "Prices: Google (ai.google.dev)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        found = [line for grid in tables.read(page.body) for line in _lines(grid)]
        if not found:
            raise SourceChanged(f"{page.url} has no table of a model's prices on the paid tier")
        yield from tables.sold("google", found)


def _lines(grid: Grid) -> Iterator[Line]:
    """The amounts in the paid column of a model's table, under the label of their row."""
    paid = next((number for number, heading in enumerate(tables.heads(grid)) if "paid" in heading.lower()), None)
    for row in grid.rows[tables.first(grid) :] if paid is not None else ():
        for key in grid.codes:
            heading = f"{row[0].text} | {grid.title} | {tables.heads(grid)[paid or 0]}"
            yield from tables.cut(key, heading, row[paid or 0])
