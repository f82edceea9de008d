"""Hugging Face's inference router: who serves a Hub model, at what price and speed."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from collector import formats
from collector.formats import Prices, array, count, number, table, text, words
from collector.source import Page, Source, Terms
from market.records import Model, Offer, Record, Service, UnknownKey

METERS = {"input": "input_mtok", "output": "output_mtok"}


class HfRouter(Source):
    """What the inference providers behind Hugging Face's router charge, and how fast they answered.

    Source: the router's models list.
    Unit: USD per million tokens, as numbers.
    Grain: an offer per model and provider; a `Model` per Hub id, also where nobody serves it.
    Lists: every model that a provider serves through the router.

    The provider is the one named in the entry; the model's id is the Hub's, so no canonical name is claimed.
    """

    name = "hf_router"
    start_urls = ("https://router.huggingface.co/v1/models",)
    cadence = "13 3 * * *"
    trust = 3
    family = "hf_router"
    terms = Terms("none stated", "Prices and speed: Hugging Face Inference Providers (huggingface.co)")

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, _model)


def _model(entry: dict[str, Any]) -> Iterator[Record]:
    key, shape = entry["id"], table(entry.get("architecture"))
    yield Model(key, author=text(entry.get("owned_by")), created_at=formats.instant(entry.get("created")), hugging_face_id=key)
    seen: Counter[tuple[str, str]] = Counter()
    for served in array(entry.get("providers")):
        provider, plan = text(table(served).get("provider")), "free" if table(served).get("is_free") else "standard"
        if provider is None:
            yield UnknownKey("a provider without a name", f"hf_router/{key}")
            continue
        seen[provider, plan] += 1
        offer = Offer(
            provider,
            key,
            endpoint=None if seen[provider, plan] == 1 else f"#{seen[provider, plan]}",
            plan=plan,
            mode=formats.mode(words(shape.get("output_modalities"))),
            context_tokens=count(served.get("context_length")),
            input_modalities=words(shape.get("input_modalities")),
            output_modalities=words(shape.get("output_modalities")),
            status=text(served.get("status")),
        )
        yield from formats.sold(offer, _prices(served.get("pricing")))
        speed = number(served.get("first_token_latency_ms")), number(served.get("throughput"))
        if any(value is not None for value in speed):
            yield Service(provider, key, offer.endpoint, plan, *speed)


def _prices(stated: Any) -> Prices:
    return formats.prices(stated, lambda key, _: METERS.get(key), per=1_000_000)
