"""`modelmarket floors`, `forecast` and `backtest`, and the nightly job that stores forecasts and what came of them."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from jobs import output
from market import backtest as trial
from market.backtest import Interval, Score
from market.errors import MarketError
from market.forecast import CHALLENGER, NO_CHANGE, QUANTILES, Outlook

FLOORS = ("series", "floor_usd", "second_usd", "n_within_10pct", "held_usd", "thing", "since", "reason")
MOVES = ("series", "from_on", "floor_usd", "second_usd", "n_within_10pct", "held_usd", "thing", "reason")
TABLE = (
    "floors", "series", "days", "method", "n", "of series", "error", "error ÷ no change", "coverage", "pinball skill", "direction skill",
)  # fmt: skip
UNVERIFIED = "182 days ahead is unverified: too little of the past is that long."
HINDSIGHT = "Seen with hindsight: what is held in quarantine, and which names are one model, is decided with all that is known now."

NOW = """
select f.* from market.price_floor as f
where f.series !~ '/' and f.day = (now() at time zone 'UTC')::date order by f.series
"""
HISTORY = """
select * from market.floor_move where %(series)s in (series, regexp_replace(series, ' [^ ]+$', '')) order by series, from_on
"""


class NoSeries(MarketError):
    """No price floor has this name; `modelmarket floors` lists the families, and a model is named author/slug."""


def floors(asked: argparse.Namespace) -> int:
    """Prints the floors of all families today, or every move of those named.

    Raises:
        NoSeries: there is none of this name.
    """
    from db import views

    if asked.series:
        name = asked.series.strip()
        rows = views.rows(HISTORY, {"series": name})
        if not rows:
            raise NoSeries(f"{name!r} is no series of price floors; `modelmarket floors` lists the families, a model is author/slug.")
    else:
        rows = views.rows(NOW)
    if asked.json:
        output.document({"floors": rows})
    elif rows:
        shown = MOVES if asked.series else FLOORS
        print(output.grid(shown, [[row[name] for name in shown] for row in rows]))
        print("\nUSD per million tokens. held_usd: a lower ask that nothing confirms.")
    else:
        print("No price floors yet; `modelmarket collect` brings prices.")
    return 0


def forecast(asked: argparse.Namespace) -> int:
    """Prints what the method that holds the title says of every floor, as of now or of an instant in the past.

    Raises:
        MarketError: the instant is still to come.
    """
    from db import engine, forecasts

    made_at = datetime.now(UTC)
    known_at = (asked.known_at or made_at).astimezone(UTC)
    if known_at > made_at:
        raise MarketError("What will be known then is not known yet; give --known-at an instant that has passed.")
    with engine.connect("collector") as connection:
        title = forecasts.holders(forecasts.trials(connection, known_at))
        told, said = forecasts.outlooks(connection, known_at)
    chosen = [one for one in said if title[trial.group(one.series), (one.target_on - known_at.date()).days] == one.method]
    if asked.json:
        output.document({"series": [*_documents(chosen, made_at, known_at)], "hindsight": HINDSIGHT if asked.known_at else None})
        return 0
    if not chosen:
        print("Too little is known yet to say how far floors move; forecasts begin when some weeks of history are there.")
        return 0
    rows = [
        [
            one.series,
            (one.target_on - known_at.date()).days,
            one.target_on,
            told[one.series][-1].usd,
            *_three(one),
            f"{one.lower:.0%}",
            one.method,
        ]
        for one in chosen
        if "/" not in one.series
    ]
    print(output.grid(("series", "days", "on", "now", "10%", "50%", "90%", "falls", "method"), rows))
    print(f"\nUSD per million tokens; --json has every series and quantile. {titles(title)} {UNVERIFIED}")
    if asked.known_at:
        print(HINDSIGHT)
    return 0


def _three(one: Outlook) -> Iterator[Any]:
    return (one.values[QUANTILES.index(level)] for level in (0.1, 0.5, 0.9))


def _documents(said: Sequence[Outlook], made_at: datetime, known_at: datetime) -> Iterator[dict[str, Any]]:
    """One document for each series and method: where the title differs by horizon, a series has two."""
    key = attrgetter("series", "method")
    for (series, method), each in groupby(sorted(said, key=lambda one: (*key(one), one.target_on)), key):
        horizons = list(each)
        yield {
            "series": series,
            "made_at": made_at,
            "known_at": known_at,
            "method": method,
            "points": [
                {"target_on": one.target_on, "quantile": level, "value_usd": usd}
                for one in horizons
                for level, usd in zip(QUANTILES, one.values, strict=True)
            ],
            "directions": [
                {"target_on": one.target_on, "p_lower": one.lower, "p_same": one.same, "p_higher": one.higher} for one in horizons
            ],
        }


def titles(title: Mapping[tuple[str, int], str]) -> str:
    """Which method holds the title, in a sentence for each answer."""
    lost = sorted({days for (_, days), method in title.items() if method == NO_CHANGE and title.get(("one model", days)) == NO_CHANGE})
    said = f"No method beats no change at {', '.join(map(str, lost))} days." if lost else ""
    won = [f"{group} at {days} days" for (group, days), method in title.items() if method == CHALLENGER]
    return " ".join(part for part in (said, f"The title is held by {CHALLENGER} for {', '.join(won)}." if won else "") if part)


def backtest(asked: argparse.Namespace) -> int:
    """Prints how each method does when every past day is forecast once more with what was known then."""
    from db import engine, forecasts

    with engine.connect("collector") as connection:
        scores = forecasts.trials(connection, datetime.now(UTC))
    title = forecasts.holders(scores)
    if asked.json:
        held = [{"series": group, "horizon_days": days, "method": method} for (group, days), method in title.items()]
        output.document({"results": [_result(one) for one in scores], "titles": held})
    elif scores:
        groups = [one for one in scores if one.series in trial.GROUPS.values()]
        print(output.grid(TABLE, [_line(one) for one in groups]))
        print(f"\n{titles(title)} {UNVERIFIED} {HINDSIGHT}")
    else:
        print("No floor is old enough to try forecasts on; `modelmarket backfill SOURCE REPO` brings a past.")
    return 0


def _result(one: Score) -> dict[str, Any]:
    ends = {"error_ratio": one.error_ratio, "skill_vs_no_change": one.skill, "brier_skill": one.brier_skill}
    usual = {"error_ratio": 1.0, "skill_vs_no_change": 0.0, "brier_skill": 0.0} if one.method == NO_CHANGE else dict.fromkeys(ends)
    return {
        "floors": one.floors,
        "series": one.series,
        "horizon_days": one.horizon_days,
        "method": one.method,
        "n": one.n,
        "n_series": one.n_series,
        "mae_log": one.mae_log,
        "mase": one.mase,
        "pinball": one.pinball,
        "coverage_80": one.coverage_80,
        "width_80": one.width_80,
        "brier": one.brier,
        **{name: found.value if found else usual[name] for name, found in ends.items()},
        **{f"{name}_interval": [found.low, found.high] if found else None for name, found in ends.items()},
        "earns_title": trial.earns(one),
    }


def _line(one: Score) -> list[Any]:
    measured = (
        f"{one.mae_log:.3f}",
        _interval(one.error_ratio),
        f"{one.coverage_80:.1%}",
        _interval(one.skill),
        _interval(one.brier_skill),
    )
    return [one.floors, one.series, one.horizon_days, one.method, one.n, one.n_series, *measured]


def _interval(found: Interval | None) -> str:
    return "" if found is None else f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def nightly() -> dict[str, int]:
    """Scores forecasts that came due, tries the methods again and stores tonight's; how many of each. For the clock, after collecting."""
    from db import engine, forecasts

    with engine.connect("collector") as connection:
        return forecasts.nightly(connection)
