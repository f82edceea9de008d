"""Data: where the numbers come from, whether it still works, whom to believe, and what is held back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard import columns, data, doubt, figures, operations, panels, queries

PAGE_ROWS, RUNS = 50, 30
LATE = timedelta(hours=36)  # every source rings once a day or oftener
ALL = "all"


def page() -> None:
    """Draws the chosen part of the room."""
    st.title("Data")
    if not data.health().rows:
        panels.text(panels.NO_PRICES, "empty")
        return
    part = st.segmented_control(
        "Part", list(PARTS), default=SOURCES, key="part", required=True, label_visibility="collapsed", bind="query-params"
    )
    for draw in PARTS.get(part, PARTS[SOURCES]):
        draw()


def _sources() -> None:
    _clock()
    st.subheader("Sources")
    panels.table(data.health().rows, columns.HEALTH, "health", "Health of each source")
    st.subheader("Last runs")
    runs = data.ask_now(queries.RUNS, limit=RUNS).rows
    if runs:
        panels.table(runs, columns.RUNS, "runs", "Newest runs", height=panels.ROW_HEIGHT * min(len(runs) + 1, 11) + 3)
        panels.text(f"The newest {len(runs)} runs, times in UTC.")
    else:
        panels.text("No run yet; `modelmarket collect` makes the first.", "empty")


def _clock() -> None:
    """Whether anything collects by itself; the queue is not in the analysts' schema, so the runs must tell."""
    watch = data.ask(queries.WATCH).rows[0]
    if watch["rung_at"] is None:
        panels.text("The clock is not running: every run so far was asked for by a person. `modelmarket up` starts it, for every night.")
    elif datetime.now(UTC) - watch["rung_at"] > LATE:
        panels.text(f"The clock is not running: it last rang {figures.ago(watch['rung_at'])}. Start it with `modelmarket up`.", "banner")
    else:
        panels.text(f"The clock last rang {figures.ago(watch['rung_at'])}.")


def _quarantine() -> None:
    st.subheader("Held back")
    rules = data.ask(queries.HELD).rows
    if not rules:
        panels.text("Nothing is held back: every price that stands is believed.", "empty")
        return
    total = sum(row["n"] for row in rules)
    numbers = {row["rule"]: row["n"] for row in rules}
    rule = st.segmented_control(
        "Rule", [ALL, *numbers], default=ALL, key="rule", required=True, label_visibility="collapsed",
        format_func=lambda rule: f"All {total}" if rule == ALL else f"{panels.RULES.get(rule, rule)} {numbers.get(rule, 0)}",
    )  # fmt: skip
    pages = -(-(total if rule == ALL else numbers[rule]) // PAGE_ROWS)
    place = min(st.session_state.get("held_page") or 1, pages)
    answer = data.ask(queries.QUARANTINE, rule=None if rule == ALL else rule, limit=PAGE_ROWS, offset=(place - 1) * PAGE_ROWS)
    row = panels.table(
        answer.rows, columns.HELD, "held", "Prices held back and why", height=panels.ROW_HEIGHT * min(len(answer.rows) + 1, 14) + 3
    )
    if pages > 1:
        st.pagination(pages, key="held_page")
    if row is None:
        panels.text(
            "Kept but not believed until an independent source confirms them or a person decides. "
            "Select a row for its evidence and the command that decides."
        )
        return
    value = f"{figures.exact(row['price_usd'])} {figures.unit(row['meter'])}" if row["meter"] else "the whole page"
    what = figures.meter(row["meter"], row["condition"]) if row["meter"] else "Page"
    proof = panels.Proof(what, value, row["source"], row["seen_at"], row["evidence_url"], row["sha256"], columns.reason(row))
    panels.evidence(f"{row['item']}: {figures.plain(row['source_key'] or row['evidence_url'])}", [proof])
    panels.text("To believe it, or never to believe it, run one of these:")
    st.code(f"modelmarket review accept {row['item']}\nmodelmarket review reject {row['item']}", language=None)


SOURCES = "Sources"
PARTS: dict[str, tuple[Callable[[], None], ...]] = {
    SOURCES: (_sources,),
    "Disagreements": (doubt.disagreements,),
    "Who is late": (doubt.lag,),
    "Copies": (doubt.copies,),
    "Held back": (_quarantine,),
    "Queue and events": (operations.queue, operations.events),
    "Terms": (operations.policy,),
}
