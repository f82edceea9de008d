"""genai-prices: Pydantic's table of what language models cost, with dates, hours, context tiers and variants."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from collector.formats import label
from collector.source import History, Look, Page, Source, Terms
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import METERS, PLANS, SUFFIXES, Condition, usd

PLAN_WORDS = ("processing", "service_tier", "speed")
DAWN = datetime.min.replace(tzinfo=UTC)


class _Provider(msgspec.Struct):
    """A provider in the file, its models as they stand there."""

    id: str
    models: list[msgspec.Raw]
    pricing_urls: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_PROVIDERS = msgspec.json.Decoder(list[_Provider])


class Span(NamedTuple):
    """When an entry is the one in force: its first instant, the instant another takes over, its hours in UTC."""

    start: datetime | None
    until: datetime | None
    window: tuple[time, time] | None


class Said(NamedTuple):
    """One price of one entry; the span is None where its constraint is not understood."""

    key: str
    value: Any
    span: Span | None
    plan: str = "standard"
    extra: tuple[str, ...] = ()


class GenaiPrices(Source):
    """The file that the genai-prices package downloads, and the same table inside the package.

    Source: https://github.com/pydantic/genai-prices, prices/new_data/v2/data.json.
    Unit: USD per the unit that a key's suffix names (million tokens, thousand pieces, hour, …).
    Grain: one offer per provider, model and plan; a price may have a first day, hours of the day, and context tiers.
    Lists: everything the table holds; a model with no prices is an offer without quotes.

    Among a model's entries the last one active holds, for all meters: so a dated entry ends whatever stands before it,
    and an entry with hours beats, in those hours, whatever stands before it. A tier holds for the whole request once the
    input exceeds its start. Variants override key by key, the first active one wins, and what a variant does not name
    costs what it costs without it: only the prices named are quoted under the variant's plan or condition.
    """

    name = "genai_prices"
    start_urls = ("https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json",)
    cadence = "11 3 * * *"
    min_records = 1000
    trust = 4
    family = "genai_prices"
    terms = Terms("MIT", "genai-prices by Pydantic, https://github.com/pydantic/genai-prices")
    history = History(
        "https://github.com/pydantic/genai-prices",
        ((r"prices/data\.json", start_urls[0]), (r"prices/new_data/v2/data\.json", start_urls[0])),
    )

    def pieces(self, path: str, body: bytes, look: Look) -> dict[str, bytes]:
        """Each model under its provider; models that share an id stay together."""
        found: dict[str, _Provider] = {}
        try:
            for provider in _PROVIDERS.decode(body):
                for model in provider.models:
                    key = f"{provider.id}/{label(model)}"
                    found.setdefault(key, _Provider(provider.id, [], provider.pricing_urls)).models.append(model)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SourceChanged(f"{path} is not a list of providers with their models ({error})") from None
        return {key: msgspec.json.encode([provider]) for key, provider in found.items()}

    def records(self, page: Page) -> Iterator[Record]:
        for provider, model in _models(page):
            if isinstance(model, dict) and model.get("id"):
                yield from _offers(provider, model)
            else:
                yield UnknownKey("model without an id", provider["id"])

    def installed(self) -> Page:
        """The table inside the installed package, in the shape of the file."""
        from importlib.metadata import version

        from genai_prices.data import providers

        table = [{"id": p.id, "name": p.name, "pricing_urls": p.pricing_urls, "models": p.models} for p in providers]
        body = msgspec.json.Encoder(decimal_format="number", enc_hook=vars).encode(table)
        return Page(f"pkg:pypi/genai-prices@{version('genai-prices')}", body, datetime.now(UTC))

    def newest_stated_date(self, page: Page) -> date | None:
        """The newest day that the page states, as the start of a price or of a check, and that had come when it was fetched."""
        spans = []
        for model in (model for _, model in _models(page) if isinstance(model, dict)):
            prices = model.get("prices")
            entries = [*(prices if isinstance(prices, list) else ()), *(model.get("price_variants") or ())]
            spans += [_span(entry, None) for entry in entries]
            spans.append(_span({"constraint": {"start_date": model.get("prices_checked")}}, None))
        days = (span.start.date() for span in spans if span and span.start)
        return max((day for day in days if day <= page.fetched_at.date()), default=None)


def _models(page: Page) -> Iterator[tuple[dict[str, Any], Any]]:
    """Each model, after its provider.

    Raises:
        SourceChanged: the page is no list of providers with models.
    """
    if not isinstance(page.json, list) or not all(isinstance(p, dict) and p.get("id") for p in page.json):
        raise SourceChanged(f"{page.url} is not a list of providers with an id each")
    if not any(provider.get("models") for provider in page.json):
        raise SourceChanged(f"{page.url} names no model of any provider")
    for provider in page.json:
        for model in provider.get("models") or ():
            yield provider, model


def _offers(provider: dict[str, Any], model: dict[str, Any]) -> Iterator[Record]:
    """A model's offer under each plan that has a price, the standard one always, with its quotes."""
    offer = Offer(
        provider=provider["id"],
        model_key=model["id"],
        name=model.get("name"),
        context_tokens=model.get("context_window"),
        status="deprecated" if model.get("deprecated") else None,
        evidence_url=next(iter(provider.get("pricing_urls") or ()), None),
    )
    plans: dict[str, dict[tuple[Any, ...], Quote]] = {"standard": {}}
    unknown = []
    for said in (*_standard(model.get("prices") or {}), *_variants(model.get("price_variants") or ())):
        for record in _quotes(offer, said):
            if isinstance(record, UnknownKey):
                unknown.append(record)
                continue
            quotes = plans.setdefault(record.plan, {})
            if quotes.setdefault((record.meter, record.condition, record.stated_from), record) is not record:
                unknown.append(_unknown(offer, f"{said.key} that a stronger entry overrides"))
    for plan in (_when(variant)[0] for variant in model.get("price_variants") or ()):
        if plan:
            plans.setdefault(plan, {})
    for plan, quotes in plans.items():
        yield replace(offer, plan=plan)
        yield from quotes.values()
    yield from unknown


def _standard(prices: Any) -> Iterator[Said]:
    """The prices without a variant, the strongest entry first."""
    until: datetime | None = None
    for entry in reversed(prices) if isinstance(prices, list) else ({"prices": prices},):
        span = _span(entry, until)
        for key, value in _prices(entry):
            yield Said(key, value, span)
        until = _takes_over(span, until)


def _variants(variants: Any) -> Iterator[Said]:
    """The prices of variants, the strongest first; each ends when a stronger one of the same `when` begins to name its key."""
    until: dict[tuple[Any, ...], datetime | None] = {}
    for variant in variants:
        plan, extra = _when(variant)
        for key, value in _prices(variant):
            place = (plan, extra, key)
            span = _span(variant, until.get(place)) if plan else None
            yield Said(key, value, span, plan, extra)
            until[place] = _takes_over(span, until.get(place)) if value is not None else until.get(place)


def _prices(entry: Any) -> Iterable[tuple[str, Any]]:
    prices = entry.get("prices") if isinstance(entry, dict) else entry
    return (prices if isinstance(prices, dict) else {"prices": prices}).items()


def _when(variant: Any) -> tuple[str, tuple[str, ...]]:
    """A variant's plan, and the words of its `when` that name no plan; no plan at all where there is no such thing."""
    when = variant.get("when") if isinstance(variant, dict) else None
    if not isinstance(when, dict) or not when:
        return "", ()
    plan = next((name for name in PLAN_WORDS if when.get(name) in PLANS), None)
    return when[plan] if plan else "standard", tuple(f"{name} {value}" for name, value in when.items() if name != plan)


def _span(entry: Any, until: datetime | None) -> Span | None:
    """When an entry holds, given when a stronger one takes over; None where its constraint is not understood."""
    constraint = (entry.get("constraint") if isinstance(entry, dict) else None) or {}
    if not isinstance(constraint, dict) or not constraint.keys() <= {"start_date", "start_time", "end_time"}:
        return None
    day, opens, closes = (constraint.get("start_date"), constraint.get("start_time", ""), constraint.get("end_time", ""))
    try:
        window = (_utc(opens), _utc(closes)) if opens or closes else None
        return Span(datetime.combine(date.fromisoformat(day), time(0), UTC) if day else None, until, window)
    except (TypeError, ValueError):
        return None


def _utc(said: str) -> time:
    """A time of day in UTC, which it is in where it names no zone; whole minutes only."""
    at = datetime.combine(date(2000, 1, 1), time.fromisoformat(said))
    if at.second or at.microsecond:
        raise ValueError(f"{said} is not a whole minute")
    return at.astimezone(UTC).time() if at.tzinfo else at.time()


def _takes_over(span: Span | None, until: datetime | None) -> datetime | None:
    """From when on weaker entries no longer hold: an entry with hours ends none."""
    if span is None or span.window:
        return until
    start = span.start or DAWN
    return start if until is None else min(start, until)


def _quotes(offer: Offer, said: Said) -> Iterator[Quote | UnknownKey]:
    """The price of each tier, the highest first, and the base price."""
    if said.value is None:
        return
    odd = _odd(said)
    if odd or said.span is None:
        yield _unknown(offer, odd)
        return
    tiered = said.value if isinstance(said.value, dict) else {"base": said.value}
    steps = sorted(((tier["start"], tier.get("price")) for tier in tiered.get("tiers") or ()), key=lambda step: -step[0])
    for over, price in (*steps, (None, tiered.get("base"))):
        if not isinstance(price, int | Decimal) or isinstance(price, bool) or price < 0:
            yield _unknown(offer, f"{said.key} is not a price")
            continue
        yield Quote(
            provider=offer.provider,
            model_key=offer.model_key,
            meter=said.key,
            usd=usd(said.key, price, SUFFIXES[said.key.rpartition("_")[2]][0]),
            plan=said.plan,
            condition=Condition(input_over=over, window=said.span.window, extra=said.extra).text(),
            stated_from=said.span.start,
            stated_to=said.span.until,
        )


def _odd(said: Said) -> str:
    """Under what name a price that cannot be quoted is reported; empty where it can."""
    if said.key not in METERS:
        return said.key
    if said.span is None:
        return f"{said.key} under a constraint not understood"
    start, until, window = said.span
    if (until and (start or DAWN) >= until) or (window and window[0] == window[1]):
        return f"{said.key} of an entry that never holds"
    tiers = said.value.get("tiers") or () if isinstance(said.value, dict) else ()
    known = isinstance(tiers, list | tuple) and all(isinstance(tier, dict) and isinstance(tier.get("start"), int) for tier in tiers)
    return "" if known else f"{said.key} in tiers not understood"


def _unknown(offer: Offer, name: str) -> UnknownKey:
    return UnknownKey(name, f"{offer.provider}/{offer.model_key}")
