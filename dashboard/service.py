"""How a model's endpoints served: time to first token, throughput and uptime, as sources measured them."""

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import charts, data, figures, panels
from dashboard.columns import Column, provider

NEWEST = """
select distinct on (s.thing)
    s.*, count(*) over (partition by s.thing) as readings, min(s.seen_at) over (partition by s.thing) as since
from market.endpoint_service as s
where s.model = %(model)s or (s.model is null and s.source_key = %(model)s)
order by s.thing, s.seen_at desc
"""

OVER_TIME = """
select provider, endpoint, model, seen_at, tps_p50, ttft_ms_p50, uptime_1d
from market.endpoint_service
where (model = %(model)s or (model is null and source_key = %(model)s)) and seen_at > now() - interval '90 days'
order by seen_at
limit 5000
"""

MEASURES = {"tps_p50": "Output, tokens a second", "ttft_ms_p50": "First token, ms", "uptime_1d": "Uptime of a day, %"}


def _tenth(value: object) -> str:
    return figures.UNKNOWN if value is None else f"{value:,.1f}"


COLUMNS = [
    Column("Provider", provider, "Who bills, and through which endpoint.", None, 240),
    Column("Output, tok/s", lambda row: row["tps_p50"], "Median, tokens a second.", figures.count, 100),
    Column("First token, ms", lambda row: row["ttft_ms_p50"], "Median time to the first token.", figures.count, 110),
    Column("Uptime 1 d, %", lambda row: row["uptime_1d"], "Of the last day.", _tenth, 100),
    Column("Uptime 30 min, %", lambda row: row["uptime_30m"], "Of the last half hour.", _tenth, 115),
    Column("Read", lambda row: figures.ago(row["seen_at"]), width=110),
    Column("Readings", lambda row: row["readings"], "So many, since it was first measured.", figures.count, 75),
    Column("Measured by", lambda row: row["source"], "Its word; nothing here is measured by us.", None, 120),
]


def section(asked: str) -> None:
    """Draws the newest measurement of each endpoint and, once there are several, how they went; nothing where none was measured."""
    rows = data.ask(NEWEST, model=asked).rows
    if not rows:
        return
    st.subheader("How it is served")
    rows.sort(key=lambda row: (-(row["tps_p50"] or 0), -(row["uptime_1d"] or 0), provider(row)))
    panels.table(rows, COLUMNS, "service", "Speed and uptime of this model's endpoints", height=420 if len(rows) > 13 else "content")
    panels.text(
        "Fastest first, as the source measured it on the way through itself. Another plan of the same endpoint is a line of its own."
    )
    if max(row["readings"] for row in rows) > 1:
        measure = st.segmented_control(
            "Measure", list(MEASURES), default="tps_p50", key="measure", required=True, format_func=lambda name: MEASURES[name]
        )
        _chart(data.ask(OVER_TIME, model=asked).rows, measure or "tps_p50")


def _chart(rows: list[data.Row], measure: str) -> None:
    points = [
        {"series": charts.series(row), "at": row["seen_at"], "value": float(row[measure])} for row in rows if row[measure] is not None
    ]
    if not points:
        panels.text("No source measured this here.", "empty")
        return
    frame = pd.DataFrame(points)
    theme = "dark" if st.context.theme.type == "dark" else "light"
    leading = list(frame.groupby("series")["value"].last().sort_values(ascending=measure == "ttft_ms_p50").index)[: charts.LABELED]
    dates = "%d %b" if (frame["at"].max() - frame["at"].min()).days > 3 else "%d %b %H:%M"
    x = alt.X("at:T", title="Date, UTC", scale=alt.Scale(type="utc"), axis=alt.Axis(tickCount=5, format=dates))
    y = alt.Y("value:Q", title=MEASURES[measure], scale=alt.Scale(zero=measure != "uptime_1d"))
    color = alt.Color(
        "series:N", scale=alt.Scale(domain=leading, range=charts.COLORS[theme]), legend=alt.Legend(orient="bottom", title=None, columns=2)
    )
    tips = [alt.Tooltip("series:N", title="Provider"), alt.Tooltip("at:T", title="Read"), alt.Tooltip("value:Q", title=MEASURES[measure])]
    chart = alt.Chart(frame[frame["series"].isin(leading)], height=380).mark_line(point=True).encode(x, y, color, tooltip=tips)
    st.altair_chart(chart, width="stretch", key="service-history")
