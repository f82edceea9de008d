"""A section of Outlook: how far open models are behind closed ones, in months at equal score, in points and in price."""

from datetime import UTC, date, datetime

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import charts, data, figures, panels
from market import frontier
from market.frontier import Lag, Rated

SIDES = {False: "best closed", True: "best open"}
RATED = "select * from market.rated where benchmark = %(benchmark)s order by value desc, model"
TESTED = "select distinct benchmark from market.score where model is not null"


def section() -> None:
    """The lag, the price at equal score, and the best of each side over time."""
    st.subheader("Quality: open against closed")
    there = {row["benchmark"] for row in data.ask(TESTED).rows}
    tests = [test for test in frontier.TESTS if test in there]
    if not tests:
        panels.text("No test results yet: `modelmarket collect openrouter lmarena` brings them.", "empty")
        return
    chosen = st.selectbox("Test", tests, format_func=lambda test: frontier.TESTS[test], key="frontier-test") or tests[0]
    known = frontier.rated(data.ask(RATED, benchmark=chosen).rows)
    today = datetime.now(UTC).date()
    lag = frontier.lag(known, today, date.min)
    if lag is None:
        panels.text("No score of this test was reached by both an open and a closed model yet.", "empty")
        return
    panels.text(_verdict(lag), "lead")
    panels.figures_row(_figures(lag, known, today))
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.altair_chart(_chart(known, today, theme), width="stretch", key="frontier")
    sides = (
        f"{figures.count(lag.n_open)} open and {figures.count(lag.n_closed)} closed models with a result, a release day and a known side"
    )
    panels.text(
        f"{sides}; each counts from its release, whenever it was tested. The lag is the mean, over all scores that both sides have "
        "reached, of the time from the first closed to the first open model; beside it 5% to 95% of 400 draws of the models. "
        "Models that are no longer listed are missing."
    )


def _verdict(lag: Lag) -> str:
    when = "later" if lag.months >= 0 else "earlier"
    said = f"Open models reach what closed ones could {abs(lag.months):.1f} months {when}."
    if lag.waiting_months is not None:
        said += f" The best closed model is {figures.score(lag.behind)} points ahead;"
        said += f" for {lag.waiting_months:.1f} months some closed one has been ahead of all open ones."
    return said


def _figures(lag: Lag, known: list[Rated], today: date) -> list[tuple[str, str, str]]:
    pairs = [
        (
            "Open behind closed",
            f"{lag.months:.1f} months",
            f"{lag.low:.1f} to {lag.high:.1f}; scores {figures.score(lag.score_low)} to {figures.score(lag.score_high)}",
        ),
        (
            f"Best {'closed' if lag.behind >= 0 else 'open'} ahead",
            f"{figures.score(abs(lag.behind))} points",
            f"of the best {'open' if lag.behind >= 0 else 'closed'} model, now",
        ),
    ]
    ratio = frontier.price_ratio(known, today)
    if ratio:
        times, closed, opened = ratio
        names = f"{figures.plain(closed.model, 40)} over {figures.plain(opened.model, 40)}, each the cheapest at the best open score"
        pairs.append(("Closed over open price", figures.times(times), names))
    return pairs


def _chart(known: list[Rated], today: date, theme: str) -> alt.LayerChart:
    """Steps of the best of each side."""
    points = []
    for side, name in SIDES.items():
        path = frontier.steps(known, side)
        points += [{"on": one.came_on, "score": one.score, "side": name, "model": one.model} for one in path]
        points += [{"on": today, "score": path[-1].score, "side": name, "model": path[-1].model}] if path else []
    frame = pd.DataFrame(points)
    frame["on"] = pd.to_datetime(frame["on"])
    colors = charts.COLORS[theme]
    base = alt.Chart(frame).encode(
        alt.X("on:T", title="Release, UTC", axis=alt.Axis(tickCount=6, format="%b %Y", labelFlush=True)),
        alt.Y("score:Q", title="Score", scale=alt.Scale(zero=False)),
        alt.Color(
            "side:N",
            scale=alt.Scale(domain=list(SIDES.values()), range=[charts.INK[theme]["gray"], colors[0]]),
            legend=alt.Legend(orient="top", title=None, direction="horizontal"),
        ),
        tooltip=[alt.Tooltip("model:N", title="Model"), alt.Tooltip("score:Q", title="Score"), alt.Tooltip("on:T", title="From")],
    )
    return alt.LayerChart(
        layer=[base.mark_line(interpolate="step-after", strokeWidth=2.5), base.mark_point(size=30, filled=True)], height=charts.HEIGHT
    )
