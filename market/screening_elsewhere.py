"""Rules that compare a price with what the same model costs at other providers, or with what most sources say of the same thing."""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from decimal import Decimal
from statistics import median_low

from market.screening_terms import NEAR, SAME, Case, Found, Hold, Stated, beside, plain, price, ratio, same, times

_ASKED = ("input_mtok", "output_mtok")
_DEAR = 20
_CHEAP = 50
_ALONE = 4
_YUAN = Decimal("6.6"), Decimal("7.4")
"""A dollar in yuan, in all the years of the histories."""


def compared(case: Case) -> Found:
    """The rules of this file, where a price is far from the middle of its model's or from what other sources say."""
    if any(_apart(case, meter) or _scattered(case.series.get((meter, None), ())) for meter in _ASKED):
        for rule in (unit_slip, currency, elsewhere):
            yield from rule(case)


def elsewhere(case: Case) -> Found:
    """More than 20 times, or less than 1/50 of, what the model costs at the median of other providers, none of which is near."""
    for meter in _ASKED:
        for said in _apart(case, meter):
            others = case.others(meter)
            if not others or said.trust < 3:
                continue
            middle = median_low(others.values())
            far = said.usd > _DEAR * middle or _CHEAP * said.usd < middle
            if far and all(ratio(said.usd, other) > _ALONE for other in others.values()):
                told = f"{price(said)} is {times(said.usd, middle)} the {plain(middle)} that is the middle of {len(others)} other providers"
                yield said, Hold("elsewhere", f"{told} of this model, and none of them is near")


def unit_slip(case: Case) -> Found:
    """A power of ten away from what most others say, and the offer's other price by the same power, or right on the spot.

    Ten times alone is held only where the source said so from the first: real prices are cut to a tenth.
    """
    powers = {said: (power, other) for said, other in _references(case) if (power := _power(said.usd, other)) is not None}
    by_offer = _by_offer(powers)
    for said, (power, other) in powers.items():
        companions = [powers[one][0] for one in by_offer[said.offer] if one.meter != said.meter and beside(one, said)]
        if abs(power) == 1 and _moved(case, said):
            continue
        if power and (power in companions or (abs(power) > 1 and 0 in companions)):
            told = f"{price(said)} is {times(said.usd, other)} the {plain(other)} that most others say, a power of ten"
            yield said, Hold("unit_slip", f"{told}, and so is the offer's other price" if power in companions else told)


def currency(case: Case) -> Found:
    """Input and output both about seven times what most others say, by one factor: yuan taken for dollars."""
    factors = {said: (said.usd / other, other) for said, other in _references(case) if _YUAN[0] <= said.usd / other <= _YUAN[1]}
    by_offer = _by_offer(factors)
    for said, (factor, other) in factors.items():
        twins = [factors[one][0] for one in by_offer[said.offer] if one.meter != said.meter and beside(one, said)]
        if any(ratio(factor, twin) <= 1 + 2 * SAME for twin in twins):
            told = f"{price(said)} is {plain(factor)} times the {plain(other)} that most others say, as the offer's other price is"
            yield said, Hold("currency", f"{told}: yuan taken for dollars, it seems")


def _moved(case: Case, said: Stated) -> bool:
    """Whether the offer had another price before."""
    return any(one.offer == said.offer and one.seen_at < said.seen_at for one in case.series[said.meter, said.condition])


def _apart(case: Case, meter: str) -> list[Stated]:
    """Unconditional statements that are not near the middle of what the model's providers ask."""
    asked = case.market.elsewhere.get((case.name, meter))
    if asked is None:
        return []
    low, high = asked.near
    return [said for said in case.series.get((meter, None), ()) if said.usd > 0 and not low <= said.usd <= high]


def _references(case: Case) -> Iterator[tuple[Stated, Decimal]]:
    """Unconditional input and output beside what most others say of the same."""
    for meter in _ASKED:
        known = case.series.get((meter, None), [])
        common = _mode(case.others(meter).values()) if case.plan == "standard" else None
        for said in known:
            if said.usd > 0 and (other := _majority(said, known) or common):
                yield said, other


def _scattered(known: Iterable[Stated]) -> bool:
    """Whether more than two families state amounts that lie far apart."""
    amounts = [said.usd for said in known if said.usd > 0]
    return len(amounts) > 2 and max(amounts) > NEAR * min(amounts) and len({said.family for said in known}) > 2


def _majority(said: Stated, known: Iterable[Stated]) -> Decimal | None:
    """What two or more other families say at the same time, if they are of one mind."""
    others = {(one.family, one.usd) for one in known if one.family != said.family and one.usd > 0 and beside(one, said)}
    return _mode([usd for _, usd in others], 2) if len({family for family, _ in others}) > 1 else None


def _mode(amounts: Iterable[Decimal], least: int = 3) -> Decimal | None:
    """The most common amount, if it is asked `least` times and by half of all."""
    counted = Counter(amounts)
    if not counted:
        return None
    usd, count = max(counted.items(), key=lambda item: (item[1], -item[0]))
    return usd if count >= least and 2 * count >= counted.total() else None


def _power(one: Decimal, other: Decimal) -> int | None:
    """The power of ten that the first amount is of the second, 0 where they are the same; None where it is none."""
    power = round(math.log10(one / other))
    return power if same(one, other.scaleb(power)) else None


def _by_offer(known: Iterable[Stated]) -> dict[Hashable, list[Stated]]:
    found: dict[Hashable, list[Stated]] = defaultdict(list)
    for said in known:
        found[said.offer].append(said)
    return found
