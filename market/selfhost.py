"""What a million tokens cost on a machine of one's own or a rented one, and from which volume on that is cheaper than an API."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

HOURS_A_YEAR = Decimal(8766)
HOURS_A_MONTH = HOURS_A_YEAR / 12
SHARES = tuple(Decimal(percent) / 100 for percent in (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100))
"""Utilisations of a curve: evenly spaced to the eye where the axis is logarithmic."""
_EXACT = Context(prec=40)


@dataclass(frozen=True, slots=True)
class Rate:
    """Tokens a second while the machine works, with the ends of the measurement's 95% interval."""

    tps: Decimal
    low: Decimal
    high: Decimal

    @classmethod
    def of(cls, tps: float, low: float | None = None, high: float | None = None) -> "Rate":
        """A measured rate; without an interval it is taken as exact."""
        return cls(*(Decimal(repr(float(tps if value is None else value))) for value in (tps, low, high)))


@dataclass(frozen=True, slots=True)
class Cost:
    """USD per million tokens: the dear end of the interval is that of the slow machine."""

    usd: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the curve: the share of the time that the machine works, and what a million tokens cost then."""

    utilisation: Decimal
    cost: Cost


@dataclass(frozen=True, slots=True)
class BreakEven:
    """From where on running it oneself is cheaper.

    Attributes:
        tokens_month: tokens a month that cost as much at the API as the machine does.
        utilisation: the share of the time that this keeps the machine busy; above 1 it cannot make so many.
        low: the same for the fast end of the interval.
        high: the same for the slow end.
    """

    tokens_month: Decimal
    utilisation: Decimal
    low: Decimal
    high: Decimal

    @property
    def reached(self) -> bool | None:
        """Whether the machine can make so many tokens: True or False over the whole interval, None where it decides."""
        return True if self.high <= 1 else False if self.low > 1 else None


def bought(purchase_usd: Decimal, years: Decimal, watts: Decimal, electricity_usd: Decimal) -> Decimal:
    """USD an hour of a machine that was bought: its price over its life, and power drawn all the time.

    Args:
        watts: mean draw, also while it waits.
        electricity_usd: USD per kilowatt-hour.
    """
    return purchase_usd / (years * HOURS_A_YEAR) + watts / 1000 * electricity_usd


def blended(prefill: Rate, decode: Rate, read: int = 3, written: int = 1) -> Rate:
    """Tokens a second of a mix, one after the other: `read` tokens of prompt for each `written` ones."""

    def mixed(first: Decimal, second: Decimal) -> Decimal:
        return _EXACT.divide(Decimal(read + written), _EXACT.divide(Decimal(read), first) + _EXACT.divide(Decimal(written), second))

    return Rate(mixed(prefill.tps, decode.tps), mixed(prefill.low, decode.low), mixed(prefill.high, decode.high))


def cost(usd_hour: Decimal, rate: Rate, utilisation: Decimal = Decimal(1)) -> Cost:
    """USD per million tokens of a machine that is paid for by the hour and works a share of the time."""

    def each(tps: Decimal) -> Decimal:
        return _EXACT.divide(usd_hour * 1_000_000, tps * 3600 * utilisation)

    return Cost(each(rate.tps), each(rate.high), each(rate.low))


def curve(usd_hour: Decimal, rate: Rate, shares: Sequence[Decimal] = SHARES) -> list[Point]:
    """The cost at several utilisations."""
    return [Point(share, cost(usd_hour, rate, share)) for share in shares]


def break_even(usd_hour: Decimal, rate: Rate, api_usd: Decimal) -> BreakEven | None:
    """From which volume a machine kept all month is cheaper than an API; None against a free one.

    Args:
        api_usd: USD per million tokens of the same mix there.
    """
    if api_usd <= 0:
        return None
    tokens = _EXACT.divide(usd_hour * HOURS_A_MONTH * 1_000_000, api_usd)

    def busy(tps: Decimal) -> Decimal:
        return _EXACT.divide(tokens, tps * 3600 * HOURS_A_MONTH)

    return BreakEven(tokens, busy(rate.tps), busy(rate.high), busy(rate.low))
