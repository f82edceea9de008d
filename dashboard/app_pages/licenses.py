"""Licenses: what may be done with which model, and on what evidence."""

from decimal import Decimal

import streamlit as st

from dashboard import data, figures, licensing, panels
from market.license_case import Case
from market.licenses import License

ANY = "Any"
NOTHING = "No cards of models yet: `modelmarket collect huggingface` brings what the Hub's newest repositories declare."


def page() -> None:
    """Draws the room."""
    st.title("Licenses")
    rows = data.ask(licensing.HEADLINE).rows
    if rows:
        panels.text(licensing.headline(rows), "lead")
    else:
        panels.text(NOTHING, "empty")
    _may_i()
    if rows:
        _models()
        _releases()
        _changes()


def _may_i() -> None:
    st.subheader("May I use it?")
    known = {row["license_id"]: row for row in data.ask(licensing.LICENSES).rows}
    if not known:
        panels.text("No licenses yet: `modelmarket db upgrade` writes the registry.", "empty")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.text_input("Model", key="l_model", bind="query-params", max_chars=120, placeholder="author/slug, or choose", width=260)
        names = list(known)
        chosen = st.selectbox(
            "License", names, index=names.index("MIT") if "MIT" in names else 0, key="l_license", bind="query-params", width=280
        )
        users = st.number_input("Users a month", 0, 10**10, 0, 1_000_000, key="l_users", bind="query-params", width=160)
        revenue = st.number_input("Revenue a year, USD", 0, 10**13, 0, 1_000_000, key="l_revenue", bind="query-params", width=180)
        territory = st.text_input("Seat", key="l_seat", bind="query-params", max_chars=2, placeholder="EU, US …", width=90)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hosting = st.toggle("We serve it to others", key="l_hosting", bind="query-params")
        train = st.toggle("We train on its outputs", key="l_train", bind="query-params")
        military = st.toggle("Military use", key="l_military", bind="query-params")
    case = Case(Decimal(users) or None, Decimal(revenue) or None, hosting, train, military, (territory or "").strip() or None)
    asked = (model or "").strip().lower()
    licensing.answered(_license(asked, chosen, known), case)
    panels.text("Our reading of a text's clauses, not legal advice; the text binds. 0 users or revenue: not asked.")


def _license(asked: str, chosen: str, known: dict[str, data.Row]) -> License | None:
    """The license of the model asked for, else the one chosen; says what it rests on."""
    if not asked:
        return licensing.license_of(known[chosen])
    found = data.ask(licensing.ONE, model=asked).rows
    if not found:
        panels.text(f"No card of {figures.plain(asked)} is on record; choose its license instead.")
        return None
    row = found[0]
    told = f"{figures.plain(row['model'])} declares {figures.plain(row['declared'])}; "
    told += f"in effect: {row['effective_id'] or row['effective_class']}, by {figures.plain(row['comes_from'])}"
    panels.text(f"{told} (own license from {licensing.rests(row)}{'; ' + licensing.conflict(row) if row['conflict'] else ''}).")
    return licensing.license_of(known[row["effective_id"]]) if row["effective_id"] in known else None


def _models() -> None:
    st.subheader("What models declare, and what holds")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("Search", key="l_q", bind="query-params", max_chars=100, placeholder="model", width=240)
        allowed = st.selectbox("Allows", [ANY, *licensing.GROUPS], key="l_allows", bind="query-params", width=180)
        conflicts = st.toggle("Only what needs a look", key="l_look", bind="query-params")
    kind = None if allowed == ANY else allowed
    answer = data.ask(licensing.MODELS, words=data.like(words or ""), allowed=kind, conflicts=conflicts)
    if not answer.rows:
        panels.text("No model fits these filters. Take one away.", "empty")
        return
    chosen = panels.table(answer.rows, licensing.TABLE, "licenses", "Models with their declared and effective licenses", height=420)
    panels.text(
        f"{len(answer.rows)} of {figures.count(answer.total)}. A tag alone is a hint; a text is read at its exact revision. What a "
        "model was made from is what its card says. Select a row for its evidence."
    )
    if chosen:
        panels.evidence(figures.plain(chosen["model"]), licensing.proofs(chosen))
        panels.open_model(chosen)


def _releases() -> None:
    st.subheader("Releases of open weights by what they allow")
    chart = licensing.share(data.ask(licensing.RELEASES).rows, licensing.theme())
    if chart is None:
        panels.text("Fewer than two quarters of releases are on record.", "empty")
        return
    st.altair_chart(chart, width="stretch", key="releases")
    panels.text(
        "By the day of release as listed, for models whose weights are published; unknown: no card of it is on record, or it says nothing."
    )


def _changes() -> None:
    st.subheader("Changes")
    rows = data.ask(licensing.CHANGES).rows
    if not rows:
        panels.text("No model has changed its license tag or text while we looked.", "empty")
        return
    panels.table(rows, licensing.CHANGED, "license-changes", "Changed licenses")
