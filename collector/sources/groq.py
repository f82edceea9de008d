"""Groq's own models page."""

from collections.abc import Iterator

from collector import tables
from collector.formats import count
from collector.source import Page, Source, Terms
from collector.tables import Amount, Cell, Grid
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import usd

UNPRICED = ("", "-", "—", "–")
AUDIO_LIMIT = "ASH"
SOUNDS = ("input_audio_hours", "input_mchars")


class Groq(Source):
    """What Groq charges for the models on GroqCloud.

    Source: the models page of Groq's documentation, as Markdown; a table per kind of model (production, systems, preview).
    Unit: USD per million tokens; where the cell says so, per million characters or per hour.
    Grain: an offer per row.
    Lists: every model on GroqCloud; what is sold through the sales team, and systems that bill what they call, have no price.

    A model's id is the last word of its cell, without the badge that sticks to it; its link tells where it begins. A price
    per hour is for audio read where the model's limits are in seconds of audio (`ASH`). What a row is called in place of a
    price (`ContactSales`), or else its kind (`preview`), is the offer's status.
    """

    name = "groq"
    start_urls = ("https://console.groq.com/docs/models.md",)
    cadence = "5 2 * * *"
    min_records = 10
    trust = 1
    terms = Terms("none stated", "Prices: Groq (console.groq.com)")

    def records(self, page: Page) -> Iterator[Record]:
        found = False
        for grid in tables.of_markdown(page.body):
            columns = {meaning: column for column, cell in enumerate(grid.rows[0]) if (meaning := _meaning(cell.text))}
            if {"id", "price"} <= columns.keys():
                found = True
                for row in grid.rows[1:]:
                    yield from _row(grid, {meaning: row[column] for meaning, column in columns.items()})
        if not found:
            raise SourceChanged(f"{page.url} has no table of models with their prices")


def _meaning(heading: str) -> str | None:
    low = heading.lower()
    words = {"model": "id", "price": "price", "limit": "limits", "context": "context", "completion": "most"}
    return next((meaning for word, meaning in words.items() if word in low), None)


def _row(grid: Grid, row: dict[str, Cell]) -> Iterator[Record]:
    key, name = _key(row["id"])
    said, limits = row["price"].text, row["limits"].text if "limits" in row else ""
    amounts = tables.amounts(said)
    quotes = [_quote(key, amount, limits) for amount in amounts]
    kind = grid.titles[-1].split()[0].lower() if grid.titles else None
    sounds = any(isinstance(quote, Quote) and quote.meter in SOUNDS for quote in quotes)
    yield Offer(
        "groq",
        key,
        name=name,
        mode="audio" if sounds else None,
        context_tokens=count(row["context"].text.replace(",", "")) if "context" in row else None,
        max_output_tokens=count(row["most"].text.replace(",", "")) if "most" in row else None,
        status=kind if amounts or said in UNPRICED else said,
    )
    yield from quotes


def _key(cell: Cell) -> tuple[str, str | None]:
    """A model's id and name: the id is the end of the last word with which a link ends too, or all of it behind a slash."""
    name, _, word = cell.text.rpartition(" ")
    tails = [link[place + 1 :] for link in cell.links for place, sign in enumerate(link) if sign == "/"]
    key = max((tail for tail in tails if tail and word.endswith(tail)), key=len, default=word)
    return (word if word.removesuffix(key).endswith("/") else key), name or None


def _quote(key: str, amount: Amount, limits: str) -> Record:
    unit = tables.counted(amount.after)
    meter = tables.meter(amount.after) if unit is None else None
    size = 1_000_000
    if unit is not None and unit[0] == "char":
        meter, size = "input_mchars", unit[1]
    elif unit == ("hour", 1) and AUDIO_LIMIT in limits:
        meter, size = "input_audio_hours", 3_600
    if meter is None or amount.currency != "USD":
        return UnknownKey(f"a price {amount.after or 'of nothing named'}", f"groq/{key}")
    return Quote("groq", key, meter, usd(meter, amount.value, size))
