"""Anthropic's own pricing page."""

from collections.abc import Iterator

from collector import tables
from collector.source import Page, Source, Terms
from collector.tables import Cell, Grid
from market.errors import SourceChanged
from market.records import Record


class Anthropic(Source):
    """What Anthropic charges on its own platform.

    Source: the pricing page of Anthropic's documentation; tables with a row per model, for prices, batches and long prompts.
    Unit: USD per million tokens, as the cells say.
    Grain: an offer per model and plan; a quote per kind of token, and per prompt length where a heading tells one.
    Lists: every model on sale, deprecated ones with their state.

    The page names models as people do. Their ids are these names in lower case with hyphens in place of spaces and dots, as
    Anthropic spells its aliases since version 4; a word in parentheses is the offer's status and no part of the name.
    """

    name = "anthropic"
    start_urls = ("https://platform.claude.com/docs/en/about-claude/pricing",)
    cadence = "9 2 * * *"
    min_records = 10
    trust = 1
    terms = Terms("none stated", "Prices: Anthropic (platform.claude.com)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        status: dict[str, str] = {}

        def key(grid: Grid, row: tuple[Cell, ...], headings: list[str]) -> str | None:
            name, _, state = row[0].text.partition("(")
            spelled = "-".join(name.lower().replace(".", "-").split())
            if state:
                status[spelled] = state.strip(") ")
            return spelled if "model" in headings[0].lower() else None

        found = [line for grid in tables.read(page.body) for line in tables.lines(grid, key)]
        if not found:
            raise SourceChanged(f"{page.url} has no table of models with their prices")
        yield from tables.sold("anthropic", found, status=status)
