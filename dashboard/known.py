"""What is known of a model besides prices: under which names it goes, what came out when, and how it did in tests."""

from decimal import Decimal

import streamlit as st

from dashboard import data, figures, panels
from dashboard.columns import Column
from market import frontier

# The model that the name asked for stands for: as somebody's name, else as it is.
MEANT = """
select coalesce(
    (select a.model from market.alias as a where a.provider is null and a.name = %(model)s),
    (select l.resolved_model from market.listing as l where %(model)s in (l.model, l.source_key) and l.resolved_model is not null limit 1),
    %(model)s
) as model
"""
NAMES = """
select name, provider, basis, quantization, dated, points_to, count(*) over () as total, count(provider) over () as sold
from market.alias where model = %(model)s
order by provider nulls first, name limit 60
"""
RELEASES = """
select happened_on, event, basis, source, sources from market.release where model = %(model)s
order by happened_on, event
"""
SCORES = """
select benchmark, value, low, high, effort, harness, self_reported, measured_on, source, model_key from market.score where model = %(model)s
order by benchmark, value desc, source limit 60
"""

EVENTS = {"announced": "announced", "weights": "weights published", "api": "on sale", "retired": "retired by its author"}
BASES = {"stated": "as stated", "repository": "its author's repository was made", "listed": "its entry was made", "seen": "first seen here"}


def _plain(value: Decimal | None) -> str:
    return figures.UNKNOWN if value is None else f"{value:f}"


RESULTS = [
    Column("Test", lambda row: frontier.TESTS.get(row["benchmark"], figures.plain(row["benchmark"], 60)), width=300),
    Column("Result", lambda row: row["value"], "In the test's own unit, higher is better.", _plain, 90),
    Column(
        "Interval", lambda row: "" if row["low"] is None else f"{row['low']:f} to {row['high']:f}", "As its source states it.", width=130
    ),
    Column("Effort", lambda row: figures.plain(row["effort"] or "", 30), "How hard it was let think, where that is said.", width=110),
    Column("Measured by", lambda row: figures.plain(row["harness"] or "", 40), width=150),
    Column("Read", lambda row: figures.day(row["measured_on"]), width=110),
    Column("Source", lambda row: figures.plain(row["source"], 30), width=110),
    Column("Tested as", lambda row: figures.plain(row["model_key"], 80), "The name as that source spells it.", width=240),
]
SPELLINGS = [
    Column("Name", lambda row: figures.plain(row["name"], 120), "As its provider or its source spells it.", width=420),
    Column(
        "Provider", lambda row: figures.plain(row["provider"] or "", 40), "Who bills under this name; empty for one that is no provider's."
    ),
    Column("Rests on", lambda row: row["basis"], "stated, reviewed, author, family or maker; docs/identity.md explains them.", width=110),
    Column("Packing", lambda row: figures.plain(row["quantization"] or "", 20), "Packing of the weights that the name says.", width=90),
    Column("Leads to", lambda row: figures.plain(row["points_to"] or "", 60), "Where the source says that a moving name leads now."),
]


def section(asked: str) -> None:
    """Draws what is known of the model that a name stands for; nothing where it stands for none."""
    meant = data.ask(MEANT, model=asked).rows[0]["model"]
    names = data.ask(NAMES, model=meant)
    if not names.rows:
        return
    releases, scores = data.ask(RELEASES, model=meant).rows, data.ask(SCORES, model=meant).rows
    if releases:
        st.subheader("What came out when")
        words = "; ".join(_said(row) for row in releases)
        panels.text(f"{words[0].upper()}{words[1:]}.")
    if scores:
        st.subheader("Results of tests")
        panels.table(scores, RESULTS, "scores", "Results of tests of this model")
    st.subheader("One model, many names")
    left_out = f" The first {len(names.rows)} are shown." if names.total > len(names.rows) else ""
    panels.text(
        f"{figures.plain(meant, 120)} is known under {figures.count(names.total)} names, "
        f"{figures.count(names.rows[0]['sold'])} of them on sale.{left_out}"
    )
    panels.table(names.rows, SPELLINGS, "names", "Names of this model", height=300 if len(names.rows) > 8 else "content")


def _said(row: data.Row) -> str:
    by = "" if row["basis"] == "seen" else f", {figures.plain(row['source'], 30)}"
    more = f" and {row['sources'] - 1} more" if row["sources"] > 1 else ""
    return f"{EVENTS[row['event']]} {figures.day(row['happened_on'])} ({BASES[row['basis']]}{by}{more})"
