"""The running of the service on *Data*: clock and queue, events of sources, and the terms on which they are read."""

import streamlit as st

from dashboard import data, figures, panels
from dashboard.columns import Column

QUEUE = "select * from market.queue order by queue"
JOBS = """
select * from market.job
order by array_position('{stalled,doing,todo}'::text[], status), coalesce(ended_at, began_at, queued_at) desc, job_id desc
limit 40
"""
EVENTS = "select *, count(*) over () as total from market.alert order by happened_at desc, event_id desc nulls last limit 100"
POLICY = "select * from market.source_policy order by (robots is distinct from 'allows') desc, source"

STATUS = {
    "todo": "waits",
    "doing": "runs",
    "stalled": "stalled",
    "succeeded": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "aborted": "stopped",
}
KINDS = {
    "flipped": "another verdict",
    "stale": "late",
    "failed": "failed",
    "recovered": "back",
    "sunset": "end announced",
    "deprecation": "deprecated",
    "new_key": "new key",
    "lost_key": "lost key",
    "retyped_key": "key of another type",
}

JOB = [
    Column("Source", lambda row: figures.plain(row["source"] or row["task"]), "What is to be collected.", None, 150),
    Column("State", lambda row: STATUS.get(row["status"], row["status"]), "stalled: its worker gives no sign of life.", None, 80),
    Column("For", lambda row: figures.instant(row["scheduled_for"]), "The tick of the clock that it answers, UTC.", None, 155),
    Column("Tries", lambda row: row["attempts"], "How often it was begun.", figures.count, 55),
    Column("Queued", lambda row: figures.ago(row["queued_at"]), width=110),
    Column("Began", lambda row: figures.ago(row["began_at"]) if row["began_at"] else "", width=110),
    Column("Ended", lambda row: figures.ago(row["ended_at"]) if row["ended_at"] else "", width=110),
    Column("Job", lambda row: row["job_id"], "Its number.", figures.count, 60),
]
EVENT = [
    Column("When", lambda row: figures.instant(row["happened_at"]), "When it came to be so, or was first seen, UTC.", None, 155),
    Column("Source", lambda row: figures.plain(row["source"]), width=130),
    Column("What", lambda row: KINDS.get(row["kind"], row["kind"]), width=130),
    Column("Detail", lambda row: figures.plain(row["detail"], 300)),
]
TERMS = [
    Column("Source", lambda row: row["source"] + (" (experimental)" if row["experimental"] else ""), width=150),
    Column("License", lambda row: figures.plain(row["license"], 80), "Of the source's data.", None, 150),
    Column("Attribution", lambda row: figures.plain(row["attribution"], 200), "The line its terms ask for; shown wherever its data are."),
    Column("Rate limit", lambda row: figures.plain(row["rate_limit"], 80), "As the source states it.", None, 170),
    Column("robots.txt", lambda row: row["robots"] or "not asked yet", "What it said in the last run; obeyed whatever it says.", None, 95),
    Column("Asked", lambda row: figures.ago(row["robots_asked_at"]) if row["robots_asked_at"] else "", width=110),
    Column("Hosts", lambda row: figures.plain(", ".join(row["hosts"] or ()), 120), width=220),
]


def queue() -> None:
    """Whether anything is done by itself: the clock's last ring, who works, and what waits."""
    st.subheader("Queue")
    queues, jobs = data.ask_now(QUEUE).rows, data.ask_now(JOBS).rows
    workers, rung = queues[0]["workers"], queues[0]["rung_at"]
    sums = {word: sum(row[word] for row in queues) for word in ("waiting", "running", "stalled", "done_7d", "failed_7d")}
    if not workers and sums["waiting"]:
        waits = f"Nobody works: {sums['waiting']:,} jobs wait."
        panels.text(f"{waits} Start `modelmarket worker`, or everything with `modelmarket up`.", "banner")
    panels.figures_row(
        [
            ("Workers", figures.count(workers), "processes alive"),
            ("Waiting", figures.count(sums["waiting"]), "jobs"),
            ("Running", figures.count(sums["running"]), "jobs"),
            ("Stalled", figures.count(sums["stalled"]), "given back within a minute"),
            ("Done", figures.count(sums["done_7d"]), "in seven days"),
            ("Failed", figures.count(sums["failed_7d"]), "in seven days"),
        ]
    )
    if not jobs:
        panels.text("The clock has not rung yet: `modelmarket up` starts it.", "empty")
        return
    panels.table(jobs, JOB, "jobs", "Jobs of the queue", height=panels.ROW_HEIGHT * min(len(jobs) + 1, 11) + 3)
    panels.text(f"What runs and waits first, then the newest. The clock last rang {figures.ago(rung)}." if rung else "Newest first.")


def events() -> None:
    """What happened besides prices: to sources, and to verdicts on claims."""
    st.subheader("Events")
    found = data.ask(EVENTS)
    if not found.rows:
        panels.text("Nothing happened: no source fell silent or announced its end, all pages kept their shape, no verdict turned.", "empty")
        return
    panels.table(found.rows, EVENT, "events", "Events of sources", height=panels.ROW_HEIGHT * min(len(found.rows) + 1, 11) + 3)
    if found.total > len(found.rows):
        panels.text(f"The newest {len(found.rows)} of {found.total:,}; all are in `market.alert`.")


def policy() -> None:
    """On what terms each source is read."""
    st.subheader("Terms of the sources")
    rows = data.ask(POLICY).rows
    panels.table(rows, TERMS, "policy", "Terms, rate limits and robots.txt", height=panels.ROW_HEIGHT * min(len(rows) + 1, 14) + 3)
    refused = [row for row in rows if row["robots_said"]]
    for row in refused[:3]:
        panels.text(figures.plain(row["robots_said"], 300))
