"""LMArena: how people rate models' answers against each other."""

import csv
import re
from collections.abc import Iterator
from decimal import Decimal

from collector.formats import number
from collector.source import History, Page, Source, Terms
from market.errors import SourceChanged
from market.records import Model, Record, Score, UnknownKey

CLOSED = frozenset(("proprietary", "propretary"))
EFFORT = re.compile(r"\s*\((thinking[^()]*|no-thinking|high|medium|low)\)$", re.IGNORECASE)
HOME = "https://raw.githubusercontent.com/fboulnois/llm-leaderboard-csv/main/csv/lmarena_text.csv"


class LMArena(Source):
    """LMArena's ratings of models that write.

    Source: a collector's CSV of the board; the board's own site asks not to be scraped.
    Unit: points of a rating in which 400 more are ten times the odds to be preferred; one scale for all models of a day.
    Grain: a `Model` and a `Score` per line, with the 95% interval; the effort in a name (`(thinking-32k)`) is said apart.
    Lists: every rated model; a license other than proprietary means published weights.

    A rating of 0 means not ranked, and is none.
    """

    name = "lmarena"
    start_urls = (HOME,)
    cadence = "51 3 * * 1"
    min_records = 100
    lists_everything = False
    trust = 3
    terms = Terms("MPL-2.0", "Ratings: LMArena (lmarena.ai), by way of fboulnois/llm-leaderboard-csv")
    history = History("https://github.com/fboulnois/llm-leaderboard-csv", ((r"csv/(?:lmsys|lmarena_text)\.csv", HOME),))

    def records(self, page: Page) -> Iterator[Record]:
        rows = csv.DictReader(_lines(page.url, page.body))
        names = set(rows.fieldnames or ())
        rated = next((name for name in ("arena_score", "arena_elo") if name in names), None)
        if rated is None or "model" not in names:
            raise SourceChanged(f"{page.url} has no line that names model and arena_score")
        seen: set[tuple[str, str | None]] = set()
        for row in rows:
            name, value = (row["model"] or "").strip(), number(row[rated])
            effort = EFFORT.search(name)
            key = EFFORT.sub("", name)
            if not key or value is None:
                yield UnknownKey("a line without a model or its rating", repr(row)[:60])
            elif value and (key, effort and effort[1]) not in seen:
                seen.add((key, effort and effort[1]))
                yield _model(key, row)
                low, high = _interval(row.get("95_pct_ci") or "")
                sides = (value + low, value + high) if low is not None and high is not None else (None, None)
                yield Score(key, "arena_text", value, effort[1] if effort else None, "LMArena", False, None, *sides)


def _lines(path: str, body: bytes) -> list[str]:
    try:
        return body.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise SourceChanged(f"{path} is not UTF-8 ({error.reason})") from None


def _model(key: str, row: dict[str, str]) -> Model:
    tag = (row.get("license") or "").strip() or None
    weights = None if tag is None else tag.lower() not in CLOSED
    return Model(key, name=key, author=(row.get("organization") or "").strip() or None, open_weights=weights, license_tag=tag)


def _interval(text: str) -> tuple[Decimal, Decimal] | tuple[None, None]:
    """The two sides of `+5/-5`, as what is added to the rating, lower one first."""
    up, _, down = text.partition("/")
    high, low = number(up.removeprefix("+")), number(down)
    return (low, high) if high is not None and low is not None and low <= 0 <= high else (None, None)
