"""`modelmarket cost --profile … --rank`: every comparable offer at the price of one mix of requests, cheapest first."""

import argparse
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from jobs import output
from market.cost import Price
from market.effective import effective
from market.errors import MarketError, Misused
from market.tariff import sheets
from market.units import plain
from market.workload import Profile

SHOWN = ("effective_usd", "model", "source_key", "provider", "endpoint", "plan", "quantization", "context_tokens", "note")
OFFERS = """
select thing, model, source_key, provider, endpoint, plan, quantization, context_tokens, license_class, open_weights
from market.offer_wide where %(model)s::text is null or lower(%(model)s) in (model, lower(source_key))
"""


class NothingRanked(MarketError):
    """No offer on sale has a price for everything in this mix; see the profile, or collect more with `modelmarket collect`."""


def rank(asked: argparse.Namespace) -> int:
    """Prints the offers by what the mix costs there; free ones come last, for they are no price floor.

    Raises:
        Misused: without --rank, or with an instant.
        NothingRanked: no offer can be costed.
    """
    from db import effective as named

    if not asked.rank:
        raise Misused("A profile is a mix over all offers: add --rank")
    if asked.at or asked.source:
        raise Misused("A ranking is of what is believed now; leave --at and --source away")
    mix = named.profile(asked.profile)
    rows = ranked(mix, asked.model, asked.provider)
    if not rows:
        raise NothingRanked
    shown = rows[: asked.limit] if asked.limit > 0 and not asked.json else rows
    if asked.json:
        output.document({"profile": mix.name, "title": mix.title, "at": datetime.now(UTC), "offers": rows})
        return 0
    names = [name for name in SHOWN if any(row[name] is not None for row in shown)]
    print(output.grid(names, [[row[name] for name in names] for row in shown]))
    left = f" Shown are {len(shown):,} of {len(rows):,} offers." if len(shown) < len(rows) else ""
    print(f"\neffective_usd is USD per million tokens of the mix {mix.title!r}, input and output together.{left}")
    return 0


def ranked(mix: Profile, model: str | None = None, provider: str | None = None) -> list[dict[str, Any]]:
    """Each offer that chats, has a price for everything in the mix and room for its longest request, cheapest paid one first."""
    from db import views
    from market import identity

    prices: dict[str, list[Price]] = defaultdict(list)
    for row in views.rows("select thing, meter, condition, price_usd, source from market.tariff"):
        prices[row["thing"]].append(Price(row["meter"], row["condition"], row["price_usd"], {"source": row["source"]}))
    found = []
    for row in views.rows(OFFERS, {"model": model}):
        if provider is not None and row["provider"] != identity.provider_id(provider):
            continue
        if row["context_tokens"] is not None and row["context_tokens"] < mix.longest():
            continue
        try:
            made = effective(mix, *sheets(row["thing"], row["plan"], row["provider"], row["source_key"], prices))
        except MarketError:
            continue
        usd = plain(round(made.usd, 12))
        parts = {meter: plain(round(part, 12)) for meter, part in made.parts.items()}
        found.append({"effective_usd": usd, **row, "parts": parts, "paid": made.paid, "note": "; ".join(made.notes) or None})
    return sorted(found, key=lambda one: (not one["paid"], one["effective_usd"], one["thing"]))
