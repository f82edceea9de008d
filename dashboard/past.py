"""One model's past: its price across providers, or across the sources of one provider, every change marked and explained."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

import streamlit as st

from dashboard import charts, columns_past, data, figures, panels, queries, queries_past

PROVIDERS, SOURCES = "providers", "sources of one"
TOLD_ROWS = 12


def known() -> datetime | None:
    """The end of the day a reader wants to go back to, as known then; None for the present."""
    today = datetime.now(UTC).date()
    day = st.date_input(
        "As known on", value=None, max_value=today, key="known", bind="query-params", width=170, format="YYYY-MM-DD",
        help="What was believed at the end of that day (UTC), with nothing learned since. Empty for today.",
    )  # fmt: skip
    return datetime.combine(day, time(), UTC) + timedelta(days=1) if day and day < today else None


def history(asked: str, plans: Iterable[str], meters: set[str], at: datetime | None) -> None:
    """Draws the chart with its controls, and every change of what it draws as a table with evidence."""
    st.subheader("Price history")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [name for name in figures.METERS if name in meters] + sorted(meters - set(figures.METERS)) or list(figures.METERS)
        meter = st.selectbox("Price of", names, format_func=figures.meter, key="meter", width=200)
        plan = st.selectbox("Plan", list(dict.fromkeys(["standard", *plans])), key="history_plan", width=140)
        lines = st.segmented_control(
            "Lines are",
            [PROVIDERS, SOURCES],
            default=PROVIDERS,
            key="lines",
            required=True,
            help="Who bills, or who says what of one of them.",
        )
        seller = _seller(asked, meter, plan) if lines == SOURCES else None
        log = st.toggle("Logarithmic", value=True, key="log", help="Equal distances are equal ratios; free prices have no place on it.")
        held = st.toggle("Show held prices", key="held", help="Prices in quarantine, as hollow points.")
    now = at or datetime.now(UTC)
    query = queries_past.TOLD if seller else queries.HISTORY
    more = {"provider": seller} if seller else {}
    answer = data.ask(query, model=asked, meter=meter, plan=plan, held=held, known=at or charts.EVER, **more)
    rows = [{**row, "meter": meter, "model": asked} for row in answer.rows]
    changes = data.ask(queries_past.CHANGES, model=asked, meter=meter, plan=plan, provider=seller, known=at or charts.EVER)
    theme = "dark" if st.context.theme.type == "dark" else "light"
    chart = charts.history(rows, meter, now, log, theme, [] if seller else changes.rows)
    if chart is None:
        panels.text("No price of this kind was ever seen for this model; choose another price, plan or day above.", "empty")
        return
    st.altair_chart(chart, width="stretch", key="history")
    panels.text(_legend(rows, answer.total, seller))
    _changes(changes, meter)


def _seller(asked: str, meter: str, plan: str) -> str | None:
    """The provider whose sources are compared: at first the one that most sources list."""
    told = data.ask(queries_past.TOLD_OF, model=asked, meter=meter, plan=plan).rows
    numbers = {row["provider"]: row["sources"] for row in told}
    if not numbers:
        return None
    seller: str = st.selectbox("Provider", list(numbers), key="seller", format_func=lambda name: f"{name} ({numbers[name]})", width=200)
    return seller


def _legend(rows: list[data.Row], total: int, seller: str | None) -> str:
    lines = {charts.series(row) for row in rows if not row["quarantined"]}
    more = f" Only the newest {len(rows)} of {figures.count(total)} statements are drawn." if total > len(rows) else ""
    if seller:
        return f"{len(lines)} lines, one per source: what each states {figures.plain(seller)} asks. All steps say more when touched.{more}"
    return (
        f"{len(lines)} lines, one per provider and endpoint, each as its believed source tells it. "
        "Named in color: the cheapest and those that moved most; marked: ▼ cut, ▲ rise, ◆ other changes. "
        f"Lines, steps and marks say more when touched.{more}"
    )


def _changes(answer: data.Answer, meter: str) -> None:
    """Every change of this price, the newest first, with its evidence."""
    if not answer.rows:
        panels.text("This price has not changed since it was first seen.")
        return
    row = panels.table(
        answer.rows,
        columns_past.CHANGES,
        "changes",
        "Changes of this price",
        height=panels.ROW_HEIGHT * min(len(answer.rows) + 1, TOLD_ROWS) + 3,
    )
    left_out = f" The newest {len(answer.rows)} of {figures.count(answer.total)}." if answer.total > len(answer.rows) else ""
    panels.text(f"Changes of this price, newest first; USD {figures.unit(meter)}. Select one for its evidence.{left_out}")
    if row is None:
        return
    what, unit = columns_past.KINDS[row["kind"]], figures.unit(row["meter"])
    proof = panels.Proof(
        figures.meter(row["meter"]), f"{figures.move(row['old_usd'], row['new_usd'])} {unit}", row["source"],
        row["seen_at"], row["evidence_url"], row["sha256"], f"{what}; listed as {figures.plain(row['source_key'])}",
    )  # fmt: skip
    panels.evidence(f"{figures.plain(row['provider'])}, {figures.iso(row['changed_at'].date())}", [proof])
