"""Statements of one price against their neighbors in time and against other sources of their time."""

from bisect import bisect, bisect_left, insort
from collections import defaultdict
from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from market.screening_names import says
from market.screening_terms import FAR, Case, Found, Hold, Line, Stated, plain, price, ratio, same, times, when

_PLAUSIBLE = 1.5
"""Decades from the typical price within which real prices lie."""
_FURTHER = 100
"""As `FAR`, where prices of two kinds or with very different discounts go under one name."""
_USUAL = Decimal("1.5")


def outliers(case: Case) -> Found:
    """Statements of one meter and condition too far from their neighbors in time or from other families of their time."""
    for line, known in case.series.items():
        reach = _reach(line, known)
        if _spread(known, reach):
            yield from _outliers(case, known, reach)


def _reach(line: Line, known: Sequence[Stated]) -> int:
    """How many times apart is too far: cached input has become 40 times cheaper at once, and output may be text or images."""
    wide = line[0] == "cache_read_mtok" or (line[0] == "output_mtok" and any(says(said.model_key, "image", "tts") for said in known))
    return _FURTHER if wide else FAR


def _spread(known: Sequence[Stated], reach: int) -> bool:
    """Whether any two positive amounts lie too far apart."""
    amounts = [said.usd for said in known if said.usd > 0]
    return len(amounts) > 1 and max(amounts) > reach * min(amounts)


def _outliers(case: Case, known: Sequence[Stated], reach: int) -> Found:
    """Both sides of a jump are looked at.

    The most credible are believed first, and each next one is measured against those already believed: so either
    side of a jump may turn out to be the wrong one. Credible is what a person or an independent family confirms,
    then what most other families come near to, then the better trusted, then what is not wholly unlike the
    typical price, then what the source itself came back to, then the nearer to the typical price.
    """
    lines = sorted((said for said in known if said.usd > 0), key=when)
    others = _others_at_the_time(lines)
    backing = [
        len({lines[other].family for other in others[i] if ratio(said.usd, lines[other].usd) <= reach}) for i, said in enumerate(lines)
    ]
    steady = _steadiness(lines, reach)

    def credit(i: int) -> tuple[bool, int, int, float, timedelta, float, datetime, datetime, Decimal]:
        said, odd = lines[i], case.oddness(lines[i])
        doubt = max(odd - _PLAUSIBLE, 0.0)
        return (not case.settled(said), -backing[i], said.trust, doubt, -steady[i], odd, *when(said)[:3])

    believed: set[int] = set()
    own: dict[Hashable, list[int]] = defaultdict(list)
    for i in sorted(range(len(lines)), key=credit):
        said = lines[i]
        hold = None
        if not case.settled(said):
            hold = _disagrees(said, [lines[other] for other in others[i] if other in believed], lines, reach)
            if hold is None and not backing[i]:
                place = bisect(own[said.offer], i)
                hold = _jump(case, said, [lines[j] for j in own[said.offer][max(place - 1, 0) : place + 1]], reach)
        if hold is not None:
            yield said, hold
        else:
            believed.add(i)
            insort(own[said.offer], i)


def _others_at_the_time(lines: Sequence[Stated]) -> list[list[int]]:
    """For each of `lines`, ordered by `when`, the places of the other families' statements standing at the same time."""
    found: list[list[int]] = [[] for _ in lines]
    standing: list[int] = []
    for i, said in enumerate(lines):
        standing = [j for j in standing if (gone := lines[j].gone_at) is None or gone > said.seen_at]
        for j in standing:
            if lines[j].family != said.family:
                found[i].append(j)
                found[j].append(i)
        standing.append(i)
    return found


def _steadiness(lines: Sequence[Stated], reach: int) -> list[timedelta]:
    """For each of `lines`: how long its source was at about this amount, if it left it and came back; else nothing.

    A statement that still stands is counted until the last thing heard in this series.
    """
    found = [timedelta(0)] * len(lines)
    by_offer: dict[Hashable, list[int]] = defaultdict(list)
    for i, said in enumerate(lines):
        by_offer[said.offer].append(i)
    last = lines[-1].seen_at
    for own in by_offer.values():
        if not _spread([lines[i] for i in own], reach):
            continue
        order = sorted(range(len(own)), key=lambda place: lines[own[place]].usd)
        amounts = [lines[own[place]].usd for place in order]
        lasted = [(lines[own[place]].gone_at or last) - lines[own[place]].seen_at for place in order]
        until = list(accumulate(lasted, initial=timedelta(0)))
        for rank, place in enumerate(order):
            if rank and amounts[rank] == amounts[rank - 1]:
                found[own[place]] = found[own[order[rank - 1]]]
                continue
            low, high = bisect_left(amounts, amounts[rank] / reach), bisect(amounts, amounts[rank] * reach)
            near = order[low:high]
            if max(near) - min(near) >= len(near):
                found[own[place]] = until[high] - until[low]
    return found


def _disagrees(said: Stated, others: Sequence[Stated], lines: Sequence[Stated], reach: int) -> Hold | None:
    """Held where other families are believed at the same time and none of them is near."""
    others = [other for other in others if not _stale(other, said, lines, reach)]
    if not others or any(ratio(said.usd, other.usd) <= reach for other in others):
        return None
    other = min(others, key=lambda known: (known.trust, when(known)))
    return Hold("disagrees", f"{price(said)} is {times(said.usd, other.usd)} what {other.family} says at the same time, {plain(other.usd)}")


def _stale(copy: Stated, said: Stated, lines: Sequence[Stated], reach: int) -> bool:
    """Whether a less trusted source still says what a better one said before: that is no evidence against its new price."""
    return copy.trust > said.trust and any(
        one.offer == said.offer and one.seen_at < said.seen_at and same(one.usd, copy.usd) and ratio(one.usd, said.usd) > reach
        for one in lines
    )


def _jump(case: Case, said: Stated, neighbors: Sequence[Stated], reach: int) -> Hold | None:
    """Held where the same source's nearest good value before or after is far away, unless other providers ask about both."""
    for other in neighbors:
        if ratio(said.usd, other.usd) > reach and not (_usual(case, said) and _usual(case, other)):
            then = "before" if when(other) < when(said) else "later"
            told = f"{price(said)} is {times(said.usd, other.usd)} the {plain(other.usd)} that the same source said {then}"
            return Hold("jump", f"{told}, and no independent source says so")
    return None


def _usual(case: Case, said: Stated) -> bool:
    """Whether another provider asks about as much for the same model."""
    return any(ratio(said.usd, other) <= _USUAL for other in case.others(said.meter).values())
