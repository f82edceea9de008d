"""`modelmarket calendar`: what is announced for the next days, as a grid, as JSON, or for a calendar program."""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from jobs import output
from market.errors import Misused

SHOWN = ("due_on", "days_left", "kind", "status", "model", "provider", "says", "replacement", "moved_to", "source")
KINDS = {"price": "New price", "retirement": "Retirement", "promotion_end": "Price ends", "alias_switch": "Name leads elsewhere"}

COMING = """
select *, coalesce(model, source_key) as called from market.calendar
where days_left between 0 and %(days)s and due_on_basis = 'stated' order by due_on, kind, called, provider, source, source_key
"""


def calendar(asked: argparse.Namespace) -> int:
    """Prints what is due within so many days, cancelled announcements included and marked.

    Raises:
        Misused: two forms are asked for at once.
    """
    from db import views

    if asked.json and asked.ics:
        raise Misused("Ask for --json or for --ics, not for both.")
    rows = views.rows(COMING, {"days": asked.days})
    if asked.ics:
        sys.stdout.buffer.write(icalendar(rows))
    elif asked.json:
        output.document({"days": asked.days, "entries": rows})
    elif rows:
        said = [name for name in SHOWN if any(row[name] is not None for row in rows)]
        print(output.grid(said, [[_cell(row, name) for name in said] for row in rows]))
        print(f"\n{len(rows):,} entries in the next {asked.days} days; --json has the evidence of each, --ics is for calendar programs.")
    else:
        print(f"Nothing is announced for the next {asked.days} days.")
    return 0


def _cell(row: dict[str, Any], name: str) -> Any:
    value = row["called"] if name == "model" else row[name]
    return f"{value[:79]}…" if isinstance(value, str) and len(value) > 80 else value


def icalendar(rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows of market.calendar as an iCalendar file (RFC 5545): an all-day event each, under a name that stays the same for ever."""
    from icalendar import Calendar

    file = Calendar()
    file.add("prodid", "-//modelmarket//calendar//EN")
    file.add("version", "2.0")
    file.add("x-wr-calname", "modelmarket")
    for row in rows:
        file.add_component(_event(row))
    written: bytes = file.to_ical()
    return written


def _event(row: dict[str, Any]) -> Any:
    from icalendar import Event

    event = Event()
    key = "\n".join((row["source"], row["source_key"], row["kind"], row["due_on"].isoformat()))
    cancelled = row["status"] == "cancelled"
    event.add("uid", f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@modelmarket")
    event.add("dtstamp", (row["gone_at"] if cancelled else None) or row["seen_at"])
    event.add("sequence", int(cancelled))
    event.add("dtstart", row["due_on"])
    event.add("dtend", row["due_on"] + timedelta(days=1))
    event.add("summary", _plain(f"{KINDS[row['kind']]}: {row['called']} at {row['provider']}"))
    event.add("description", _plain("\n".join(_told(row))))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("categories", [row["kind"]])
    if row["evidence"].startswith(("http://", "https://")):
        event.add("url", _plain(row["evidence"]))
    return event


def _told(row: dict[str, Any]) -> list[str]:
    seen: datetime = row["seen_at"]
    told = [f"Said by {row['source']} of {row['source_key']}, first seen {seen.astimezone(UTC):%Y-%m-%d}."]
    if row["says"]:
        told.append(f"{row['says']}, per the unit that ends the meter's name.")
    if row["replacement"]:
        told.append(f"Replaced by {row['replacement']}.")
    if row["status"] == "cancelled":
        told.append(f"Cancelled; the source now says {row['moved_to']}." if row["moved_to"] else "Cancelled.")
    return told


def _plain(text: str) -> str:
    """Text without the control characters that iCalendar forbids."""
    return "".join(sign for sign in text if sign.isprintable() or sign == "\n")
