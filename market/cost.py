"""A workload and an offer's prices to a cost: the one place that multiplies prices by tokens; Decimal, never float.

A condition that holds stands in place of the unconditional price, meter by meter; what it does not name costs what it
costs without it, and what a plan does not name costs what it costs under the standard plan. A meter that is used and has
no price is an error, but for a cache read, which then is an ordinary read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import Context, Decimal
from typing import Any

from market.errors import MarketError
from market.units import METERS, Condition, unit
from market.workload import Count, Usage, per, usage_name

_MONEY = Context(prec=28)
"""28 digits: sums and products of real prices are exact; only an hour's 3,600 seconds divide without end."""

_ORDINARY = {"cache_read_mtok": "input_mtok", "cache_audio_read_mtok": "input_audio_mtok", "cache_image_read_mtok": "input_image_mtok"}
"""A cache read that has no price of its own is billed as what is read."""

_CALLED = {"cache_read_mtok": "input", "cache_audio_read_mtok": "audio input", "cache_image_read_mtok": "image input"}

LEAST_SECONDS = {("groq", "whisper-large-v3"): 10, ("groq", "whisper-large-v3-turbo"): 10}
"""Providers who bill at least so many seconds of audio a request (Groq's pricing page)."""

_HEARD = frozenset({"audio_hours", "input_audio_hours", "output_audio_hours"})
_PLACES = {meter: place for place, meter in enumerate(METERS)}
FALLS_BACK = frozenset({"batch", "flex", "priority", "balanced", "ultrafast", "fast", "spot"})
"""Plans of one offer: what they do not price costs what it costs under the standard plan."""


def least_seconds(provider: str, model_key: str) -> int:
    """The least seconds of audio that a provider bills a request of a model, however either is spelled; mostly 0."""
    return LEAST_SECONDS.get((provider, model_key.rpartition("/")[2].lower()), 0)


class Unpriced(MarketError):
    """Something used has no price."""


@dataclass(frozen=True, slots=True)
class Price:
    """A price in force.

    Attributes:
        usd: USD per the meter's unit.
        quote: where it comes from, whatever its reader knows of that: source, source_key, valid_from, …
    """

    meter: str
    condition: str | None
    usd: Decimal
    quote: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One meter of a bill.

    Attributes:
        count: base units billed (tokens, seconds, pieces …).
        usd: what they cost, USD.
        note: what is unusual about this line.
    """

    meter: str
    count: Count
    price: Price
    usd: Decimal
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """A cost, USD, with the lines it is the sum of."""

    usd: Decimal
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    """One price with its condition taken apart; of those that hold the highest rank wins."""

    price: Price
    when: Condition
    rank: tuple[int, ...]

    def holds(self, at: datetime, prompt: Count, choices: frozenset[str]) -> bool:
        """Whether the condition is met by a request of so many input tokens at that instant."""
        when = self.when
        if when.part or not choices.issuperset(when.extra):
            return False
        if (when.input_over is not None and prompt <= when.input_over) or (when.input_from is not None and prompt < when.input_from):
            return False
        return when.window is None or _in_window(at, when.window, when.days)


def _in_window(at: datetime, window: tuple[time, time], days: tuple[int, ...]) -> bool:
    """Whether an instant lies in the window; days are told by when the window begins."""
    start, end = window
    now, day = at.time(), at.isoweekday()
    if start < end or end == time(0):
        return (start <= now and (now < end or end == time(0))) and (not days or day in days)
    if now >= start:
        return not days or day in days
    return now < end and (not days or (day - 2) % 7 + 1 in days)


class Sheet:
    """An offer's prices in force, ready to be asked; below it, for what it does not name, another.

    Args:
        prices: of one offer; of two for one meter and condition the later one counts.
        below: the standard plan's, where this is another plan of the same offer.
        least_seconds: the least audio billed a request.
    """

    __slots__ = ("_below", "_least", "_parts", "_plain", "_tried")

    def __init__(self, prices: Iterable[Price], below: "Sheet | None" = None, least_seconds: int = 0) -> None:
        self._plain: dict[str, Price] = {}
        self._tried: dict[str, list[_Choice]] = {}
        self._parts: dict[str, list[_Choice]] = {}
        self._below, self._least = below, least_seconds
        for price in prices:
            if price.condition is None:
                self._plain[price.meter] = price
                continue
            when = Condition.parse(price.condition)
            (self._parts if when.part else self._tried).setdefault(price.meter, []).append(_Choice(price, when, _rank(when)))
        for choices in self._tried.values():
            choices.sort(key=lambda choice: choice.rank, reverse=True)
        for choices in self._parts.values():
            choices.sort(key=lambda choice: choice.when.input_over or 0, reverse=True)

    def __bool__(self) -> bool:
        """Whether it prices anything."""
        return bool(self._plain or self._tried or (self._below is not None and self._below))

    def windows(self) -> set[Condition]:
        """The conditions of its prices that ask for an hour or a day."""
        own = {choice.when for known in self._tried.values() for choice in known if choice.when.window}
        return own | (self._below.windows() if self._below is not None else set())

    def pick(self, meter: str, at: datetime, prompt: Count, choices: frozenset[str]) -> tuple[Price, str | None] | None:
        """The price of a meter for a request of so many input tokens at an instant, and a note where it is another plan's."""
        for choice in self._tried.get(meter, ()):
            if choice.holds(at, prompt, choices):
                return choice.price, None
        plain = self._plain.get(meter)
        if plain is not None:
            return plain, None
        if self._below is None:
            return None
        found = self._below.pick(meter, at, prompt, choices)
        return found and (found[0], "not priced under this plan: the standard plan's price")

    def bill(self, usage: Usage, at: datetime, choices: frozenset[str] = frozenset()) -> Bill:
        """What a usage costs at an instant (aware); `choices` are further words that hold, such as `region us`.

        Raises:
            Unpriced: a meter is used that has no price; the message names it.
            OddUsage: the usage does not add up.
        """
        at = at.astimezone(UTC)
        if self._least:
            usage = self._heard(usage)
        prompt = usage.prompt()
        lines: list[Line] = []
        for meter, count in usage.parts():
            if count:
                self._add(lines, meter, count, usage.requests, at, prompt, choices)
        asked = self.pick("requests_kcount", at, prompt, choices)
        if asked is not None:
            self._add(lines, "requests_kcount", usage.requests, usage.requests, at, prompt, choices)
        total = Decimal(0)
        if len(lines) > 1:
            lines.sort(key=_place)
        for line in lines:
            total = _MONEY.add(total, line.usd)
        return Bill(total, tuple(lines))

    def _heard(self, usage: Usage) -> Usage:
        """The usage with the least audio that is billed; such a provider only hears, so that all audio is audio read."""
        heard = [count for meter, count in usage.counts.items() if meter in _HEARD]
        billed = max([*heard, self._least * usage.requests])
        return replace(usage, counts={meter: billed if meter in _HEARD else count for meter, count in usage.counts.items()})

    def _add(
        self, lines: list[Line], meter: str, count: Count, requests: Count, at: datetime, prompt: Count, choices: frozenset[str]
    ) -> None:
        note = f"this provider bills at least {self._least} s a request" if self._least and meter in _HEARD else None
        found = self.pick(meter, at, prompt, choices)
        if found is None and meter in _ORDINARY:
            found = self.pick(_ORDINARY[meter], at, prompt, choices)
            note = f"no price for cached {_CALLED[meter]}: billed as {_CALLED[meter]}"
        if found is None:
            raise Unpriced(self._unpriced(meter))
        price, other = found
        note = f"{note}; {other}" if note and other else note or other
        for above in self._parts.get(meter, ()):
            over = (above.when.input_over or 0) * requests
            if count > over:
                lines.append(Line(meter, count - over, above.price, _times(above.price, count - over), f"only what is above {over:,}"))
                count = over
        if count:
            lines.append(Line(meter, count, price, _times(price, count), note))

    def _unpriced(self, meter: str) -> str:
        told = f"{meter} ({usage_name(meter)}) is used and has no price"
        tried = [choice.price.condition for choice in self._tried.get(meter, ())]
        if self._below is not None:
            tried += [choice.price.condition for choice in self._below._tried.get(meter, ())]
        return f"{told} here but under a condition: say one of {', '.join(map(repr, tried))}" if tried else f"{told} here"


def _place(line: Line) -> tuple[int, str]:
    return _PLACES[line.meter], line.price.condition or ""


def _times(price: Price, count: Count) -> Decimal:
    return _MONEY.divide(_MONEY.multiply(price.usd, Decimal(count)), Decimal(per(price.meter)))


def _rank(when: Condition) -> tuple[int, ...]:
    """More of a condition beats less of it; then hours beat tiers, some days beat all days, and the higher tier the lower."""
    threshold = when.input_over if when.input_over is not None else (when.input_from or 0)
    tier = when.input_over is not None or when.input_from is not None
    return (len(when.extra), tier + (when.window is not None), when.window is not None, bool(when.days), threshold)


def as_row(line: Line) -> dict[str, Any]:
    """A line as documents show it."""
    said = {"meter": line.meter, "count": line.count, "unit": unit(line.meter), "price_usd": line.price.usd, "cost_usd": line.usd}
    return {**said, "condition": line.price.condition, **line.price.quote, "note": line.note}
