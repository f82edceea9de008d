"""What is known of a model besides prices: under which names it goes, what came out when, how it did in tests, what its license allows."""

from decimal import Decimal

import streamlit as st

from dashboard import data, figures, licensing, panels
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

# What is declared of it, by whichever name the card goes, with what the license in effect says and where.
LICENSED = """
select
    m.declared, m.effective_id, m.effective_class, m.commercial_use, m.basis, m.comes_from, m.conflict, m.source, m.seen_at, m.evidence_url,
    m.repository, m.text_file, m.text_revision, m.text_match, m.text_sha256, m.text_seen_at, m.text_nearest_id, m.text_flags, m.text_said,
    l.name, l.clauses
from market.model_license as m
left join market.license as l on l.license_id = m.effective_id
where m.model = %(model)s or m.model in (select a.name from market.alias as a where a.model = %(model)s and a.provider is null)
order by m.effective_class = 'unknown', array_position('{text,unreviewed,card,tag_only}', m.basis), m.seen_at desc, m.model limit 12
"""
TRAINED = "select training_flop, training_datapoints, source, model_key from market.training where model = %(model)s"
PROBES = """
select artifact, quantization, machine, test, tps, tps_lo, tps_hi, roofline_share, verdict, made_at from market.probe
where model = %(model)s or model in (select a.name from market.alias as a where a.model = %(model)s and a.provider is null)
order by machine, artifact, test limit 40
"""

OPEN_LLM = {
    "average": "average", "ifeval": "IFEval", "bbh": "BBH", "math": "MATH level 5", "gpqa": "GPQA", "musr": "MuSR", "mmlu_pro": "MMLU-Pro",
}  # fmt: skip
TESTS = frontier.TESTS | {f"open_llm_{test}": f"Open LLM Leaderboard, {name}" for test, name in OPEN_LLM.items()}
EVENTS = {"announced": "announced", "weights": "weights published", "api": "on sale", "retired": "retired by its author"}
BASES = {"stated": "as stated", "repository": "its author's repository was made", "listed": "its entry was made", "seen": "first seen here"}


def _plain(value: Decimal | None) -> str:
    return figures.UNKNOWN if value is None else f"{value:f}"


def _tps(value: Decimal | None) -> str:
    return figures.UNKNOWN if value is None else f"{value:,.1f}"


def _share(value: Decimal | None) -> str:
    return figures.UNKNOWN if value is None else f"{value:.0%}"


RESULTS = [
    Column("Test", lambda row: TESTS.get(row["benchmark"], figures.plain(row["benchmark"], 60)), width=300),
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
LICENSES = [
    Column("In effect", lambda row: figures.plain(row["effective_id"] or row["effective_class"], 40), "Along its descent.", width=190),
    Column("Class", lambda row: figures.plain(row["effective_class"], 30), "Most restrictive of its own and its ancestors'.", width=140),
    Column("Commerce", lambda row: row["commercial_use"], "Commercial use: yes, limited, no or unknown.", width=90),
    Column("Declared", lambda row: figures.plain(row["declared"] or "", 40), "The card's tag, as given.", width=120),
    Column("Rests on", licensing.rests, "Its own license file or card where a reviewed text was read, else its card's tag.", width=190),
    Column("Binding model", lambda row: figures.plain(row["comes_from"], 80), "The repository whose license binds.", width=260),
    Column("Said by", lambda row: row["source"], "Who carries the card.", width=120),
    Column("Look at", licensing.conflict, "Where the declared license, the texts and the lineage do not fit together.", width=260),
]
PROBED = [
    Column("Machine", lambda row: figures.plain(row["machine"], 60), width=240),
    Column("Artifact", lambda row: figures.plain(row["artifact"], 100), "The weight file.", width=280),
    Column("Packing", lambda row: figures.plain(row["quantization"] or "", 20), width=90),
    Column("Test", lambda row: row["test"], "pp: reading a prompt, tg: writing; with the number of tokens.", width=90),
    Column("Tokens/s", lambda row: row["tps"], "Measured by us.", _tps, 90),
    Column("Interval", lambda row: f"{_tps(row['tps_lo'])} to {_tps(row['tps_hi'])}", "95%.", width=130),
    Column("Of the possible", lambda row: row["roofline_share"], "Share of what the machine could do at most.", _share, 110),
    Column("Verdict", lambda row: figures.plain(row["verdict"], 20), width=100),
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
    for row in data.ask(TRAINED, model=meant).rows:
        panels.text(_trained(row))
    if scores:
        st.subheader("Results of tests")
        panels.table(scores, RESULTS, "scores", "Results of tests of this model")
    _license(meant)
    _probes(meant)
    st.subheader("One model, many names")
    left_out = f" The first {len(names.rows)} are shown." if names.total > len(names.rows) else ""
    panels.text(
        f"{figures.plain(meant, 120)} is known under {figures.count(names.total)} names, "
        f"{figures.count(names.rows[0]['sold'])} of them on sale.{left_out}"
    )
    panels.table(names.rows, SPELLINGS, "names", "Names of this model", height=300 if len(names.rows) > 8 else "content")


def _trained(row: data.Row) -> str:
    """What its training took, with who says so."""
    told = [f"about {row['training_flop']:.1e} operations".replace("e+", " × 10^")] if row["training_flop"] else []
    told += [f"{figures.parameters(row['training_datapoints'])} datapoints (tokens or words of text)"] if row["training_datapoints"] else []
    return (
        f"Its training took {' on '.join(told)}, as {figures.plain(row['source'], 30)} estimates of {figures.plain(row['model_key'], 60)}."
    )


def _license(meant: str) -> None:
    """The license in effect, in a sentence with its clause, and the evidence of each card."""
    rows = data.ask(LICENSED, model=meant).rows
    if not rows:
        return
    st.subheader("License")
    first = rows[0]
    told = (
        f"{figures.plain(first['name'] or first['effective_id'] or first['effective_class'], 60)}: commercial use {first['commercial_use']}"
    )
    term = (first["clauses"] or {}).get("commercial_use") or {}
    told += f" (clause {figures.plain(term['clause'], 40)})" if term.get("clause") else ""
    own = first["comes_from"] == first["repository"].lower()
    basis = f"From {licensing.rests(first)}" + (f" at {first['text_revision'][:12]}" if first["basis"] == "text" else "")
    told += f". {basis}" if own else f". It binds through {figures.plain(first['comes_from'], 80)}"
    panels.text(f"{told}. {figures.plain(term.get('says') or '', 200)}".strip())
    chosen = panels.table(rows, LICENSES, "model-licenses", "License of this model, by card")
    if chosen:
        panels.evidence(f"License of {figures.plain(meant, 120)}", licensing.proofs(chosen))


def _probes(meant: str) -> None:
    """How fast we measured it to run; nothing where we have not."""
    rows = data.ask(PROBES, model=meant).rows
    if rows:
        st.subheader("How fast it runs on our machines")
        panels.table(rows, PROBED, "model-probes", "Tokens a second of this model, measured by us")


def _said(row: data.Row) -> str:
    by = "" if row["basis"] == "seen" else f", {figures.plain(row['source'], 30)}"
    more = f" and {row['sources'] - 1} more" if row["sources"] > 1 else ""
    return f"{EVENTS[row['event']]} {figures.day(row['happened_on'])} ({BASES[row['basis']]}{by}{more})"
