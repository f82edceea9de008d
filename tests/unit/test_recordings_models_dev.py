"""Every recording of models.dev, counted independently of the source that reads it."""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collector.source import Page
from collector.sources.models_dev import ModelsDev
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
RECORDINGS = sorted((SHARED / "data/web").glob("*/models.dev/api.json"))
if not RECORDINGS:
    pytest.skip(f"no recordings of models.dev under {SHARED}", allow_module_level=True)

NOT_MODELLED = {"request", "image", "outputCached"}


def read(body: bytes) -> list[Record]:
    return list(ModelsDev().records(Page(ModelsDev.start_urls[0], body, datetime(2026, 1, 1, tzinfo=UTC))))


def leaves(cost: dict[str, Any]) -> Iterator[tuple[str, Decimal]]:
    for key, value in cost.items():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield key, Decimal(value)


@pytest.fixture(scope="module", params=RECORDINGS, ids=lambda file: file.parts[-3])
def recording(request: pytest.FixtureRequest) -> tuple[dict[tuple[str, str], Any], list[Record]]:
    body = request.param.read_bytes()
    raw = json.loads(body, parse_float=Decimal)
    return {(p, m): model for p, about in raw.items() for m, model in about["models"].items()}, read(body)


def test_every_model_of_every_provider_is_one_offer(recording: tuple[dict[tuple[str, str], Any], list[Record]]) -> None:
    models, records = recording
    offers = [r for r in records if isinstance(r, Offer)]
    assert [(o.provider, o.model_key) for o in offers] == list(models)
    assert {o.plan for o in offers if "coding-plan" in o.provider} <= {"subscription"}
    for offer in offers:
        stated = models[offer.provider, offer.model_key].get("release_date", "")
        assert str(offer.released_on or "") in ("", stated)
        assert offer.released_on or len(stated) != 10 or stated == "2025-25-11"  # a slip of the source
    assert sum(o.endpoint is not None for o in offers) == sum(model["id"] != key for (_, key), model in models.items())


def test_no_quote_is_given_twice(recording: tuple[dict[tuple[str, str], Any], list[Record]]) -> None:
    quotes = [r for r in recording[1] if isinstance(r, Quote)]
    keys = Counter((q.provider, q.model_key, q.endpoint, q.plan, q.meter, q.condition, q.stated_from) for q in quotes)
    assert not [key for key, n in keys.items() if n > 1]


def test_every_price_is_quoted_to_the_last_digit_or_named(recording: tuple[dict[tuple[str, str], Any], list[Record]]) -> None:
    models, records = recording
    stated: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    missing: Counter[str] = Counter()
    for key, model in models.items():
        for name, amount in leaves(model.get("cost") or {}):
            if name in NOT_MODELLED:
                missing[name] += 1
            else:
                stated[key].append(amount)
    quoted: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for record in records:
        if isinstance(record, Quote):
            assert record.usd is not None
            quoted[record.provider, record.model_key].append(record.usd)
    assert {key: sorted(amounts) for key, amounts in quoted.items()} == {key: sorted(amounts) for key, amounts in stated.items()}
    assert Counter(r.name for r in records if isinstance(r, UnknownKey)) == missing


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"error": "rate limited"}', b"<html>"])
def test_another_shape_is_said_so(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        read(body)


def test_the_list_of_models_without_providers_is_another_page() -> None:
    for file in (SHARED / "data/web").glob("*/models.dev/models.json"):
        with pytest.raises(SourceChanged):
            read(file.read_bytes())
