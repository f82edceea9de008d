"""Which asks compete, and the floor of a series on each day: the lowest confirmed one, with what stands beside it and why it moved.

An ask competes from the day on whose end it stands. The lowest one sets the floor if it is confirmed: two independent
sources give the amount, or the next higher ask is within `NEAR` times of it, and so is that of the same model where others
sell it; a lone amount far below everybody else is passed over.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

NEAR = 5
"""An ask that no second source confirms counts if the next one is at most this many times as high."""
ABOUT = Decimal("1.1")
"""Asks up to this many times the floor are counted beside it."""
DAY = timedelta(days=1)


class Ask(NamedTuple):
    """What one thing on sale asks, for [begin_at, end_at).

    Attributes:
        usd: USD per million tokens, above 0.
        agreement: independent sources that give this amount.
        why: how it came about: `entry` (newly on sale), `coverage` (a source began to list its provider), `return`, or `change`.
    """

    thing: str
    model: str | None
    provider: str
    usd: Decimal
    begin_at: datetime
    end_at: datetime
    agreement: int
    why: str


class Floor(NamedTuple):
    """The floor from a day on, until the next one of the series.

    Attributes:
        usd: the lowest confirmed ask, USD per million tokens; None where nothing competes any more.
        second_usd: the next higher one, of another thing.
        within: things that ask at most 10% more, the floor's own included.
        agreement: independent sources that give the amount.
        held_usd: the lowest ask that was passed over as unconfirmed; None where there is none.
        reason: why it is not that of the day before: start, entry, coverage, return, cut, rise, withdrawal, confirmed.
    """

    day: date
    usd: Decimal | None
    second_usd: Decimal | None
    within: int
    thing: str | None
    model: str | None
    provider: str | None
    agreement: int
    held_usd: Decimal | None
    reason: str


def mixed(inputs: Iterable[Ask], reads: Iterable[Ask], outputs: Iterable[Ask], tokens: tuple[Decimal, Decimal, Decimal]) -> list[Ask]:
    """What a mix costs, USD per million tokens of it: tokens read, read from the cache, and written, each at its unconditional price.

    Args:
        reads: of the cache; where a thing has none, its cached tokens cost what all input costs.
        tokens: how many the mix has of each.
    """
    fresh, cached, written = tokens
    inputs = list(inputs)
    prompt = blended(inputs, filled(reads, inputs), (fresh, cached)) if cached else inputs
    return [ask._replace(usd=round(ask.usd, 12)) for ask in blended(prompt, outputs, (fresh + cached, written))]


def filled(asks: Iterable[Ask], others: Iterable[Ask]) -> Iterator[Ask]:
    """The asks, and of each thing the others for as long as it has none of them."""
    known: dict[str, list[Ask]] = defaultdict(list)
    for ask in asks:
        known[ask.thing].append(ask)
        yield ask
    for ask in others:
        if ask.thing not in known:
            yield ask
            continue
        begin = ask.begin_at
        for own in sorted(known[ask.thing], key=attrgetter("begin_at")):
            if begin < own.begin_at:
                yield from _during(ask, begin, min(own.begin_at, ask.end_at))
            begin = max(begin, own.end_at)
        yield from _during(ask, begin, ask.end_at)


def _during(ask: Ask, begin: datetime, end: datetime) -> Iterator[Ask]:
    if begin < end:
        yield ask._replace(begin_at=begin, end_at=end, why=ask.why if begin == ask.begin_at else "change")


def blended(inputs: Iterable[Ask], outputs: Iterable[Ask], weights: tuple[Decimal | int, Decimal | int]) -> Iterator[Ask]:
    """Weighted means of input and output asks of the same thing, for as long as both stand; agreement is that of the weaker.

    Args:
        weights: of input and of output, such as (3, 1).
    """
    other: dict[str, list[Ask]] = defaultdict(list)
    for ask in outputs:
        other[ask.thing].append(ask)
    of_input, of_output = weights
    for ask in inputs:
        for out in other[ask.thing]:
            begin, end = max(ask.begin_at, out.begin_at), min(ask.end_at, out.end_at)
            if begin < end:
                usd = (of_input * ask.usd + of_output * out.usd) / (of_input + of_output)
                why = ask.why if ask.begin_at >= out.begin_at else out.why
                yield Ask(ask.thing, ask.model, ask.provider, usd, begin, end, min(ask.agreement, out.agreement), why)


def floors(asks: Iterable[Ask], today: date, since: date | None = None, before: Floor | None = None) -> list[Floor]:
    """The floors of a series, one for each day on which anything about it changed, in order.

    Args:
        asks: of one series; with `since`, all that stand on that day or later.
        today: the last day.
        since: the first day to tell of; None for the first day of all.
        before: the floor of the day before that, if there was one.
    """
    ordered = sorted(asks, key=attrgetter("usd", "thing", "begin_at", "why"))  # from here on an ask is its place in this order
    coming: dict[date, list[int]] = defaultdict(list)
    going: dict[date, list[int]] = defaultdict(list)
    for place, ask in enumerate(ordered):
        first, last = ask.begin_at.date(), ask.end_at.date()
        begins = max(first, since) if since else first
        if last > begins and begins <= today:
            coming[begins].append(place)
            going[last].append(place)
    alive: list[int] = []
    sold: Counter[str | None] = Counter()
    found: list[Floor] = []
    days = {*coming, *going, since or today}
    for day in sorted(day for day in days if day <= today and (since is None or day >= since)):
        for place in going.get(day, ()):
            del alive[bisect_left(alive, place)]
            sold[ordered[place].model] -= 1
        for place in coming.get(day, ()):
            insort(alive, place)
            sold[ordered[place].model] += 1
        now = _floor(day, alive, ordered, sold, found[-1] if found else before)
        if now is not None:
            found.append(now)
    return found


def _floor(day: date, alive: Sequence[int], asks: Sequence[Ask], sold: Counter[str | None], before: Floor | None) -> Floor | None:
    """The floor of a day, of the asks at the places that are alive; None where it is as before."""
    rank = next((rank for rank in range(len(alive)) if _confirmed(alive, rank, asks, sold)), None)
    if rank is None:
        if before is None or before.usd is None:
            return None
        return Floor(day, None, None, 0, None, None, None, 0, asks[alive[0]].usd if alive else None, "withdrawal")
    ask = asks[alive[rank]]
    second = asks[alive[rank + 1]].usd if rank + 1 < len(alive) else None
    within = bisect_right(alive, ask.usd * ABOUT, rank, key=lambda place: asks[place].usd) - rank
    held = asks[alive[0]].usd if rank else None
    reason = _reason(ask, day, (asks[place].thing for place in alive), before)
    now = Floor(day, ask.usd, second, within, ask.thing, ask.model, ask.provider, ask.agreement, held, reason)
    same = before is not None and now[1:-1] == before[1:-1]
    return None if same else now


def _confirmed(alive: Sequence[int], rank: int, asks: Sequence[Ask], sold: Counter[str | None]) -> bool:
    """Whether an ask may set the floor; `sold` counts how many asks there are for each model."""
    ask = asks[alive[rank]]
    if ask.agreement > 1:
        return True
    most = NEAR * ask.usd
    near = rank + 1 < len(alive) and asks[alive[rank + 1]].usd <= most
    if not near or sold[ask.model] == 1:
        return near
    higher = map(asks.__getitem__, islice(alive, rank + 1, None))
    return ask.model is None or next((other.usd for other in higher if other.model == ask.model), most) <= most


def _reason(ask: Ask, day: date, things: Iterable[str], before: Floor | None) -> str:
    if before is None or before.usd is None:
        return "start"
    if (ask.usd, ask.thing) == (before.usd, before.thing):
        return before.reason
    if ask.usd <= before.usd:
        began = ask.begin_at.date() == day
        return {"change": "cut"}.get(ask.why, ask.why) if began else "confirmed"
    return "rise" if any(thing == before.thing for thing in things) else "withdrawal"
