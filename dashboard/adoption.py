"""How much models are used: questions to market.adoption, and the sections of Outlook that show the answers."""

from decimal import Decimal
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import charts, data, figures, panels
from dashboard.columns import Column, name

LINES, SHOWN = 8, 12
WITHOUT = {"tokens": ("In a month",), "stars": ("Weights", "Country", "License class")}
SIDES = {"weights": "weights", "country": "author's country", "license": "license class"}
OPEN, CLOSED, REST = "open weights", "closed weights", "other"

# The newest reading of everything counted in the last week that was read; tokens are those of the whole week.
NEWEST = """
with week as (
    select
        model_key, source, min(model) as model, max(day) as day,
        case when %(metric)s = 'tokens' then sum(value) else (array_agg(value order by day desc))[1] end as value
    from market.adoption
    where metric = %(metric)s and day > (select max(day) - 7 from market.adoption where metric = %(metric)s)
    group by model_key, source
),

known as (
    select
        w.*, m.author, m.country, m.license_class,
        case
            when coalesce(m.open_weights, case when %(metric)s in ('downloads', 'likes') then true end) then 'open weights'
            when not m.open_weights then 'closed weights'
        end as weights
    from week as w
    left join market.model as m on m.model = w.model
)
"""

TOP = (
    NEWEST
    + """
select
    k.*, before.value as month_before, count(*) over () as total
from known as k
left join lateral (
    select a.value from market.adoption as a
    where a.model_key = k.model_key and a.source = k.source and a.metric = %(metric)s and a.day between k.day - 37 and k.day - 28
    order by a.day desc limit 1
) as before on %(metric)s <> 'tokens'
order by k.value desc, k.model_key
limit %(limit)s
"""
)

SHARES = (
    NEWEST
    + """
select
    case grouping(weights, country, license_class) when 3 then 'weights' when 5 then 'country' else 'license' end as side,
    case grouping(weights, country, license_class) when 3 then weights when 5 then country else license_class end as named,
    sum(value) as value, count(*) as models,
    sum(value) / nullif(sum(sum(value)) over (partition by grouping(weights, country, license_class)), 0) as share
from known
group by grouping sets ((weights), (country), (license_class))
order by side, value desc
"""
)

LINE = """
with weekly as (
    select model_key, date_trunc('week', day)::date as week, (array_agg(value order by day desc))[1] as value
    from market.adoption
    where metric = %(metric)s and source = %(source)s
    group by model_key, week
),

lead as (
    select model_key, (array_agg(value order by week desc))[1] as newest
    from weekly
    group by model_key
    having count(*) >= 4
    order by newest desc, model_key
    limit %(limit)s
)

select w.model_key, w.week, w.value
from weekly as w
inner join lead as l on l.model_key = w.model_key
order by w.week
"""

WEIGHTS = """
select
    a.day, sum(a.value) as value,
    case when m.open_weights then 'open weights' when not m.open_weights then 'closed weights' else 'unknown' end as weights
from market.adoption as a
left join market.model as m on m.model = a.model
where a.metric = 'tokens'
group by 1, 3
order by 1, 3
"""


def _name(row: data.Row) -> str:
    return "all others together" if row["model_key"] == REST else name({**row, "source_key": row["model_key"]})


def _change(row: data.Row) -> str:
    before = row["month_before"]
    return figures.UNKNOWN if not before else figures.change(Decimal(row["value"]) / Decimal(before))


def columns(value: str, help: str) -> list[Column]:
    """The columns of a table of what is used most."""
    return [
        Column("Model", _name, "As the source counts it.", None, 320),
        Column(value, lambda row: row["value"], help, figures.count, 140),
        Column("In a month", _change, "Against four weeks to five weeks before; unknown where it was not read then.", None, 90, right=True),
        Column("Weights", lambda row: row["weights"] or figures.UNKNOWN, width=110),
        Column("Country", lambda row: row["country"] or figures.UNKNOWN, "Of the author.", None, 110),
        Column("License class", lambda row: row["license_class"] or figures.UNKNOWN, "Decided from the license's text.", None, 140),
        Column("Read for", lambda row: figures.iso(row["day"]), width=95),
        Column("Source", lambda row: row["source"], width=140),
    ]


def table(metric: str, value: str, help: str) -> bool:
    """What is used most by one metric, as a table; whether anything was counted."""
    answer = data.ask(TOP, metric=metric, limit=SHOWN)
    if answer.rows:
        shown = columns(value, help)
        panels.table(
            answer.rows, shown if metric != "tokens" else [one for one in shown if one.label != "In a month"], f"top-{metric}", value
        )
        panels.text(f"The first {len(answer.rows)} of {figures.count(answer.total)} that were counted in the newest week.")
    return bool(answer.rows)


def shares(metric: str, sides: tuple[str, ...]) -> bool:
    """By weights, country and license class: the known shares, and how much is not known; whether anything was counted."""
    rows = data.ask(SHARES, metric=metric).rows
    if not rows:
        return False
    told, silent = [], []
    for side in sides:
        parts = [row for row in rows if row["side"] == side]
        if any(row["named"] for row in parts):
            words = ", ".join(f"{row['named'] or figures.UNKNOWN} {_percent(row['share'])}" for row in parts[:6])
            told.append(f"By {SIDES[side]}: {words}.")
        else:
            silent.append(SIDES[side])
    told += [f"By {' and '.join(silent)}: not known yet for any of them."] if silent else []
    panels.text(" ".join(told), "lead")
    return True


def _percent(share: Decimal | None) -> str:
    return figures.UNKNOWN if share is None else f"{100 * share:.0f}%"


def lines(metric: str, source: str, title: str) -> None:
    """The most used models of one source over time, one line each."""
    rows = data.ask(LINE, metric=metric, source=source, limit=LINES).rows
    frame = pd.DataFrame([{"model": row["model_key"], "week": pd.Timestamp(row["week"]), "value": float(row["value"])} for row in rows])
    if frame.empty or frame["week"].nunique() < 2:
        return
    _draw(frame, title)


def _draw(frame: pd.DataFrame, title: str) -> None:
    theme = "dark" if st.context.theme.type == "dark" else "light"
    names = list(frame.sort_values("week").groupby("model")["value"].last().sort_values(ascending=False).index)
    x = alt.X("week:T", title="Week, UTC", axis=alt.Axis(tickCount=6, format="%b %Y"))
    y = alt.Y("value:Q", title=title, scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", tickCount=5))
    color = alt.Color(
        "model:N",
        scale=alt.Scale(domain=names, range=charts.COLORS[theme]),
        legend=alt.Legend(orient="bottom", columns=2, title=None, labelLimit=420),
    )
    tips: list[Any] = [
        alt.Tooltip("model:N", title="Model"),
        alt.Tooltip("week:T", title="Week"),
        alt.Tooltip("value:Q", title=title, format=","),
    ]
    chart = alt.Chart(frame[frame["value"] > 0], height=charts.HEIGHT + 80).mark_line(strokeWidth=2).encode(x, y, color, tooltip=tips)
    st.altair_chart(chart, width="stretch", key=f"lines-{title}")


def weights() -> None:
    """Tokens by open and closed weights, day by day, as shares of the day."""
    rows = data.ask(WEIGHTS).rows
    frame = pd.DataFrame([{"day": pd.Timestamp(row["day"]), "weights": row["weights"], "value": float(row["value"])} for row in rows])
    if frame.empty or frame["day"].nunique() < 2:
        return
    theme = "dark" if st.context.theme.type == "dark" else "light"
    x = alt.X("day:T", title="Day, UTC", axis=alt.Axis(tickCount=6, format="%d %b %Y"))
    y = alt.Y("value:Q", stack="normalize", title="Share of the day's tokens", axis=alt.Axis(format="%"))
    scale = alt.Scale(domain=[OPEN, CLOSED, "unknown"], range=[*charts.COLORS[theme][:2], charts.INK[theme]["gray"]])
    color = alt.Color("weights:N", scale=scale, legend=alt.Legend(orient="bottom", title=None))
    tips: list[Any] = [
        alt.Tooltip("day:T", title="Day"),
        alt.Tooltip("weights:N", title="Weights"),
        alt.Tooltip("value:Q", title="Tokens", format=","),
    ]
    st.altair_chart(alt.Chart(frame, height=340).mark_area().encode(x, y, color, tooltip=tips), width="stretch", key="weights")
