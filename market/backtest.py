"""Which method says best where floors go: every past day once more, with what was known then, and the gate to the title.

The error is that of the median, in logarithms; a challenger's ratio is its sum over that of no change. Intervals come from a bootstrap
over things priced (a model, or a family), since the series and origins of one move together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from market.forecast import CHALLENGER, HORIZONS, METHODS, NO_CHANGE, QUANTILES, Panel, Places, Rates, Reals, say

EVERY = 28
"""Days from one origin to the next."""
RESAMPLES, SEED = 1000, 20_240_229
FEWEST_FORECASTS, FEWEST_SERIES, FEWEST_SETS = 200, 20, 2
COVERED = (0.75, 0.95)
"""Share of outcomes that the 80% band of a holder of the title must contain."""
GROUPS = {False: "one model", True: "family"}
_LEVELS = np.array(QUANTILES)
_LOW, _HIGH = QUANTILES.index(0.1), QUANTILES.index(0.9)


class Interval(NamedTuple):
    """A number and its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Score:
    """How one method did on one set of floors.

    Attributes:
        series: a group of GROUPS, or one family's series.
        n: forecasts that came due; `n_series` of so many series.
        mae_log: mean absolute error of the median, in logarithms of the price.
        mase: the same against the mean step known when each was made; None where there was none.
        pinball: mean over QUANTILES, in logarithms.
        coverage_80: share of outcomes within the 80% band, edges included; `width_80` is its mean width in logarithms.
        brier: of lower, same and higher, from 0 to 2.
        error_ratio: error over that of no change.
        skill: 1 less pinball over that of no change; `brier_skill` the same of direction.
    """

    floors: str
    series: str
    horizon_days: int
    method: str
    n: int
    n_series: int
    mae_log: float
    mase: float | None
    pinball: float
    coverage_80: float
    width_80: float
    brier: float
    error_ratio: Interval | None
    skill: Interval | None
    brier_skill: Interval | None


class _Due(NamedTuple):
    """Forecasts that came due, one a row, by method: the loss of each kind; and which series they are of."""

    column: Places
    scale: Reals
    losses: Mapping[str, Mapping[str, Reals]]


def group(series: str) -> str:
    """Which group of GROUPS a series belongs to, by its name."""
    return GROUPS["/" not in series]


def backtest(panel: Panel, floors: str = "") -> list[Score]:
    """Scores of every method by horizon, for each group and each family's series.

    Args:
        floors: what the panel is called.
    """
    rates = {wide: Rates(panel, wide) for wide in GROUPS}
    found: list[Score] = []
    for days in HORIZONS:
        for wide, due in _due(panel, rates, days).items():
            found += _scores(panel, due, floors, GROUPS[wide], days)
            if wide:
                for column in np.unique(due.column):
                    found += _scores(panel, _only(due, due.column == column), floors, panel.names[column], days)
    return found


def _due(panel: Panel, rates: Mapping[bool, Rates], days: int) -> dict[bool, _Due]:
    """Every EVERYth day's forecasts of a horizon whose day has come, by group."""
    parts: dict[bool, list[_Due]] = {}
    for place in range(EVERY, len(panel.log) - days, EVERY):
        outcome = panel.log[place + days] - panel.log[place - 1]
        for wide, said in say(panel, rates, place, days):
            column = np.nonzero((panel.wide == wide) & ~np.isnan(outcome))[0]
            cell, came = panel.cells[place - 1, column], outcome[column]
            scale = np.full(len(column), np.abs(panel.known(place, days, wide)).mean())
            losses = {method: losses_of(words.steps[cell], words.directions[cell], came) for method, words in said.items()}
            parts.setdefault(wide, []).append(_Due(column, scale, losses))
    return {wide: _joined(each) for wide, each in parts.items()}


def losses_of(steps: Reals, directions: Reals, came: Reals) -> dict[str, Reals]:
    """What each forecast lost, by measure `(n,)`.

    Args:
        steps: said, at QUANTILES `(n, 7)`, logarithms of the new floor over the old.
        directions: probabilities of lower, same and higher `(n, 3)`.
        came: what came `(n,)`.
    """
    miss = came[:, None] - steps
    signs = np.stack([came < 0, came == 0, came > 0], axis=1)
    return {
        "error": np.abs(miss[:, QUANTILES.index(0.5)]),
        "pinball": np.maximum(_LEVELS * miss, (_LEVELS - 1) * miss).mean(axis=1),
        "inside": ((miss[:, _LOW] > -1e-9) & (miss[:, _HIGH] < 1e-9)).astype(np.float64),
        "width": steps[:, _HIGH] - steps[:, _LOW],
        "brier": ((directions - signs) ** 2).sum(axis=1),
    }


def _joined(parts: Sequence[_Due]) -> _Due:
    losses = {
        method: {measure: np.concatenate([part.losses[method][measure] for part in parts]) for measure in parts[0].losses[method]}
        for method in METHODS
    }
    return _Due(np.concatenate([part.column for part in parts]), np.concatenate([part.scale for part in parts]), losses)


def _only(due: _Due, chosen: np.ndarray) -> _Due:
    losses = {method: {measure: each[chosen] for measure, each in of.items()} for method, of in due.losses.items()}
    return _Due(due.column[chosen], due.scale[chosen], losses)


def _scores(panel: Panel, due: _Due, floors: str, series: str, days: int) -> Iterator[Score]:
    if not len(due.column):
        return
    things = [panel.names[column].rpartition(" ")[0] for column in due.column]
    cluster = np.unique(things, return_inverse=True)[1]
    base, scale = due.losses[NO_CHANGE], float(due.scale.mean())
    for method, lost in due.losses.items():
        error = float(lost["error"].mean())
        ratios = {
            measure: None if method == NO_CHANGE else ratio(lost[measure], base[measure], cluster)
            for measure in ("error", "pinball", "brier")
        }
        yield Score(
            floors,
            series,
            days,
            method,
            len(due.column),
            len(np.unique(due.column)),
            error,
            error / scale if scale else None,
            float(lost["pinball"].mean()),
            float(lost["inside"].mean()),
            float(lost["width"].mean()),
            float(lost["brier"].mean()),
            ratios["error"],
            _skill(ratios["pinball"]),
            _skill(ratios["brier"]),
        )


def ratio(lost: Reals, base: Reals, cluster: Places) -> Interval | None:
    """Sum of losses over that of another method, with a bootstrap over clusters; None where the other lost nothing."""
    number = int(cluster.max()) + 1
    ours, theirs = np.bincount(cluster, lost, number), np.bincount(cluster, base, number)
    if not theirs.sum():
        return None
    drawn = np.random.default_rng(SEED).multinomial(number, np.full(number, 1 / number), RESAMPLES)
    below = drawn @ theirs
    low, high = np.quantile((drawn @ ours)[below > 0] / below[below > 0], (0.025, 0.975))
    return Interval(float(ours.sum() / theirs.sum()), float(low), float(high))


def _skill(found: Interval | None) -> Interval | None:
    return None if found is None else Interval(1 - found.value, 1 - found.high, 1 - found.low)


def earns(score: Score) -> bool:
    """Whether a challenger's score on one set of floors is worth the title: better beyond doubt, honest bands, enough of both."""
    enough = score.n >= FEWEST_FORECASTS and score.n_series >= FEWEST_SERIES
    better = score.error_ratio is not None and score.error_ratio.high < 1
    return score.method != NO_CHANGE and enough and better and COVERED[0] <= score.coverage_80 <= COVERED[1]


def holder(scores: Iterable[Score], group: str, days: int) -> str:
    """Which method holds the title for a group and a horizon: the challenger if it earns it on two sets of floors, else no change.

    Args:
        scores: of sets that say nothing of each other, such as what independent sources tell.
    """
    won = {score.floors for score in scores if (score.series, score.horizon_days) == (group, days) and earns(score)}
    return CHALLENGER if len(won) >= FEWEST_SETS else NO_CHANGE
