"""`modelmarket frontier`: how far the best open model is behind the best closed one, in months, points and price."""

import argparse
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from jobs import output
from market import frontier as rule
from market.errors import MarketError, Misused

LONG_AGO = date(2000, 1, 1)
Ratio = tuple[Decimal, rule.Rated, rule.Rated] | None


class NotReached(MarketError):
    """No score of this test was reached by both an open and a closed model yet; collect more, or begin earlier."""


def frontier(asked: argparse.Namespace) -> int:
    """Prints the lag, its interval, who was best of each side since when, and the price ratio at equal score.

    Raises:
        Misused: there is no such test.
        NotReached: the two sides cannot be compared.
    """
    from db import views

    if asked.benchmark not in rule.TESTS:
        raise Misused(f"There is no test {asked.benchmark!r}; name one of {', '.join(rule.TESTS)}")
    known = rule.rated(views.rated(asked.benchmark))
    on = datetime.now(UTC).date()
    since = asked.since.date() if asked.since else LONG_AGO
    lag = rule.lag(known, on, since)
    if lag is None:
        raise NotReached
    best = sorted([*rule.steps(known, True), *rule.steps(known, False)])
    ratio = rule.price_ratio(known, on)
    if asked.json:
        said = {"benchmark": asked.benchmark, "on": on, "since": asked.since and since, "lag": asdict(lag), **_prices(ratio)}
        output.document({**said, "steps": [one._asdict() for one in best]})
        return 0
    rows = [[one.came_on, "open" if one.is_open else "closed", one.score, one.model] for one in best if one.came_on >= since]
    print(output.grid(["came_on", "side", "score", "model"], rows))
    print("\n" + "\n".join(_said(lag, rule.TESTS[asked.benchmark], ratio)))
    return 0


def _said(lag: rule.Lag, test: str, ratio: Ratio) -> list[str]:
    """What it comes to, in sentences."""
    lines = [
        f"Open models reach what closed ones could {lag.months:.1f} months later ({lag.low:.1f} to {lag.high:.1f}), by {test}.",
        f"Scores from {lag.score_low:g} to {lag.score_high:g}; {lag.n_open} open and {lag.n_closed} closed models."
        f" The best {'closed' if lag.behind >= 0 else 'open'} one is {abs(lag.behind):g} points ahead.",
    ]
    if ratio:
        times, closed, opened = ratio
        lines.append(
            f"At the best open score the cheapest closed model ({closed.model}) costs {times:.1f} times the open one ({opened.model})."
        )
    return lines


def _prices(ratio: Ratio) -> dict[str, Any]:
    if ratio is None:
        return {"price_ratio": None, "closed": None, "open": None}
    return {"price_ratio": round(float(ratio[0]), 3), "closed": ratio[1]._asdict(), "open": ratio[2]._asdict()}
