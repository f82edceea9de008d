"""Whom to believe: where sources disagree, who is how late, and who copies whom; panels of the room Data."""

import streamlit as st

from dashboard import columns, columns_past, data, figures, panels, queries_past

PAGE_ROWS, LATEST, PAIRS = 15, 30, 20
ANY = "all"
ENOUGH = 10  # prices two sources must share before their equality says anything


def disagreements() -> None:
    """Draws what sources state otherwise than what is believed, the largest money first."""
    st.subheader("Where sources disagree")
    sources = [row["source"] for row in data.health().rows]
    source = st.selectbox("Source", [ANY, *sorted(sources)], key="doubted", width=220)
    place = int(st.session_state.get("doubt_page") or 1)
    _, answer = data.ask_page(queries_past.DISAGREEMENTS, place, PAGE_ROWS, source=None if source == ANY else source)
    if not answer.rows:
        panels.text("No independent source that is still read states another price than the believed one.", "empty")
        return
    row = panels.table(answer.rows, columns_past.DISAGREEMENTS, "disagreements", "Prices that sources state otherwise, largest money first")
    panels.text(
        f"{figures.count(answer.total)} prices that an independent source states otherwise, the largest money first: what a bill for a "
        "million tokens, three input to one output, would differ by. Copies of the believed source are left out. "
        "Select a row for both pages."
    )
    pages = -(-answer.total // PAGE_ROWS)
    if pages > 1:
        st.pagination(pages, key="doubt_page")
    if row:
        _both(row)


def _both(row: data.Row) -> None:
    """Both statements of a disagreement with their pages."""
    what = figures.meter(row["meter"], row["condition"])
    proofs = [
        panels.Proof(
            f"{what}, {words}", f"{figures.exact(row[f'{side}_usd'])} {figures.unit(row['meter'])}", row[f"{side}_source"],
            row[f"{side}_seen_at"], row[f"{side}_url"], row[f"{side}_sha256"], remark,
        )
        for side, words, remark in (
            ("believed", "believed", f"{row['agreement']} independent sources state it"),
            ("other", "otherwise", f"listed as {figures.plain(row['other_key'])}; last read {figures.ago(row['other_read_at'])}"),
        )
    ]  # fmt: skip
    panels.evidence(f"{columns.name(row)} at {figures.plain(row['provider'])}, {row['plan']}", proofs)
    panels.open_model(row)


def lag() -> None:
    """Draws the league table of who is how late, and the latest moves of the one selected."""
    st.subheader("Who is how late")
    providers = [row["provider"] for row in data.ask(queries_past.LAG_OF).rows]
    if not providers:
        panels.text(
            "No price that two sources state has moved yet, so none can have been late. A `modelmarket backfill` brings the past.", "empty"
        )
        return
    chosen = st.selectbox("Provider", [ANY, *providers], key="lag_provider", width=220)
    provider = None if chosen == ANY else chosen
    row = panels.table(
        data.ask(queries_past.LAG, provider=provider).rows, columns_past.LAG, "lag", "How late each source shows a move, days"
    )
    panels.text(
        "Days after the first source to show a cut or a rise, where at least two could show it. No source is earlier than its pages were "
        "read here: the past that a data repository tells is as fine as its commits. Select a source for its latest arrivals."
    )
    if not row:
        return
    late = data.ask(queries_past.LATEST, source=row["source"], provider=provider, limit=LATEST).rows
    if not late:
        panels.text(f"{row['source']} was never late here.", "empty")
        return
    panels.table(
        late,
        columns_past.LATE,
        "late",
        f"Moves that {row['source']} showed late or never",
        height=panels.ROW_HEIGHT * min(len(late) + 1, 12) + 3,
    )


def copies() -> None:
    """Draws pairs of sources with what they state and move alike."""
    st.subheader("Who copies whom")
    providers = sorted(row["provider"] for row in data.ask(queries_past.COPIED_OF, least=ENOUGH).rows)
    if not providers:
        panels.text("No two sources state enough of the same prices to compare them yet.", "empty")
        return
    chosen = st.selectbox("Prices of", [ANY, *providers], key="copy_provider", width=220)
    rows = data.ask(queries_past.COPIES, provider=None if chosen == ANY else chosen, least=ENOUGH, limit=PAIRS).rows
    panels.table(
        rows,
        columns_past.COPIES,
        "copies",
        "Pairs of sources and what they state alike",
        height=panels.ROW_HEIGHT * min(len(rows) + 1, 13) + 3,
    )
    panels.text(
        "Equal prices alone prove nothing: two careful sources are equal too. A copy is equal and moves on the same day. "
        "Known copies are kept as facts and count as one where they agree."
    )
