"""Repeated timings in sessions → a rate with its interval, and whether it may be published."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

SESSIONS, REPETITIONS = 3, 30
"""A result that is published comes from at least so many sessions, and so many repetitions together."""
WITHIN = 0.02
"""Half the 95% interval over the rate, at which a measurement is precise."""
DRAWS = 2_000

Outcome = Literal["measured", "imprecise", "noisy", "failed"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate in tokens a second, with the 95% interval of its mean."""

    tps: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the interval over the rate."""
        return (self.high - self.low) / 2 / self.tps


def rate(sessions: Sequence[Sequence[float]], seed: int = 0) -> Rate:
    """The mean over sessions, and its interval from sessions drawn again with their repetitions drawn again within them.

    Args:
        sessions: tokens a second of each repetition, a row per session; none empty.
    """
    means = [statistics.fmean(session) for session in sessions]
    draw = np.random.default_rng(seed)
    drawn = np.empty((DRAWS, len(sessions)))
    chosen = draw.integers(len(sessions), size=drawn.shape)
    for at, session in enumerate(sessions):
        values = np.asarray(session)
        hit = chosen == at
        drawn[hit] = values[draw.integers(values.size, size=(int(hit.sum()), values.size))].mean(axis=1)
    low, high = np.quantile(drawn.mean(axis=1), (0.025, 0.975))
    return Rate(statistics.fmean(means), float(low), float(high))


def enough(sessions: Sequence[Sequence[float]], least: int = SESSIONS, repetitions: int = REPETITIONS) -> bool:
    """Whether there are sessions and repetitions enough and the interval is narrow."""
    if len(sessions) < least or sum(map(len, sessions)) < repetitions:
        return False
    return rate(sessions).half_width <= WITHIN
