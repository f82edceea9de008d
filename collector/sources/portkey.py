"""Portkey: the price files behind its gateway, one per provider, in US cents."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from collector.formats import cut_object
from collector.source import History, Look, Page, Source, Terms
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import Condition, usd

PROVIDERS = (
    "ai21",
    "anthropic",
    "anyscale",
    "azure-ai",
    "azure-openai",
    "bedrock",
    "cerebras",
    "cohere",
    "dashscope",
    "deepbricks",
    "deepinfra",
    "deepseek",
    "fireworks-ai",
    "google",
    "groq",
    "jina",
    "mistral-ai",
    "monsterapi",
    "nebius",
    "nomic",
    "novita-ai",
    "openai",
    "openrouter",
    "oracle",
    "palm",
    "perplexity-ai",
    "predibase",
    "reka-ai",
    "sagemaker",
    "segmind",
    "stability-ai",
    "together-ai",
    "vertex-ai",
    "workers-ai",
    "x-ai",
    "zhipu",
)

PLAN_OF = {"pay_as_you_go": "standard", "batch_config": "batch"}
NOT_PRICES = ("calculate", "currency")


class Reading(NamedTuple):
    """What a price key means: cents for `units` base units of a meter."""

    meter: str
    units: int = 1
    extra: tuple[str, ...] = ()
    plan: str = "standard"


READINGS = {
    "request_token": Reading("input_mtok"),
    "response_token": Reading("output_mtok"),
    "reasoning_token": Reading("output_reasoning_mtok"),
    "cache_read_input_token": Reading("cache_read_mtok"),
    "cache_write_input_token": Reading("cache_write_mtok"),
    "request_audio_token": Reading("input_audio_mtok"),
    "response_audio_token": Reading("output_audio_mtok"),
    "cache_read_audio_input_token": Reading("cache_audio_read_mtok"),
    "additional_units.request_audio_token": Reading("input_audio_mtok"),
    "additional_units.response_audio_token": Reading("output_audio_mtok"),
    "additional_units.thinking_token": Reading("output_reasoning_mtok"),
    "additional_units.image_token": Reading("output_image_mtok"),
    "additional_units.image_1k": Reading("output_images_kcount", extra=("resolution 1K",)),
    "additional_units.input_image": Reading("input_images_kcount"),
    "additional_units.megapixels": Reading("output_gpixels", 1_000_000),
    "additional_units.video_seconds": Reading("output_video_hours"),
    "additional_units.web_search": Reading("web_searches_kcount"),
    "additional_units.search": Reading("web_searches_kcount"),
    "additional_units.file_search": Reading("storage_searches_kcount"),
    "fixed_cost.request": Reading("requests_kcount"),
    "finetune_config.pay_per_token": Reading("training_mtok"),
    "finetune_config.pay_per_hour": Reading("training_hours", 3600),
}

PATTERNS = (
    (re.compile(r"additional_units\.web_search_(low|medium|high)_context"), "web_searches_kcount", ("search",)),
    (re.compile(r"additional_units\.video_duration_seconds_(\d+_\d+)"), "output_video_hours", ("resolution",)),
    (re.compile(r"image\.([^.]+)\.([^.]+)"), "output_images_kcount", ("quality", "resolution")),
)


class Portkey(Source):
    """The pricing files of Portkey's model catalog.

    Source: https://configs.portkey.ai/pricing/PROVIDER.json, from https://github.com/Portkey-AI/models.
    Unit: US cents per token, image, search, request, second or megapixel, whatever a key counts.
    Grain: one offer per provider (the file's name), model and plan; what `additional_units` holds is priced apart.
    Lists: everything a provider's file holds, except `default`, a pseudo-model that gives the others their formula and currency.

    `calculate` is a formula, not a price. `search` repeats `web_search`. Image tokens are priced on models that make images,
    so they are the ones written. Left as unknown keys: `default_steps`, `default_duration_seconds` and `default_sample_count`
    (quantities that stand where a price would), `routing_units` and `input_video_*` (the page does not say per what),
    `fixed_cost.response` (a request has one fixed price), and an entry inside an entry.
    """

    name = "portkey"
    start_urls = tuple(f"https://configs.portkey.ai/pricing/{provider}.json" for provider in PROVIDERS)
    cadence = "37 3 * * *"
    min_records = 1000
    trust = 4
    family = "portkey"
    terms = Terms("MIT", "Portkey Models, https://github.com/Portkey-AI/models")
    history = History("https://github.com/Portkey-AI/models", ((r"pricing/([^/]+)\.json", r"https://configs.portkey.ai/pricing/\1.json"),))

    def pieces(self, path: str, body: bytes, look: Look) -> dict[str, bytes]:
        """Each entry beside `default`, which gives it its currency."""
        parts = cut_object(body)
        usual = parts.pop("default", b"{}")
        return {key: usual[:-1] + (b"," if len(usual) > 2 else b"") + entry[1:] for key, entry in parts.items()}

    def records(self, page: Page) -> Iterator[Record]:
        entries = page.json
        if not isinstance(entries, dict) or not any(isinstance(entry, dict) and "pricing_config" in entry for entry in entries.values()):
            raise SourceChanged(f"{page.url} is not an object of models with a `pricing_config` each")
        provider = PurePosixPath(urlsplit(page.url).path).stem
        usual = _config(entries.get("default")).get("currency") or "USD"
        for model_key, entry in entries.items():
            if model_key != "default":
                yield from _offers(Offer(provider, model_key), entry, usual)


def _config(entry: Any) -> dict[str, Any]:
    config = entry.get("pricing_config") if isinstance(entry, dict) else None
    return config if isinstance(config, dict) else {}


def _offers(offer: Offer, entry: Any, usual: str) -> Iterator[Record]:
    """An entry's offer under each plan that has a price, the standard one always, with its quotes."""
    where = f"{offer.provider}/{offer.model_key}"
    currency = _config(entry).get("currency") or usual
    plans: dict[str, dict[tuple[str, str | None], Quote]] = {"standard": {}}
    unknown = [] if isinstance(entry, dict) else [UnknownKey("entry that is not an object", where)]
    for path, price in _leaves(entry, ()):
        key = ".".join(path)
        reading = _reading(path)
        if reading is None:
            unknown.append(UnknownKey(key, where))
        elif not isinstance(price, int | Decimal) or isinstance(price, bool) or price < 0:
            unknown.append(UnknownKey(f"{key} is not a price", where))
        else:
            quote = _quote(offer, reading, price, currency)
            if plans.setdefault(quote.plan, {}).setdefault((quote.meter, quote.condition), quote) != quote:
                unknown.append(UnknownKey(f"{key} beside another price of {quote.meter}", where))
    for plan, quotes in plans.items():
        yield replace(offer, plan=plan)
        yield from quotes.values()
    yield from unknown


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every number under an entry, and whatever is called `price`, with the keys that lead there; a null is absent."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node if isinstance(node, list) else ()):
        inner = path if key in ("price", "pricing_config") else (*path, str(key))
        if isinstance(value, dict | list):
            if key not in NOT_PRICES:
                yield from _leaves(value, inner)
        elif value is not None and (key == "price" or isinstance(value, int | Decimal)):
            yield inner or ("price",), value


@cache
def _reading(path: tuple[str, ...]) -> Reading | None:
    plan = PLAN_OF.get(path[0])
    key = ".".join(path[1:] if plan else path)
    known = READINGS.get(key)
    for pattern, meter, words in PATTERNS:
        if found := pattern.fullmatch(key):
            known = Reading(
                meter,
                extra=tuple(
                    f"{word} {said.replace('_', 'x')}" for word, said in zip(words, found.groups(), strict=True) if said != "default"
                ),
            )
    return known._replace(plan=plan or "standard") if known else None


def _quote(offer: Offer, reading: Reading, price: Decimal | int, currency: str) -> Quote:
    amount = usd(reading.meter, price, per=100 * reading.units)
    return Quote(
        provider=offer.provider,
        model_key=offer.model_key,
        meter=reading.meter,
        usd=amount if currency == "USD" else None,
        plan=reading.plan,
        condition=Condition(extra=reading.extra).text(),
        currency=currency,
        native=None if currency == "USD" else amount,
    )
