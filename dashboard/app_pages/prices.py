"""Prices: what is on sale at what price now; one row chosen, its model's history and every offer with its evidence."""

import streamlit as st

from dashboard import columns, columns_past, data, figures, panels, queries, queries_past
from dashboard.app_pages import model

PAGE_ROWS = 30
OFFERS, SPREAD = "All offers", "Providers apart"
ANY = "Any"
CONTEXTS = {ANY: 0, "32k": 32_000, "128k": 128_000, "200k": 200_000, "1M": 1_000_000}


def page() -> None:
    """Draws one model where the address names one, else the board."""
    asked = st.query_params.get("model", "").replace("\0", "")
    if asked:
        model.draw(asked[:400], st.query_params.get("offer"))
    else:
        st.title("Prices")
        view = st.segmented_control(
            "View", [OFFERS, SPREAD], default=OFFERS, key="view", required=True, label_visibility="collapsed", bind="query-params"
        )
        _spread() if view == SPREAD else _board()


def _board() -> None:
    choices = data.ask(queries.CHOICES).rows
    if not choices:
        panels.text(panels.NO_PRICES, "empty")
        return
    asked, order = _filters(choices)
    place, answer = data.ask_page(queries.BOARD.format(order=queries.ORDERS[order]), _place(), PAGE_ROWS, **asked)
    if not answer.rows:
        panels.text("No offer fits these filters. Take one away, or look for fewer words.", "empty")
        return
    first = (place - 1) * PAGE_ROWS + 1
    panels.text(
        f"Offers {figures.count(first)} to {figures.count(first + len(answer.rows) - 1)} of {figures.count(answer.total)}. All prices are "
        "USD per million tokens (Mtok). Select a row for the model's price history and the evidence of each number."
    )
    row = panels.table(answer.rows, columns.BOARD, "board", "Offers on sale, USD per million tokens")
    pages = -(-answer.total // PAGE_ROWS)
    if pages > 1:
        st.pagination(pages, key="page", bind="query-params")
    if row:
        st.query_params.from_dict({"model": panels.model_key(row), "offer": row["thing"]})
        st.rerun()


def _place() -> int:
    """The page asked for; on the first run only the address knows it, the widget below the table does not yet."""
    asked = str(st.session_state.get("page") or st.query_params.get("page", "1"))
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < int(asked[:9]) <= 10_000 else 1


def _filters(choices: list[data.Row]) -> tuple[dict[str, object], str]:
    """What the reader asks for, as parameters of the query, and the order."""
    plans = [row["plan"] for row in choices if row["plan"]]
    providers = sorted(row["provider"] for row in choices if row["provider"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("Search", key="q", bind="query-params", max_chars=100, placeholder="model or provider", width=300)
        provider = st.selectbox("Provider", [ANY, *providers], key="provider", bind="query-params", width=190)
        plan = st.selectbox(
            "Plan", [*plans, ANY], index=plans.index("standard") if "standard" in plans else 0, key="plan", bind="query-params", width=140
        )
        context = st.selectbox("Context at least", list(CONTEXTS), key="context", bind="query-params", width=130)
        order = st.selectbox("Order", list(queries.ORDERS), key="order", bind="query-params", width=200)
        opened = st.toggle("Open weights only", key="open", bind="query-params")
        priced = st.toggle("Hide free or unpriced", value=True, key="priced", bind="query-params")
    asked = {
        "words": data.like(words or ""), "provider": None if provider == ANY else provider, "plan": None if plan == ANY else plan,
        "context": CONTEXTS[context], "open": opened, "priced": priced,
    }  # fmt: skip
    return asked, order


def _spread() -> None:
    """What the providers of one model ask, those furthest apart first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("Search", key="q", bind="query-params", max_chars=100, placeholder="model", width=300)
        meter = st.selectbox("Price of", ["input_mtok", "output_mtok"], index=1, format_func=figures.meter, key="spread_meter", width=140)
        least = st.selectbox("Providers at least", [2, 3, 5, 10, 20], index=1, key="spread_least", width=150)
    asked = {"meter": meter, "providers": least, "words": data.like(words or "")}
    _, answer = data.ask_page(queries_past.SPREADS, _place(), PAGE_ROWS, **asked)
    if not answer.rows:
        panels.text("No model with so many providers that state a price. Ask for fewer, or look for fewer words.", "empty")
        return
    row = panels.table(answer.rows, columns_past.SPREADS, "spreads", "Models by how far their providers are apart, USD per million tokens")
    panels.text(
        f"{figures.count(answer.total)} models, furthest apart first: standard plan, no condition, prices above 0, each provider by its "
        "cheapest endpoint. Quantization and service differ; select a model for its offers."
    )
    pages = -(-answer.total // PAGE_ROWS)
    if pages > 1:
        st.pagination(pages, key="page", bind="query-params")
    if row:
        st.query_params.from_dict({"model": row["model"]})
        st.rerun()
