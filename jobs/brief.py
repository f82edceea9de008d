"""The market in ten lines, from the views."""

from collections.abc import Iterator, Mapping
from typing import Any

from db import views
from jobs.output import cell

ON_SALE = """
select count(distinct thing) as offers, count(distinct coalesce(resolved_model, model)) as models, count(distinct provider) as providers
from market.price
"""

CHEAPEST = """
select distinct on (blend_3to1_usd, model) coalesce(model, source_key) as model, provider, input_usd, output_usd, agreement
from market.offer_wide
where plan = 'standard' and input_usd > 0 and output_usd > 0 and agreement >= 2
order by blend_3to1_usd, model, provider limit 3
"""

WEEK = """
select
    count(*) filter (where kind = 'cut') as cuts,
    count(*) filter (where kind = 'rise') as rises,
    count(distinct thing) filter (where kind = 'new') as new,
    count(distinct thing) filter (where kind = 'withdrawn') as withdrawn
from market.price_change where changed_at between now() - interval '7 days' and now()
"""

DEEPEST_CUT = """
select coalesce(model, source_key) as model, provider, meter, old_usd, new_usd from market.price_change
where kind = 'cut' and changed_at between now() - interval '7 days' and now() and new_usd > 0
order by ratio limit 1
"""

HELD = """
select count(*) filter (where kind = 'statement') as prices, count(*) filter (where kind = 'page') as pages from market.quarantine
"""


def brief() -> str:
    """At most ten lines: freshness, what is on sale, the cheapest confirmed prices, the week's moves, what is held."""
    return "\n".join(f"{word:<11}{text}" for word, text in _lines())


def _lines() -> Iterator[tuple[str, str]]:
    yield "Sources", _freshness()
    on_sale = _one(ON_SALE)
    if not on_sale["offers"]:
        yield "On sale", "no price is known yet: go online and run `modelmarket collect`, or see `modelmarket status` for what failed."
        return
    yield "On sale", f"{on_sale['offers']:,} offers of {on_sale['models']:,} models by {on_sale['providers']:,} providers"
    cheapest = views.rows(CHEAPEST)
    yield "Cheapest", _CHEAPEST_SAYS if cheapest else "no chat price is confirmed by two independent sources yet"
    for row in cheapest:
        said = f"${cell(row['input_usd'])} in, ${cell(row['output_usd'])} out"
        yield "", f"{row['model']} at {row['provider']}: {said} ({row['agreement']} sources)"
    week = _one(WEEK)
    yield "This week", f"{week['cuts']:,} cuts, {week['rises']:,} rises, {week['new']:,} new offers, {week['withdrawn']:,} withdrawn"
    for row in views.rows(DEEPEST_CUT):
        said = f"{row['model']} at {row['provider']}, {row['meter']} from ${cell(row['old_usd'])} to ${cell(row['new_usd'])}"
        yield "", f"deepest cut: {said}"
    held = _one(HELD)
    decide = " (`modelmarket review list`)" if held["prices"] or held["pages"] else ""
    yield "Held", f"{held['prices']:,} prices, {held['pages']:,} pages{decide}"


_CHEAPEST_SAYS = "chat prices that two independent sources confirm, USD per million tokens:"


def _one(query: str) -> Mapping[str, Any]:
    return views.rows(query)[0]


def _freshness() -> str:
    standing: dict[str, list[str]] = {}
    for row in views.source_health():
        standing.setdefault(row["standing"], []).append(row["source"])
    total = sum(map(len, standing.values()))
    behind = [f"{word}: {', '.join(standing[word])}" for word in ("stale", "failed", "never") if word in standing]
    return "; ".join([f"{len(standing.get('fresh', []))} of {total} fresh", *behind])
