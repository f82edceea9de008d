"""models.dev: a community's list of models by provider, in one file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import tomli

from collector.source import History, Look, Page, Source, Terms
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import PLANS, Condition, usd

_METERS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "reasoning": "output_reasoning_mtok",
    "citation": "output_citation_mtok",
    "input_audio": "input_audio_mtok",
    "output_audio": "output_audio_mtok",
} | {
    **dict.fromkeys(("cache_read", "cached_read", "cached_input", "inputCached"), "cache_read_mtok"),
    **dict.fromkeys(("cache_write", "cached_write"), "cache_write_mtok"),
}
_MODES = {("text",): "chat", ("audio", "text"): "chat", ("image",): "image", ("audio",): "audio", ("video",): "video"}
_NOT_CHAT = re.compile("embed|rerank|bge|voyage|whisper|tts|moderation")
_NUMBER = (int, Decimal)
_LEGACY_TIER = 200_000
_JSON = msgspec.json.Encoder(decimal_format="number")


@dataclass(slots=True)
class _Sheet:
    """The quotes of one model of one provider as they are found."""

    offer: Offer
    quotes: dict[tuple[str, str, str | None], Quote] = field(default_factory=dict)
    unknown: list[UnknownKey] = field(default_factory=list)

    def report(self, name: str) -> None:
        """Name a key that is not read."""
        self.unknown.append(UnknownKey(name, f"{self.offer.provider}/{self.offer.model_key}"))

    def put(self, key: str, price: Any, plan: str, condition: str | None) -> None:
        """Quote one price, or report why it is none; null is absent."""
        if not isinstance(price, _NUMBER) or isinstance(price, bool) or price < 0:
            return self.report(f"{key} is not a price") if price is not None else None
        offer, meter = self.offer, _METERS[key.rpartition(".")[2]]
        amount = usd(meter, price, per=1_000_000)
        quote = Quote(offer.provider, offer.model_key, meter, amount, offer.endpoint, plan, condition)
        if self.quotes.setdefault((plan, meter, condition), quote).usd != amount:
            self.report(f"{key} contradicts another key")

    def read(self, cost: Any, plan: str, when: Condition, path: str = "") -> None:
        """One table of prices; its tiers hold above a size of the prompt, in tokens, and go before their legacy copy."""
        if not isinstance(cost, dict):
            return self.report(f"{path or 'cost'} is not a table of prices")
        listed = cost.get("tiers")
        tiers = listed if isinstance(listed, list) else []
        for tier in tiers:
            over = _context(tier)
            if over is not None:
                self.read(tier, plan, replace(when, input_over=over), f"{path}tiers.")
            else:
                for key in _table(tier) or ("not a table",):
                    self.report(f"{path}tiers.{key}")
        condition = when.text()
        for key, value in cost.items():
            if key in _METERS:
                self.put(f"{path}{key}", value, plan, condition)
            elif key == "context_over_200k" and value is not None:
                if not any(_prices(tier) == value for tier in tiers):
                    self.read(value, plan, replace(when, input_over=_LEGACY_TIER), f"{path}{key}.")
            elif key != "tier" and value is not None and value is not tiers:
                self.report(f"{path}{key}")


def _context(tier: Any) -> int | None:
    """The size in tokens above which a tier holds, None where it is not a context tier."""
    bound = tier.get("tier") if isinstance(tier, dict) else None
    size = bound.get("size") if isinstance(bound, dict) and bound.get("type", "context") == "context" else None
    return size if isinstance(size, int) else None


def _prices(tier: Any) -> Any:
    return {key: value for key, value in tier.items() if key != "tier"} if isinstance(tier, dict) else tier


def _mode(model: dict[str, Any], modalities: dict[str, Any]) -> str | None:
    """From what it writes; a family of embeddings says so itself, other names that are no chat leave it open."""
    family = str(model.get("family")).lower()
    if "embed" in family:
        return "embedding"
    if modalities.get("input") == ["audio"]:
        return "audio"
    mode = _MODES.get(tuple(sorted(_words(modalities.get("output")))))
    text = f"{family} {model.get('id')} {model.get('name')}".lower()
    return None if mode == "chat" and _NOT_CHAT.search(text) else mode


def _offer(provider: str, key: str, model: dict[str, Any], doc: Any) -> Offer:
    limit, modalities, listed = _table(model.get("limit")), _table(model.get("modalities")), model.get("id", key)
    weights, released = model.get("open_weights"), model.get("release_date")
    return Offer(
        provider,
        key,
        endpoint=str(listed) if listed != key else None,
        plan="subscription" if "coding-plan" in provider or "token-plan" in provider else "standard",
        name=model.get("name"),
        mode=_mode(model, modalities),
        context_tokens=_count(limit.get("context")),
        max_output_tokens=_count(limit.get("output")),
        input_modalities=_words(modalities.get("input")),
        output_modalities=_words(modalities.get("output")),
        status=model.get("status"),
        released_on=_day(released),
        open_weights=weights if isinstance(weights, bool) else None,
        evidence_url=doc if isinstance(doc, str) and doc.startswith(("http://", "https://")) else None,
    )


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _words(value: Any) -> tuple[str, ...]:
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()


def _count(value: Any) -> int | None:
    return value or None if isinstance(value, int) and not isinstance(value, bool) else None


def _day(value: Any) -> date | None:
    """A full date; a month alone is none, for its day would be invented."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _toml(path: str, body: bytes) -> dict[str, Any]:
    try:
        return tomli.loads(body.decode(), parse_float=Decimal)
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceChanged(f"{path} is not TOML ({error})") from None


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A model's own facts over those it is based on, table by table."""
    tables = [key for key in base.keys() & own.keys() if isinstance(base[key], dict) and isinstance(own[key], dict)]
    return {**base, **own, **{key: _merged(base[key], own[key]) for key in tables}}


def _without(table: dict[str, Any], omitted: tuple[str, ...]) -> dict[str, Any]:
    """A table without what dotted names (`limit.input`) name in it."""
    inner = {name: tuple(rest for key in omitted if (rest := key.removeprefix(f"{name}.")) != key) for name in table}
    kept = {name: value for name, value in table.items() if name not in omitted}
    return {name: _without(value, inner[name]) if inner[name] and isinstance(value, dict) else value for name, value in kept.items()}


class ModelsDev(Source):
    """The models.dev catalog of providers and their models.

    Source: https://models.dev, built from the TOML files of anomalyco/models.dev; one object, a table per provider.
    Unit: USD per million tokens; `image`, `request` and `outputCached`, whose unit or meaning is not said, are reported.
    Grain: one offer per provider, model and plan; `context_over_200k` is left out where it copies one of `tiers`;
        a file that states another id than its own name (`…:free`) has that id as endpoint.
    Lists: every model of every provider it knows, priced or not.
    """

    name = "models_dev"
    start_urls = ("https://models.dev/api.json",)
    cadence = "23 2 * * *"
    min_records = 200
    trust = 4
    family = "models_dev"
    terms = Terms("MIT", "Prices from models.dev (anomalyco/models.dev, MIT license)")
    history = History(
        "https://github.com/anomalyco/models.dev",
        ((r"providers/[^/]+/models/.+\.toml", start_urls[0]),),
        support=(r"models/.+\.toml",),
        ref="dev",
    )

    def pieces(self, path: str, body: bytes, look: Look) -> dict[str, bytes]:
        """A model's TOML file as the catalog has it: what it leaves out comes from the model it is based on."""
        provider, key = path.removeprefix("providers/").removesuffix(".toml").split("/models/", 1)
        model = _toml(path, body)
        if isinstance(base := model.get("base_model"), str) and (inherited := look(f"models/{base}.toml")) is not None:
            model = _merged(_without(_toml(base, inherited), _words(model.get("base_model_omit"))), model)
        return {path: _JSON.encode({provider: {"models": {key: model}}})}

    def records(self, page: Page) -> Iterator[Record]:
        providers = page.json
        if not isinstance(providers, dict) or not any(_table(_table(p).get("models")) for p in providers.values()):
            raise SourceChanged(f"{page.url} is not an object of providers with their models")
        for provider, about in providers.items():
            models = _table(about).get("models")
            if not isinstance(models, dict):
                yield UnknownKey("a provider without models", provider)
                continue
            for key, model in models.items():
                yield from _records(provider, key, model, about.get("doc"))


def _records(provider: str, key: str, model: Any, doc: Any) -> Iterator[Record]:
    sheet = _Sheet(_offer(provider, key, _table(model), doc))
    if not isinstance(model, dict):
        sheet.report("a model that is not a table")
    elif model.get("cost") is not None:
        sheet.read(model["cost"], sheet.offer.plan, Condition())
    for name, special in _table(_table(_table(model).get("experimental")).get("modes")).items():
        if _table(special).get("cost") is not None:
            plan, when = (name, Condition()) if name in PLANS else (sheet.offer.plan, Condition(extra=(f"mode {name}",)))
            sheet.read(special["cost"], plan, when, f"modes.{name}.")
    for plan in dict.fromkeys([sheet.offer.plan, *(quote.plan for quote in sheet.quotes.values())]):
        yield sheet.offer if plan == sheet.offer.plan else replace(sheet.offer, plan=plan)
        yield from (quote for quote in sheet.quotes.values() if quote.plan == plan)
    yield from sheet.unknown
