"""Monday: what moved this week, what is new, and how far the numbers can be trusted today."""

from decimal import Decimal
from html import escape

import streamlit as st

from dashboard import data, figures, panels, queries
from dashboard.panels import Column

PER_KIND = 12
KINDS = {
    "cut": "Cheaper", "rise": "Dearer", "new": "New offers", "withdrawn": "Withdrawn", "relisted": "Back on sale",
    "tier_added": "New price tiers", "correction": "Corrected by the source",
}  # fmt: skip
MOVED = [
    Column("Model", panels.name, "The canonical name, or the source's own spelling.", pinned=True, width=230),
    Column("Provider", panels.provider, "Who bills.", width=120),
    Column("Change", lambda row: row["ratio"], "Largest change of any price of this offer.", figures.change, width=72),
    Column("Input, USD/Mtok", lambda row: figures.move(row["input_old"], row["input_new"]), "USD per million input tokens.", right=True, width=128),
    Column("Output, USD/Mtok", lambda row: figures.move(row["output_old"], row["output_new"]), "USD per million output tokens.", right=True, width=132),
]  # fmt: skip
LISTED = [
    *MOVED[:2],
    Column("Plan", lambda row: row["plan"], width=80),
    *MOVED[3:],
    Column("Prices", lambda row: ", ".join(figures.meter(name) for name in sorted(row["meters"])), "Which prices moved.", width=200),
    Column("When", lambda row: figures.ago(row["changed_at"]), width=100),
]
RELEASED = [
    Column("Model", panels.name, pinned=True, width=260),
    Column("Released", lambda row: row["released_on"].isoformat(), "Day, UTC.", width=90),
    Column("Basis", lambda row: row["released_on_basis"], "stated: a source gives the date. listed: the day its entry was made.", width=70),
    Column("Weights", lambda row: "open" if row["open_weights"] else figures.UNKNOWN if row["open_weights"] is None else "closed", width=75),
    Column("Context, tokens", lambda row: row["context_tokens"], "Longest prompt and answer together.", figures.tokens, width=105),
    Column("Input, USD/Mtok", lambda row: row["input_usd"], "USD per million input tokens at the cheapest offer.", figures.money, width=110),
    Column("Output, USD/Mtok", lambda row: row["output_usd"], "USD per million output tokens, same offer.", figures.money, width=115),
    Column("At", lambda row: figures.plain(row["provider"]), "Provider of the cheapest standard offer, 3 input to 1 output.", width=120),
    Column("Offers", lambda row: row["offers"], "Priced standard offers.", figures.count, width=65),
]


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
    st.subheader("Newest releases")
    _releases()
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
            chosen.append(_listing(kinds[kind], MOVED, kind))
    others = [kind for kind in list(KINDS)[2:] if kinds[kind]]
    if others:
        st.subheader("Other moves this week")
        kind = st.segmented_control(
            "Kind of move", others, default=others[0], key="moves", required=True, label_visibility="collapsed",
            format_func=lambda kind: f"{KINDS[kind]} {figures.count(kinds[kind][0]['total'])}",
        )  # fmt: skip
        chosen.append(_listing(kinds[kind], LISTED, kind))
    for row in chosen:
        if row:
            _evidence(row)


def _listing(rows: list[data.Row], columns: list[Column], kind: str) -> data.Row | None:
    if not rows:
        panels.text("None.", "empty")
        return None
    chosen = panels.table(rows, columns, f"moved-{kind}", f"{KINDS[kind]} this week, USD per million tokens")
    panels.text(f"The largest {len(rows)} of {figures.count(rows[0]['total'])} offers. Select a row for its evidence.")
    return chosen


def _summary(watch: data.Row, kinds: dict[str, list[data.Row]]) -> str:
    since = f"Watching since {figures.instant(watch['since'])}; newest run {figures.ago(watch['last'])}."
    if not any(kinds.values()):
        if not watch["has_past"]:
            return f"First day: prices are here, but no past to compare them with yet. {since} Moves appear after the next collection."
        return f"No price moved in the last seven days. {since}"
    number = {kind: rows[0]["total"] if rows else 0 for kind, rows in kinds.items()}
    told = f"In the last seven days {figures.count(number['cut'])} offers became cheaper and {figures.count(number['rise'])} dearer"
    told += f"; {figures.count(number['new'])} are new, {figures.count(number['withdrawn'])} were withdrawn. "
    for kind, words in (("cut", "Largest cut"), ("rise", "Largest rise")):
        if kinds[kind]:
            row = kinds[kind][0]
            told += f"{words}: {panels.name(row)} at {figures.plain(row['provider'])}, {figures.change(row['ratio'])}. "
    return told + since


def _evidence(row: data.Row) -> None:
    proofs = [
        panels.Proof(
            figures.meter(one["meter"], one["condition"]),
            figures.move(*(None if one[side] is None else Decimal(one[side]) for side in ("old_usd", "new_usd")))
            + f" {figures.unit(one['meter'])}",
            one["source"], panels.moment(one["seen_at"]), one["evidence_url"], one["sha256"], KINDS[row["kind"]].lower(),
        )
        for one in row["evidence"]
    ]  # fmt: skip
    panels.evidence(f"{panels.name(row)} at {panels.provider(row)}, {row['plan']}", proofs)
    panels.open_model(row)


def _releases() -> None:
    rows = data.ask(queries.RELEASES, limit=PER_KIND).rows
    if not rows:
        panels.text("No source has stated a release date yet; `modelmarket collect huggingface openrouter models_dev` brings them.", "empty")
        return
    chosen = panels.table(rows, RELEASED, "releases", "Newest models")
    if chosen:
        panels.open_model(chosen)


def _sources() -> None:
    rows = data.health().rows
    if not rows:
        return
    lines = "".join(
        f'<li title="{escape(figures.instant(row["last_success"]))}"><span class="mm-dot {escape(row["standing"])}"></span>'
        f"<b>{escape(row['source'])}</b><span>{escape(row['standing'])}, read {escape(figures.ago(row['last_success']))}</span></li>"
        for row in rows
    )
    st.html(f'<ul class="mm-sources">{lines}</ul>')


def _held() -> None:
    rows = data.ask(queries.HELD).rows
    if rows:
        told = ", ".join(f"{figures.count(row['n'])} {panels.RULES.get(row['rule'], row['rule'])}" for row in rows)
        panels.text(f"Held back and not believed: {told}. The Data page lists each with its reason.")
    else:
        panels.text("Nothing is held back.")
