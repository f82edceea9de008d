"""The strip on Monday: what is announced for the weeks to come, and what was taken back lately."""

import streamlit as st

from dashboard import data, figures, panels
from dashboard.columns import Column, name

DAYS, SHOWN = 60, 10
KINDS = {"price": "New price", "retirement": "Retirement", "promotion_end": "Price ends", "alias_switch": "Leads elsewhere"}

# One line per day and name: the same model at several providers, in several regions, as snapshot or under several plans is told once.
COMING = """
with soon as (
    select
        *,
        regexp_replace(
            regexp_replace(lower(coalesce(model, source_key)), '^.*/((us|eu|apac|jp|au|global|regional)\\.)?', ''),
            '[-@](20[0-9]{6}|20[0-9]{2}-[0-9]{2}-[0-9]{2}|default)$', ''
        ) as slug
    from market.calendar
    where
        (status = 'announced' and days_left <= %(days)s)
        or (status = 'cancelled' and (days_left between 0 and %(days)s or gone_at > now() - interval '14 days'))
),

told as (
    select
        due_on, days_left, kind, status, slug,
        min(model) as model,
        min(source_key) as source_key,
        array_agg(distinct provider) as providers,
        count(*) as entries,
        min(says) as says,
        min(replacement) as replacement,
        min(moved_to) as moved_to,
        jsonb_agg(jsonb_build_object(
            'source', source, 'source_key', source_key, 'seen_at', seen_at, 'evidence', evidence, 'sha256', sha256, 'says', says
        ) order by source, source_key) as evidence
    from soon
    group by due_on, days_left, kind, status, slug
)

select
    *,
    count(*) over () as total,
    sum(entries) over () as listings,
    count(*) filter (where status = 'announced' and kind in ('price', 'promotion_end')) over () as prices,
    count(*) filter (where status = 'announced' and kind = 'retirement') over () as retirements,
    min(due_on) filter (where status = 'announced' and kind in ('price', 'promotion_end')) over () as price_on
from told
order by status = 'cancelled' and days_left < 0, due_on, kind = 'retirement', slug
limit %(limit)s
"""


def _left(row: data.Row) -> str:
    days = row["days_left"]
    return "today" if days == 0 else f"{abs(days)} day{'s' if abs(days) > 1 else ''}{' ago' if days < 0 else ''}"


def _providers(row: data.Row) -> str:
    first, *more = row["providers"]
    return figures.plain(first, 40) + (f" and {len(more)} more" if more else "")


def _says(row: data.Row) -> str:
    told = ["cancelled" + (f", now {row['moved_to']}" if row["moved_to"] else "")] if row["status"] == "cancelled" else []
    if row["replacement"]:
        told.append(f"then {figures.plain(row['replacement'], 60)}")
    parts = (row["says"] or "").split(", ")
    heads = [part for part in parts if part.startswith(("input_mtok ", "output_mtok "))] or parts[:2]
    told += [" ".join([figures.meter(part.partition(" ")[0]), figures.plain(part.partition(" ")[2], 60)]) for part in heads if part]
    return "; ".join(told) + (f"; {len(parts) - len(heads)} more" if len(parts) > len(heads) else "")


def _counted(number: int, word: str) -> str:
    return f"{figures.count(number)} {word}{'' if number == 1 else 's'}"


def _since(row: data.Row) -> str:
    return f", the first on {figures.day(row['price_on'])}" if row["price_on"] else ""


def _name(row: data.Row) -> str:
    return name(row) if row["model"] else figures.plain(row["slug"])


COLUMNS = [
    Column("Days left", _left, width=75, right=True),
    Column("Model", _name, "The canonical name, or the end of the source's own spelling.", None, 250),
    Column("What", lambda row: KINDS[row["kind"]], width=95),
    Column("Provider", _providers, "Where it happens.", None, 190),
    Column("Says", _says, "Standard prices of a million tokens, USD, and how many more change.", None, 400),
    Column("Day", lambda row: figures.iso(row["due_on"]), "UTC, as the source states it.", None, 90),
]


def strip() -> None:
    """Draws the strip; where nothing is announced, one sentence."""
    st.subheader("What is coming")
    rows = data.ask(COMING, days=DAYS, limit=SHOWN).rows
    if not rows:
        panels.text(f"No source has announced anything for the next {DAYS} days.", "empty")
        return
    first = rows[0]
    prices, retirements = _counted(first["prices"], "model"), _counted(first["retirements"], "retirement")
    panels.text(f"Within {DAYS} days: {prices} with a new price{_since(first)}; {retirements}.")
    row = panels.table(rows, COLUMNS, "coming", f"What is announced for the next {DAYS} days")
    panels.text(
        f"The next {len(rows)} of {figures.count(first['total'])} within {DAYS} days ({figures.count(first['listings'])} listings); "
        "what was taken back lately stands last. `modelmarket calendar` has all, also for calendar programs. Select a row for its evidence."
    )
    if row:
        panels.evidence(
            f"{_name(row)}, {KINDS[row['kind']].lower()} on {figures.iso(row['due_on'])}",
            [_proof(row, one) for one in row["evidence"][:30]],
        )
        panels.open_model(row)


def _proof(row: data.Row, one: data.Row) -> panels.Proof:
    return panels.Proof(
        what=figures.plain(one["source_key"], 60),
        value=figures.iso(row["due_on"]),
        source=one["source"],
        seen_at=panels.moment(one["seen_at"]),
        address=one["evidence"],
        sha256=one["sha256"],
        remark=figures.plain(one["says"], 200) if one["says"] else "",
    )
