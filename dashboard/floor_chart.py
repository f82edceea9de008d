"""The chart of a price floor: what it was, the second lowest beside it, bands ahead, and scenarios that are no forecasts."""

from datetime import date, timedelta
from typing import Any

import altair as alt
import pandas as pd

from dashboard import charts, figures
from dashboard.data import Row

SCENARIOS = (2, 10, 40)
FAR, UNVERIFIED = 182, 91
YEAR = 365.25
BANDS = ((0.05, 0.95, 0.16), (0.1, 0.9, 0.22), (0.25, 0.75, 0.3))
FLOOR, SECOND = "floor", "second lowest"


def draw(moves: list[Row], ahead: list[Row], today: date, theme: str) -> alt.LayerChart:
    """Steps of the past to today, bands from what was known when they were made, scenarios from today on, on one logarithmic axis."""
    ink, colors = charts.INK[theme], charts.COLORS[theme]
    past = pd.DataFrame(_steps(moves, today))
    now = moves[-1]["floor_usd"]
    start = None if now is None else float(now)
    scale = charts.Scale(*_ends(past, ahead, start), True)
    x = alt.X("on:T", title="Day, UTC", axis=alt.Axis(tickCount=6, format="%b %Y", labelFlush=True))
    y = alt.Y(
        "usd:Q", title="USD per million tokens", axis=alt.Axis(format="$,~g", values=scale.ticks()),
        scale=alt.Scale(type="log", domain=[scale.low, scale.high], nice=False),
    )  # fmt: skip
    color = alt.Color(
        "line:N",
        scale=alt.Scale(domain=[FLOOR, SECOND], range=[colors[0], ink["gray"]]),
        legend=alt.Legend(orient="top", title=None, direction="horizontal"),
    )
    tips = [alt.Tooltip(f"{name}:N", title=title) for name, title in TIPS.items()]
    layers: list[Any] = []
    if start:
        layers = [*_bands(ahead, colors[0], x, y), *_scenarios(start, today, colors[-1], x, y)]
    for line, width in ((SECOND, 1.5), (FLOOR, 2.5)):
        lines = alt.Chart(past[past["line"] == line]).encode(x, y, color, detail="run:N", tooltip=tips)
        layers += [lines.mark_line(interpolate="step-after", strokeWidth=width), lines.mark_point(size=26, opacity=0, filled=True)]
    return alt.LayerChart(layer=layers, height=charts.HEIGHT)


def _ends(past: pd.DataFrame, ahead: list[Row], start: float | None) -> tuple[float, float]:
    """Lowest and highest price drawn, with some room."""
    drawn = [*past["usd"], *(float(row["value_usd"]) for row in ahead)]
    if start:
        drawn.append(start / max(SCENARIOS) ** (FAR / YEAR))
    return min(drawn) / 1.3, max(drawn) * 1.2


TIPS = {"line": "Line", "price": "USD per million tokens", "since": "From", "until": "Until", "who": "Set by", "why": "Why it moved"}


def _steps(moves: list[Row], today: date) -> list[dict[str, Any]]:
    """Two points for each stretch of a line; where nothing competes, a gap."""
    found: list[dict[str, Any]] = []
    for run, row in enumerate(moves):
        for line, usd in ((FLOOR, row["floor_usd"]), (SECOND, row["second_usd"])):
            if usd is None:
                continue
            told = {
                "line": line, "usd": float(usd), "price": figures.money(usd), "since": figures.iso(row["from_on"]),
                "until": figures.iso(row["to_on"]) if row["to_on"] else "now", "why": row["reason"] if line == FLOOR else "",
                "who": figures.plain(row["thing"], 80) if line == FLOOR else "",
            }  # fmt: skip
            alone = run and moves[run - 1]["floor_usd" if line == FLOOR else "second_usd"] is None
            name = f"{line} {run}" if alone or not run else _run(found, line)
            found.append({**told, "on": pd.Timestamp(row["from_on"]), "run": name})
            found.append({**told, "on": pd.Timestamp(row["to_on"] or max(today, row["from_on"])), "run": name})
    return found


def _run(found: list[dict[str, Any]], line: str) -> str:
    """The stretch that a line is in."""
    return next((str(point["run"]) for point in reversed(found) if point["line"] == line), f"{line} 0")


def _bands(ahead: list[Row], color: str, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """50, 80 and 90% bands, fainter where nothing has verified them."""
    at: dict[date, dict[float, float]] = {}
    for row in ahead:
        at.setdefault(row["target_on"], {})[float(row["quantile"])] = float(row["value_usd"])
    if not at:
        return []
    today, start = ahead[0]["known_at"].date(), float(ahead[0]["start_usd"])
    days = [today, *at]
    layers = []
    for low, high, opacity in BANDS:
        points = pd.DataFrame(
            [{"on": pd.Timestamp(today), "usd": start, "top": start}]
            + [{"on": pd.Timestamp(day), "usd": each[low], "top": each[high]} for day, each in at.items()]
        )
        near = points[: sum((day - today).days <= UNVERIFIED for day in days)]
        for part, shown in ((near, opacity), (points[len(near) - 1 :], opacity / 2.5)):
            if len(part) > 1:
                area = alt.Chart(part).mark_area(color=color, opacity=shown, line=False)
                layers.append(area.encode(x, y, alt.Y2("top:Q")))
    far = pd.DataFrame([{"on": pd.Timestamp(max(days)), "usd": max(at[max(days)].values()), "text": "unverified"}])
    words = alt.Chart(far[[(max(days) - today).days > UNVERIFIED]]).mark_text(
        align="right", baseline="bottom", dy=-4, fontSize=11, color=color
    )
    return [*layers, words.encode(x, y, text="text:N")]


def _scenarios(start: float, today: date, ink: str, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Straight lines on the logarithmic axis: so many times cheaper in a year."""
    end = today + timedelta(days=FAR)
    points = pd.DataFrame(
        [
            {"times": f"{times}× a year", "on": pd.Timestamp(day), "usd": start / times ** ((day - today).days / YEAR)}
            for times in SCENARIOS
            for day in (today, end)
        ]
    )
    lines = alt.Chart(points).mark_line(strokeDash=[2, 3], strokeWidth=1.5, color=ink)
    ends = alt.Chart(points[points["on"] == pd.Timestamp(end)])
    words = ends.mark_text(align="right", baseline="top", dy=4, fontSize=11, color=ink)
    return [lines.encode(x, y, detail="times:N"), words.encode(x, y, text="times:N")]
