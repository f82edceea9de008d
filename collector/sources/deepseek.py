"""DeepSeek's own pricing page, with its peak and off-peak hours."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from itertools import groupby
from typing import NamedTuple

from parsel import Selector

from collector import tables
from collector.source import Page, Source, Terms
from collector.tables import Cell, Grid
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import Condition, usd

SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—]\s*(\d{1,2}):(\d{2})")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = 24 * 60
SIZE = re.compile(r"\b(\d+)\s*([KM])\b")


class Hours(NamedTuple):
    """Conditions of the spans of peak hours, and of those of all other hours of the week."""

    peak: tuple[str | None, ...]
    other: tuple[str | None, ...]


class DeepSeek(Source):
    """What DeepSeek charges on its own platform.

    Source: the pricing page of DeepSeek's API documentation, an HTML table with a column per model and footnotes below it.
    Unit: USD per million tokens.
    Grain: an offer per column; a row per meter and, where hours matter, per window.
    Lists: every model that DeepSeek sells by the token.

    The footnote tells the peak hours in UTC, and that all other hours are off-peak. So the off-peak price is the one without a
    condition; it stands under each span of the other hours too, and the peak price under each span of peak hours, so that
    every hour of the week has a price of DeepSeek's own. A name's footnote mark is no part of it. Older names that the footnote
    tells as still accepted are offers that lead to the name of the column and cost the same, for they are billed as it is.
    A size such as `1M` is read as it stands: a million.
    """

    name = "deepseek"
    start_urls = ("https://api-docs.deepseek.com/quick_start/pricing",)
    cadence = "3 2 * * *"
    min_records = 4
    trust = 1
    terms = Terms("none stated", "Prices: DeepSeek (api-docs.deepseek.com)")

    def records(self, page: Page) -> Iterator[Record]:
        grids = [grid for grid in tables.of_html(page.body) if _names(grid)]
        if not grids:
            raise SourceChanged(f"{page.url} has no table with a row of models and their prices")
        for grid in grids:
            yield from _table(grid, page)


def _names(grid: Grid) -> dict[int, Cell]:
    """Column → the cell with the model's name, from the row that names the models of a table that holds prices."""
    if tables.first(grid) == len(grid.rows):
        return {}
    row = next((row for row in grid.rows if row[0].text.lower() == "model"), ())
    return {column: cell for column, cell in enumerate(row) if cell.text and cell.text.lower() != "model"}


def _table(grid: Grid, page: Page) -> Iterator[Record]:
    names = {column: (cell.text, *_older(page, cell)) for column, cell in _names(grid).items()}
    said = {row[0].text.lower(): row for row in grid.rows}
    for column, (name, *older) in names.items():
        facts = {label: row[column].text for label, row in said.items()}
        offer = Offer(
            "deepseek",
            name,
            name=facts.get("model version"),
            mode="chat",
            context_tokens=_size(facts.get("context length", "")),
            max_output_tokens=_size(facts.get("max output", "")),
            evidence_url=page.url,
        )
        yield offer
        yield from (replace(offer, model_key=each, alias_of=name) for each in older)
    labels = [" ".join(dict.fromkeys(cell.text for cell in row[: min(names)])) for row in grid.rows]
    hours = _hours(page) if any("peak" in label.lower() for label in labels) else Hours((), ())
    for label, row in zip(labels, grid.rows, strict=True):
        for column, told in names.items():
            for name in told:
                yield from _quotes(name, label, row[column].text, hours)


def _older(page: Page, cell: Cell) -> list[str]:
    """Older names of a model that its footnotes tell as still accepted."""
    found = []
    for note in Selector(text=page.body.decode("utf-8", "replace")).xpath("//p"):
        text = " ".join(note.xpath("string()").get("").split())
        if text.startswith(cell.notes) and "still accepted" in text:
            found += [name for name in note.xpath(".//code/text()").getall() if name != cell.text]
    return found


def _quotes(name: str, label: str, text: str, hours: Hours) -> Iterator[Record]:
    """The quotes of one cell: one, or one per span of hours."""
    amounts = tables.amounts(text)
    if not amounts:
        return
    meter, words = tables.meter(label), label.lower().split()
    if meter is None or not {"1m", "tokens"} <= set(words) or len(amounts) != 1 or amounts[0].currency != "USD":
        yield UnknownKey(label, f"deepseek/{name}")
        return
    for condition in hours.peak if "peak" in words else (None, *hours.other) if "off-peak" in words else (None,):
        yield Quote("deepseek", name, meter, usd(meter, amounts[0].value, 1_000_000), condition=condition)


def _hours(page: Page) -> Hours:
    """The spans of peak hours, from the sentence that tells them, and those of all other hours.

    Raises:
        SourceChanged: there is none, or it does not tell them in UTC.
    """
    text = " ".join(Selector(text=page.body.decode("utf-8", "replace")).xpath("//body//text()").getall())
    for sentence in re.split(r"(?<=[.)!])\s+(?=[A-Z(])", " ".join(text.split())):
        spans = [(int(span[0]) * 60 + int(span[1]), int(span[2]) * 60 + int(span[3])) for span in SPAN.findall(sentence)]
        if "peak hours" in sentence.lower() and spans and "UTC" in sentence:
            days = _days(sentence.lower())
            return Hours(tuple(_condition(*span, days) for span in spans), tuple(_rest(spans, days or tuple(range(1, 8)))))
    raise SourceChanged(f"{page.url} has peak prices and does not say when the peak hours are, in UTC")


def _rest(spans: list[tuple[int, int]], days: tuple[int, ...]) -> Iterator[str | None]:
    """What spans that begin on some days leave of the week: each span of a day, with the days on which it is left."""
    taken = [[False] * DAY for _ in DAYS]
    for day in days:
        for start, end in spans:
            for minute in range(start, end if end > start else end + DAY):
                taken[(day - 1 + minute // DAY) % 7][minute % DAY] = True
    left: dict[tuple[int, int], list[int]] = {}
    for day, minutes in enumerate(taken, 1):
        for is_taken, run in groupby(range(DAY), key=minutes.__getitem__):
            span = list(run)
            if not is_taken:
                left.setdefault((span[0], span[-1] + 1), []).append(day)
    for (start, end), on in left.items():
        yield _condition(start, end, tuple(on))


def _condition(start: int, end: int, days: tuple[int, ...]) -> str | None:
    clock = [time(minute // 60 % 24, minute % 60) for minute in (start, end)]
    return Condition(window=(clock[0], clock[1]), days=days).text()


def _days(sentence: str) -> tuple[int, ...]:
    """ISO weekdays that a sentence names, two of them as the ends of a run; none where it names none."""
    named = sorted((sentence.index(day), number) for number, day in enumerate(DAYS, 1) if day in sentence)
    days = [number for _, number in named]
    run = len(days) == 2 and re.search(rf"{DAYS[days[0] - 1]}\s*(?:through|to|until|[-–—])\s*{DAYS[days[1] - 1]}", sentence)
    return tuple(range(days[0], days[1] + 1)) if run else tuple(days)


def _size(text: str) -> int | None:
    found = SIZE.search(text)
    return int(found[1]) * {"K": 1_000, "M": 1_000_000}[found[2]] if found else None
