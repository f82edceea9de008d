"""A section of Choose: which offer, by what it must be able to do; the frontier of cost and score, whom to try next, why the others not."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import charts, columns, data, figures, panels
from dashboard.columns import Column
from market import frontier, route
from market.licenses import CLASSES
from market.route import Routed, Way, Wish

WAYS = """
select * from market.route
where profile = %(profile)s and benchmark = %(benchmark)s and score is not null and (kind = 'api' or %(local)s)
"""
TESTED = "select distinct benchmark from market.score where model is not null"
ANY, BLEND, SHOWN = "Any", "blend_3to1", 200
CONTEXTS = {ANY: None, "32k": 32_000, "128k": 128_000, "200k": 200_000, "1M": 1_000_000}
# Widths of a letter as shares of the chart, on a screen and on a telephone, and the height of a line of words.
LETTERS, LINE = {0.0065: "width > 600", 0.02: "width <= 600"}, 0.07
REGIONS = (ANY, "eu", "us", "ap", "cn", "global")


def section(titles: dict[str, str]) -> None:
    """Draws the section; `titles` are the named mixes, of which the one chosen above is priced."""
    st.subheader("Which one?")
    there = {row["benchmark"] for row in data.ask(TESTED).rows}
    tests = [test for test in frontier.TESTS if test in there]
    if not tests:
        panels.text("No test results yet: `modelmarket collect openrouter lmarena` brings them.", "empty")
        return
    profile = st.session_state.get("mix", BLEND)
    profile = profile if profile in titles else BLEND
    test, wish, local = _asked(tests)
    found = route.routed(route.ways(data.ask(WAYS, profile=profile, benchmark=test, local=local).rows), wish)
    if not found.frontier and not found.unpriced:
        panels.text(route.blocked(found), "empty")
    else:
        _answer(found, frontier.TESTS[test], titles.get(profile, profile))
    _left_out(found)


def _asked(tests: Sequence[str]) -> tuple[str, Wish, bool]:
    """The test, what a way must meet, and whether machines of ours count."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        test = st.selectbox("Test", tests, format_func=lambda one: frontier.TESTS[one], key="r_test", bind="query-params", width=270)
        score = st.number_input("Score at least", 0, 10_000, 0, key="r_score", bind="query-params", width=130)
        price = st.number_input(
            "USD per million at most", 0.0, 10_000.0, 0.0, 0.5, key="r_price", bind="query-params", width=180, help="0: any"
        )
        license_ = st.selectbox("License", [ANY, "open", *CLASSES], key="r_license", bind="query-params", width=150)
        context = st.selectbox("Context at least", list(CONTEXTS), key="r_context", bind="query-params", width=130)
        region = st.selectbox("Region", REGIONS, key="r_region", bind="query-params", width=110)
        local = st.toggle("Our own machines too", key="r_local", bind="query-params")
    wish = Wish(
        Decimal(score) if score else None,
        () if license_ == ANY else (str(license_),),
        Decimal(repr(price)) if price else None,
        CONTEXTS[context],
        None if region == ANY else region,
    )
    return test or tests[0], wish, local


def _answer(found: Routed, test: str, mix: str) -> None:
    """The choice in words, drawn, and in rows."""
    if found.frontier:
        panels.text(_verdict(found), "lead")
        theme = "dark" if st.context.theme.type == "dark" else "light"
        st.altair_chart(_chart(found, test, theme), width="stretch", key="route")
        chosen = panels.table([_row(way) for way in found.frontier], TABLE, "frontier-ways", "Offers that no other beats in cost and score")
        panels.text(
            f"Each offer is the cheapest of those that score as high; prices are of the mix {mix!r}. A model's score is that of its "
            "best effort, wherever it was measured; an offer with fewer bits may do worse."
        )
        if chosen:
            panels.open_model(chosen)
    if found.unpriced:
        panels.text("On our own machines, at a cost that is not known here:")
        panels.table([_row(way) for way in found.unpriced[:SHOWN]], LOCAL, "local-ways", "Models that we measured", "content")


def _verdict(found: Routed) -> str:
    first, best = found.frontier[0], found.frontier[-1]
    told = f"Cheapest: {_named(first)}, {figures.money(first.usd)} per million tokens at a score of {figures.score(first.score)}."
    if best is not first:
        told += f" Best: {_named(best)}, {figures.money(best.usd)} at {figures.score(best.score)}."
    others = [_named(way) for way in found.fallback[1:4]]
    return told + (f" If the cheapest does not answer: {', then '.join(others)}." if others else "")


def _named(way: Way) -> str:
    where = way.provider if way.serves.lower() == way.provider.lower() else f"{way.serves} ({way.provider})"
    return f"{figures.plain(way.model, 50)} at {figures.plain(where, 50)}"


def _row(way: Way) -> data.Row:
    return {name: getattr(way, name) for name in Way.__slots__} | {"source_key": None}


def _remark(row: data.Row) -> str:
    told = [f"region {', '.join(row['regions'])}"] if row["regions"] else []
    told += ["4-bit weights"] if row["quantization"] in ("fp4", "int4", "mxfp4", "nvfp4") else []
    told += ["one source only"] if row["agreement"] == 1 else []
    return "; ".join([*told, *([figures.plain(row["note"], 120)] if row["note"] else [])])


def _license(row: data.Row) -> str:
    return row["license_id"] or row["license_class"] or figures.UNKNOWN


TABLE = [
    columns.MODEL._replace(width=230),
    columns.number("USD/Mtok", "usd", "USD per million tokens of the mix.", figures.money, 95),
    columns.number("Score", "score", "Best result of the model in this test.", figures.score, 65),
    columns.PROVIDER._replace(width=170),
    columns.word("Served by", "serves", "Who computes the answer.", 120),
    columns.CONTEXT,
    columns.WEIGHTS,
    Column("License", _license, "License of the weights, as far as known.", None, 110),
    Column("Remark", _remark, None, None, 260),
]
LOCAL = [
    columns.MODEL._replace(width=230),
    columns.number("Score", "score", "Of the model that the file was made of.", figures.score, 65),
    columns.word("Machine", "provider", "Where it was measured.", 200),
    columns.number("Tokens a second", "tps", "Decoded, one answer at a time, as we measured it.", figures.count, 110),
    columns.word("Quantization", "quantization", width=95),
    columns.CONTEXT,
    Column("License", _license, "License of the weights, as far as known.", None, 110),
]


def _chart(found: Routed, test: str, theme: str) -> alt.LayerChart:
    """Cost against score: the frontier as a line with its models' names, what it beats as gray points."""
    beaten = [way for way, why in found.left_out if all(reason.constraint == "frontier" for reason in why)]
    gray, line = (_points(each) for each in (beaten, found.frontier))
    dearest = max([float(way.usd or 0) for way in (*found.frontier, *beaten)]) * 1.1
    cheapest = float(found.frontier[0].usd or 0)
    # Names stand to the left of their points, so there is room for them.
    scale = charts.Scale(cheapest * (cheapest / dearest) ** 0.3, dearest, log=True)
    x = alt.X(
        "usd:Q",
        title="USD per million tokens",
        scale=alt.Scale(type="log", nice=False, domain=[scale.low, scale.high]),
        axis=alt.Axis(format="$,~g", values=scale.ticks()),
    )
    y = alt.Y("score:Q", title=test, scale=alt.Scale(zero=False))
    tips = [
        alt.Tooltip(f"{name}:N", title=title) for name, title in (("model", "Model"), ("at", "At"), ("told", "Price"), ("score", "Score"))
    ]
    ink, color = charts.INK[theme]["gray"], charts.COLORS[theme][0]
    named = alt.Chart(line).encode(x, y, tooltip=tips)
    layers: list[Any] = (
        [alt.Chart(gray).mark_point(size=18, filled=True, color=ink, opacity=0.6).encode(x, y, tooltip=tips)] if beaten else []
    )
    layers += [
        named.mark_line(color=color, interpolate="step-after", strokeWidth=2),
        named.mark_point(size=60, filled=True, color=color, opacity=1),
    ]
    for letter, shown in LETTERS.items():
        places = _places(line, scale, letter)
        for place in sorted({*places} - {""}):
            words = alt.Chart(line[[there == place for there in places]]).encode(x, y, text="slug:N", tooltip=tips)
            stands: dict[str, Any] = {"align": "right", "dx": -7, "dy": -7} if place == "above" else {"align": "left", "dx": 7, "dy": 11}
            layers.append(words.mark_text(**stands, fontSize=12, color=color, opacity=alt.ExprRef(f"{shown} ? 1 : 0")))
    return alt.LayerChart(layer=layers, height=charts.HEIGHT)


def _places(line: pd.DataFrame, scale: charts.Scale, letter: float) -> list[str]:
    """Where each name stands: above its line, below where a name of a higher score is in the way, else nowhere; a touched mark tells it."""
    wide, high = math.log(scale.high / scale.low), max(line["score"].max() - line["score"].min(), 1)
    places: list[str] = []
    taken: list[tuple[float, float, float]] = []
    for usd, score, slug in reversed(list(zip(line["usd"], line["score"], line["slug"], strict=True))):
        at, up, long = math.log(max(usd, scale.low) / scale.low) / wide, score / high, letter * len(slug)
        spots = {"above": (at - long, at, up + 0.03), "below": (at, at + long, up - 0.05)}
        free = {place: spot for place, spot in spots.items() if spot[0] > -0.05 and spot[1] < 1.02 and not _covered(spot, taken)}
        places.append(next(iter(free), ""))
        taken += [*free.values()][:1]
    return places[::-1]


def _covered(spot: tuple[float, float, float], taken: list[tuple[float, float, float]]) -> bool:
    return any(spot[0] < right and left < spot[1] and abs(spot[2] - height) < LINE for left, right, height in taken)


def _points(ways: Sequence[Way]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "usd": float(way.usd or 0), "score": float(way.score or 0), "model": way.model, "at": way.provider,
                "slug": figures.plain(way.model.rpartition("/")[2], 24), "told": figures.money(way.usd),
            }
            for way in ways
        ]
    )  # fmt: skip


def _left_out(found: Routed) -> None:
    """How many each constraint leaves out, and the best of them with their reasons."""
    with st.expander(f"Why not the others: {figures.count(len(found.left_out))} offers of models with a result"):
        counts = [
            f"{figures.count(many)}: {route.WORDS[name]} ({figures.count(alone)} by this alone)"
            for name, many, alone in route.counted(found.left_out)
        ]
        panels.text("; ".join(counts) + ".")
        best = sorted(found.left_out, key=lambda one: (-(one[0].score or 0), one[0].usd is None, one[0].usd or 0))[:SHOWN]
        rows = [_row(way) | {"why": "; ".join(reason.says for reason in reasons)} for way, reasons in best]
        panels.table(rows, [*TABLE[:4], columns.word("Why not", "why", width=520)], "left-out", "Offers left out, best score first", 320)
        panels.text(f"The {len(rows)} with the highest scores; `modelmarket route --excluded` prints all.")
