"""One model: its price history per provider, its offers now, and the evidence of each number."""

from datetime import datetime, timedelta
from decimal import Decimal
from html import escape

import streamlit as st

from dashboard import columns, data, figures, known, panels, past, queries, queries_past, service
from market import units


def draw(asked: str, offer: str | None) -> None:
    """Draws the room of one model, by canonical name or as a source spells it."""
    st.page_link(st.session_state["pages"]["prices"], label="All prices", icon=":material/arrow_back:")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(f'<h1 class="mm-name"><bdi>{escape(figures.plain(asked, 160))}</bdi></h1>', width="content")
        at = past.known()
    prices = data.ask(queries_past.OFFERS_THEN, model=asked, known=at) if at else data.ask(queries.OFFERS, model=asked)
    if at:
        panels.text(f"As known at the end of {figures.day(at - timedelta(days=1))}: prices, changes and evidence of that day.", "banner")
    if not prices.rows:
        when = "then" if at else "now"
        panels.text(
            f"Nothing is on sale under this name {when}. Names look like author/slug; search the board of all prices for a part of it.",
            "empty",
        )
    _facts(asked)
    if prices.rows:
        offers = _offers(prices.rows)
        _headline(offers)
    past.history(asked, [row["plan"] for row in prices.rows], {row["meter"] for row in prices.rows}, at)
    if prices.rows:
        _table(offers, prices, offer, at)
    if not at:
        _waiting(asked)
        service.section(asked)
        known.section(asked)


def _facts(asked: str) -> None:
    known = data.ask(queries.MODEL, model=asked).rows
    if not known:
        return
    fact = known[0]
    weights = {True: "open weights", False: "closed weights", None: "weights unknown"}[fact["open_weights"]]
    released = (
        f"released {figures.day(fact['released_on'])} ({fact['released_on_basis']})" if fact["released_on"] else "release date unknown"
    )
    told = [released, weights, f"context {figures.tokens(fact['context_tokens'])} tokens"]
    if fact["parameters_total"]:
        told.append(f"{figures.parameters(fact['parameters_total'])} parameters")
    if fact["license_tag"]:
        told.append(f"license tag {figures.plain(fact['license_tag'], 40)} (a tag, not a verdict)")
    words = "; ".join(told)
    panels.text(f"{words[0].upper()}{words[1:]}.")


def _offers(rows: list[data.Row]) -> list[data.Row]:
    """One row per thing on sale: its unconditional chat prices side by side, and every price of it under `prices`."""
    offers: dict[str, data.Row] = {}
    for row in rows:
        offer = offers.setdefault(row["thing"], {**row, **dict.fromkeys(figures.METERS), "prices": []})
        offer["prices"].append(row)
        offer["held"] = offer["held"] or row["held"]
        if row["condition"] is None and row["meter"] in figures.METERS:
            offer[row["meter"]] = row["price_usd"]
    for offer in offers.values():
        shown = [row for row in offer["prices"] if row["condition"] is None and row["meter"] in figures.METERS] or offer["prices"]
        weakest = min(shown, key=lambda row: Decimal(row["agreement"]) / (row["sources_asked"] or 1))
        offer |= {name: weakest[name] for name in ("agreement", "sources_asked", "source", "seen_at")}
        offer["stated"] = _stated(shown)
        offer["spread"] = max((row["spread"] for row in shown if row["spread"] is not None), default=None)
    return sorted(offers.values(), key=_blend)


def _stated(prices: list[data.Row]) -> str:
    """`2 / 8 CNY`: the amounts of an offer in the currency its source states; empty where that is USD."""
    said: dict[str, list[str]] = {}
    for meter in figures.METERS:
        for row in prices:
            if row["meter"] == meter and row["native"] is not None:
                said.setdefault(row["currency"], []).append(f"{units.plain(row['native']):f}")
    return ", ".join(f"{' / '.join(amounts)} {currency}" for currency, amounts in said.items())


def _both(row: data.Row) -> str:
    """The amount as stated in another currency, and the day of the rate that made USD of it."""
    if row["native"] is None:
        return ""
    rate = f", in USD by the rate of {figures.day(row['rate_on'])}" if row["rate_on"] else ""
    return f" (stated: {figures.native(row['native'], row['currency'])}{rate})"


def _waiting(asked: str) -> None:
    """Says which prices have no USD, and why."""
    for row in data.ask(queries.WAITING, model=asked).rows:
        prices = f"{figures.count(row['prices'])} price{'s are' if row['prices'] > 1 else ' is'}"
        panels.text(f"{prices} stated in {figures.plain(row['currency'], 12)} only, without USD: no rate of that week is loaded yet.")


def _blend(offer: data.Row) -> tuple[bool, bool, Decimal]:
    """Standard plans first, then priced ones, cheapest first by three input to one output."""
    read, written = offer["input_mtok"], offer["output_mtok"]
    blend = Decimal(0) if read is None or written is None else (3 * read + written) / 4
    return offer["plan"] != "standard", blend == 0, blend


def _headline(offers: list[data.Row]) -> None:
    priced = [offer for offer in offers if offer["plan"] == "standard" and _blend(offer)[2] > 0]
    pairs = [
        ("Offers", figures.count(len(offers)), f"of {figures.count(len({offer['provider'] for offer in offers}))} providers, all plans")
    ]
    if priced:
        low, high = priced[0], priced[-1]
        middle = sorted(_blend(offer)[2] for offer in priced)[len(priced) // 2]
        pairs += [
            ("Cheapest input", figures.money(low["input_mtok"]), f"USD per million tokens, at {columns.provider(low)}"),
            ("Its output", figures.money(low["output_mtok"]), "USD per million tokens, same offer"),
            ("Middle blend 3:1", figures.money(middle), "USD per million tokens, half the standard offers cost less"),
            ("Dearest over cheapest", figures.times(_blend(high)[2] / _blend(low)[2]), f"blend 3:1; dearest at {columns.provider(high)}"),
        ]
    panels.figures_row(pairs)


def _table(offers: list[data.Row], prices: data.Answer, offer: str | None, at: datetime | None) -> None:
    st.subheader("On sale then" if at else "On sale now")
    left_out = f" {figures.count(prices.total - len(prices.rows))} further prices are left out." if prices.total > len(prices.rows) else ""
    panels.text(f"{figures.count(len(offers))} offers, cheapest standard first. Select a row for the evidence of each number.{left_out}")
    place = next((place for place, one in enumerate(offers) if one["thing"] == offer), None)
    chosen = panels.table(
        offers,
        [*columns.OFFERS[:4], columns.STATED, *columns.OFFERS[4:]] if any(one["stated"] for one in offers) else columns.OFFERS,
        "offers",
        "Offers of this model, USD per million tokens",
        height=420 if len(offers) > 13 else "content",
        selected=place,
    )
    if not chosen:
        return
    proofs = [
        panels.Proof(
            figures.meter(row["meter"], row["condition"]), f"{figures.exact(row['price_usd'])} {figures.unit(row['meter'])}{_both(row)}",
            row["source"], row["seen_at"], row["evidence_url"], row["sha256"],
            f"{columns.agree(row)} sources agree; in force since {figures.instant(row['valid_from'])}"
            f" ({row['valid_from_basis']})" + (f"; a newer price is held back by rule {row['held']}" if row["held"] else ""),
        )
        for row in chosen["prices"]
    ]  # fmt: skip
    panels.evidence(
        f"{columns.name(chosen)} at {columns.provider(chosen)}, {chosen['plan']}, listed as {figures.plain(chosen['source_key'])}", proofs
    )
    if chosen["tps_p50"] is not None:
        panels.text(
            f"Speed: {figures.count(chosen['tps_p50'])} tokens/s, measured by {chosen['measured_by']} {figures.ago(chosen['measured_at'])}."
        )
