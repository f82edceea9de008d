"""`modelmarket status`: what is fresh, stale, failed or held, and what happens next, on one screen."""

import argparse
from typing import Any

from jobs import output, past, schedule


def sources() -> list[dict[str, Any]]:
    """One row per source: market.source_health with its next tick; a source that never ran has standing `never`."""
    from db import queue, views

    at = queue.now()
    health = {row["source"]: row for row in views.source_health()}
    empty = dict.fromkeys(("last_success", "age", "last_outcome", "last_reason", "last_run_at", "records"))
    found = []
    for name, cadence in schedule.cadences().items():
        row = health.pop(name, {"source": name, "standing": "never", "quarantined": 0, **empty})
        found.append({**row, "next_at": schedule.next_tick(cadence, at)})
    return found + [{**row, "next_at": None} for row in health.values()]


SHOWN = 8
EVENTS = """
select source, kind, happened_at, detail from market.alert
where happened_at > now() - interval '7 days'
order by event_id desc nulls last, happened_at desc, source
"""

RATES = """
select (select max(day) from market.rate) as newest_on, w.currency, count(*) as waiting
from market.rate_wait as w group by w.currency order by waiting desc, w.currency
"""


def status(asked: argparse.Namespace) -> int:
    """Prints sources, queue and database."""
    from db import queue, upkeep, views

    rows, jobs, database, events = sources(), queue.counts(), upkeep.facts(), views.rows(EVENTS)
    told, waiting_for = past.pasts(), views.rows(RATES)
    if asked.json:
        output.document({"sources": rows, "queue": jobs, "database": database, "events": events, "pasts": told, "rates": waiting_for})
        return 0
    names = ("source", "standing", "age", "last run", "records", "held", "next", "why")
    print(output.grid(names, [_line(row) for row in rows]))
    waiting = ", ".join(f"{count:,} {word}" for word, count in jobs.items() if count) or "empty"
    state = "" if database["revision"] == database["revision_wanted"] else "; run `modelmarket db upgrade`"
    server = f"PostgreSQL {database['version']}, {database['kind']} ({database['where']})"
    print(f"\nqueue     {waiting}")
    print(f"database  {server}, {_size(database['size_bytes'])}, revision {database['revision']}{state}")
    print(f"pasts     {_pasts(told)}")
    if waiting_for:
        print(f"rates     {_rates(waiting_for)}")
    for place, event in enumerate(events[:SHOWN]):
        print(f"{'' if place else 'events':<9} {output.cell(event['happened_at'])} {event['source']}: {output.cell(event['detail'])}")
    if len(events) > SHOWN:
        print(f"{'':<9} and {len(events) - SHOWN:,} more of the last 7 days; see market.alert")
    if any(row["quarantined"] for row in rows):
        print("held      see `modelmarket review list`")
    return 0


def _line(row: dict[str, Any]) -> list[Any]:
    reason = row["last_reason"] or ""
    shown = reason if len(reason) <= 100 else reason[:99] + "…"
    next_at = row["next_at"] and row["next_at"].strftime("%a %H:%M UTC")
    return [row["source"], row["standing"], row["age"], row["last_outcome"], row["records"], row["quarantined"], next_at, shown]


def _pasts(rows: list[dict[str, Any]]) -> str:
    """Which pasts are loaded, since when; and which are not."""
    loaded = ", ".join(f"{row['source']} since {row['since']:%Y-%m-%d}" for row in rows if row["commits"])
    missing = ", ".join(row["source"] for row in rows if not row["commits"])
    return "; ".join(filter(None, (loaded, missing and f"not loaded: {missing}")))


def _rates(rows: list[dict[str, Any]]) -> str:
    """Which prices wait for the rate of their currency, and what gets it."""
    waiting = ", ".join(f"{row['waiting']:,} in {output.cell(row['currency'])}" for row in rows)
    newest = f"the newest rate is of {rows[0]['newest_on']}" if rows[0]["newest_on"] else "there is no rate yet"
    return f"prices without USD: {waiting}; {newest}: `modelmarket collect ecb ecb_history` gets them"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}"
        count /= 1000
    return ""
