"""LiteLLM's own costs of the price file inside its package, and what our sheets make of the same file."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from collector.source import Page
from collector.sources.litellm import LiteLLM
from market.cost import Price
from market.errors import MarketError
from market.records import Offer, Quote
from market.tariff import Offered, Span, Tariff
from market.workload import Usage

EXACT = msgspec.json.Encoder(decimal_format="number")
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
LONG, FAR = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
PLANS = {"standard": None, "flex": "flex", "priority": "priority", "batch": "batch"}
CHAT = {"chat", "completion", "responses"}


def package() -> Any:
    """LiteLLM, held from asking the network for newer prices."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    return litellm


def file() -> Page:
    """The price file inside the package."""
    body = Path(package().__file__).with_name("model_prices_and_context_window_backup.json").read_bytes()
    return Page(LiteLLM.start_urls[0], body, NOON)


class Sold(NamedTuple):
    """An entry of the file, and our offers of it by plan."""

    key: str
    entry: Mapping[str, Any]
    plans: dict[str, Offered]


def sold(page: Page) -> Iterator[Sold]:
    """Every chat entry of the file that has a price of input and output."""
    for key, entry in page.json.items():
        if key == "sample_spec" or not isinstance(entry, dict) or entry.get("mode") not in CHAT:
            continue
        alone = Page(page.url, EXACT.encode({key: entry}), page.fetched_at)
        records = list(LiteLLM().records(alone))
        spans: dict[str, list[Span]] = defaultdict(list)
        for record in records:
            if isinstance(record, Quote) and record.usd is not None:
                spans[record.plan].append(Span(Price(record.meter, record.condition, record.usd, {}), LONG, FAR, 0))
        ordinary = {plan: [span for span in known if span.price.condition is None] for plan, known in spans.items()}
        tariffs = {
            record.plan: Tariff(spans[record.plan], ordinary.get(record.plan, ())) for record in records if isinstance(record, Offer)
        }
        if {"input_mtok", "output_mtok"} <= {span.price.meter for span in spans["standard"]}:
            yield Sold(key, entry, {plan: Offered(tariff, tariffs["standard"], plan) for plan, tariff in tariffs.items()})


class Compared(NamedTuple):
    """One usage of one entry under one plan: our cost or error, LiteLLM's cost or error."""

    sold: Sold
    plan: str
    usage: dict[str, int]
    ours: Decimal | MarketError
    theirs: float | Exception

    @property
    def same(self) -> bool:
        """Equal as far as their floats reach."""
        if isinstance(self.ours, MarketError) or isinstance(self.theirs, Exception):
            return False
        return abs(float(self.ours) - self.theirs) <= 1e-9 * max(abs(self.theirs), 1e-9)


def compared(one: Sold, plan: str, usage: dict[str, int]) -> Compared:
    """A usage of an entry, costed both ways."""
    ours: Decimal | MarketError
    try:
        ours = one.plans[plan].sheet(NOON).bill(Usage.of(usage), NOON).usd
    except MarketError as error:
        ours = error
    theirs: float | Exception
    try:
        theirs = _theirs(one, plan, usage)
    except Exception as error:
        theirs = error
    return Compared(one, plan, usage, ours, theirs)


def _theirs(one: Sold, plan: str, usage: dict[str, int]) -> float:
    litellm = package()
    read, written = usage.get("cache_read_tokens", 0), usage.get("cache_write_tokens", 0)
    details = {"cached_tokens": read, "cache_creation_tokens": written, "text_tokens": usage["input_tokens"] - read - written}
    said = litellm.Usage(
        prompt_tokens=usage["input_tokens"],
        completion_tokens=usage["output_tokens"],
        total_tokens=usage["input_tokens"] + usage["output_tokens"],
        prompt_tokens_details=details if read or written else None,
        cache_creation_input_tokens=written or None,
        cache_read_input_tokens=read or None,
    )
    provider = one.entry["litellm_provider"]
    return sum(
        litellm.cost_per_token(
            model=one.key,
            custom_llm_provider=provider if not provider.startswith("vertex_ai-") else "vertex_ai",
            usage_object=said,
            prompt_tokens=usage["input_tokens"],
            completion_tokens=usage["output_tokens"],
            service_tier=None if plan in ("standard", "batch") else plan,
            call_type="retrieve_batch" if plan == "batch" else "completion",
        )
    )


def why(one: Compared) -> str | None:
    """Why a cost differs, a key of docs/costs.md's table; None where nothing we know explains it."""
    entry, usage, said = one.sold.entry, one.usage, str(one.theirs)
    cached, written = "cache_read_tokens" in usage, "cache_write_tokens" in usage
    if isinstance(one.theirs, Exception):
        return "no answer" if "isn't mapped yet" in said or "No module named" in said else None
    if written and isinstance(one.ours, MarketError) and "cache_write_mtok" in str(one.ours):
        return "unpriced write"
    if one.plan == "batch" and (cached or written):
        return "batch of cached tokens"
    if cached and not isinstance(one.ours, MarketError) and not entry.get("cache_read_input_token_cost"):
        return "unpriced read"
    if f"{entry['litellm_provider']}/{one.sold.key}" in package().model_cost:
        return "another entry"
    if entry.get("tiered_pricing"):
        return "slices"
    if one.sold.key == "azure_ai/model_router":
        return "router's fee"
    if entry.get("input_cost_per_request"):
        return "per request"
    if one.plan in ("flex", "priority") and entry["litellm_provider"].startswith("vertex_ai"):
        return "service tier at Vertex"
    if one.plan in ("flex", "priority") and usage["input_tokens"] > 200_000:
        return "long prompts under a plan"
    return None


USAGES: list[dict[str, int]] = [
    {"input_tokens": 1000, "output_tokens": 500},
    {"input_tokens": 250_001, "output_tokens": 500},
    {"input_tokens": 600_000, "output_tokens": 500},
    {"input_tokens": 1000, "output_tokens": 500, "cache_read_tokens": 300},
    {"input_tokens": 250_001, "output_tokens": 500, "cache_read_tokens": 300},
    {"input_tokens": 1000, "output_tokens": 500, "cache_write_tokens": 300},
]
