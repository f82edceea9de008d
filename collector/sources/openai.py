"""OpenAI's own pricing page."""

from collections.abc import Iterator
from dataclasses import replace

from collector import tables
from collector.source import Page, Source, Terms
from collector.tables import Cell, Grid, Line
from market.errors import SourceChanged
from market.records import Record


class OpenAI(Source):
    """What OpenAI charges on its own platform.

    Source: the pricing page of OpenAI's documentation; tables with a row per model, one table per plan.
    Unit: USD per million tokens, which the page says once for its tables of token prices.
    Grain: an offer per model and plan; a quote per kind of token.
    Lists: every model on sale by the token; other prices of a model are reported by their heading.

    Sound and image tokens are told apart by the headings of their tables. Fine-tuned models have tables of their own, which are
    not read: they cost otherwise under the same name. A model's id is the first word of its cell, behind which the version may
    stand that it leads to now. Columns for long prompts are read where their heading says how long, and else reported.
    """

    name = "openai"
    start_urls = ("https://platform.openai.com/docs/pricing",)
    cadence = "13 2 * * *"
    min_records = 20
    trust = 1
    terms = Terms("none stated", "Prices: OpenAI (platform.openai.com)")
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        found = [line for grid in tables.read(page.body) for line in _lines(grid)]
        if not found:
            raise SourceChanged(f"{page.url} has no table of models with their prices")
        yield from tables.sold("openai", found, unit=("tok", 1_000_000))


def _lines(grid: Grid) -> Iterator[Line]:
    title = grid.title.lower()
    kind = next((word for word in ("audio", "image") if f"{word} tokens" in title), "")
    for line in tables.lines(grid, _key) if "fine-tun" not in title else ():
        yield replace(line, heading=f"{kind} {line.heading}".strip())


def _key(grid: Grid, row: tuple[Cell, ...], headings: list[str]) -> str | None:
    model = next((number for number, heading in enumerate(headings) if "model" in heading.lower()), None)
    words = row[model].text.lower().split() if model is not None else []
    return words[0] if words else None
