"""Choose: what would it cost, which one, and how fast does it run here."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard import choose, data, figures, panels, probed, selfhost, which_one
from db import views
from market.errors import MarketError
from market.workload import Profile, Request, Usage

ANY = "Any"
FIRST = "chat"
OWN, UPLOADED = "Your own numbers", "Your own file"
CONTEXTS = {ANY: 0, "32k": 32_000, "128k": 128_000, "200k": 200_000, "1M": 1_000_000}


def page() -> None:
    """Draws the room."""
    st.title("Choose")
    _cost()
    which_one.section(views.titles())
    selfhost.section()
    probed.section()


def _cost() -> None:
    st.subheader("What would it cost?")
    options = data.ask(choose.OPTIONS).rows
    if not options:
        panels.text(panels.NO_PRICES, "empty")
        return
    try:
        mix, requests, tokens = _mix(views.titles())
    except MarketError as error:
        panels.text(str(error), "empty")
        return
    asked, region, each, paid = _filters(options)
    if isinstance(mix, str) and not region:
        answer = data.ask(choose.NAMED, profile=mix, each=each, paid=paid, limit=choose.LIMIT, **asked)
        rows, total = answer.rows, answer.total
    else:
        own = _with_region(mix, region)
        rows, total = choose.ranked(own, asked, each, paid)
    if not rows:
        panels.text("No offer fits these filters and has a price for everything in this mix. Take a filter away.", "empty")
        return
    _lead(rows, requests, tokens)
    theme = "dark" if st.context.theme.type == "dark" else "light"
    st.altair_chart(choose.bars(rows, theme), width="stretch", key="bill")
    chosen = panels.table(rows, choose.table(tokens), "costs", "Offers by what this mix costs", height=420)
    panels.text(
        f"{len(rows)} of {figures.count(total)} {'models, each at its cheapest offer' if each else 'offers'}, cheapest first; free plans "
        "last. Hours and days are averaged over a week, cached tokens and context tiers are billed as each provider does. The address "
        "of this page reproduces this view. Select a row for its bill."
    )
    if chosen:
        _bill(chosen, requests, tokens)


def _lead(rows: list[data.Row], requests: int, tokens: Decimal) -> None:
    best = rows[0]
    month = figures.money(best["effective_usd"] * tokens / 1_000_000, "$0")
    told = f"Cheapest: {figures.plain(best['called'])} at {figures.plain(best['provider'])}, {month} a month for "
    told += f"{figures.count(requests)} requests"
    more = choose.remark(best)
    panels.text(f"{told} ({figures.money(best['effective_usd'], '$0')} per million tokens{f'; {more}' if more else ''}).", "lead")


def _mix(titles: dict[str, str]) -> tuple[str | Profile, int, Decimal]:
    """The mix asked for (the name of one of ours, or one of the reader's), requests and tokens a month."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = [*sorted(titles, key=lambda name: (name != FIRST, titles[name])), OWN, UPLOADED]
        name = st.selectbox("Workload", names, format_func=lambda one: titles.get(one, one), key="mix", bind="query-params", width=250)
        requests = int(st.number_input("Requests a month", 1, 10**9, 1_000_000, 1000, key="requests", bind="query-params", width=170))
        if name == OWN:
            read = int(st.number_input("Input tokens", 1, 10_000_000, 3_000, 100, key="input", bind="query-params", width=130))
            written = int(st.number_input("Output tokens", 0, 1_000_000, 500, 100, key="output", bind="query-params", width=130))
            cached = int(st.number_input("Cached, %", 0, 100, 0, 5, key="cached", bind="query-params", width=100))
            waits = int(st.number_input("May wait, %", 0, 100, 0, 5, key="waits", bind="query-params", width=100))
    if name == OWN:
        named = {"input_tokens": read, "output_tokens": written, "cache_read_tokens": read * cached // 100}
        mix = Profile("yours", OWN, (Request(Usage.of(named)),), batched=Decimal(waits) / 100)
        return mix, requests, Decimal(requests * (read + written))
    if name == UPLOADED:
        mix = _uploaded()
        return mix, requests, requests * mix.tokens()
    return name, requests, requests * views.profile(name).tokens()


def _uploaded() -> Profile:
    """The mix in the reader's file, which the address keeps."""
    file = st.file_uploader("A profile, TOML (docs/costs.md says what stands in one)", type="toml", key="file")
    if file is not None:
        if file.size > 20_000:
            raise MarketError("This file is too large for a profile; a few kinds of request are enough.")
        st.query_params["file"] = choose.packed(file.getvalue().decode("utf-8", "replace"))
    word = st.query_params.get("file", "")
    if not word:
        raise MarketError("Give a file with your mix of requests; docs/costs.md shows one.")
    return choose.unpacked(word)


def _with_region(mix: str | Profile, region: str | None) -> Profile:
    """A mix in a region."""
    own = views.profile(mix) if isinstance(mix, str) else mix
    return replace(own, choices=own.choices | {region}) if region else own


def _filters(rows: list[data.Row]) -> tuple[dict[str, Any], str | None, bool, bool]:
    """The reader's filters as parameters, the region, whether one offer a model, whether only paid ones."""

    def option(label: str, kind: str, width: int, first: str = ANY) -> str | None:
        names = [row["name"] for row in rows if row["kind"] == kind]
        names = sorted(names) if kind == "provider" else names
        index = names.index(first) + 1 if first in names else 0
        picked = st.selectbox(label, [ANY, *names], index=index, key=f"c_{kind}", bind="query-params", width=width)
        return None if picked == ANY else picked

    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("Search", key="c_q", bind="query-params", max_chars=100, placeholder="model or provider", width=200)
        asked: dict[str, Any] = {"words": data.like(words or "")}
        asked |= {"provider": option("Provider", "provider", 160), "plan": option("Plan", "plan", 120)}
        asked |= {"license": option("License", "license", 120), "quantization": option("Quantization", "quantization", 130)}
        context = st.selectbox("Context at least", list(CONTEXTS), key="c_context", bind="query-params", width=130)
        region = option("Region", "region", 130)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked |= {"context": CONTEXTS[context], "open": st.toggle("Open weights only", key="c_open", bind="query-params")}
        asked["no4bit"] = st.toggle("Leave 4-bit offers out", key="c_no4bit", bind="query-params")
        each = st.toggle("Cheapest offer of each model", value=True, key="c_each", bind="query-params")
        paid = st.toggle("Hide free plans", value=True, key="c_paid", bind="query-params")
    return asked, region, each, paid


def _bill(row: data.Row, requests: int, tokens: Decimal) -> None:
    """The parts of one offer's price, and the way to its evidence."""
    lines = [(figures.meter(meter), Decimal(usd)) for meter, usd in row["parts"].items()]
    pairs = [
        (part, figures.money(usd * tokens / 1_000_000, "$0"), f"a month; {figures.money(usd, '$0')} per million tokens")
        for part, usd in lines
    ]
    total = figures.money(row["effective_usd"] * tokens / 1_000_000, "$0")
    panels.figures_row([("Together", total, f"a month, {figures.count(requests)} requests"), *pairs])
    panels.text(choose.remark(row) or "Nothing unusual about this bill.")
    panels.open_model(row)
