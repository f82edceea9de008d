"""An offer's prices over time: which of them hold at an instant, ready for market/cost.py."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from market.belief import START
from market.cost import FALLS_BACK, Price, Sheet, least_seconds


class Span(NamedTuple):
    """A price and when it holds, end excluded; `teller` is whose word it is."""

    price: Price
    begin: datetime
    end: datetime
    teller: int


class Tariff:
    """The prices of one offer over time, as they are believed.

    Hours are an exception from an ordinary price, and each teller has its own idea of which is which: one calls the day
    ordinary and the night cheap, another the night ordinary and the day dear. So hours count only where their teller
    states the very ordinary price that is believed.

    Args:
        spans: what is believed.
        ordinary: the unconditional prices of those tellers who state hours.

    Attributes:
        edges: the instants at which anything changes.
    """

    __slots__ = ("_ordinary", "_prices", "_spans", "edges")

    def __init__(self, spans: Iterable[Span] = (), ordinary: Iterable[Span] = ()) -> None:
        self._spans, self._ordinary = list(spans), list(ordinary)
        self.edges = sorted({edge for span in (*self._spans, *self._ordinary) for edge in (span.begin, span.end)})
        self._prices: dict[int, tuple[Price, ...]] = {}

    def stretch(self, at: datetime) -> int:
        """The number of the stretch, between two edges, in which an instant lies."""
        return bisect_right(self.edges, at)

    def prices(self, stretch: int) -> tuple[Price, ...]:
        """What holds in a stretch."""
        if stretch not in self._prices:
            first = self.edges[stretch - 1] if stretch else START
            held = [span for span in self._spans if span.begin <= first < span.end]
            plain = {span.price.meter: span.price.usd for span in held if span.price.condition is None}
            own = {(span.teller, span.price.meter): span.price.usd for span in self._ordinary if span.begin <= first < span.end}
            self._prices[stretch] = tuple(
                span.price
                for span in held
                if not tells_hours(span.price.condition) or plain.get(span.price.meter) == own.get((span.teller, span.price.meter))
            )
        return self._prices[stretch]


def tells_hours(condition: str | None) -> bool:
    """Whether a condition asks for an hour or a day."""
    return condition is not None and "utc " in condition


class Offered:
    """An offer under one plan, with the standard plan's prices below it; gives the sheet of any instant.

    Args:
        tariff: of the plan asked for.
        standard: of the same offer under the standard plan.
        plan: standard, batch, …
        provider: one spelling for all sources.
        model_key: the model as listed; some providers bill a least amount for some models.
    """

    __slots__ = ("_least", "_sheets", "_standard", "_tariff", "plan")

    def __init__(self, tariff: Tariff, standard: Tariff | None = None, plan: str = "standard", provider: str = "", model_key: str = ""):
        self.plan = plan
        self._tariff = tariff
        self._standard = standard if plan in FALLS_BACK else None
        self._least = least_seconds(provider, model_key)
        self._sheets: dict[tuple[int, int], Sheet] = {}

    def sheet(self, at: datetime) -> Sheet:
        """The prices that hold at an instant."""
        own = self._tariff.stretch(at)
        below = self._standard.stretch(at) if self._standard is not None else 0
        made = self._sheets.get((own, below))
        if made is None:
            under = Sheet(self._standard.prices(below), None, self._least) if self._standard is not None else None
            made = self._sheets[own, below] = Sheet(self._tariff.prices(own), under, self._least)
        return made


def sheets(thing: str, plan: str, provider: str, model_key: str, prices: Mapping[str, Sequence[Price]]) -> tuple[Sheet, Sheet | None]:
    """The sheet of a thing on sale, and that of what may wait for a batch; None where the offer has no batch.

    Args:
        thing: the offer's name for all sources, which ends in its plan.
        plan: standard, batch, …
        provider: one spelling for all sources.
        model_key: the model as listed.
        prices: in force, by thing.
    """
    stem = thing.rpartition("|")[0]
    least = least_seconds(provider, model_key)
    standard = Sheet(prices.get(f"{stem}|standard", ()), None, least)
    sheet = Sheet(prices.get(thing, ()), standard if plan in FALLS_BACK else None, least)
    if plan != "standard":
        return sheet, sheet
    batched = prices.get(f"{stem}|batch")
    return sheet, Sheet(batched, standard, least) if batched else None
