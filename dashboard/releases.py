"""A section of Monday: what came out, when, open or closed, and how often each author releases."""

from datetime import timedelta

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import charts, columns, data, figures, panels, queries
from dashboard.columns import Column, number, word

NEWEST, DAYS, AUTHORS = 12, 182, 14
SIDES = {True: "open", False: "closed", None: "not known"}

# One row per model that is or was on sale, on the best known day (a first look at it is none), half a year up to the newest.
TIMELINE = """
with told_of as materialized (
    select *, bool_or(event = 'api') over (partition by model) as on_sale from market.release where happened_on <= current_date
),

dated as materialized (
    select distinct on (model) model, happened_on
    from told_of
    where on_sale and basis <> 'seen' and event in ('announced', 'weights', 'api')
    order by model, array_position('{stated,repository,listed}', basis), happened_on
),

sides as materialized (
    select resolved_model as model, bool_or(open_weights) as open_weights from market.model where resolved_model is not null group by 1
),

told as (
    select
        d.*, s.open_weights, split_part(d.model, '/', 1) as author, count(*) over (partition by split_part(d.model, '/', 1)) as of_author,
        max(d.happened_on) over () as until
    from dated as d left join sides as s using (model)
    where d.happened_on > (select max(n.happened_on) - 182 from dated as n)
)

select
    author, model, happened_on, open_weights, until,
    dense_rank() over (order by of_author desc, author) as place,
    count(*) over () as total,
    count(*) filter (where open_weights) over () as opened,
    count(*) filter (where not open_weights) over () as closed
from told
order by place, happened_on
limit 1000
"""
CADENCE = """
select * from market.cadence where releases >= 4 order by days_between, author limit 14
"""

OFTEN = [
    word("Author", "author", "Who made the models.", 150),
    Column("Weights", lambda row: SIDES[row["open_weights"]], "An author with both has a line for each.", None, 85),
    number("Days between", "days_between", "Mean days from one release day to the next, last two years.", figures.count, 105),
    number("Releases", "releases", "Days with a release that a source states.", width=80),
    number("Models", "models", "Models released on these days.", width=75),
    Column("Last", lambda row: figures.day(row["last_on"]), "Newest of these days, UTC.", None, 110),
    word("Country", "country", "Of the author's seat; empty where not reviewed.", 80),
]


def section() -> None:
    """The newest models, a timeline of half a year by author, and how often authors release."""
    st.subheader("Newest releases")
    newest = data.ask(queries.RELEASES, limit=NEWEST).rows
    if not newest:
        panels.text(
            "No source has stated a release date yet; `modelmarket collect huggingface openrouter models_dev` brings them.", "empty"
        )
        return
    rows = data.ask(TIMELINE).rows
    if rows:
        panels.text(_summary(rows), "lead")
    chosen = panels.table(newest, columns.RELEASES, "releases", "Newest models")
    if chosen:
        panels.open_model(chosen)
    if rows:
        theme = "dark" if st.context.theme.type == "dark" else "light"
        st.altair_chart(_timeline(rows, theme), width="stretch", key="timeline")
        basis = "on the day that a source states for its release, else the one it was listed on"
        panels.text(f"Each mark is a model, {basis}; the {AUTHORS} authors with most.")
    often = data.ask(CADENCE).rows
    if often:
        st.subheader("Who releases how often")
        panels.table(often, OFTEN, "cadence", "Mean days between releases, by author")
        panels.text("Last two years, by days that sources state; authors with four release days or more, the quickest first.")


def _summary(rows: list[data.Row]) -> str:
    first = rows[0]
    unknown = first["total"] - first["opened"] - first["closed"]
    told = f"{figures.count(first['total'])} models came out in the half year to {figures.day(first['until'])}: "
    told += f"{figures.count(first['opened'])} with open weights, "
    told += f"{figures.count(first['closed'])} closed" + (f", {figures.count(unknown)} not known" if unknown else "")
    most = next(row for row in rows if row["place"] == 1)
    return f"{told}. Most by {figures.plain(most['author'], 40)}, {figures.count(sum(row['place'] == 1 for row in rows))}."


def _timeline(rows: list[data.Row], theme: str) -> alt.Chart:
    """A mark per model, authors below each other, open and closed in colors and shapes."""
    frame = pd.DataFrame(
        [
            {"author": row["author"], "model": row["model"], "on": row["happened_on"], "side": SIDES[row["open_weights"]]}
            for row in rows
            if row["place"] <= AUTHORS
        ]
    )
    frame["on"] = pd.to_datetime(frame["on"])
    colors = [charts.COLORS[theme][0], charts.COLORS[theme][1], charts.INK[theme]["gray"]]
    sides = list(SIDES.values())
    until = rows[0]["until"]
    span = [pd.Timestamp(until - timedelta(DAYS)), pd.Timestamp(until + timedelta(2))]
    x = alt.X("on:T", title="Release, UTC", scale=alt.Scale(domain=span), axis=alt.Axis(tickCount=6, format="%b %Y"))
    y = alt.Y("author:N", title=None, sort=list(dict.fromkeys(frame["author"])), axis=alt.Axis(labelLimit=110))
    color = alt.Color(
        "side:N",
        scale=alt.Scale(domain=sides, range=colors),
        legend=alt.Legend(orient="top", title=None, direction="horizontal"),
    )
    shape = alt.Shape("side:N", scale=alt.Scale(domain=sides, range=["circle", "square", "triangle-up"]))
    tips = [alt.Tooltip("model:N", title="Model"), alt.Tooltip("on:T", title="Release"), alt.Tooltip("side:N", title="Weights")]
    height = 40 + 22 * frame["author"].nunique()
    chart: alt.Chart = (
        alt.Chart(frame, height=height).mark_point(size=55, filled=True, opacity=0.75).encode(x, y, color, shape, tooltip=tips)
    )
    return chart
