"""Random usages of every model in the installed genai-prices package, beside what the package makes of them."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from genai_prices import Usage as TheirUsage
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, Provider
from genai_prices.units import _get_registry

UNITS = {unit.price_key: unit for unit in _get_registry().units.values()}
FIRST, LAST = datetime(2024, 6, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)
EDGES = (0, 1, 31_999, 32_000, 32_001, 100_001, 128_000, 128_001, 199_999, 200_000, 200_001, 256_001, 272_000, 272_001, 512_001)


class Case(NamedTuple):
    """A usage of a model at an instant, under what the package calls a price context."""

    provider: Provider
    model: ModelInfo
    at: datetime
    context: Mapping[str, str] | None
    usage: dict[str, int]

    @property
    def plan(self) -> str:
        """Our plan for the package's context."""
        said = (self.context or {}).get
        plan = said("processing") or said("service_tier") or said("speed") or "standard"
        return "standard" if plan == "default" else plan

    @property
    def choices(self) -> frozenset[str]:
        """Our further words for the package's context."""
        return frozenset(f"{name} {value}" for name, value in (self.context or {}).items() if name in ("route", "search_type"))

    def theirs(self) -> Decimal:
        """What the package says it costs."""
        asked = TheirUsage(**self.usage)
        return self.model.calc_price(asked, self.provider, genai_request_timestamp=self.at, price_context=self.context).total_price


def models() -> list[tuple[Provider, ModelInfo]]:
    """Every model in the package that has any price."""
    return [(provider, model) for provider in providers for model in provider.models if _entries(model)]


def _entries(model: ModelInfo) -> list[ModelPrice]:
    entries = [model.prices] if isinstance(model.prices, ModelPrice) else [entry.prices for entry in model.prices]
    return [entry for entry in entries if _priced(entry)]


def _priced(price: ModelPrice) -> list[str]:
    return [key for key, value in price.__dict__.items() if value is not None and key in UNITS and key != "requests_kcount"]


def cases(number: int, seed: int) -> Iterator[Case]:
    """So many cases; each model comes up in turn, its variants, days and hours by chance."""
    chance = random.Random(seed)
    known = models()
    for place in range(number):
        provider, model = known[place % len(known)]
        variants = [None, *(variant.when for variant in model.price_variants or ())]
        context = chance.choice(variants)
        at = FIRST + timedelta(seconds=chance.randrange(int((LAST - FIRST).total_seconds())))
        if chance.random() < 0.2:
            at = at.replace(hour=chance.choice([0, 1, 4, 6, 10, 16]), minute=chance.choice([0, 30]), second=0)
        keys = _priced(model.get_prices(at, context))
        if keys:
            yield Case(provider, model, at, context, usage(keys, chance))


def usage(keys: list[str], chance: random.Random) -> dict[str, int]:
    """Counts for some of the priced meters, wholes at least as large as their parts, some at the edges of tiers."""
    inner = {key: _amount(chance) if chance.random() < 0.7 else 0 for key in keys}
    if not any(inner.values()):
        inner[keys[0]] = _amount(chance)
    totals = {}
    for key in keys:
        mine = UNITS[key].dimensions.items()
        totals[UNITS[key].usage_key] = sum(count for other, count in inner.items() if mine <= UNITS[other].dimensions.items())
    if totals.get("input_tokens") and chance.random() < 0.25:
        edge = chance.choice(EDGES)
        parts = totals["input_tokens"] - inner["input_mtok"]
        if edge > parts:
            totals["input_tokens"] = edge
    return totals


def _amount(chance: random.Random) -> int:
    return chance.randrange(1, 10 ** chance.randrange(1, 7))


def source_of(case: Case) -> dict[str, Any]:
    """The case as a line of `cost --batch`."""
    said = {"provider": case.provider.id, "model": case.model.id, "source": "genai_prices", "plan": case.plan, "when": sorted(case.choices)}
    return {**said, "at": case.at.isoformat(), "usage": case.usage}
