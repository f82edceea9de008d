"""What models' licenses allow: questions to the license views, and what a license means for the reader's case."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import charts, data, figures, panels
from dashboard.columns import Column
from market.license_case import Answer, Case, answers, worst
from market.licenses import License, Term, Threshold

GROUPS = ("unrestricted", "restricted use", "non-commercial", "unknown")
GROUP = """
case
    when {0} in ('osi_open', 'permissive_unapproved', 'rider') then 'unrestricted'
    when {0} in ('use_restricted', 'threshold', 'registration') then 'restricted use'
    when {0} in ('noncommercial', 'research_only', 'none') then 'non-commercial'
    else 'unknown'
end
"""

HEADLINE = f"""
select
    {GROUP.format("effective_class")} as allowed,
    count(distinct model) as models,
    count(distinct model) filter (where conflict ~ 'laundering_suspect') as suspects,
    count(distinct model) filter (where basis = 'text') as read, sum(count(distinct model)) over () as total
from market.model_license group by 1 order by 2 desc
"""

MODELS = f"""
select m.*, {GROUP.format("m.effective_class")} as allowed, count(*) over () as total
from market.model_license as m
where
    m.model ilike all(%(words)s)
    and (%(allowed)s::text is null or {GROUP.format("m.effective_class")} = %(allowed)s)
    and (not %(conflicts)s or m.conflict is not null)
order by m.conflict like '%%laundering%%' desc nulls last, m.effective_class = 'unknown', m.seen_at desc, m.model
limit 300
"""

LICENSES = "select license_id, name, version, clauses, thresholds, note from market.license order by license_id"

ONE = """
select model, declared, effective_id, effective_class, comes_from, conflict, basis, text_file, text_match from market.model_license
where model = %(model)s order by effective_class = 'unknown' desc limit 1
"""

# Each model once, whatever its names; of several cards the most restrictive.
RELEASES = f"""
with once as (
    select
        min(released_on) as released_on, bool_or(open_weights) as open_weights,
        (
            array_agg(license_class order by array_position(
                '{{osi_open,permissive_unapproved,rider,use_restricted,threshold,registration,noncommercial,research_only,none}}',
                license_class
            ) desc nulls last)
        )[1] as license_class
    from market.model group by coalesce(resolved_model, model)
)

select date_trunc('quarter', released_on)::date as quarter, {GROUP.format("coalesce(license_class, 'unknown')")} as allowed,
    count(*) as models
from once where released_on is not null and open_weights and released_on <= current_date
group by 1, 2 order by 1, 2
"""

CHANGES = """
select
    model, changed_at, kind, text_file, source,
    case when kind = 'tag' then old_tag when old_sha256 is null then 'no file' else coalesce(old_license_id, 'not reviewed') end as before,
    case when kind = 'tag' then new_tag when new_sha256 is null then 'no file' else coalesce(new_license_id, 'not reviewed') end as since
from market.license_change order by changed_at desc, model limit 100
"""

CONFLICTS = {
    "laundering_suspect": "declared less than its lineage suggests",
    "base_unknown": "a base model's license is not known",
    "naming_duty_unmet": "its name does not begin as a base model's license asks",
    "lineage_cycle": "its lineage runs in a circle",
    "text_differs": "its tag names another license than its license file",
    "text_unreviewed": "its license file is no text that was reviewed",
    "card_differs": "the words of its card name another license",
    "card_restricts": "the words of its card forbid what its license allows",
}
CARD = "README.md"
RESTS = {
    "text": "the text of {}",
    "unreviewed": "{}, not reviewed",
    "card": "the words of its card ({})",
    "tag_only": "its tag only",
    "family": "what its author states of the family",
    "nothing": "nothing",
}
UNREAD = {"gated": "behind a gate", "missing": "missing"}
WORDS = {"allowed": "Allowed", "ask": "Ask first", "unknown": "Unknown", "not_allowed": "Not allowed"}


def license_of(row: data.Row) -> License:
    """A license as market.license tells it."""
    terms = {name: Term(**term) for name, term in row["clauses"].items()}
    limits = tuple(Threshold(**{**one, "value": Decimal(one["value"])}) for one in row["thresholds"])
    return License(row["license_id"], row["name"], row["version"], note=row["note"], terms=terms, thresholds=limits)


def conflict(row: data.Row) -> str:
    """The flags of a model in words."""
    return "; ".join(CONFLICTS.get(flag, flag) for flag in (row["conflict"] or "").split(", ") if flag)


def rests(row: data.Row) -> str:
    """What a model's own license rests on, in words."""
    told = RESTS[row["basis"]].format(figures.plain(row["text_file"] or "", 60))
    if row["text_match"] in UNREAD:
        told += f" ({figures.plain(row['text_file'], 60)} {UNREAD[row['text_match']]})"
    return told


def proofs(row: data.Row) -> list[panels.Proof]:
    """The evidence of one card: its tag, and the license file or the card's words at its revision, with the hash of the bytes."""
    card = f"https://huggingface.co/{row['repository']}" if row["repository"] else None
    found = [panels.Proof("License tag", figures.plain(row["declared"] or "none"), row["source"], row["seen_at"], card, None)]
    if row["text_sha256"]:
        near = row["text_nearest_id"]
        known = row["text_match"] in ("identical", "embedded") and not row["text_flags"]
        told = near if known else ("not reviewed" + (f", nearest to {near}" if near else ""))
        if row["text_file"] == CARD and row["text_match"] not in ("identical", "embedded"):
            told = f"its words name {figures.plain(row['text_said'], 60)}" if row["text_said"] else "its words name no license"
        remark = row["text_match"] + (f"; words on {row['text_flags'].replace('_', ' ')}" if row["text_flags"] else "")
        name = f"{row['text_revision'][:12]}/{figures.plain(row['text_file'], 60)}"
        seen = row["text_seen_at"] or row["seen_at"]
        found.append(panels.Proof(f"Text of {name}", told, row["source"], seen, row["evidence_url"], row["text_sha256"], remark))
    return found


def headline(rows: Sequence[data.Row]) -> str:
    """What may be done with the models on record, in two sentences."""
    count = {row["allowed"]: row["models"] for row in rows}
    total, suspects, read = rows[0]["total"], sum(row["suspects"] for row in rows), sum(row["read"] for row in rows)
    told = ", ".join(f"{figures.count(count[name])} {name}" for name in GROUPS if name in count)
    basis = f"the license texts of {figures.count(read)}, else their tags," if read else "their tags"
    head = f"Of {figures.count(total)} models with a card, going by {basis} and what they were made from: {told}."
    return head + (f" {figures.count(suspects)} declare less than their lineage suggests." if suspects else "")


def answered(found: License | None, case: Case) -> None:
    """The answers to a case, the worst one first in words."""
    given = answers(found, case)
    verdict = worst(given)
    deciding = next(one for one in given if one.answer == verdict)
    clause = f" (clause {deciding.clause})" if deciding.clause and verdict != "allowed" else ""
    panels.text(f"{WORDS[verdict]}: {deciding.question}{clause}. {deciding.why}" if verdict != "allowed" else "Allowed, as asked.", "lead")
    rows = [one._asdict() for one in given]
    panels.table(rows, _ANSWERS, "answers", "What the license means for this case, with clauses")
    if found and found.note:
        panels.text(found.note)


def share(rows: Sequence[data.Row], theme: str) -> alt.Chart | None:
    """Releases of open weights a quarter, as shares by what their license allows; None where there is only one quarter."""
    frame = pd.DataFrame([{**row, "quarter": pd.Timestamp(row["quarter"]), "place": GROUPS.index(row["allowed"])} for row in rows])
    if frame.empty or frame["quarter"].nunique() < 2:
        return None
    colors = [charts.COLORS[theme][2], charts.COLORS[theme][0], charts.COLORS[theme][1], charts.INK[theme]["gray"]]
    color = alt.Color(
        "allowed:N", scale=alt.Scale(domain=list(GROUPS), range=colors), legend=alt.Legend(orient="bottom", title=None, columns=2)
    )
    tips: list[Any] = [
        alt.Tooltip("quarter:T", title="Quarter from", format="%b %Y"),
        alt.Tooltip("allowed:N", title="License"),
        alt.Tooltip("models:Q", title="Models"),
    ]
    x = alt.X("yearquarter(quarter):T", title="Quarter of release", axis=alt.Axis(tickCount=6, format="%b %Y"))
    y = alt.Y("models:Q", stack="normalize", title="Share of releases", axis=alt.Axis(format="%", tickCount=5))
    chart: alt.Chart = alt.Chart(frame, height=300).mark_bar().encode(x, y, color, order=alt.Order("place:Q"), tooltip=tips)
    return chart


def theme() -> str:
    """The reader's theme, light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def _word(field: str) -> Any:
    return lambda row: figures.plain(row[field])


def _answer(row: data.Row) -> str:
    return WORDS[row["answer"]]


_ANSWERS = [
    Column("Question", _word("question"), "What was asked.", None, 150),
    Column(Answer._fields[1].capitalize(), _answer, "Allowed, ask first, unknown or not allowed.", None, 100),
    Column("Clause", _word("clause"), "Where the license says so.", None, 160),
    Column("Why", lambda row: figures.plain(row["why"], 200), "In our words; the text binds."),
]
TABLE = [
    Column("Model", _word("model"), "Canonical author/slug.", None, 250),
    Column("In effect", _word("effective_class"), "Most restrictive class of its own and all its ancestors'.", None, 140),
    Column("Commerce", _word("commercial_use"), "Commercial use: yes, limited, no or unknown.", None, 90),
    Column("Declared", lambda row: figures.plain(row["declared"], 40), "The card's tag, as given.", None, 120),
    Column("Rests on", rests, "Its own license file where a reviewed text was read, else its card's tag.", None, 190),
    Column("Look at", conflict, "Where the declared license and the lineage do not fit together.", None, 300),
    Column("Binding model", _word("comes_from"), "The repository whose license binds.", None, 230),
]
CHANGED = [
    Column("Model", _word("model"), "Canonical author/slug.", None, 280),
    Column("Since", lambda row: figures.day(row["changed_at"]), "Day the change was first seen, UTC.", None, 110),
    Column("What", lambda row: "tag" if row["kind"] == "tag" else f"text of {figures.plain(row['text_file'], 60)}", width=140),
    Column("Before", lambda row: figures.plain(row["before"], 40), "Tag before, or the license that the text was.", None, 160),
    Column("Now", lambda row: figures.plain(row["since"], 40), "Tag since, or the license that the text is.", None, 160),
    Column("Source", _word("source"), "Who says so.", None, 110),
]
