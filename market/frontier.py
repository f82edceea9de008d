"""Open against closed: how far the best open model is behind the best closed one, in months at equal score, and in price.

After an idea of Epoch AI's: read the gap sideways. For each score that both sides have reached, the lag is the time from the first
closed model that reached it to the first open one; the lag is their mean over all scores, negative where open came first.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

LEVELS = 60
DRAWS = 400
DAYS_A_MONTH = 365.25 / 12


class Rated(NamedTuple):
    """A model in one test.

    Attributes:
        came_on: the day from which it counts: its release.
        score: in the test's own unit, higher is better.
        usd: price, the blend the caller chose; None where it is not known.
    """

    model: str
    came_on: date
    score: float
    is_open: bool
    usd: Decimal | None = None


class Step(NamedTuple):
    """A model that was the best of its side when it came."""

    came_on: date
    model: str
    score: float
    is_open: bool


@dataclass(frozen=True, slots=True)
class Lag:
    """How far open is behind closed.

    Attributes:
        months: mean over the scores that both sides have reached.
        low: 5% of 400 draws of the models, with putting back; the interval says how much hangs on single models.
        high: 95% of them.
        score_low: lowest score compared.
        score_high: highest score that both sides have reached.
        behind: best closed score less best open score, in points of the test.
        waiting_months: months for which the best closed score that is above every open one has stood; None where there is none.
        n_open: models on the open side.
    """

    months: float
    low: float
    high: float
    score_low: float
    score_high: float
    behind: float
    waiting_months: float | None
    n_open: int
    n_closed: int


TESTS = {
    "aa_intelligence": "Artificial Analysis' intelligence index",
    "aa_coding": "Artificial Analysis' coding index",
    "aa_agentic": "Artificial Analysis' agentic index",
    "arena_text": "LMArena's rating of text",
}
"""Tests that open and closed are compared by, the first by default."""


def rated(rows: Iterable[Mapping[str, Any]]) -> list[Rated]:
    """Rows of market.rated whose day and side are known."""
    return [
        Rated(row["model"], row["came_on"], float(row["value"]), row["open_weights"], row["blend_3to1_usd"])
        for row in rows
        if row["came_on"] is not None and row["open_weights"] is not None
    ]


def steps(tested: Sequence[Rated], is_open: bool) -> list[Step]:
    """Each new best of one side, in order; of several on one day the highest."""
    found: list[Step] = []
    for one in sorted((one for one in tested if one.is_open == is_open), key=lambda one: (one.came_on, -one.score, one.model)):
        if not found or one.score > found[-1].score:
            found.append(Step(one.came_on, one.model, one.score, is_open))
    return found


def lag(tested: Sequence[Rated], on: date, since: date) -> Lag | None:
    """The lag over scores first reached by closed models on or after `since`, as it stands on a day.

    Returns:
        None where no score was reached by both sides.
    """
    known = sorted(one for one in tested if one.came_on <= on)
    best = {side: steps(known, side) for side in (True, False)}
    found = _mean(best[True], best[False], since)
    if found is None:
        return None
    months, low, high = found
    drawn = []
    for draw in range(DRAWS):
        some = _drawn(known, draw)
        if one := _mean(steps(some, True), steps(some, False), since):
            drawn.append(one[0])
    drawn.sort()
    ahead = next((step for step in best[False] if step.score > best[True][-1].score), None)
    return Lag(
        months,
        drawn[round(0.05 * (len(drawn) - 1))],
        drawn[round(0.95 * (len(drawn) - 1))],
        low,
        high,
        best[False][-1].score - best[True][-1].score,
        (on - ahead.came_on).days / DAYS_A_MONTH if ahead else None,
        sum(one.is_open for one in known),
        sum(not one.is_open for one in known),
    )


def _drawn(known: Sequence[Rated], draw: int) -> list[Rated]:
    """As many models, drawn with putting back; the same for ever, without a generator whose state could leak."""
    places = (int.from_bytes(sha256(f"{draw} {place}".encode()).digest()[:8]) for place in range(len(known)))
    return [known[place % len(known)] for place in places]


def _mean(opened: Sequence[Step], closed: Sequence[Step], since: date) -> tuple[float, float, float] | None:
    """Mean lag in months and the scores it is over: those above what closed models had reached before `since`, up to both sides' best."""
    if not opened or not closed:
        return None
    before = [step.score for step in closed if step.came_on < since]
    low, high = max([closed[0].score, opened[0].score, *before]), min(closed[-1].score, opened[-1].score)
    if low >= high:
        return None
    levels = [low + (high - low) * (place + 1) / LEVELS for place in range(LEVELS)]
    lags = [(_reached(opened, level) - _reached(closed, level)).days / DAYS_A_MONTH for level in levels]
    return sum(lags) / len(lags), low, high


def _reached(path: Sequence[Step], level: float) -> date:
    """When a side first had this score."""
    place = bisect_left([step.score for step in path], level)
    return path[min(place, len(path) - 1)].came_on


def price_ratio(tested: Sequence[Rated], on: date) -> tuple[Decimal, Rated, Rated] | None:
    """Cheapest closed over cheapest open model among those at least as good as the best priced open one; None where a side has none."""
    priced = [one for one in tested if one.came_on <= on and one.usd]
    best = max((one.score for one in priced if one.is_open), default=None)
    if best is None:
        return None
    good = sorted((one for one in priced if one.score >= best), key=lambda one: (one.usd or Decimal(0), one.model))
    opened, closed = (next((one for one in good if one.is_open == side), None) for side in (True, False))
    if opened is None or closed is None or not opened.usd or not closed.usd:
        return None
    return closed.usd / opened.usd, closed, opened
