"""How long forecasts and their backtest take on a ledger that holds the histories, and how the methods did, as Markdown.

    MODELMARKET_HOME=HOME .venv/bin/python benchmarks/forecast.py

Nothing is written to the ledger.
"""

import time
from datetime import UTC, datetime

from db import engine, forecasts
from market.backtest import GROUPS, Interval, Score, backtest

HEAD = (
    "floors of", "series", "days", "method", "n", "series", "error", "error ÷ no change", "in 80%", "width", "pinball", "skill",
    "direction skill",
)  # fmt: skip


def interval(found: Interval | None) -> str:
    """A number with its 95% interval."""
    return "" if found is None else f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def line(one: Score) -> str:
    """One score as a row of a table."""
    cells = (
        one.floors, one.series, one.horizon_days, one.method, f"{one.n:,}", one.n_series, f"{one.mae_log:.3f}", interval(one.error_ratio),
        f"{one.coverage_80:.1%}", f"{one.width_80:.2f}", f"{one.pinball:.4f}", interval(one.skill), interval(one.brier_skill),
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Reads, forecasts and tries everything once, and prints seconds and scores."""
    now = datetime.now(UTC)
    with engine.connect("collector") as connection:
        began = time.perf_counter()
        panels = forecasts.panels(connection, now)
        read = time.perf_counter()
        _, said = forecasts.outlooks(connection, now)
        forecast = time.perf_counter()
    scores = []
    print("| floors of | days | series | backtest, s |\n|---|---|---|---|")
    for name, panel in panels.items():
        start = time.perf_counter()
        scores += backtest(panel, name)
        print(f"| {name} | {len(panel.log)} | {len(panel.names)} | {time.perf_counter() - start:.2f} |")
    print(f"\nReading all sets {read - began:.2f} s; tonight's {len(said):,} forecasts, reading included, {forecast - read:.2f} s.\n")
    print(f"| {' | '.join(HEAD)} |\n{'|---' * len(HEAD)}|")
    print("\n".join(line(one) for one in scores if one.series in GROUPS.values()))


if __name__ == "__main__":
    main()
