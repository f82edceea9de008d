"""Was the machine quiet while something was timed? What was timed on a busy machine is marked noisy and not published."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil

OTHERS = 0.10
"""Share of the machine's processors that other processes may use."""
STEAL = 0.02
"""Share that the machine's host may keep for itself."""
SCATTER = 0.10
"""Standard deviation over mean that repeated timings of one thing may show."""


@dataclass(frozen=True, slots=True)
class Load:
    """What else a machine did during some seconds.

    Attributes:
        others: share of all processors that other processes used, 0 to 1.
        steal: share that the host kept for itself, 0 to 1.
    """

    seconds: float
    others: float
    steal: float


class Watch:
    """Watches the machine while its block runs; `load` says afterwards what else ran."""

    def __enter__(self) -> Self:
        """Notes the processors' counters."""
        self._began, self._machine, self._own = time.monotonic(), psutil.cpu_times(), _own()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Notes them again."""
        now, own = psutil.cpu_times(), _own() - self._own
        spent = {name: getattr(now, name) - getattr(self._machine, name) for name in now._fields}
        # A guest's time is part of user and nice, too.
        counted = sum(value for name, value in spent.items() if not name.startswith("guest"))
        idle, steal = spent["idle"] + spent.get("iowait", 0.0), spent.get("steal", 0.0)
        others = max(0.0, counted - idle - steal - own)
        self.load = Load(time.monotonic() - self._began, others / counted if counted else 0.0, steal / counted if counted else 0.0)


def _own() -> float:
    """Processor seconds of this process and its children, the ended ones included."""
    mine = psutil.Process()
    ended = mine.cpu_times()
    alive = sum(_spent(child) for child in mine.children(recursive=True))
    return float(ended.user + ended.system + ended.children_user + ended.children_system + alive)


def _spent(child: psutil.Process) -> float:
    try:
        times = child.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def noisy(load: Load, samples: Sequence[float]) -> str | None:
    """Why timings must not be published, one sentence; None for a quiet machine.

    Args:
        samples: repeated timings of one thing, in any unit.
    """
    if load.others > OTHERS:
        return f"Other processes used {load.others:.0%} of the processors; at most {OTHERS:.0%} may be in use."
    if load.steal > STEAL:
        return f"The machine's host kept {load.steal:.0%} of the processors for itself."
    if len(samples) > 1 and (scatter := statistics.stdev(samples) / statistics.mean(samples)) > SCATTER:
        return f"Repeated timings scatter by {scatter:.0%} of their mean; at most {SCATTER:.0%} is steady."
    return None
