"""Forecasts in the ledger: histories of floors in, forecasts and what came of them out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg

from db import floor_groups, floors, load
from market import backtest, forecast
from market import floors as rules
from market.backtest import Score
from market.forecast import Outlook, Panel, Step

BELIEVED = "believed"
LONG = 270
"""Days of history that a source must have for its own floors to be a test."""

STEPS = "select series, day, floor_usd, reason, n_within_10pct from ledger.floor_day where day < %s order by series, day"
TOLD = "select thing, model, provider, usd, begin_at, end_at, agreement, why, meter from ledger.told_ask where source = %s"
SOURCES = """
select s.name, (max(g.seen_at) at time zone 'UTC')::date from ledger.sighting as g
inner join ledger.scope as c on c.id = g.scope_id
inner join ledger.source as s on s.id = c.source_id
group by s.name having max(g.seen_at) - min(g.seen_at) > make_interval(days => %s) order by s.name
"""
LAST_SEEN = "select (max(last_seen_at) at time zone 'UTC')::date from ledger.scope"
FORECAST = (
    "series", "made_at", "known_at", "target_on", "horizon_days", "method", "titled", "start_usd", "values_usd",
    "p_lower", "p_same", "p_higher",
)  # fmt: skip
TRIAL = (
    "tried_on", "floors", "series", "horizon_days", "method", "titled", "n", "n_series", "mae_log", "pinball", "coverage_80", "width_80",
    "error_ratio", "error_ratio_low", "error_ratio_high", "skill", "skill_low", "skill_high",
    "brier_skill", "brier_skill_low", "brier_skill_high",
)  # fmt: skip

# Forecasts whose day has passed, with the floor that stood at its end; those already scored stay as they are.
DUE = """
select f.series, f.target_on, f.method, f.made_at, f.start_usd, f.values_usd, f.p_lower, f.p_same, f.p_higher, came.floor_usd
from ledger.forecast as f
left join lateral (
    select d.floor_usd from ledger.floor_day as d where d.series = f.series and d.day <= f.target_on order by d.day desc limit 1
) as came on true
where f.target_on < %s and not exists (
    select 1 from ledger.forecast_score as s
    where s.series = f.series and s.target_on = f.target_on and s.method = f.method and s.made_at = f.made_at
)
"""
SCORE = ("series", "target_on", "method", "made_at", "scored_at", "actual_usd", "error_log", "pinball", "inside_80", "brier")

Histories = dict[str, Sequence[Step]]


def believed(connection: psycopg.Connection, until: date) -> Histories:
    """The floors of the days before one, each series from the day on which it was known to be one."""
    found: dict[str, list[Step]] = {}
    for series, *step in connection.execute(STEPS, (until,)).fetchall():
        found.setdefault(series, []).append(Step(*step))
    return _qualified(found, floors.by_model(floors.asked(connection, None)))


def alone(connection: psycopg.Connection, source: str, until: date) -> Histories:
    """The floors of the days before one as they would be if nobody but one source said anything."""
    asks, field, last = floors.read(connection, TOLD, (source,)), floors.competitors(connection), until - timedelta(days=1)
    of = floors.by_model(asks)
    told: dict[str, list[rules.Floor]] = {}
    for group in floor_groups.groups(connection):
        mine = floor_groups.chosen(group, asks)
        told |= {f"{group.series.name} {meter}": rules.floors(mine[meter], last) for meter in group.series.meters}
    for one in floors.series():
        if one.grouped:
            continue
        if one.per_model:
            told |= floors.sold(one, of, last)
        else:
            mine = field.chosen(one, asks)
            told |= {f"{one.name} {meter}": rules.floors(mine[meter], last) for meter in one.meters}
    return _qualified({name: [Step(f.day, f.usd, f.reason, f.within) for f in each] for name, each in told.items()}, of)


def _qualified(histories: Mapping[str, list[Step]], of: Mapping[str, floors.Asks]) -> Histories:
    """Series of one model begin when enough providers sold it: who looks at the day before cannot know that they would."""
    need = max((one.providers for one in floors.series() if one.per_model), default=1)
    found: Histories = {}
    for name, steps in histories.items():
        model = name.rpartition(" ")[0]
        since = floors.sold_since(of[model], need) if model in of else None
        found[name] = forecast.begun(steps, since) if since else steps
    return found


def panels(connection: psycopg.Connection, known_at: datetime) -> dict[str, Panel]:
    """The sets of floors that methods are tried on: what is believed, and what each source with a long past says alone."""
    known_on, seen_to = known_at.astimezone(UTC).date(), _last_seen(connection)
    if seen_to is None:
        return {}
    ends: dict[str, date] = {BELIEVED: seen_to, **dict(connection.execute(SOURCES, (LONG,)).fetchall())}
    found: dict[str, Panel] = {}
    for name, end in ends.items():
        until = min(known_on, end + timedelta(days=1))
        told = believed(connection, until) if name == BELIEVED else alone(connection, name, until)
        found[name] = forecast.panel(told, until - timedelta(days=1))
    return found


def _last_seen(connection: psycopg.Connection) -> date | None:
    """The last UTC day on which any source was seen."""
    row = connection.execute(LAST_SEEN).fetchone()
    return row[0] if row else None


def trials(connection: psycopg.Connection, known_at: datetime) -> list[Score]:
    """Every past day forecast once more, on every set of floors."""
    return [score for name, panel in panels(connection, known_at).items() for score in backtest.backtest(panel, name)]


def holders(scores: Sequence[Score]) -> dict[tuple[str, int], str]:
    """Who holds the title, by group and horizon; what is believed mixes all sources and is no set of its own."""
    alone = [score for score in scores if score.floors != BELIEVED]
    return {(group, days): backtest.holder(alone, group, days) for group in backtest.GROUPS.values() for days in forecast.HORIZONS}


def outlooks(connection: psycopg.Connection, known_at: datetime) -> tuple[Histories, list[Outlook]]:
    """What every method says as of an instant, with the floors of the days before it."""
    on, seen_to = known_at.astimezone(UTC).date(), _last_seen(connection)
    told = believed(connection, on)
    return told, list(forecast.outlooks(told, on, seen_to)) if seen_to else []


def nightly(connection: psycopg.Connection) -> dict[str, int]:
    """Scores what came due, tries the methods again, and stores tonight's forecasts; how many of each. Commits."""
    now = (connection.execute("select now()").fetchone() or (datetime.now(UTC),))[0].astimezone(UTC)
    scored = score(connection, now)
    scores = [one for one in trials(connection, now) if one.series in backtest.GROUPS.values()]
    title = holders(scores)
    connection.execute("delete from ledger.forecast_trial where tried_on = %s", (now.date(),))
    load.copy(connection, "ledger.forecast_trial", [_trial(one, now.date(), title) for one in scores], TRIAL)
    told, said = outlooks(connection, now)
    load.copy(connection, "ledger.forecast", [_row(one, told, now, title) for one in said], FORECAST)
    connection.commit()
    return {"scored": scored, "trials": len(scores), "forecasts": len(said)}


def _trial(one: Score, on: date, title: Mapping[tuple[str, int], str]) -> tuple[Any, ...]:
    held = title[one.series, one.horizon_days] == one.method
    told = (one.n, one.n_series, one.mae_log, one.pinball, one.coverage_80, one.width_80)
    intervals = (end for interval in (one.error_ratio, one.skill, one.brier_skill) for end in interval or (None, None, None))
    return (on, one.floors, one.series, one.horizon_days, one.method, held, *told, *intervals)


def _row(one: Outlook, told: Histories, now: datetime, title: Mapping[tuple[str, int], str]) -> tuple[Any, ...]:
    days = (one.target_on - now.date()).days
    held = title[backtest.group(one.series), days] == one.method
    values = list(one.values)
    return (one.series, now, now, one.target_on, days, one.method, held, told[one.series][-1].usd, values, one.lower, one.same, one.higher)


def score(connection: psycopg.Connection, now: datetime) -> int:
    """Writes what came of the forecasts whose day has passed; how many."""
    due = connection.execute(DUE, (now.date(),)).fetchall()
    load.copy(
        connection, "ledger.forecast_score", [(*row[:4], now, row[9], *_lost(row[4], row[5], row[6:9], row[9])) for row in due], SCORE
    )
    return len(due)


def _lost(start: Decimal, values: Sequence[Decimal], signs: Sequence[float], came: Decimal | None) -> tuple[float | bool | None, ...]:
    """Error, pinball loss, whether the band held it, Brier score; all None where no floor came."""
    if came is None:
        return None, None, None, None
    steps = np.array([[float((value / start).ln()) for value in values]])
    lost = backtest.losses_of(steps, np.array([signs]), np.array([float((came / start).ln())]))
    return float(lost["error"][0]), float(lost["pinball"][0]), bool(lost["inside"][0]), float(lost["brier"][0])
