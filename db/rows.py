"""Records as rows: what COPY writes of an offer, a quote, a model and a measurement, and what it says besides its keys, as JSON."""

import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from market import accelerators, identity
from market.errors import SourceChanged
from market.records import Adoption, Model, Offer, Quote, Rate, Record, Rental, Score, Service


def check(url: str, records: Iterable[Record]) -> None:
    """Sees that each quote of a page has an offer.

    Raises:
        SourceChanged: one has none.
    """
    records = list(records)
    offers = {(o.provider, o.model_key, o.endpoint, o.plan) for o in records if isinstance(o, Offer)}
    for quote in records:
        if isinstance(quote, Quote) and (quote.provider, quote.model_key, quote.endpoint, quote.plan) not in offers:
            raise SourceChanged(f"{url} prices {quote.provider}/{quote.model_key} ({quote.plan}), which it does not list")


def _offer(scope_id: int, _: datetime, offer: Offer) -> tuple[Any, ...]:
    who = identity.resolve(offer.provider, offer.model_key, offer.endpoint, offer.plan, offer.model)
    key = (offer.provider, offer.model_key, offer.endpoint, offer.plan)
    return (scope_id, *key, who.provider_id, who.model, who.thing, terms(offer))


def _quote(scope_id: int, _: datetime, quote: Quote) -> tuple[Any, ...]:
    key = (quote.provider, quote.model_key, quote.endpoint, quote.plan, quote.meter, quote.condition, quote.stated_from)
    return (scope_id, *key, quote.usd, quote.stated_to, quote.currency, quote.native)


def _model(scope_id: int, _: datetime, model: Model) -> tuple[Any, ...]:
    canonical = identity.canonical(model.model or model.hugging_face_id or "")
    return (scope_id, model.model_key, canonical, _json(model, ("model_key", "model")))


def _service(_: int, seen_at: datetime, service: Service) -> tuple[Any, ...]:
    key = (service.provider, service.model_key, service.endpoint, service.plan)
    return (*key, seen_at, service.ttft_ms_p50, service.tps_p50, service.uptime_1d, service.uptime_30m)


def terms(offer: Offer) -> str:
    """What a source says of an offer besides its prices, as JSON."""
    return _json(offer, ("provider", "model_key", "endpoint", "plan"))


def _json(record: Offer | Model, keys: tuple[str, ...]) -> str:
    """What a record says besides its keys, unset and false left out, so that a new field changes nothing said before."""
    said = {f.name: _held(getattr(record, f.name)) for f in fields(record) if f.name not in keys}
    kept = {k: v for k, v in said.items() if v not in (None, (), "") and not (k == "variable" and v is False)}
    return json.dumps(kept, default=_plain, sort_keys=True)


def _held(value: Any) -> Any:
    """A value as the database can hold and count it: no NUL in a text, no count beyond all counting."""
    if isinstance(value, tuple):
        return tuple(map(_held, value))
    if isinstance(value, str):
        return value.replace("\0", " ")
    return None if isinstance(value, int) and abs(value) > 1 << 62 else value


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def _adoption(_: int, seen_at: datetime, adoption: Adoption) -> tuple[Any, ...]:
    return (adoption.model_key, adoption.metric, adoption.day or seen_at.date(), adoption.value)


def score(seen_at: datetime, one: Score) -> tuple[Any, ...]:
    """A score as both the nightly load and a backfill stage it; its day is the one it was read on where none is stated."""
    key = (one.model_key, one.benchmark, one.effort, one.harness, one.measured_on or seen_at.date())
    return (*key, one.value, one.low, one.high, one.self_reported)


def _score(_: int, seen_at: datetime, one: Score) -> tuple[Any, ...]:
    return score(seen_at, one)


def _rate(_: int, seen_at: datetime, rate: Rate) -> tuple[Any, ...]:
    return (rate.currency, rate.day, rate.usd, seen_at)


def _rental(scope_id: int, _: datetime, rental: Rental) -> tuple[Any, ...]:
    card = accelerators.rented(rental.accelerator, rental.memory_gb)
    key = (rental.provider, rental.instance, rental.region, rental.accelerator, rental.count, rental.memory_gb, rental.spot)
    return (scope_id, *key, card.name if card else None, rental.usd_hour)


STAGED: dict[type, tuple[str, Callable[[int, datetime, Any], tuple[Any, ...]]]] = {
    Offer: ("said_offer", _offer),
    Quote: ("said_quote", _quote),
    Model: ("said_model", _model),
    Service: ("said_service", _service),
    Adoption: ("said_adoption", _adoption),
    Score: ("said_score", _score),
    Rate: ("said_rate", _rate),
    Rental: ("said_rental", _rental),
}
"""Kind of record → the table it is staged in, and its row there, given the scope's number and when it was seen."""
