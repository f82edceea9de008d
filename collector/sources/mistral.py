"""Mistral's own pricing page."""

from collections.abc import Iterator

from collector import tables
from collector.source import Page, Source, Terms
from collector.tables import Cell, Grid
from market.errors import SourceChanged
from market.records import Record

IDS = ("api", "endpoint", "id")


class Mistral(Source):
    """What Mistral charges on its own platform.

    Source: Mistral's pricing page; tables with a row per model.
    Unit: USD per million tokens, as a heading or cell says (`/M tokens`).
    Grain: an offer per model and plan; a quote per kind of token.
    Lists: every model on sale by the token; prices per page, minute or call are reported.

    A model's id is what stands under a heading that speaks of an id, an endpoint or the API, and else its name in lower case
    with hyphens.
    """

    name = "mistral"
    start_urls = ("https://mistral.ai/pricing",)
    cadence = "15 2 * * *"
    min_records = 4
    trust = 1
    terms = Terms("none stated", "Prices: Mistral AI (mistral.ai)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        found = [line for grid in tables.read(page.body) for line in tables.lines(grid, _key)]
        if not found:
            raise SourceChanged(f"{page.url} has no table of models with their prices")
        yield from tables.sold("mistral", found)


def _key(grid: Grid, row: tuple[Cell, ...], headings: list[str]) -> str | None:
    words = [set(heading.lower().split()) for heading in headings]
    ids = next((number for number, said in enumerate(words) if said & set(IDS)), None)
    names = next((number for number, said in enumerate(words) if said & {"model", "models"}), None)
    column = ids if ids is not None else names
    return "-".join(row[column].text.lower().split()) or None if column is not None else None
