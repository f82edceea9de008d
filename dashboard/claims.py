"""What others say of the market, and what came of it: questions to the claim views, columns, and the parts of the page."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Any

import streamlit as st

from dashboard import data, figures, panels
from dashboard.columns import Column, number
from market.claims import VERDICTS

HEAD = """
select
    count(*) as claims,
    count(*) filter (where inconsistent) as inconsistent,
    max(checked_at) as checked_at,
    array_agg(verdict order by verdict) as verdicts,
    array_agg(distinct author) filter (where author is not null) as authors
from market.claim
"""
CLAIMS = """
select *, count(*) over () as total from market.claim
where
    statement ilike all(%(words)s)
    and (%(verdict)s::text is null or verdict = %(verdict)s)
    and (%(author)s::text is null or author = %(author)s)
    and (not %(own)s or inconsistent)
order by
    array_position('{contradicted,mixed,open,supported,undecidable,opinion}'::text[], verdict), inconsistent desc, source, claim_id
limit 300
"""
OPEN = "select claim_id, statement, author, due_on, reason from market.claim where verdict = 'open' order by due_on, claim_id limit 50"
FLIPS = """
select w.claim_id, c.statement, w.checked_at, w.was, w.verdict, w.reason
from market.claim_verdict as w inner join market.claim as c using (claim_id)
where w.flipped order by w.checked_at desc, w.claim_id limit 50
"""
# Nights on which nothing changed are one line.
PAST = """
select checked_at, verdict, reason from (
    select *, lag(verdict || reason) over (order by checked_at) as before from market.claim_verdict where claim_id = %(claim)s
) as told
where before is distinct from verdict || reason order by checked_at desc limit 20
"""
SCORES = "select * from market.claim_score order by claims desc, author, source limit 100"
NAMES = """
select distinct on (called) called, model
from (
    select model, count(distinct provider) as providers from market.price where model is not null group by model
    union all
    select distinct subject, 1000 from market.claim where subject like '%%/%%'
) as known cross join lateral lower(split_part(model, '/', 2)) as name (called)
where length(called) >= 4
order by called, providers desc, model
"""
COLORS = {"supported": "#2e7d4f", "contradicted": "#b3382c", "mixed": "#a86a00", "open": "#2a6fb0"}


def words(row: data.Row, field: str, limit: int = 300) -> str:
    """Foreign words of a field; empty where there are none."""
    return figures.plain(row[field], limit) if row[field] else ""


def headline(row: data.Row) -> str:
    """How many claims came to what, in two sentences."""
    given = [verdict for verdict in row["verdicts"] if verdict]
    told = ", ".join(f"{given.count(verdict)} {verdict}" for verdict in VERDICTS if verdict in given)
    waiting = row["claims"] - len(given)
    parts = [f"{row['claims']} claims: {told}." if told else f"{row['claims']} claims."]
    parts += [f"{row['inconsistent']} disagree with their own numbers."] if row["inconsistent"] else []
    parts += [f"{waiting} wait for their first check; `modelmarket claims check` makes it."] if waiting else []
    return " ".join(parts)


def proofs(row: data.Row) -> None:
    """Verdict, reason, and every row that the verdict rests on, with who says it and where it can be read."""
    color = COLORS.get(row["verdict"] or "", "inherit")
    confidence = f" · confidence {row['confidence']}" if row["confidence"] else ""
    st.html(
        f'<div class="mm-evidence"><h4><bdi>{escape(figures.plain(row["statement"], 400))}</bdi></h4><p><b style="color:{color}">'
        f"{escape(str(row['verdict']))}</b>{escape(confidence)} · {escape(figures.plain(row['reason'], 900))}</p></div>"
    )
    lines = [line for line in row["evidence"] or [] if isinstance(line, dict)][:30]
    if not lines:
        panels.text("No row on record bears on it.")
        return
    st.html(
        '<div class="mm-evidence"><h4>What it rests on</h4><div class="mm-scroll"><table><thead><tr><th>What</th><th>Value</th>'
        "<th>Said by</th><th>From</th><th>Until</th><th>Page</th><th>Row</th></tr></thead>"
        f"<tbody>{''.join(_line(line) for line in lines)}</tbody></table></div></div>"
    )


def _line(line: dict[str, Any]) -> str:
    address = figures.link(line.get("url"))
    page = f'<a href="{escape(address)}" rel="noopener noreferrer nofollow" target="_blank">open</a>' if address else figures.UNKNOWN
    what = f"{line['metric'].replace('_', ' ')} of {line['subject']}" + (f" at {line['provider']}" if line.get("provider") else "")
    told = (what, line["value"], line.get("source"), line.get("on"), line.get("until") or "", line.get("ref") or line["kind"])
    cells = [escape(figures.plain(one, 120)) for one in told]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in (*cells[:5], page, cells[5])) + "</tr>"


def past(row: data.Row) -> None:
    """How the verdict on a claim came to be what it is."""
    rows = data.ask(PAST, claim=row["claim_id"]).rows
    if len(rows) > 1:
        panels.table(rows, CHECKS, "claim-past", "Earlier verdicts on this claim")
    else:
        panels.text("It got the same verdict at every check." if rows else "It has not been checked yet.")


def _percent(value: Decimal | None) -> str:
    return figures.UNKNOWN if value is None else f"{value:.0f}%"


def _field(label: str, field: str, help: str, width: int | None = None, limit: int = 300) -> Column:
    return Column(label, lambda row: words(row, field, limit), help, None, width)


TABLE = [
    Column(
        "Verdict", lambda row: row["verdict"] or "not checked", "supported, contradicted, mixed, undecidable, open or opinion.", None, 100
    ),
    _field("Claim", "statement", "What is said.", 390),
    Column("Own numbers", lambda row: "disagree" if row["inconsistent"] else "", "Whether it disagrees with its own numbers.", None, 100),
    _field("Found", "computed_value", "What the record has, with its unit.", 220),
    _field("Why", "reason", "The reason, in one or two sentences.", None, 500),
]
DUE = [
    _field("Prediction", "statement", "What is said.", 400),
    Column("Due", lambda row: figures.iso(row["due_on"]), "Last day on which it can come true.", None, 95),
    _field("Standing today", "reason", "How far it is from coming true."),
]
CHECKS = [
    Column("Since", lambda row: figures.instant(row["checked_at"]), "Check that gave it.", None, 150),
    _field("Verdict", "verdict", "What it was.", 110),
    _field("Why", "reason", "Its reason.", None, 500),
]
FLIPPED = [
    Column("When", lambda row: figures.instant(row["checked_at"]), "Check at which it flipped.", None, 150),
    _field("Claim", "statement", "What is said.", 350),
    _field("Was", "was", "Verdict before.", 100),
    _field("Is", "verdict", "Verdict since.", 100),
    _field("Why", "reason", "Its reason.", None, 500),
]
SCORECARD = [
    _field("Author", "author", "Who said it.", 200),
    _field("Source", "source", "Where.", 200),
    number("Claims", "claims", "All of them.", width=65),
    number("Right", "right_percent", "Of those that could be decided; mixed counts half.", _percent, 60),
    *(number(verdict.capitalize(), verdict, f"Number {verdict}.", width=95) for verdict in VERDICTS),
    number("Own numbers off", "inconsistent", "Disagree with their own numbers.", width=120),
]


def scorecard(rows: Sequence[data.Row]) -> None:
    """Who was right how often."""
    panels.table(rows, SCORECARD, "claim-scores", "Claims per author and source by verdict")
