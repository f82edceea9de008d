"""Epoch AI's table of models: when they were published, and what their training took."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from collector.formats import number
from collector.source import Page, Source, Terms
from market.errors import SourceChanged
from market.records import Model, Record

HOME = "https://epoch.ai/data/all_ai_models.csv"
NEEDED = frozenset({"Model", "Publication date", "Training compute (FLOP)", "Training dataset size (datapoints)"})
OPEN = "open weights"
SHUT = ("api access", "hosted access", "unreleased")


class Epoch(Source):
    """Epoch AI's table of all the models it knows.

    Source: one CSV; names are as their authors write them, not ids.
    Unit: operations (FLOP) of the training; datapoints are tokens, or words, of a language model, and other things of others.
    Grain: a `Model` per name; of a name that stands twice, the first.
    Lists: models since 1950, most of which nobody sells; nothing that is missing has gone.
    """

    name = "epoch"
    start_urls = (HOME,)
    cadence = "31 4 * * 2"
    min_records = 500
    lists_everything = False
    trust = 4
    terms = Terms("CC BY 4.0", "Models and their training: Epoch AI (epoch.ai), CC BY 4.0")

    def records(self, page: Page) -> Iterator[Record]:
        try:
            rows = csv.DictReader(io.StringIO(page.body.decode("utf-8-sig"), newline=""))
        except UnicodeDecodeError as error:
            raise SourceChanged(f"{page.url} is not UTF-8 ({error.reason})") from None
        if missing := NEEDED - set(rows.fieldnames or ()):
            raise SourceChanged(f"{page.url} has no column {min(missing)}")
        named: set[str] = set()
        for row in rows:
            key = " ".join((row["Model"] or "").split())
            if key and key not in named:
                named.add(key)
                yield _model(key, row)


def _model(key: str, row: dict[str, str]) -> Model:
    return Model(
        key,
        name=key,
        author=(row.get("Organization") or "").strip() or None,
        released_on=_day(row["Publication date"]),
        open_weights=_open(row.get("Model accessibility")),
        training_flop=_positive(row["Training compute (FLOP)"]),
        training_datapoints=_positive(row["Training dataset size (datapoints)"]),
    )


def _positive(said: Any) -> Decimal | None:
    value = number((said or "").strip() or None)
    return value if value else None


def _open(said: str | None) -> bool | None:
    plain = (said or "").strip().lower()
    return True if plain.startswith(OPEN) else False if plain.startswith(SHUT) else None


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat((said or "").strip())
    except ValueError:
        return None
