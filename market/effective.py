"""A mix of requests at an offer to its effective price: USD per million tokens, averaged over the hours of a week."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from itertools import pairwise

from market.cost import Bill, Sheet
from market.units import Condition
from market.workload import Hours, Profile

_MONEY = Context(prec=28)
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_WEEK = 7 * 1440
_MILLION = Decimal(1_000_000)
_ALWAYS = (Hours(0, 1440, (1, 2, 3, 4, 5, 6, 7)),)


@dataclass(frozen=True, slots=True)
class Effective:
    """What a million tokens of a mix cost, input and output together.

    Attributes:
        usd: USD per million tokens.
        parts: the same, by meter; they sum to it.
        notes: what is unusual, each once.
    """

    usd: Decimal
    parts: dict[str, Decimal]
    notes: tuple[str, ...]

    @property
    def paid(self) -> bool:
        """Whether it is a price: what is read or written for nothing is free, part of a subscription, or not known."""
        return self.usd > 0 and all(self.parts.get(meter, 1) > 0 for meter in ("input_mtok", "output_mtok"))


def effective(profile: Profile, sheet: Sheet, batch: Sheet | None = None) -> Effective:
    """The effective price of a mix under an offer's prices; `batch` are those of the same offer for what may wait.

    Raises:
        Unpriced: the mix uses a meter that has no price.
    """
    sums: dict[str, Decimal] = defaultdict(Decimal)
    notes: dict[str, None] = {}
    tokens = profile.tokens()
    waits = profile.batched if batch is not None else Decimal(0)
    if profile.batched and batch is None:
        notes["no batch on sale: the price of an answer at once"] = None
    for prices, share in ((sheet, 1 - waits), (batch, waits)):
        if prices is None or not share:
            continue
        for at, weight in _times(profile.hours or _ALWAYS, prices.windows()):
            for request in profile.requests:
                bill = prices.bill(request.usage, at, profile.choices)
                _add(sums, notes, bill, share * weight * request.share / Decimal(request.usage.requests))
    parts = {meter: _MONEY.divide(_MONEY.multiply(usd, _MILLION), tokens) for meter, usd in sums.items()} if tokens else {}
    return Effective(sum(parts.values(), Decimal(0)), parts, tuple(notes))


def _add(sums: dict[str, Decimal], notes: dict[str, None], bill: Bill, weight: Decimal) -> None:
    for line in bill.lines:
        sums[line.meter] += line.usd * weight
        if line.note:
            notes[line.note] = None


def _times(hours: Iterable[Hours], windows: set[Condition]) -> list[tuple[datetime, Decimal]]:
    """Instants of a week that stand for all its times, and the share of the requests that comes then; shares sum to 1."""
    if not windows:
        return [(_MONDAY + timedelta(hours=12), Decimal(1))]
    edges = {0, _WEEK}
    for day in range(7):
        for entry in hours:
            edges |= {day * 1440 + entry.start, day * 1440 + entry.end}
        for when in windows:
            edges |= {day * 1440 + at.hour * 60 + at.minute for at in when.window or ()}
    ordered = sorted(edges)
    found = []
    for begin, end in pairwise(ordered):
        share = sum((_share(entry, begin, end) for entry in hours), Decimal(0))
        if share:
            found.append((_MONDAY + timedelta(minutes=begin), share))
    return found


def _share(entry: Hours, begin: int, end: int) -> Decimal:
    """The share of the requests that an entry puts between two minutes of the week, with none of its edges between them."""
    day, minute = divmod(begin, 1440)
    if day + 1 not in entry.days or not entry.start <= minute < entry.end:
        return Decimal(0)
    return entry.share * (end - begin) / ((entry.end - entry.start) * len(entry.days))
