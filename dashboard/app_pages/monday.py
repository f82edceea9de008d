"""Monday: what moved this week, what is coming, what is new, and how far the numbers can be trusted today."""

from decimal import Decimal
from html import escape

import streamlit as st

from dashboard import columns, coming, data, figures, panels, queries, releases
from dashboard.columns import Column

PER_KIND = 12
KINDS = {
    "cut": "Cheaper", "rise": "Dearer", "announced": "Announced", "new": "New offers", "withdrawn": "Withdrawn",
    "relisted": "Back on sale", "tier_added": "New price tiers", "correction": "Corrected by the source",
}  # fmt: skip
ORDERED = dict.fromkeys(KINDS, "dearest") | dict.fromkeys(("cut", "rise", "announced", "correction"), "largest")


def page() -> None:
    """Draws the room; an empty ledger is told as such."""
    st.title("Monday")
    watch = data.ask(queries.WATCH).rows[0]
    if watch["since"] is None:
        panels.text(panels.NO_PRICES, "empty")
        _sources()
        return
    lead, headline = st.container(), st.container()
    _moves(watch, lead)
    with headline:
        _headline(watch)
    coming.strip()
    releases.section()
    st.subheader("Can the numbers be trusted today?")
    _sources()
    _held()


def _headline(watch: data.Row) -> None:
    size = data.ask(queries.SIZE).rows[0]
    health = data.health().rows
    fresh = sum(row["standing"] == "fresh" for row in health)
    held = sum(row["quarantined"] for row in health)
    panels.figures_row(
        [
            ("Offers on sale", figures.count(size["offers"]), "a model at a provider under one plan"),
            ("Models", figures.count(size["models"]), f"and {figures.count(size['unresolved'])} offers not yet matched to one"),
            ("Providers", figures.count(size["providers"]), "who bill"),
            ("Sources fresh", f"{fresh} of {len(health)}", f"newest run {figures.ago(watch['last'])}"),
            ("Prices held back", figures.count(held), "in quarantine, not believed"),
        ]
    )


def _moves(watch: data.Row, lead: st.delta_generator.DeltaGenerator) -> None:
    rows = data.ask(queries.MOVES, limit=PER_KIND).rows
    kinds = {kind: [row for row in rows if row["kind"] == kind] for kind in KINDS}
    with lead:
        panels.text(_summary(watch, kinds), "lead")
    if not rows:
        return
    chosen = []
    for side, kind in zip(st.columns(2), ("cut", "rise"), strict=True):
        with side:
            st.subheader(f"{KINDS[kind]} this week")
            chosen.append(_listing(kinds[kind], columns.MOVES, kind))
    for row in filter(None, chosen):
        _evidence(row)
    others = [kind for kind in list(KINDS)[2:] if kinds[kind]]
    if not others:
        return
    st.subheader("Other moves, and what is announced")
    kind = st.segmented_control(
        "Kind of move", others, default=others[0], key="moves", required=True, label_visibility="collapsed",
        format_func=lambda kind: f"{KINDS[kind]} {figures.count(kinds[kind][0]['offers_of_kind'])}",
    )  # fmt: skip
    other = _listing(kinds[kind], columns.OTHER_MOVES, kind)
    if other:
        _evidence(other)


def _listing(rows: list[data.Row], shown: list[Column], kind: str) -> data.Row | None:
    if not rows:
        panels.text("None.", "empty")
        return None
    chosen = panels.table(rows, shown, f"moved-{kind}", f"{KINDS[kind]} this week, USD per million tokens")
    total = figures.count(rows[0]["total"])
    panels.text(f"{len(rows)} of {total}, {ORDERED[kind]} first; USD per million tokens (Mtok). Select a row for its evidence.")
    return chosen


def _summary(watch: data.Row, kinds: dict[str, list[data.Row]]) -> str:
    since = f"Watching since {figures.instant(watch['since'])}; newest run {figures.ago(watch['last'])}."
    if not any(kinds.values()):
        if not watch["has_past"]:
            return f"First day: prices are here, but no past to compare them with yet. {since} Moves appear after the next collection."
        return f"No price moved in the last seven days. {since}"
    number = {kind: rows[0]["offers_of_kind"] if rows else 0 for kind, rows in kinds.items()}
    told = f"In the last seven days {figures.count(number['cut'])} offers became cheaper and {figures.count(number['rise'])} dearer"
    told += f"; {figures.count(number['new'])} new ones came, {figures.count(number['withdrawn'])} went. "
    for kind, words in (("cut", "Largest cut"), ("rise", "Largest rise")):
        if kinds[kind]:
            row = kinds[kind][0]
            told += f"{words}: {columns.name(row)} at {figures.plain(row['provider'])}, {figures.change(row['ratio'])}. "
    return told + since


def _evidence(row: data.Row) -> None:
    panels.evidence(
        f"{columns.name(row)} at {figures.plain(row['provider'])}, every move of the week", [_proof(one) for one in row["evidence"]]
    )
    panels.open_model(row)


def _proof(one: data.Row) -> panels.Proof:
    words = (figures.meter(one["meter"], one["condition"]), one["plan"], figures.plain(one["endpoint"], 40) if one["endpoint"] else None)
    old, new = (None if one[side] is None else Decimal(one[side]) for side in ("old_usd", "new_usd"))
    remark = "withdrawn" if new is None else "first price" if old is None else ""
    return panels.Proof(
        what=" · ".join(filter(None, words)),
        value=f"{figures.move(old, new)} {figures.unit(one['meter'])}",
        source=one["source"],
        seen_at=panels.moment(one["seen_at"]),
        address=one["evidence_url"],
        sha256=one["sha256"],
        remark=remark,
    )


def _sources() -> None:
    rows = data.health().rows
    if not rows:
        return
    lines = "".join(
        f'<li title="{escape(figures.instant(row["last_success"]))}"><span class="mm-dot {escape(row["standing"])}"></span>'
        f"<b>{escape(row['source'])}</b><span>{escape(_standing(row))}</span></li>"
        for row in rows
    )
    st.html(f'<ul class="mm-sources">{lines}</ul>')


def _standing(row: data.Row) -> str:
    return columns.unread(row) or f"{row['standing']}, read {figures.ago(row['last_success'])}"


def _held() -> None:
    rows = data.ask(queries.HELD).rows
    if rows:
        told = ", ".join(f"{figures.count(row['n'])} {panels.rule(row).lower()}" for row in rows)
        panels.text(f"Held back and not believed: {told}. The Data page lists each with its reason.")
    else:
        panels.text("Nothing is held back.")
