"""What is believable of a whole page, and of the market as a whole: the yardsticks of market/screening.py.

A ratio is always the larger amount over the smaller; zero is never compared by ratio.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

SAME = Decimal("0.01")
"""Two amounts at most this share apart are one and the same."""

CEILING = 5
"""A price this many times the ceiling of its meter is not believed."""

FLOOR = 1000
"""Nor is one this many times under the meter's typical price."""

_MOVED = 3
_MOVED_SHARE = Decimal("0.2")
_COMMON = 2
_ENOUGH_LINES = 10
_ENOUGH_GROUPS = 20
_RANGE = 100
"""A meter that many ask has real prices up to this many times the typical one, that nobody else asks."""

_Pairs = Sequence[tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class Hold:
    """Why something is not believed: the rule's short name, and one plain sentence with the numbers."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Market:
    """What is known of the whole market, per meter, in USD per the meter's unit.

    Attributes:
        ceilings: the highest price that two independent families confirm; a meter with too little evidence has none.
        typical: the median positive price.
    """

    ceilings: Mapping[str, Decimal]
    typical: Mapping[str, Decimal]


def same(one: Decimal, other: Decimal) -> bool:
    """Whether two amounts are equal within `SAME`."""
    return abs(one - other) <= SAME * max(one, other)


def ratio(one: Decimal, other: Decimal) -> Decimal:
    """How many times the larger of two positive amounts is the smaller."""
    return max(one, other) / min(one, other)


def plain(amount: Decimal) -> str:
    """An amount to be read: six significant digits, no exponent, thousands set apart."""
    rounded = Decimal(f"{amount:.6g}")
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def market_of(stated: Iterable[tuple[str, Hashable, Hashable, str, Decimal]]) -> Market:
    """The market's yardsticks from `(family, group, offer, meter, usd)` of every statement that is to count.

    Few confirmed prices say little about the top of a meter (on the first day there are none at all). Then a
    price also counts that another group asks too, if it is within reach of the others: an outlier stands alone.
    """
    by_meter: dict[str, dict[Decimal, set[tuple[Hashable, str]]]] = defaultdict(lambda: defaultdict(set))
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for family, group, _, meter, usd in stated:
        if usd > 0:
            by_meter[meter][usd].add((group, family))
            amounts[meter].append(usd)
    typical = {meter: median(known) for meter, known in amounts.items()}
    ceilings: dict[str, Decimal] = {}
    for meter, asked in by_meter.items():
        agreed = _agreed(asked)
        tops = list(agreed.values())
        if len(agreed) < _ENOUGH_GROUPS and (reach := _reach(asked, typical[meter])) is not None:
            tops.append(reach)
        if tops:
            ceilings[meter] = max(*tops, typical[meter])
    return Market(ceilings, typical)


def _agreed(asked: Mapping[Decimal, set[tuple[Hashable, str]]]) -> dict[Hashable, Decimal]:
    """The highest price of each group that two families state."""
    by_group: dict[Hashable, list[tuple[Decimal, str]]] = defaultdict(list)
    for usd in sorted(asked):
        for group, family in asked[usd]:
            by_group[group].append((usd, family))
    agreed: dict[Hashable, Decimal] = {}
    for group, known in by_group.items():
        if len({family for _, family in known}) > 1:
            pairs = confirmed(known)
            if pairs:
                agreed[group] = max(usd for usd, _ in pairs)
    return agreed


def confirmed(known: Iterable[tuple[Decimal, str]]) -> set[tuple[Decimal, str]]:
    """Those of `(usd, family)` for which another family states the same amount."""
    lines = sorted(set(known))
    found: set[tuple[Decimal, str]] = set()
    for place, (usd, family) in enumerate(lines):
        for higher, other in lines[place + 1 :]:
            if not same(usd, higher):
                break
            if other != family:
                found |= {(usd, family), (higher, other)}
    return found


def _reach(asked: Mapping[Decimal, set[tuple[Hashable, str]]], start: Decimal) -> Decimal | None:
    """The highest price that two groups ask, reached from `start` in steps of less than `CEILING` over such prices."""
    shared = sorted(usd for usd, by in asked.items() if len({group for group, _ in by}) > 1)
    top = start * (_RANGE if len(shared) >= _ENOUGH_GROUPS else 1)
    for usd in shared:
        if usd >= CEILING * top:
            break
        top = max(top, usd)
    return top if shared else None


def judge_page(moves: _Pairs, against: _Pairs, records: int, last_records: int | None) -> Hold | None:
    """Whether a whole page is to be held, every line of it.

    Args:
        moves: (old, new) of each line that the scope's preceding sighting had too, unmoved ones included.
        against: (other, new) of each line that independent families believe something of.
        records: how many records the page has.
        last_records: how many the last complete page had.
    """
    if last_records is not None and 2 * records < last_records:
        return Hold("shrunk", f"the page has {records:,} records, fewer than half of the {last_records:,} it had when last complete")
    moves, against = _positive(moves), _positive(against)
    moved = [pair for pair in moves if ratio(*pair) > _MOVED]
    off = [pair for pair in against if ratio(*pair) > _MOVED]
    return _moved(moves, moved, against, off) or _off(against)


def _moved(moves: _Pairs, moved: _Pairs, against: _Pairs, off: _Pairs) -> Hold | None:
    """Held where too many lines moved far at once, unless others show that the page is right now: it mends an old error."""
    if len(moves) < _ENOUGH_LINES or len(moved) <= _MOVED_SHARE * len(moves):
        return None
    if len(against) >= _ENOUGH_LINES and 2 * len(off) * len(moves) < len(moved) * len(against):
        return None
    factor = median(new / old for old, new in moved)
    old, new = moved[0]
    told = f"{len(moved):,} of {len(moves):,} prices moved more than {_MOVED} times at once, typically by a factor of {plain(factor)}"
    return Hold("page_moved", f"{told} (one from {plain(old)} to {plain(new)})")


def _off(against: _Pairs) -> Hold | None:
    """Held where most lines are off by one common factor from what others say."""
    if len(against) < _ENOUGH_LINES:
        return None
    factor = median(new / other for other, new in against)
    common = sum(ratio(new / other, factor) <= _COMMON for other, new in against)
    if ratio(factor, Decimal(1)) <= _MOVED or 2 * common <= len(against):
        return None
    return Hold("page_off", f"{common:,} of {len(against):,} prices are about {plain(factor)} times what independent sources say")


def _positive(pairs: _Pairs) -> list[tuple[Decimal, Decimal]]:
    return [pair for pair in pairs if pair[0] > 0 and pair[1] > 0]
