"""Claims: what others say of the market, what came of it, and on what evidence."""

import streamlit as st

from dashboard import claims, data, figures, panels
from market.claim_draft import drafted, foreign, written
from market.claims import VERDICTS

ANY = "Any"
NOTHING = "No claims yet: `modelmarket claims add article` brings the 57 of one article, `modelmarket claims add FILE` your own."
LONGEST = 100_000


def page() -> None:
    """Draws the room."""
    st.title("Claims")
    head = data.ask(claims.HEAD).rows[0]
    if head["claims"]:
        panels.text(claims.headline(head), "lead")
        _table(head)
        _open()
        _scores()
    else:
        panels.text(NOTHING, "empty")
    _paste()


def _table(head: data.Row) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("Search", key="k_q", bind="query-params", max_chars=100, placeholder="model, price …", width=240)
        verdict = st.selectbox("Verdict", [ANY, *VERDICTS], key="k_verdict", bind="query-params", width=160)
        authors = [ANY, *(figures.plain(one, 120) for one in head["authors"] or ())]
        author = st.selectbox("Author", authors, key="k_author", bind="query-params", width=240)
        own = st.toggle("Own numbers disagree", key="k_own", bind="query-params")
    answer = data.ask(
        claims.CLAIMS, words=data.like(words or ""), verdict=None if verdict == ANY else verdict,
        author=None if author == ANY else author, own=own,
    )  # fmt: skip
    if not answer.rows:
        panels.text("No claim fits these filters. Take one away.", "empty")
        return
    chosen = panels.table(answer.rows, claims.TABLE, "claims", "Claims with their verdicts", height=420)
    checked = f"checked {figures.ago(head['checked_at'])}" if head["checked_at"] else "not checked yet"
    panels.text(f"{len(answer.rows)} of {answer.total}, {checked}; checked again every night. Select a row for its evidence and history.")
    if chosen:
        claims.proofs(chosen)
        claims.past(chosen)


def _open() -> None:
    st.subheader("Predictions still open")
    rows = data.ask(claims.OPEN).rows
    if rows:
        panels.table(rows, claims.DUE, "claims-open", "Predictions with their day and today's standing")
    else:
        panels.text("None.")
    flips = data.ask(claims.FLIPS).rows
    if flips:
        st.subheader("Verdicts that flipped")
        panels.table(flips, claims.FLIPPED, "claims-flipped", "Verdicts that became others")


def _scores() -> None:
    st.subheader("Who was right")
    claims.scorecard(data.ask(claims.SCORES).rows)


def _paste() -> None:
    st.subheader("Paste an article")
    text = st.text_area(
        "Its text", key="k_article", max_chars=LONGEST, height=160,
        placeholder="Sentences with a known model and a price, date, share, size or license are found by rule; nothing is kept or sent.",
    )  # fmt: skip
    if not text or not text.strip():
        return
    names = {row["called"]: row["model"] for row in data.ask(claims.NAMES).rows}
    found, unconverted = drafted(text, names), foreign(text)
    if not found and not unconverted:
        panels.text("Nothing in it looks like a claim about a known model, price, license or date.", "empty")
        return
    panels.text(f"{len(found)} candidates. Go over them, save them as a file, and `modelmarket claims check FILE` gives the verdicts.")
    st.code(written(found[:200], "pasted", unconverted), language="yaml", height=400)
