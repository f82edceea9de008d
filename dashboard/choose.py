"""What a mix of requests would cost at each offer: the question to the database, and the bills of a mix of the reader's own."""

import base64
import tomllib
import zlib
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import charts, columns, data, figures
from dashboard.columns import Column
from market.cost import Price
from market.effective import effective
from market.errors import MarketError
from market.tariff import sheets
from market.workload import OddUsage, Profile

OPTIONS = """
select 'plan' as kind, plan as name, count(*) as n from market.offer_wide group by plan
union all select 'provider', provider, count(*) from market.offer_wide group by provider
union all select 'quantization', quantization, count(*) from market.offer_wide where quantization is not null group by quantization
union all select 'license', license_class, count(*) from market.offer_wide where license_class is not null group by license_class
union all select 'region', r.name, count(*) from (
    select substring(condition from 'region [a-z0-9-]+') as name from market.tariff where condition like '%%region %%'
) as r group by r.name
order by 1, 3 desc, 2
"""

_FILTERS = """
    (%(provider)s::text is null or provider = %(provider)s)
    and (%(plan)s::text is null or plan = %(plan)s)
    and (%(license)s::text is null or license_class = %(license)s)
    and (%(quantization)s::text is null or quantization = %(quantization)s)
    and (not %(open)s or open_weights)
    and (%(context)s = 0 or context_tokens >= %(context)s)
    and (not %(no4bit)s or coalesce(quantization, '') not in ('fp4', 'int4', 'mxfp4', 'nvfp4'))
    and concat_ws(' ', model, source_key, provider, endpoint) ilike all (%(words)s::text[])
"""

# The cheapest paid offer of each model, or every offer; and, where it serves in 4 bits, the cheapest of its model that does not.
NAMED = f"""
with priced as materialized (
    select e.*, coalesce(e.model, e.source_key) as called, quantization in ('fp4', 'int4', 'mxfp4', 'nvfp4') as four_bit
    from market.effective_price as e
    where e.profile = %(profile)s and e.effective_usd is not null and coalesce(e.fits, true) and (e.paid or not %(paid)s) and {_FILTERS}
),

ranked as (
    select p.*, row_number() over (partition by called order by not paid, effective_usd, thing) as place from priced as p
),

kept as (
    select r.*, count(*) over () as total from ranked as r
    where not %(each)s or r.place = 1
    order by not r.paid, r.effective_usd, r.thing
    limit %(limit)s
)

select k.*, o.effective_usd as fuller_usd, o.provider as fuller_at, o.quantization as fuller_bits
from kept as k
left join lateral (
    select p.effective_usd, p.provider, p.quantization from priced as p
    where k.four_bit and p.called = k.called and p.quantization is not null and not p.four_bit and p.paid
    order by p.effective_usd, p.thing limit 1
) as o on true
order by not k.paid, k.effective_usd, k.thing
"""

TARIFFS = f"""
with picked as (
    select *, regexp_replace(thing, '[|][^|]*$', '') as stem from market.offer_wide where {_FILTERS}
),

told as materialized (
    select thing, jsonb_agg(jsonb_build_array(meter, condition, price_usd::text)) as prices
    from market.tariff group by thing
)

select p.*, own.prices as own, standard.prices as standard, batch.prices as batch
from picked as p
inner join told as own on own.thing = p.thing
left join told as standard on standard.thing = p.stem || '|standard'
left join told as batch on batch.thing = p.stem || '|batch'
"""

FOUR_BIT = frozenset({"fp4", "int4", "mxfp4", "nvfp4"})
LIMIT = 40
CHARTED = 12


def packed(text: str) -> str:
    """A file's text, short enough for an address."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()


def unpacked(word: str) -> Profile:
    """The mix in a word that `packed` made.

    Raises:
        OddUsage: there is none in it.
    """
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(base64.urlsafe_b64decode(word.encode()), 20_000).decode()
        return Profile.of("yours", tomllib.loads(text, parse_float=Decimal))
    except (ValueError, zlib.error) as error:
        raise OddUsage(f"This is no mix of requests: {error}") from None


def ranked(mix: Profile, asked: dict[str, Any], each: bool, paid: bool) -> tuple[list[data.Row], int]:
    """The offers by what a mix of the reader's own costs there, cheapest paid one first, as `NAMED` has them; and how many there are."""
    found = _bills(mix, data.version(), tuple(sorted(asked.items())))
    found = [row for row in found if row["paid"] or not paid]
    shown = list({row["called"]: row for row in reversed(found)}.values())[::-1] if each else found
    shown = sorted(shown, key=_order)
    for row in shown[:LIMIT]:
        others = [
            o for o in found if row["four_bit"] and o["called"] == row["called"] and o["paid"] and o["quantization"] and not o["four_bit"]
        ]
        row |= {f"fuller_{name}": others[0][key] if others else None for name, key in _FULLER}
    return shown[:LIMIT], len(shown)


_FULLER = (("usd", "effective_usd"), ("at", "provider"), ("bits", "quantization"))


def _order(row: data.Row) -> tuple[Any, ...]:
    return (not row["paid"], row["effective_usd"], row["thing"])


@st.cache_data(ttl=900, max_entries=20, show_spinner=False)
def _bills(mix: Profile, version: object, asked: tuple[tuple[str, Any], ...]) -> list[data.Row]:
    """Every offer that the filters leave and that has a price for everything in the mix, in order; `version` is part of the key."""
    found = []
    for row in data.ask(TARIFFS, **dict(asked)).rows:
        if row["context_tokens"] is not None and row["context_tokens"] < mix.longest():
            continue
        stem = row["stem"]
        prices: dict[str, Sequence[Price]] = defaultdict(tuple)
        for thing, told in ((f"{stem}|batch", row["batch"]), (f"{stem}|standard", row["standard"]), (row["thing"], row["own"])):
            prices[thing] = [Price(meter, condition, Decimal(usd), {}) for meter, condition, usd in told or ()]
        try:
            made = effective(mix, *sheets(row["thing"], row["plan"], row["provider"], row["source_key"], prices))
        except MarketError:
            continue
        kept = {name: value for name, value in row.items() if name not in ("own", "standard", "batch")}
        bits = row["quantization"] in FOUR_BIT
        said = {"called": row["model"] or row["source_key"], "four_bit": bits, "paid": made.paid, "note": "; ".join(made.notes) or None}
        parts = {meter: str(usd) for meter, usd in made.parts.items()}
        found.append({**kept, **said, "effective_usd": round(made.usd, 12), "parts": parts})
    return sorted(found, key=_order)


def remark(row: data.Row) -> str:
    """What must not be overlooked about an offer: four bits first, then what the bill notes."""
    told = []
    if row["four_bit"]:
        other = (
            f"; {row['fuller_bits']} from {figures.money(row['fuller_usd'])} at {row['fuller_at']}" if row["fuller_usd"] is not None else ""
        )
        told.append(f"4-bit weights{other}")
    if row["context_tokens"] is None:
        told.append("context unknown")
    return "; ".join([*told, *([row["note"]] if row["note"] else [])])


def table(tokens: Decimal) -> list[Column]:
    """The columns of the ranking; `tokens` are those of a month."""
    return [
        columns.MODEL._replace(width=230),
        Column("USD/Mtok", lambda row: row["effective_usd"], "USD per million tokens of this mix, in and out.", figures.money, 95),
        Column("USD a month", lambda row: row["effective_usd"] * tokens / 1_000_000, "At so many requests a month.", figures.money, 110),
        columns.PROVIDER._replace(width=150),
        Column("Plan", lambda row: row["plan"], width=75),
        Column("Quantization", lambda row: figures.plain(row["quantization"], 20), "As stated by the endpoint's source.", None, 92),
        columns.CONTEXT,
        columns.WEIGHTS,
        Column("License", lambda row: row["license_class"] or figures.UNKNOWN, "Class of the model's license.", None, 80),
        Column("Remark", remark, "4-bit offers are cheaper for a reason; what is unusual about the bill.", None, 330),
    ]


def bars(rows: Sequence[data.Row], theme: str) -> alt.Chart:
    """The itemized bill of the cheapest offers, a bar each."""
    points: list[dict[str, Any]] = []
    for place, row in enumerate(rows[:CHARTED], 1):
        name = f"{place}. {figures.plain(row['called'].rpartition('/')[2], 22)} · {figures.plain(row['provider'], 14)}"
        name += " (4-bit)" if row["four_bit"] else ""
        for meter, usd in sorted(row["parts"].items()):
            points.append({"offer": name, "part": figures.meter(meter), "usd": float(usd), "told": figures.money(Decimal(usd))})
    parts = sorted({str(point["part"]) for point in points})
    offers = list(dict.fromkeys(str(point["offer"]) for point in points))
    color = alt.Color(
        "part:N",
        title=None,
        scale=alt.Scale(domain=parts, range=charts.COLORS[theme][: len(parts)]),
        legend=alt.Legend(orient="top", columns=3),
    )
    tips = [alt.Tooltip(f"{name}:N", title=title) for name, title in (("offer", "Offer"), ("part", "Part"), ("told", "USD per million"))]
    x = alt.X("usd:Q", title="USD per million tokens", axis=alt.Axis(format="$,~g", tickCount=6))
    y = alt.Y("offer:N", title=None, sort=offers, axis=alt.Axis(labelLimit=190))
    chart: alt.Chart = alt.Chart(pd.DataFrame(points), height=28 * len(offers) + 60).mark_bar().encode(x=x, y=y, color=color, tooltip=tips)
    return chart
