"""The chart of a self-hosted model: what a million tokens cost by how busy the machine is, beside the cheapest API."""

from decimal import Decimal

import altair as alt
import pandas as pd

from dashboard import charts, figures
from market.selfhost import Point


def span(low: Decimal, high: Decimal) -> str:
    """The ends of an interval in words."""
    return f"{figures.money(low, '$0')} to {figures.money(high, '$0')}" if low != high else "exactly as given,"


def curve(points: list[Point], api_usd: Decimal | None, busy: Decimal, theme: str) -> alt.LayerChart:
    """USD per million tokens by the share of the time that the machine works, beside the API's price; both axes logarithmic."""
    colors, ink = charts.COLORS[theme], charts.INK[theme]
    frame = pd.DataFrame(
        {
            "share": float(point.utilisation), "usd": float(point.cost.usd), "low": float(point.cost.low), "high": float(point.cost.high),
            "told": figures.money(point.cost.usd, "$0"), "span": span(point.cost.low, point.cost.high),
            "busy": f"{float(point.utilisation):.0%}",
        }
        for point in points
    )  # fmt: skip
    x = alt.X(
        "share:Q", title="Share of the time that the machine works", scale=alt.Scale(type="log", domain=[0.01, 1]),
        axis=alt.Axis(format="%", values=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]),
    )  # fmt: skip
    drawn = [*frame["low"], *frame["high"], *([float(api_usd)] if api_usd else [])]
    low, high = min(one for one in drawn if one >= 0), max(drawn)
    y_scale = alt.Scale(type="log" if low > 0 else "linear", domain=[low / 1.4, high * 1.4 or 1], nice=False)
    decades = [10.0**power for power in range(-4, 7)]
    y = alt.Y("usd:Q", title="USD per million tokens", scale=y_scale, axis=alt.Axis(format="$,~g", values=decades))
    tips = [alt.Tooltip(f"{name}:N", title=title) for name, title in (("busy", "Busy"), ("told", "USD per million"), ("span", "Interval"))]
    base = alt.Chart(frame)
    layers: list[alt.Chart] = [
        base.mark_area(color=colors[0], opacity=0.22).encode(x, alt.Y("low:Q", scale=y_scale), alt.Y2("high:Q")),
        base.mark_line(color=colors[0], strokeWidth=2.5).encode(x, y),
        base.mark_point(color=colors[0], size=36, filled=True, opacity=1).encode(x, y, tooltip=tips),
    ]
    if api_usd:
        flat = pd.DataFrame([{"share": 0.01, "usd": float(api_usd), "text": f"Cheapest API, {figures.money(api_usd)}"}])
        layers.append(alt.Chart(flat).mark_rule(color=colors[1], strokeWidth=2, strokeDash=[6, 4]).encode(y=y))
        words = alt.Chart(flat).mark_text(align="left", baseline="bottom", dx=6, dy=-4, fontSize=12, color=colors[1])
        layers.append(words.encode(x, y, text="text:N"))
    if Decimal("0.01") <= busy <= 1:
        mine = pd.DataFrame([{"share": float(busy), "usd": high, "text": "your volume"}])
        layers.append(alt.Chart(mine).mark_rule(color=ink["gray"], strokeWidth=2).encode(x=x))
        ends = busy > Decimal("0.3")
        words = alt.Chart(mine).mark_text(
            align="right" if ends else "left", baseline="top", dx=-6 if ends else 6, fontSize=12, color=colors[-1]
        )
        layers.append(words.encode(x, y, text="text:N"))
    return alt.LayerChart(layer=layers, height=320)
