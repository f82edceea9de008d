"""The charts, labeled where the eye is; every axis says its currency and unit."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from dashboard import figures
from dashboard.columns import provider
from dashboard.columns_past import KINDS
from dashboard.data import Row

HEIGHT = 380
EVER = datetime(9999, 1, 1, tzinfo=UTC)
LABELED = 8
LINE_OF_TEXT = 18.0
INK = {
    "light": {"gray": "#a8b2bd", "ground": "#ffffff", "held": "#b3264b"},
    "dark": {"gray": "#5a6876", "ground": "#11171e", "held": "#f2809c"},
}
COLORS = {
    "light": ["#1d5b9e", "#c2570c", "#0b7a66", "#8a3f9e", "#8c6d00", "#b3264b", "#3f7d20", "#4b5a69"],
    "dark": ["#6cb0f5", "#f0954f", "#4cc9ae", "#cf93e3", "#dcbc4a", "#f2809c", "#97cc6e", "#a9b7c5"],
}


class Scale(NamedTuple):
    """The price axis, linear from zero or logarithmic, with what it takes to place labels on it."""

    low: float
    high: float
    log: bool

    def pixel(self, usd: float) -> float:
        """Distance from the bottom of a chart HEIGHT high."""
        if self.log:
            return HEIGHT * (log10(usd) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return HEIGHT * (usd - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round prices for a logarithmic axis: 1, 2, 5 of each decade, or only the 1 where there are many."""
        decades = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        steps = (1, 2, 5) if len(decades) <= 4 else (1,)
        round_prices = [float(f"{step}e{decade}") for decade in decades for step in steps]
        return [usd for usd in round_prices if self.low <= usd <= self.high]

    def usd(self, pixel: float) -> float:
        """The price at that distance."""
        if self.log:
            return float(10 ** (log10(self.low) + pixel / HEIGHT * (log10(self.high) - log10(self.low))))
        return self.low + pixel / HEIGHT * (self.high - self.low)


def history(rows: Iterable[Row], meter: str, now: datetime, log: bool, theme: str, changes: Iterable[Row] = ()) -> alt.LayerChart | None:
    """Price over time, one step line per provider; None where there is nothing to draw.

    The cheapest providers and those that moved most are colored and named at the end of their line, the others are gray.
    Held statements are hollow points off every line; changes of what is drawn are marked on it.
    """
    kept = [row for row in rows if row["price_usd"] > 0 or not log]
    lines = _lines([row for row in kept if not row["quarantined"]], now)
    held = pd.DataFrame([_point(row, row["valid_from"], "") for row in kept if row["quarantined"]])
    if lines.empty and held.empty:
        return None
    scale = _scale([*lines.get("usd", []), *held.get("usd", [])], log)
    named = _named(lines, now)
    ink, colors = INK[theme], COLORS[theme]
    first = min(frame["at"].min() for frame in (lines, held) if not frame.empty)
    x = alt.X(
        "at:T",
        title="Date, UTC",
        scale=alt.Scale(type="utc", domain=[first, now]),
        axis=alt.Axis(tickCount=6, labelFlush=True, format=_dates(now - first)),
    )
    ticks = scale.ticks() if log else []
    axis = alt.Axis(format="$,~g", values=ticks) if len(ticks) > 2 else alt.Axis(format="$,~g", tickCount=6)
    y = alt.Y(
        "usd:Q", title=f"USD {figures.unit(meter)}, {figures.meter(meter).lower()}", axis=axis,
        scale=alt.Scale(type="log" if log else "linear", domain=[scale.low, scale.high], nice=False),
    )  # fmt: skip
    color = alt.Color("series:N", legend=None, scale=alt.Scale(domain=named, range=colors[: len(named)]))
    tips = [alt.Tooltip(f"{name}:N", title=title) for name, title in TIPS.items()]
    layers: list[Any] = []
    if not lines.empty:
        loud = lines[lines["series"].isin(named)]
        quiet = lines[~lines["series"].isin(named)]
        base: dict[str, Any] = {"interpolate": "step-after", "clip": True}
        layers.append(alt.Chart(quiet).mark_line(**base, strokeWidth=1, color=ink["gray"]).encode(x, y, detail="run:N"))
        layers.append(alt.Chart(loud).mark_line(**base, strokeWidth=2).encode(x, y, color, detail="run:N"))
        layers.append(alt.Chart(lines).mark_point(size=90, opacity=0, filled=True).encode(x, y, tooltip=tips))
        layers.append(alt.Chart(loud[loud["begins"]]).mark_point(size=22, opacity=1, filled=True).encode(x, y, color, tooltip=tips))
    if not held.empty:
        layers.append(alt.Chart(held).mark_point(size=60, filled=False, color=ink["held"], clip=True).encode(x, y, tooltip=tips))
    marks = _marks(changes, set(lines.get("series", ())), now, log)
    if not marks.empty:
        sign = alt.Shape("shape:N", scale=None, legend=None)
        told = [alt.Tooltip(f"{name}:N", title=title) for name, title in CHANGE_TIPS.items()]
        dot: dict[str, Any] = {"size": 70, "filled": True, "opacity": 1, "clip": True}
        strong = marks["series"].isin(named)
        layers.append(alt.Chart(marks[~strong]).mark_point(**dot, color=ink["gray"]).encode(x, y, shape=sign, tooltip=told))
        layers.append(alt.Chart(marks[strong]).mark_point(**dot).encode(x, y, color, shape=sign, tooltip=told))
    labels = _labels(lines, named, scale)
    words = alt.Chart(labels).encode(x, y, text="text:N")
    shape: dict[str, Any] = {"align": "right", "baseline": "bottom", "dy": -2, "fontSize": 12, "limit": 320}
    layers.append(words.mark_text(**shape, stroke=ink["ground"], strokeWidth=4, strokeJoin="round"))
    layers.append(words.mark_text(**shape).encode(color=color))
    return alt.LayerChart(layer=layers, height=HEIGHT)


TIPS = {
    "series": "Provider",
    "price": "USD",
    "since": "From",
    "until": "Until",
    "source": "Said by",
    "basis": "Date is",
    "remark": "Remark",
}


CHANGE_TIPS = {
    "kind": "Change",
    "series": "Provider",
    "move": "Old → new, USD",
    "since": "From",
    "seen": "First seen",
    "source": "Said by",
    "page": "Page",
}
SHAPES = {"cut": "triangle-down", "rise": "triangle-up"}


def _marks(changes: Iterable[Row], drawn: set[str], now: datetime, log: bool) -> pd.DataFrame:
    """A point per change on a line that is drawn: ▼ cut, ▲ rise, ◆ any other; a withdrawal where the old price ended."""
    points = []
    for row in changes:
        usd = row["old_usd"] if row["new_usd"] is None else row["new_usd"]
        if series(row) not in drawn or row["changed_at"] > now or usd is None or (log and not usd):
            continue
        points.append({
            "series": series(row), "at": row["changed_at"], "usd": float(usd), "shape": SHAPES.get(row["kind"], "diamond"),
            "kind": KINDS[row["kind"]], "move": f"{figures.move(row['old_usd'], row['new_usd'])} {figures.unit(row['meter'])}",
            "since": figures.instant(row["changed_at"]), "seen": figures.instant(row["seen_at"]), "source": row["source"],
            "page": figures.plain(row["evidence_url"], 120),
        })  # fmt: skip
    return pd.DataFrame(points)


def _dates(span: timedelta) -> str:
    """The format of the time axis; the default of the library hides dates and counts to twelve hours."""
    return next(shape for days, shape in ((1_100, "%Y"), (100, "%b %Y"), (3, "%d %b"), (-1, "%d %b %H:%M")) if span.days > days)


def _point(row: Row, at: datetime, run: str, begins: bool = True) -> dict[str, Any]:
    return {
        "series": series(row), "at": at, "usd": float(row["price_usd"]), "run": run, "begins": begins,
        "price": f"{figures.money(row['price_usd'])} {figures.unit(row['meter'])}",
        "since": figures.instant(row["valid_from"]), "until": figures.instant(row["valid_to"]) if row["valid_to"] else "now",
        "source": row["source"], "basis": "stated by the source" if row["valid_from_basis"] == "stated" else "when first seen",
        "remark": f"held: {figures.plain(row['reason'], 200)}" if row["quarantined"] else "believed",
    }  # fmt: skip


def series(row: Row) -> str:
    """What a line is called: the provider, and its endpoint where it lists one model twice; or what the query calls it."""
    return str(row["series"]) if row.get("series") else provider(row)


def _lines(rows: list[Row], now: datetime) -> pd.DataFrame:
    """Two points per stretch of one price, where it begins and where it ends; a gap begins a new run of the line."""
    points: list[dict[str, Any]] = []
    by_series: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["valid_from"], row["seen_at"])):
        if row["valid_to"] is None or row["valid_to"] > row["valid_from"]:
            by_series.setdefault(series(row), []).append(row)
    for name, stretch in by_series.items():
        run = 0
        for row, begins in zip(stretch, [*(after["valid_from"] for after in stretch[1:]), None], strict=True):
            ends = min(row["valid_to"] or now, begins or now, now)
            points.append(_point(row, row["valid_from"], f"{name} {run}"))
            points.append(_point(row, max(ends, row["valid_from"]), f"{name} {run}", begins=False))
            run += begins is not None and begins > ends
    return pd.DataFrame(points)


def _scale(prices: list[float], log: bool) -> Scale:
    high = max(prices) or 1.0
    if not log:
        return Scale(0.0, high * 1.12, False)
    return Scale(min(prices) / 1.3, high * 1.4, True)


def _named(lines: pd.DataFrame, now: datetime) -> list[str]:
    """The series worth a color: of those still on sale the cheapest, and the ones that moved most often."""
    if lines.empty:
        return []
    last = lines.sort_values("at").groupby("series").last()
    on_sale = last[(last["at"] >= pd.Timestamp(now)) & (last["usd"] > 0)]["usd"].sort_values(kind="stable")
    moves = lines.groupby("series")["price"].nunique().sort_values(ascending=False, kind="stable")
    moved = list(moves[moves > 1].index)[: LABELED // 2]
    cheapest = [name for name in [*on_sale.index, *moves.index] if name not in moved and last["usd"][name] > 0]
    return [*moved, *cheapest][:LABELED]


def _labels(lines: pd.DataFrame, named: list[str], scale: Scale) -> pd.DataFrame:
    """Names at the ends of their lines; lines that end at the same height share a label, close ones make room."""
    if lines.empty:
        return pd.DataFrame({"series": [], "at": [], "usd": [], "text": []})
    ends = lines[lines["series"].isin(named)].sort_values("at").groupby("series").last()
    placed: list[dict[str, Any]] = []
    for (usd, at), group in sorted(ends.reset_index().groupby(["usd", "at"]), key=lambda item: item[0]):
        names = list(group["series"])
        more = f" and {len(names) - 2} more" if len(names) > 2 else ""
        text = f"{', '.join(names[:2])}{more}  {group['price'].iloc[0].split(' per ')[0]}"
        pixel = scale.pixel(usd)
        if placed:
            pixel = max(pixel, placed[-1]["pixel"] + LINE_OF_TEXT)
        placed.append({"series": names[0], "at": at, "pixel": pixel, "text": text})
    ceiling = HEIGHT - LINE_OF_TEXT
    for label in reversed(placed):
        label["pixel"] = min(label["pixel"], ceiling)
        ceiling = label["pixel"] - LINE_OF_TEXT
        label["usd"] = scale.usd(label["pixel"])
    return pd.DataFrame(placed)
