"""The market's yardsticks: what a meter costs at most and typically, and what a model costs elsewhere."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal
from statistics import median, median_low

from market.screening_names import seller
from market.screening_terms import CEILING, NEAR, TEXT, Asked, Market, confirmed

_ENOUGH_GROUPS = 20
_WELL_KNOWN = 100
"""With fewer prices than this a meter is thinly known, unless it is one of text."""
_RANGE = 100
"""A meter that many ask has real prices up to this many times the typical one, that nobody else asks."""
_COMPARED = frozenset({"input_mtok", "output_mtok"})


def market_of(stated: Iterable[tuple[str, str, Hashable, str, Decimal]]) -> Market:
    """The market's yardsticks from `(family, thing, offer, meter, usd)` of every unconditional statement that is to count.

    Few confirmed prices say little about the top of a meter (on the first day there are none at all). Then a
    price also counts that another thing asks too, if it is within reach of the others: an outlier stands alone.
    """
    by_meter: dict[str, dict[Decimal, set[tuple[Hashable, str]]]] = defaultdict(lambda: defaultdict(set))
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    sellers: dict[tuple[str, str], dict[str, set[Decimal]]] = defaultdict(lambda: defaultdict(set))
    for family, thing, _, meter, usd in stated:
        if usd > 0:
            by_meter[meter][usd].add((thing, family))
            amounts[meter].append(usd)
            if meter in _COMPARED:
                provider, plan, name = seller(thing)
                if plan == "standard":
                    sellers[name, meter][provider].add(usd)
    typical = {meter: median(known) for meter, known in amounts.items()}
    ceilings: dict[str, Decimal] = {}
    for meter, asked in by_meter.items():
        agreed = _agreed(asked)
        tops = list(agreed.values())
        if len(agreed) < _ENOUGH_GROUPS and (reach := _reach(asked, typical[meter])) is not None:
            tops.append(reach)
        if tops:
            ceilings[meter] = max(*tops, typical[meter])
    thin = frozenset(meter for meter, known in amounts.items() if meter not in TEXT and len(known) < _WELL_KNOWN)
    return Market(ceilings, typical, thin, _elsewhere(sellers))


def _elsewhere(sellers: Mapping[tuple[str, str], Mapping[str, set[Decimal]]]) -> dict[tuple[str, str], Asked]:
    """What the providers of each model ask, for models that more than three sell."""
    found: dict[tuple[str, str], Asked] = {}
    for key, by_provider in sellers.items():
        if key[0] and len(by_provider) > 3:
            asked = {provider: tuple(sorted(known)) for provider, known in by_provider.items()}
            middle = median_low(median_low(known) for known in asked.values())
            found[key] = Asked((middle / NEAR, middle * NEAR), asked)
    return found


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


def _reach(asked: Mapping[Decimal, set[tuple[Hashable, str]]], start: Decimal) -> Decimal | None:
    """The highest price that two groups ask, reached from `start` in steps of less than `CEILING` over such prices."""
    shared = sorted(usd for usd, by in asked.items() if len({group for group, _ in by}) > 1)
    top = start * (_RANGE if len(shared) >= _ENOUGH_GROUPS else 1)
    for usd in shared:
        if usd >= CEILING * top:
            break
        top = max(top, usd)
    return top if shared else None


def apart(market: Market, stated: Iterable[tuple[str, str, Hashable, str, Decimal]]) -> set[str]:
    """Things that the market's yardsticks may hold, from the rows that `market_of` takes: prices beyond a limit, output under input."""
    found: set[str] = set()
    inputs: dict[Hashable, Decimal] = {}
    outputs: dict[Hashable, tuple[Decimal, str]] = {}
    for _, thing, offer, meter, usd in stated:
        least, most = market.limits[meter]
        if meter in _COMPARED:
            if meter == "input_mtok":
                inputs[offer] = usd
            else:
                outputs[offer] = usd, thing
            if (asked := market.elsewhere.get((seller(thing)[2], meter))) is not None:
                least, most = max(least, asked.near[0]), min(most, asked.near[1])
        if usd < least or usd >= most:
            found.add(thing)
    return found | {thing for offer, (usd, thing) in outputs.items() if usd < inputs.get(offer, 0)}
