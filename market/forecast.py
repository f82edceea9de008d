"""Where price floors go: no change with the spread of all past changes around it, and a challenger that counts events.

What is said of a day uses only days before it. Values are natural logarithms of USD per million tokens, and a floor's future is a
step from the last known one. Bands are those of split conformal prediction (Vovk et al. 2005), pooled over series, since one series
alone has too few steps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from functools import cached_property
from math import ceil, exp, floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
HORIZONS = (28, 91, 182)
NO_CHANGE, CHALLENGER = "no_change", "event_rates"
METHODS = (NO_CHANGE, CHALLENGER)
STEP = 14
"""Days from one past origin to the next."""
FEWEST = 40
"""So many past steps it takes to say how wide a band is."""
AGES = (91, 365)
"""Days on sale at which rates of events change."""
PRIOR = 5.0
"""So many events of the whole group stand beside those of a kind of series."""
FINE, CELLS = 0.01, 2048
"""Width of a cell of the grid of steps, and number of cells."""
SIX_DIGITS = Context(prec=6)

Reals = NDArray[np.float64]
Places = NDArray[np.int64]


class Step(NamedTuple):
    """A floor from a day on; usd is None where nothing competes any more."""

    day: date
    usd: Decimal | None
    reason: str
    within: int


class Outlook(NamedTuple):
    """What one method says of a series on one day.

    Attributes:
        values: USD per million tokens, one for each of QUANTILES.
        lower, same, higher: probabilities that the floor will be so.
    """

    series: str
    target_on: date
    method: str
    values: tuple[Decimal, ...]
    lower: float
    same: float
    higher: float


class Said(NamedTuple):
    """Steps at QUANTILES `(kinds, 7)` and probabilities of lower, same and higher `(kinds, 3)`, for each kind of series."""

    steps: Reals
    directions: Reals


@dataclass(frozen=True)
class Panel:
    """Floors of many series day by day.

    Attributes:
        log: logarithm of the floor at the end of each day `(days, series)`; NaN where there is none.
        kinds: what moved it that day `(days, series)`: 1 a fall by an entry, 2 by a cut, 3 a rise; 0 where nothing did.
        lone: whether nothing else asked at most 10% more `(days, series)`.
        wide: whether the series is of many models `(series,)`.
    """

    names: tuple[str, ...]
    first: date
    log: Reals
    kinds: NDArray[np.int8]
    lone: NDArray[np.bool_]
    wide: NDArray[np.bool_]

    @cached_property
    def cells(self) -> NDArray[np.int8]:
        """The kind of each series on each day: its age, and whether it stands alone `(days, series)`; -1 where there is no floor."""
        there = ~np.isnan(self.log)
        age = np.arange(len(self.log))[:, None] - there.argmax(axis=0)[None, :]
        found = 2 * np.searchsorted(AGES, age, side="right") + self.lone
        return np.where(there, found, -1).astype(np.int8)

    @cached_property
    def steps(self) -> dict[int, Reals]:
        """By horizon: what happened from the eve of every STEPth day to a horizon after it `(origins, series)`."""
        return {days: self.log[STEP + days :: STEP] - self.log[STEP - 1 : max(0, len(self.log) - days - 1) : STEP] for days in HORIZONS}

    def known(self, place: int, days: int, wide: bool) -> Reals:
        """The steps of a group that had been made before a day."""
        rows = max(0, (place - 1 - days) // STEP)
        found = self.steps[days][:rows, self.wide == wide]
        return found[~np.isnan(found)]


def begun(steps: Sequence[Step], since: date) -> list[Step]:
    """A history that begins on a day, with what stood at its end."""
    before = [step for step in steps if step.day <= since]
    return [*(step._replace(day=since) for step in before[-1:]), *(step for step in steps if step.day > since)]


def panel(histories: Mapping[str, Sequence[Step]], last: date) -> Panel:
    """Histories as a panel that ends with a day; steps after it are left out."""
    told = {name: [step for step in steps if step.day <= last] for name, steps in histories.items()}
    told = {name: steps for name, steps in sorted(told.items()) if any(step.usd for step in steps)}
    first = min((steps[0].day for steps in told.values()), default=last)
    shape = ((last - first).days + 1, len(told))
    log, kinds, lone = np.full(shape, np.nan), np.zeros(shape, np.int8), np.zeros(shape, np.bool_)
    for column, steps in enumerate(told.values()):
        before: Decimal | None = None
        for step in steps:
            place = (step.day - first).days
            log[place:, column] = np.nan if step.usd is None else float(step.usd.ln())
            lone[place:, column] = step.within == 1
            if before is not None and step.usd is not None and step.usd != before:
                kinds[place, column] = 3 if step.usd > before else 2 if step.reason == "cut" else 1
            before = step.usd
    return Panel(tuple(told), first, log, kinds, lone, np.array(["/" not in name for name in told], np.bool_))


def unchanged(steps: Reals) -> Said:
    """No change, with the band that past steps span around it; the same for every kind."""
    ordered, number = np.sort(steps), len(steps)
    at = [floor((number + 1) * q) if q < 0.5 else ceil((number + 1) * q) for q in QUANTILES]
    found = ordered[np.clip(np.array(at) - 1, 0, number - 1)]
    found = np.where(np.array(QUANTILES) < 0.5, np.minimum(found, 0), np.maximum(found, 0))
    found[QUANTILES.index(0.5)] = 0
    signs = np.array([(steps < 0).mean(), (steps == 0).mean(), (steps > 0).mean()])
    return Said(np.tile(found, (_KINDS, 1)), np.tile(signs, (_KINDS, 1)))


_KINDS = 2 * (len(AGES) + 1)


class Rates:
    """Events of a panel counted once, so that the rates known on any day are at hand.

    An event is a fall by an entry, a fall by a cut, or a rise; each kind has a rate a day, by age and crowding of the series and drawn
    towards that of the whole group, and steps as large as the past ones of its kind in the group.
    """

    def __init__(self, panel: Panel, wide: bool) -> None:
        of = panel.wide == wide
        cells, kinds = panel.cells[:-1, of], panel.kinds[1:, of]
        moved = np.diff(panel.log[:, of], axis=0)
        days = len(cells)
        self.exposed, self.counted = np.zeros((days + 1, _KINDS)), np.zeros((days + 1, 3, _KINDS))
        for cell in range(_KINDS):
            self.exposed[1:, cell] = ((cells == cell) & ~np.isnan(moved)).sum(axis=1).cumsum()
            for kind in range(3):
                self.counted[1:, kind, cell] = ((cells == cell) & (kinds == kind + 1)).sum(axis=1).cumsum()
        day, column = np.nonzero((kinds > 0) & ~np.isnan(moved))
        self.day, self.kind, self.size = day, kinds[day, column], moved[day, column]

    def masses(self, place: int, days: int) -> Reals:
        """How likely each step is after so many days, by kind of series `(kinds, CELLS)`, zero first: a compound Poisson process."""
        upto = max(0, place - 1)
        exposed, counted = self.exposed[upto], self.counted[upto]
        exponent = np.zeros((_KINDS, CELLS), np.complex128)
        for kind in range(3):
            sizes = self.size[(self.day < upto) & (self.kind == kind + 1)]
            if len(sizes) and exposed.sum():
                usual = counted[kind].sum() / exposed.sum()
                rate = (counted[kind] + PRIOR) / (exposed + PRIOR / usual)
                exponent += days * rate[:, None] * (np.fft.fft(_spread(sizes)) - 1)[None, :]
        found = np.maximum(np.fft.ifft(np.exp(exponent), axis=1).real, 0)
        return np.asarray(found / found.sum(axis=1, keepdims=True), np.float64)

    def say(self, place: int, days: int, steps: Reals) -> Said:
        """Half of what the events say, half of what no change says."""
        mass = np.roll((self.masses(place, days) + _spread(steps)[None, :]) / 2, CELLS // 2, axis=1)
        middle = CELLS // 2
        reached = mass.cumsum(axis=1)
        found = np.stack([(reached < q - 1e-9).sum(axis=1) for q in QUANTILES], axis=1)
        signs = np.stack([mass[:, :middle].sum(axis=1), mass[:, middle], mass[:, middle + 1 :].sum(axis=1)], axis=1)
        return Said((found - middle) * FINE, signs)


def _spread(steps: Reals) -> Reals:
    """Steps as masses on the grid, zero first, falls from the end; a step that is not zero never falls into the cell of zero."""
    at = np.where(steps == 0, 0, np.sign(steps) * np.maximum(1, np.rint(np.abs(steps) / FINE))).astype(np.int64)
    at = np.clip(at, 1 - CELLS // 2, CELLS // 2 - 1)
    return np.bincount(at % CELLS, minlength=CELLS) / len(steps)


def say(panel: Panel, rates: Mapping[bool, Rates], place: int, days: int) -> Iterator[tuple[bool, dict[str, Said]]]:
    """What each method says on a day of the series of each group, of which enough is known."""
    for wide in (False, True):
        steps = panel.known(place, days, wide)
        if len(steps) >= FEWEST:
            yield wide, {NO_CHANGE: unchanged(steps), CHALLENGER: rates[wide].say(place, days, steps)}


def outlooks(histories: Mapping[str, Sequence[Step]], on: date, seen_to: date) -> Iterator[Outlook]:
    """What every method says on a day of every series that has a floor, from what was known before that day.

    Args:
        seen_to: the last day on which anybody looked; that nothing moved after it says nothing.
    """
    known = panel(histories, min(on - timedelta(days=1), seen_to))
    rates = {wide: Rates(known, wide) for wide in (False, True)}
    place = len(known.log)
    for days in HORIZONS:
        for wide, said in say(known, rates, place, days):
            for column in np.nonzero((known.wide == wide) & ~np.isnan(known.log[-1]))[0]:
                name, cell = known.names[column], known.cells[-1, column]
                usd = next(step.usd for step in reversed(histories[name]) if step.day < on)
                assert usd is not None
                for method, words in said.items():
                    values = tuple(
                        usd if step == 0 else SIX_DIGITS.create_decimal_from_float(float(usd) * exp(step)) for step in words.steps[cell]
                    )
                    yield Outlook(name, on + timedelta(days=days), method, values, *(float(one) for one in words.directions[cell]))
