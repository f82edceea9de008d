"""OpenRouter's models, and every endpoint that serves them."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from collector import formats
from collector.formats import Prices, count, number, table, text, words
from collector.source import History, Look, Page, Source, Terms
from market.errors import SourceChanged
from market.records import Model, Offer, Record, Score, Service, UnknownKey
from market.units import PLANS, Condition

HOME = "https://openrouter.ai/api/v1/models"
PLACEHOLDER_YEAR = 2098
METERS = {
    "prompt": "input_mtok",
    "completion": "output_mtok",
    "request": "requests_kcount",
    "image": "input_images_kcount",
    "image_output": "output_images_kcount",
    "image_token": "output_image_mtok",
    "audio": "input_audio_mtok",
    "audio_output": "output_audio_mtok",
    "input_audio_cache": "cache_audio_read_mtok",
    "web_search": "web_searches_kcount",
    "internal_reasoning": "output_reasoning_mtok",
    "input_cache_read": "cache_read_mtok",
    "input_cache_write": "cache_write_mtok",
    "input_cache_write_1h": "cache_write_1h_mtok",
}
PER_TOKEN_BELOW = {"image": (Decimal("0.00001"), "input_image_mtok"), "image_output": (Decimal("0.001"), "output_image_mtok")}
INDICES = {"intelligence_index": "aa_intelligence", "coding_index": "aa_coding", "agentic_index": "aa_agentic"}
NOT_PRICES = frozenset({"discount", "overrides"})
TERMS = frozenset({"min_prompt_tokens", "utc_start", "utc_end", "utc_days"})
DAYS: dict[Any, int] = {name: iso for iso, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 1)}
DAYS |= {iso: iso or 7 for iso in range(8)}
VARIANT_PLANS = {"free": "free", "batch": "batch"}
STANDARD_TIERS = (None, "", "default", "standard")


class OpenRouter(Source):
    """What OpenRouter sells, by model and by endpoint.

    Source: the public models list, and from it the endpoints page of every listed id.
    Unit: USD per token, image, request or search, as text; -1 is a price that varies; after `discount`, which is therefore not read.
    Grain: an offer per listed id (endpoint None) and one per endpoint (its `tag`); a `Model` per listed model, variants once, and
        the indices of Artificial Analysis that stand with it.
    Lists: everything that makes text; a model is withdrawn when it is no longer listed.

    OpenRouter is a marketplace, but it bills these prices itself and so knows them first hand: trust 2.
    `image` is documented per image, yet where it is under 0.00001 USD it is a rate per token (Gemini: the very number of
    `prompt`); `image_output` likewise under 0.001. `image_token` repeats `image_output` wherever both stood.
    A model that also makes images or sound has that mode, not chat. Aliases (`~`) and OpenRouter's own routers name no model.
    Where it names a repository on the Hub, the weights are published; where it names none, nothing is said.
    """

    name = "openrouter"
    start_urls = (HOME,)
    cadence = "7 2 * * *"
    min_records = 100
    trust = 2
    family = "openrouter"
    terms = Terms("none stated", "Prices and endpoint metrics: OpenRouter (openrouter.ai)")
    history = History("https://github.com/skissue/gptel-openrouter-models", ((r"openrouter-models\.json", HOME),))

    def pieces(self, path: str, body: bytes, look: Look) -> dict[str, bytes]:
        """The entries of the models list; those that share an id stay together."""
        return formats.cut_list(body)

    def records(self, page: Page) -> Iterator[Record]:
        found = page.json
        if isinstance(found, dict) and isinstance(found.get("data"), dict):
            yield from _endpoints(found["data"], page.url)
            return
        entries: list[tuple[Offer, dict[str, Any]]] = []
        yield from formats.each(page, lambda entry: _listed(entry, entries))
        yield from _models(entries)

    def links(self, page: Page) -> Iterator[str]:
        yield from super().links(page)
        if page.url.partition("?")[0] == HOME:
            ids = (text(table(entry).get("id")) for entry in formats.listed(page))
            yield from dict.fromkeys(f"{HOME}/{quote(key, safe='/:')}/endpoints" for key in ids if key)


def _listed(entry: dict[str, Any], entries: list[tuple[Offer, dict[str, Any]]]) -> Iterator[Record]:
    key, top = entry["id"], table(entry.get("top_provider"))
    before = sum(offer.model_key == key for offer, _ in entries)
    offer = Offer(
        "openrouter",
        key,
        endpoint=f"#{before + 1}" if before else None,
        plan=_plan(key),
        name=text(entry.get("name")),
        context_tokens=count(entry.get("context_length")),
        max_output_tokens=count(top.get("max_completion_tokens")),
        retires_on=_retirement(entry.get("expiration_date")),
        alias_of=text(table(entry.get("alias_target")).get("slug")),
        **_makes(key, table(entry.get("architecture"))),
    )
    entries.append((offer, entry))
    yield from formats.sold(offer, _prices(entry.get("pricing")))


def _models(entries: list[tuple[Offer, dict[str, Any]]]) -> Iterator[Model | Score]:
    """A model per id without its variant, as the entry that has none tells it where there is one."""
    models: dict[str, Model] = {}
    scores: list[Score] = []
    for offer, entry in sorted(entries, key=lambda pair: ":" in pair[0].model_key):
        if offer.model and offer.model not in models:
            models[offer.model] = Model(
                offer.model,
                model=offer.model,
                name=offer.name,
                author=offer.model.partition("/")[0],
                created_at=formats.instant(entry.get("created")),
                context_tokens=offer.context_tokens,
                open_weights=True if text(entry.get("hugging_face_id")) else None,
                hugging_face_id=text(entry.get("hugging_face_id")),
                counted_as=_other(text(entry.get("canonical_slug")), offer.model),
            )
            scores += _scores(offer.model, table(table(entry.get("benchmarks")).get("artificial_analysis")))
    yield from models.values()
    yield from scores


def _scores(model: str, indices: dict[str, Any]) -> list[Score]:
    """Artificial Analysis' indices, of which OpenRouter says neither when nor with which effort they were measured."""
    named = ((INDICES[key], number(value)) for key, value in indices.items() if key in INDICES)
    return [Score(model, benchmark, value, harness="Artificial Analysis", self_reported=False) for benchmark, value in named if value]


def _other(key: str | None, model: str) -> str | None:
    return None if key == model else key


def _endpoints(data: dict[str, Any], url: str) -> Iterator[Record]:
    key, stated = text(data.get("id")), data.get("endpoints")
    if key is None or not isinstance(stated, list):
        raise SourceChanged(f"{url} is not a list of a model's endpoints")
    seen: Counter[tuple[str, str]] = Counter()
    for endpoint in sorted((e for e in stated if isinstance(e, dict)), key=_rank):
        tier, tag = endpoint.get("service_tier"), _tag(endpoint)
        known = tier in STANDARD_TIERS or tier in PLANS
        plan = tier if known and tier not in STANDARD_TIERS and _plan(key) == "standard" else _plan(key)
        seen[tag, plan] += 1
        quantization = text(endpoint.get("quantization"))
        offer = Offer(
            "openrouter",
            key,
            endpoint=tag if seen[tag, plan] == 1 else f"{tag}#{seen[tag, plan]}",
            plan=plan,
            name=text(endpoint.get("name")),
            host=text(endpoint.get("provider_name")),
            quantization=None if quantization == "unknown" else quantization,
            context_tokens=count(endpoint.get("context_length")),
            max_output_tokens=count(endpoint.get("max_completion_tokens")),
            status=str(endpoint["status"]) if endpoint.get("status") else None,
            **_makes(key, table(data.get("architecture"))),
        )
        yield from formats.sold(offer, _prices(endpoint.get("pricing")) if known else Prices(unknown=(f"service_tier {tier}",)))
        yield from _service(offer, endpoint)
    for odd in (e for e in stated if not isinstance(e, dict)):
        yield UnknownKey("an endpoint that is not an object", f"openrouter/{key} {odd!r:.40}")


def _service(offer: Offer, endpoint: dict[str, Any]) -> Iterator[Service]:
    """How the endpoint served; the percentiles are null without an API key."""
    measured = (
        number(table(endpoint.get("latency_last_30m")).get("p50")),
        number(table(endpoint.get("throughput_last_30m")).get("p50")),
        number(endpoint.get("uptime_last_1d")),
        number(endpoint.get("uptime_last_30m")),
    )
    if any(value is not None for value in measured):
        yield Service(offer.provider, offer.model_key, offer.endpoint, offer.plan, *measured)


def _tag(endpoint: dict[str, Any]) -> str:
    return text(endpoint.get("tag")) or text(endpoint.get("provider_name")) or "untagged"


def _rank(endpoint: dict[str, Any]) -> tuple[Any, ...]:
    """What tells endpoints of one tag apart, the cheaper first: their order on the page changes with their health."""
    pricing = table(endpoint.get("pricing"))
    names = (_tag(endpoint), str(endpoint.get("quantization")), str(endpoint.get("name")))
    sizes = (count(endpoint.get("context_length")) or 0, count(endpoint.get("max_completion_tokens")) or 0)
    return (*names, *sizes, number(pricing.get("prompt")) or 0, number(pricing.get("completion")) or 0)


def _makes(key: str, shape: dict[str, Any]) -> dict[str, Any]:
    """The offer's model, mode and modalities."""
    outputs = words(shape.get("output_modalities"))
    own = key.startswith(("~", "openrouter/"))
    return {
        "model": None if own else key.partition(":")[0],
        "mode": formats.mode(outputs),
        "input_modalities": words(shape.get("input_modalities")),
        "output_modalities": outputs,
    }


def _plan(key: str) -> str:
    return VARIANT_PLANS.get(key.partition(":")[2], "standard")


def _retirement(value: Any) -> date | None:
    """The day the source says a listing ends; a day in 2098 or later is its word for never."""
    try:
        found = date.fromisoformat((text(value) or "")[:10])
    except ValueError:
        return None
    return found if found.year < PLACEHOLDER_YEAR else None


def _meter(key: str, value: Decimal) -> str | None:
    below, token_meter = PER_TOKEN_BELOW.get(key, (Decimal(0), ""))
    return token_meter if 0 < value < below else METERS.get(key)


def _prices(stated: Any) -> Prices:
    """The price table with its overrides, of which a later one wins over an earlier one of the same condition."""
    base = formats.prices(stated, _meter, NOT_PRICES)
    overrides = table(stated).get("overrides") or []
    amounts, unknown, variable = dict(base.amounts), list(base.unknown), base.variable
    for override in overrides if isinstance(overrides, list) else [overrides]:
        said = {key: value for key, value in table(override).items() if value is not None}
        prices = {key: value for key, value in said.items() if key in METERS or (key not in TERMS and _is_price(value))}
        condition = _condition({key: value for key, value in said.items() if key not in prices})
        if condition is None:
            unknown.extend(f"overrides {key}" for key in said or ["without a condition"])
            continue
        read = formats.prices(prices, _meter)
        amounts.update({(meter, condition): value for (meter, _), value in read.amounts.items()})
        unknown.extend(f"overrides {name}" for name in read.unknown)
        variable = variable or read.variable
    return Prices(amounts, tuple(unknown), variable)


def _is_price(value: Any) -> bool:
    return isinstance(value, str) and number(value) is not None


def _condition(terms: dict[str, Any]) -> str | None:
    """An override's terms as a condition's text; None where there are none or one is not understood."""
    if terms.keys() - TERMS:
        return None
    over, window = terms.get("min_prompt_tokens"), None
    try:
        if "utc_start" in terms or "utc_end" in terms:
            window = (_clock(terms.get("utc_start", 0)), _clock(terms.get("utc_end", 2400)))
        days = tuple(_day(day) for day in terms.get("utc_days", ()))
        return Condition(input_over=None if over is None else int(over), window=window, days=days).text()
    except (KeyError, TypeError, ValueError):
        return None


def _clock(hhmm: Any) -> time:
    return time(0) if int(hhmm) == 2400 else time(*divmod(int(hhmm), 100))


def _day(day: Any) -> int:
    """ISO weekday from a name or a number; 0 and 7 are both Sunday, so that both customs of counting are read."""
    return DAYS[day[:3].lower() if isinstance(day, str) else int(day)]
