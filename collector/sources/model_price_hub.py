"""model-price-hub: a tracker of list prices in dollars and yuan, with peak hours, context ranges and how each row was read."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import msgspec

from collector.formats import ENTRIES, ITEMS, array, count, instant, label, table, text
from collector.source import History, Look, Page, Source, Terms
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import METERS, PLANS, Condition, usd

_PRICE = re.compile(r"(?:\w+_)?per_\w+|\w*(?:price|cost)\w*")
_STEMS = {
    "input_per_1m": "input_{}mtok",
    "output_per_1m": "output_{}mtok",
    "cached_input_per_1m": "cache_{}read_mtok",
    "cache_write_per_1m": "cache_{}write_mtok",
}
_WRITES = {"write_5m": "cache_write_mtok", "write_1h": "cache_write_1h_mtok", "write_12h": "cache_write_12h_mtok"}
_CONDITIONS = ("service_tier", "cache_state", "context_range")
_USUAL = {"intl": "USD", "cn": "CNY"}
_RANGE = re.compile(r"(?:>(?P<over>\d+)k|(?P<low>\d+)k?-\d+k)")
_READ_AT = re.compile(rb'("scraped_at":\s*)"[^"]*"')
_HOURS_AHEAD = {"UTC": 0, "Asia/Shanghai": 8}
_WINDOWS = {"label", "timezone", "windows", "effective_from", "effective_to", "weekdays"}
_DAYS: dict[Any, int] = {day: iso for iso, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 1)}
_DAYS |= {iso: iso for iso in range(1, 8)}
_MIDNIGHT = time(0)


class _When(NamedTuple):
    """What of an entry is no amount: plan, conditions (none where a term is not understood), and the span it is in force."""

    plan: str
    conditions: tuple[str | None, ...]
    start: datetime | None
    end: datetime | None


class ModelPriceHub(Source):
    """The newest table of model-price-hub.

    Source: https://github.com/Microllin/model-price-hub, data/latest.json.
    Unit: USD or CNY per million tokens; an amount in yuan has no amount in dollars here.
    Grain: one entry per seller, model, region, service tier, cache state, context range and hours; an offer per seller, model and plan.
    Lists: everything the tracker holds, rows it could not read anew (`stale`) included.

    Who sells is the channel, or on the channel `official` the provider. On `third_party` the seller is not named, so these offers,
    like those of another region than `intl`, are told apart by endpoint. Where two scrapers (`source`) price one model of one seller,
    the provider's own page is the offer, and the other's name is the endpoint. A range `32k-128k` holds above its lower end;
    `long` is a range whose bounds are not said. Hours of Shanghai are turned into UTC, a weekday with its window. How a row was
    read (`stale`, `manual`, by vision) is the offer's status.
    """

    name = "model_price_hub"
    start_urls = ("https://raw.githubusercontent.com/Microllin/model-price-hub/main/data/latest.json",)
    cadence = "47 3 * * *"
    min_records = 500
    trust = 4
    family = "model_price_hub"
    terms = Terms("MIT", "model-price-hub, https://github.com/Microllin/model-price-hub (MIT license)")
    history = History("https://github.com/Microllin/model-price-hub", ((r"data/latest\.json", start_urls[0]),))

    def pieces(self, path: str, body: bytes, look: Look) -> dict[str, bytes]:
        """The entries of each model together, whoever sells it: they tell each other's endpoints apart.

        When an entry was read is left out: it is another time in every version, and nothing else is.
        """
        try:
            rows = ITEMS.decode(ENTRIES.decode(_READ_AT.sub(rb"\1null", body))["entries"])
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError) as error:
            raise SourceChanged(f"{path} is not an object with a list of `entries` ({error})") from None
        found: dict[str, list[bytes]] = {}
        for row in rows:
            found.setdefault(label(row, "model"), []).append(bytes(row))
        return {model: b'{"entries":[' + b",".join(entries) + b"]}" for model, entries in found.items()}

    def records(self, page: Page) -> Iterator[Record]:
        entries = table(page.json).get("entries")
        if not isinstance(entries, list) or not any(isinstance(entry, dict) and entry.get("model") for entry in entries):
            raise SourceChanged(f"{page.url} has no list of `entries` with a model each")
        sold: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for place, entry in enumerate(entries):
            if isinstance(entry, dict) and all(text(entry.get(key)) for key in ("provider", "model")):
                sold.setdefault((entry["model"], *_place(entry)), []).append(entry)
            else:
                yield UnknownKey("an entry without a provider and a model", f"{page.url} [{place}]")
        for (model, seller, place_), found in sold.items():
            scrapers = sorted({_scraper(entry) for entry in found})
            for scraper in scrapers:
                own = [entry for entry in found if _scraper(entry) == scraper]
                words = [place_] if place_ else []
                words += [word for word, first in zip(scraper[1:], scrapers[0][1:], strict=True) if word != first]
                yield from _records(_offer(seller, model, "/".join(words) or None, own), own)


def _place(entry: dict[str, Any]) -> tuple[str, str]:
    """Who sells, and what tells this price list of theirs from their usual one; empty for the usual one."""
    provider, channel = str(entry["provider"]), text(entry.get("channel")) or "official"
    region, currency = text(entry.get("region")) or "intl", entry.get("currency")
    words = ["third_party"] if channel == "third_party" else []
    words += [region] if region != "intl" else []
    words += [str(currency)] if currency != _USUAL.get(region) else []
    return provider if channel in ("official", "third_party") else channel, "/".join(words)


def _scraper(entry: dict[str, Any]) -> tuple[int, str, str]:
    """Where an entry was read: the provider's own page first, then the seller's."""
    scraper, provider = str(entry.get("source") or ""), str(entry["provider"])
    rank = 0 if entry.get("official") else 1 if scraper in (entry.get("channel"), provider) else 2
    return rank, scraper, provider


def _offer(seller: str, model: str, endpoint: str | None, entries: list[dict[str, Any]]) -> Offer:
    read = {"vision" for entry in entries if entry.get("via_vision") is True}
    read |= {str(entry["provenance"]) for entry in entries if text(entry.get("provenance")) not in (None, "scraped")}
    address = next((url for entry in entries if (url := text(entry.get("source_url")))), None)
    return Offer(
        seller,
        model,
        endpoint,
        context_tokens=next((size for entry in entries if (size := count(entry.get("context_window")))), None),
        max_output_tokens=next((size for entry in entries if (size := count(entry.get("max_output")))), None),
        status=", ".join(sorted(read)) or None,
        evidence_url=address if address and address.startswith(("http://", "https://")) else None,
    )


def _records(offer: Offer, entries: list[dict[str, Any]]) -> Iterator[Record]:
    """An offer under each plan that has a price, the standard one always, with its quotes."""
    plans: dict[str, dict[tuple[Any, ...], Quote]] = {"standard": {}}
    unknown: dict[str, None] = {}
    for entry in entries:
        when = _when(entry)
        for key, amount in entry.items():
            if amount is None or not _PRICE.fullmatch(key):
                continue
            meter = _meter(key, entry)
            if meter is None or when is None:
                unknown[f"{key} under terms not understood" if meter else _named(key, entry)] = None
            elif isinstance(amount, bool) or not isinstance(amount, int | Decimal) or amount < 0:
                unknown[f"{key} is not a price"] = None
            else:
                for quote in _quotes(offer, meter, amount, str(entry.get("currency")), when):
                    said = plans.setdefault(quote.plan, {})
                    if said.setdefault((quote.meter, quote.condition, quote.stated_from), quote) != quote:
                        unknown[f"{key} contradicts another entry"] = None
    for plan, quotes in plans.items():
        yield replace(offer, plan=plan)
        yield from quotes.values()
    yield from (UnknownKey(name, f"{offer.provider}/{offer.model_key}") for name in unknown)


def _quotes(offer: Offer, meter: str, amount: Decimal | int, currency: str, when: _When) -> Iterator[Quote]:
    value = usd(meter, amount, per=1_000_000)
    dollars, native = (value, None) if currency == "USD" else (None, value)
    for condition in when.conditions:
        yield Quote(
            offer.provider, offer.model_key, meter, dollars, offer.endpoint, when.plan, condition, when.start, when.end, currency, native
        )


def _meter(key: str, entry: dict[str, Any]) -> str | None:
    """The meter of a price of an entry; None where one of its words has no meaning here."""
    kind, state = entry.get("modality") or "text", entry.get("cache_state")
    if (entry.get("billing_unit") or "token") != "token" or key not in _STEMS:
        return None
    if state is not None:
        return _WRITES.get(state) if key == "cache_write_per_1m" and kind == "text" else None
    meter = _STEMS[key].format("" if kind == "text" else f"{kind}_")
    return meter if meter in METERS else None


def _named(key: str, entry: dict[str, Any]) -> str:
    """An unread price with the words that make it so."""
    said = (entry.get("billing_unit"), entry.get("modality"), entry.get("cache_state"))
    return " ".join([key, *(str(word) for word in said if word not in (None, "token", "text"))])


def _when(entry: dict[str, Any]) -> _When | None:
    """When an entry's prices hold; None where a term is not understood."""
    hours = entry.get("time_window")
    tier, _, context = (str(entry.get(key) or "") for key in _CONDITIONS)
    found, windows = _range(context), _windows(hours)
    if found is None or windows is None:
        return None
    plan = tier if tier in PLANS else "standard"
    extra = () if plan == tier or not tier or (tier == "scheduled" and hours) else (f"tier {tier}",)
    start = entry.get("effective_from") or table(hours).get("effective_from")
    end = entry.get("effective_to") or table(hours).get("effective_to")
    if (start and not instant(start)) or (end and not instant(end)):
        return None
    conditions = tuple(replace(window, input_over=found.input_over, extra=found.extra + extra).text() for window in windows)
    return _When(plan, conditions, instant(start) if start else None, instant(end) if end else None)


@cache
def _range(text_: str) -> Condition | None:
    """The condition of a context range, in tokens of input; None where it is not understood."""
    if text_ in ("", "long"):
        return Condition(extra=("context long",) if text_ else ())
    match = _RANGE.fullmatch(text_)
    return Condition(input_over=int(match["over"] or match["low"]) * 1000 or None) if match else None


def _windows(block: Any) -> list[Condition] | None:
    """The windows of a time block in UTC, one condition each; always where there is none, None where it is not understood."""
    if block is None:
        return [Condition()]
    try:
        ahead, days = _HOURS_AHEAD[block.get("timezone") or "UTC"], block.get("weekdays")
        if block.keys() - _WINDOWS or any(window.keys() - {"start", "end", "weekdays"} for window in block["windows"]):
            return None
        return [when for window in block["windows"] for when in _window(window, window.get("weekdays") or days, ahead)] or None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _window(window: dict[str, Any], days: Any, ahead: int) -> list[Condition]:
    """A window; its days are those on which it begins, which in UTC may be the ones before. A whole local day is cut at midnight."""
    (start, back), (end, _) = _utc(window["start"], ahead), _utc(window["end"], ahead)
    named = {_DAYS[day[:3].lower() if isinstance(day, str) else day] for day in array(days)}
    before = tuple(sorted((day - back - 1) % 7 + 1 for day in named))
    if start != end or start == _MIDNIGHT:
        return [Condition(window=(start, end), days=before)]
    after = tuple(sorted(named))
    return [Condition(window=(start, _MIDNIGHT), days=before), Condition(window=(_MIDNIGHT, end), days=after)]


def _utc(clock: str, ahead: int) -> tuple[time, int]:
    """A local time in UTC, and how many days earlier that is there."""
    hours, minutes = (int(part) for part in clock.split(":"))
    local = hours * 60 + minutes
    if not 0 <= local <= 24 * 60 or minutes > 59:
        raise ValueError(clock)
    there = local - ahead * 60
    return time(*divmod(there % (24 * 60), 60)), int(there < 0)
