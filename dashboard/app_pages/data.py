"""Data: where the numbers come from, whether it still works, and what is held back."""

import streamlit as st

from dashboard import data, figures, panels, queries
from dashboard.panels import Column

PAGE_ROWS, RUNS = 50, 30
ALL = "all"
TRUST = {1: "provider's page", 2: "provider's API", 3: "marketplace", 4: "tracker"}


def reason(row: data.Row, column: str) -> str:
    """A foreign sentence, fit to show; empty where there is none."""
    return figures.plain(row[column], 200) if row[column] else ""


HEALTH = [
    Column("Source", lambda row: row["source"] + (" (experimental)" if row["experimental"] else ""), pinned=True, width=120),
    Column("Standing", lambda row: row["standing"], "fresh, stale (late), failed (too late to be believed first) or never.", width=80),
    Column("Last success", lambda row: figures.ago(row["last_success"]), width=105),
    Column("Last run", lambda row: row["last_outcome"] or "none yet", "Outcome of the last finished run.", width=95),
    Column("Reason", lambda row: reason(row, "last_reason"), "Why the last run was not complete.", width=320),
    Column("Records", lambda row: row["records"], "Records of the last successful run.", figures.count, width=80),
    Column("Held", lambda row: row["quarantined"], "Prices of it in quarantine.", figures.count, width=60),
    Column("Kind", lambda row: TRUST.get(row["trust"], str(row["trust"])), "What sort of source; a provider's own page is believed first.", width=115),
    Column("Rings (UTC)", lambda row: row["cadence"], "When the clock asks it, as a cron expression in UTC.", width=95),
    Column("License", lambda row: figures.plain(row["license"], 60), "License of the source's data.", width=100),
    Column("Attribution", lambda row: figures.plain(row["attribution"], 160), "The line its terms ask for.", width=360),
]
RAN = [
    Column("Source", lambda row: row["source"], pinned=True, width=120),
    Column("Began", lambda row: figures.instant(row["started_at"]), width=150),
    Column("Outcome", lambda row: row["outcome"] or "running", width=90),
    Column("Pages", lambda row: row["pages"], "Pages answered, unchanged ones included.", figures.count, width=65),
    Column("Records", lambda row: row["records"], None, figures.count, width=80),
    Column("New prices", lambda row: row["quotes"], "Price statements written.", figures.count, width=85),
    Column("Withdrawn", lambda row: row["withdrawn"], "Price statements withdrawn.", figures.count, width=85),
    Column("Held", lambda row: row["quarantined"], "Price statements this run made to be held.", figures.count, width=60),
    Column("Seconds", lambda row: row["seconds"], "Wall time.", lambda value: "–" if value is None else f"{value:,.1f}", width=75),
    Column("Asked by", lambda row: "a person" if row["scheduled_for"] is None else "the clock", width=80),
    Column("Reason", lambda row: reason(row, "reason"), width=320),
    Column("Unknown price keys", lambda row: figures.plain(", ".join(row["unknown_keys"] or ()), 120) if row["unknown_keys"] else "", width=240),
]
HELD = [
    Column("Item", lambda row: row["item"], "Handle for modelmarket review.", pinned=True, width=85),
    Column("What", lambda row: figures.plain(row["source_key"]) if row["kind"] == "statement" else "the whole page", width=260),
    Column("Source", lambda row: row["source"], width=100),
    Column("Price of", lambda row: figures.meter(row["meter"], row["condition"]) if row["meter"] else "–", width=130),
    Column("Held, USD", lambda row: row["price_usd"], "USD per the unit beside it.", figures.money, width=95),
    Column("Believed, USD", lambda row: row["last_good_usd"], "What is believed of this source instead.", lambda usd: "none" if usd is None else figures.money(usd), width=100),
    Column("Per", lambda row: figures.unit(row["meter"]).removeprefix("per ") if row["meter"] else "–", "Unit of both prices.", width=105),
    Column("Reason", lambda row: reason(row, "reason"), width=520),
    Column("Since", lambda row: figures.ago(row["seen_at"]), width=100),
]


def page() -> None:
    """Draws the room."""
    st.title("Data")
    health = data.health().rows
    if not health:
        panels.text(panels.NO_PRICES, "empty")
        return
    _clock()
    st.subheader("Sources")
    panels.table(health, HEALTH, "health", "Health of each source")
    st.subheader("Last runs")
    runs = data.ask_now(queries.RUNS, limit=RUNS).rows
    if runs:
        panels.table(runs, RAN, "runs", "Newest runs", height=panels.ROW_HEIGHT * 11)
        panels.text(f"The newest {len(runs)} runs, times in UTC.")
    else:
        panels.text("No run yet; `modelmarket collect` makes the first.", "empty")
    st.subheader("Held back")
    _quarantine()


def _clock() -> None:
    """Whether anything collects by itself; the queue is not in the analysts' schema, so the runs must tell."""
    watch = data.ask(queries.WATCH).rows[0]
    late = watch["rung_at"] is None or "day" in figures.ago(watch["rung_at"]) or "month" in figures.ago(watch["rung_at"])
    if watch["rung_at"] is None:
        panels.text("The clock has not rung yet: every run so far was asked for by a person. `modelmarket up` starts it; then each source is read every night.")
    elif late:
        panels.text(f"The clock is not running: it last rang {figures.ago(watch['rung_at'])}. Start it with `modelmarket up`.", "banner")
    else:
        panels.text(f"The clock last rang {figures.ago(watch['rung_at'])}.")


def _quarantine() -> None:
    rules = data.ask(queries.HELD).rows
    if not rules:
        panels.text("Nothing is held back: every price that stands is believed.", "empty")
        return
    total = sum(row["n"] for row in rules)
    numbers = {row["rule"]: row["n"] for row in rules}
    rule = st.segmented_control(
        "Rule", [ALL, *numbers], default=ALL, key="rule", required=True, label_visibility="collapsed",
        format_func=lambda rule: f"All {total}" if rule == ALL else f"{panels.RULES.get(rule, rule).capitalize()} {numbers.get(rule, 0)}",
    )  # fmt: skip
    pages = -(-(total if rule == ALL else numbers[rule]) // PAGE_ROWS)
    place = min(st.session_state.get("held_page") or 1, pages)
    answer = data.ask(queries.QUARANTINE, rule=None if rule == ALL else rule, limit=PAGE_ROWS, offset=(place - 1) * PAGE_ROWS)
    row = panels.table(answer.rows, HELD, "held", "Prices held back and why", height=panels.ROW_HEIGHT * min(len(answer.rows) + 1, 14) + 3)
    if pages > 1:
        st.pagination(pages, key="held_page")
    if row is None:
        panels.text("Kept but not believed until an independent source confirms them or a person decides. Select a row for its evidence and the command that decides.")
        return
    value = f"{figures.exact(row['price_usd'])} {figures.unit(row['meter'])}" if row["meter"] else "the whole page"
    what = figures.meter(row["meter"], row["condition"]) if row["meter"] else "Page"
    proof = panels.Proof(what, value, row["source"], row["seen_at"], row["evidence_url"], row["sha256"], reason(row, "reason"))
    panels.evidence(f"{row['item']}: {figures.plain(row['source_key'] or row['evidence_url'])}", [proof])
    panels.text("To believe it, or never to believe it, run one of these:")
    st.code(f"modelmarket review accept {row['item']}\nmodelmarket review reject {row['item']}", language=None)
