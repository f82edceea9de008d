"""Every recording of LiteLLM's file, counted independently of the source that reads it."""

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collector.source import Page
from collector.sources.litellm import LiteLLM
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
RECORDINGS = sorted((SHARED / "data/web").glob("*/raw.githubusercontent.com/BerriAI/litellm/main/*.json"))
if not RECORDINGS:
    pytest.skip(f"no recordings of LiteLLM under {SHARED}", allow_module_level=True)

BASE_UNITS = {"mtok": 10**6, "mchars": 10**6, "kcount": 1000, "kpages": 1000, "hours": 3600, "gpixels": 10**9, "gbdays": 1}
TABLES = ("tiered_pricing", "off_peak_pricing", "provider_specific_entry", "search_free_requests")
NO_PRICE = ("range", "max_results_range", "windows")


def read(body: bytes) -> list[Record]:
    return list(LiteLLM().records(Page(LiteLLM.start_urls[0], body, datetime(2026, 1, 1, tzinfo=UTC))))


def page(**entry: Any) -> bytes:
    return json.dumps({"p/m": {"litellm_provider": "p", **entry}}).encode()


def leaves(value: Any, path: str) -> Iterator[tuple[str, Decimal]]:
    """Every number below a price key, with the path that an unknown key is named by."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in NO_PRICE:
                yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield path, Decimal(value)


def priced(key: str) -> bool:
    return "cost" in key or "multiplier" in key or key in TABLES


@pytest.fixture(scope="module", params=RECORDINGS, ids=lambda file: file.parts[-6])
def recording(request: pytest.FixtureRequest) -> tuple[dict[str, Any], list[Record]]:
    body = request.param.read_bytes()
    return json.loads(body, parse_float=Decimal), read(body)


def test_every_entry_is_an_offer_or_reported(recording: tuple[dict[str, Any], list[Record]]) -> None:
    raw, records = recording
    standard = [r for r in records if isinstance(r, Offer) and r.plan in ("standard", "provisioned")]
    nothing = {r.where for r in records if isinstance(r, UnknownKey) and r.name.endswith(" offers nothing")}
    assert len({(o.provider, o.model_key, o.endpoint) for o in standard}) == len(standard)
    assert nothing <= {"fallback_generalizations"}
    assert len(standard) + len(nothing) == len(raw) - ("sample_spec" in raw)
    assert {o.endpoint or o.model_key for o in standard if o.endpoint} <= set(raw)


def test_no_quote_is_given_twice_and_each_has_its_offer(recording: tuple[dict[str, Any], list[Record]]) -> None:
    _, records = recording
    quotes = [r for r in records if isinstance(r, Quote)]
    keys = Counter((q.provider, q.model_key, q.endpoint, q.plan, q.meter, q.condition, q.stated_from) for q in quotes)
    assert not [key for key, n in keys.items() if n > 1]
    offers = {(o.provider, o.model_key, o.endpoint, o.plan) for o in records if isinstance(o, Offer)}
    assert {key[:4] for key in keys} <= offers
    plans = {key[:4] for key in keys if key[3] not in ("standard", "provisioned")}
    assert {offer for offer in offers if offer[3] not in ("standard", "provisioned")} == plans


FACTOR = re.compile(r"provider_specific_entry\.(us|fast)|regional_\w+_uplift_multiplier\w*")


def test_a_factor_makes_a_token_price_of_each() -> None:
    entry = {
        "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 5e-6, "output_cost_per_token_above_200k_tokens": 6e-6,
        "input_cost_per_token_batches": 5e-7, "search_context_cost_per_query": {"search_context_size_low": 0.01},
        "provider_specific_entry": {"us": 1.1, "fast": 2.0}, "regional_processing_uplift_multiplier_eu": 1.2,
    }  # fmt: skip
    quotes = {(q.plan, q.meter, q.condition): q.usd for q in read(page(**entry)) if isinstance(q, Quote)}
    tokens = [(key, usd) for key, usd in quotes.items() if key[1].endswith("_mtok") and "region" not in (key[2] or "") and key[0] != "fast"]
    assert len(tokens) == 4
    for (plan, meter, condition), usd in tokens:
        for region, factor in (("us", Decimal("1.1")), ("eu", Decimal("1.2"))):
            words = f"{condition}; region {region}" if condition else f"region {region}"
            assert quotes[plan, meter, words] == usd * factor
        assert plan != "standard" or quotes["fast", meter, condition] == usd * 2
    assert len(quotes) == 4 + 2 * 4 + 3 + 1


def test_every_price_is_quoted_to_the_last_digit_or_named(recording: tuple[dict[str, Any], list[Record]]) -> None:
    raw, records = recording
    quoted: dict[tuple[str, str, str | None], set[Decimal]] = defaultdict(set)
    named: Counter[str] = Counter()
    for record in records:
        if isinstance(record, Quote):
            assert record.usd is not None
            if record.plan == "fast" or "region " in (record.condition or ""):
                continue
            base = record.usd / BASE_UNITS[record.meter.rpartition("_")[2]]
            quoted[record.provider, record.model_key, record.endpoint].add(base)
        elif isinstance(record, UnknownKey):
            named[record.name] += 1
    missing: Counter[str] = Counter()
    stated: set[Decimal] = set()
    for key, entry in raw.items():
        if key in ("sample_spec", "fallback_generalizations"):
            continue
        provider = entry.get("litellm_provider") or ("unknown" if "/" not in key else key.partition("/")[0])
        name = key.removeprefix(f"{provider}/")
        amounts = quoted[provider, name, key] or quoted[provider, name, None] or quoted["unknown", key, None]
        for path, amount in (leaf for k, v in entry.items() if priced(k) for leaf in leaves(v, k)):
            stated.add(amount)
            if FACTOR.fullmatch(path):
                continue
            if amount not in amounts or "dbu" in path or path.startswith(("provider_", "search_free")):
                missing[path] += 1
    assert missing == named - Counter(["fallback_generalizations offers nothing"])
    assert set().union(*quoted.values()) <= stated


def test_every_cost_field_is_parsed_or_named_as_not_modelled() -> None:
    raw = json.loads(RECORDINGS[-1].read_bytes())
    fields = {key for entry in raw.values() for key in entry if "cost" in key}
    unread = set()
    for name in fields:
        records = read(page(mode="chat", **{name: 0.001}))
        quotes = [r for r in records if isinstance(r, Quote)]
        unread |= {r.name for r in records if isinstance(r, UnknownKey)}
        assert len(quotes) + (name in unread) == 1, name
    assert len(fields) == 164
    assert unread == {"input_dbu_cost_per_token", "output_dbu_cost_per_token"}


def test_qualifiers_come_in_any_order_but_only_once() -> None:
    swapped = [r for r in read(page(input_cost_per_token_priority_above_200k_tokens=1e-6)) if isinstance(r, Quote)]
    assert [(q.plan, q.condition, q.usd) for q in swapped] == [("priority", "input>200000", Decimal(1))]
    assert UnknownKey("input_cost_per_token_flex_priority") in read(page(input_cost_per_token_flex_priority=1e-6))


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"error": {"message": "Not Found"}}', b"404: Not Found"])
def test_another_shape_is_said_so(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        read(body)
