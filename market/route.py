"""Which way to go: the offers that meet what is asked for, those of them that no other beats in cost and score, and whom to try next.

Every way that is left out has its reasons, each under the name of the constraint that it does not meet.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from market.floors import NEAR

FALLBACKS = 5
"""So many ways are named in the order in which to try them."""
ASKED = ("min_score", "license", "max_price", "context", "region")
"""Constraints that a reader sets; the others hold for every way."""


@dataclass(frozen=True, slots=True)
class Way:
    """An offer of an API, or a file that was measured on a machine of ours; fields as in market.route.

    Attributes:
        usd: USD per million tokens of the mix; None where it is not known.
        score: in the test asked for; None where there is no result.
        serves: who computes the answer, whoever bills.
        tps: decoded tokens a second, measured here; None for an API.
    """

    kind: str
    model: str
    provider: str
    serves: str
    thing: str
    usd: Decimal | None
    score: Decimal | None
    endpoint: str | None = None
    plan: str | None = None
    quantization: str | None = None
    context_tokens: int | None = None
    license_id: str | None = None
    license_class: str | None = None
    open_weights: bool | None = None
    regions: tuple[str, ...] = ()
    agreement: int | None = None
    paid: bool = True
    note: str | None = None
    tps: float | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a way must meet; None or empty where anything does.

    Attributes:
        licenses: classes or ids of licenses, one of which it must have; `open` for published weights.
        max_usd: USD per million tokens of the mix.
        region: as providers call it; `eu` takes `eu-west-1`, too.
    """

    min_score: Decimal | None = None
    licenses: tuple[str, ...] = ()
    max_usd: Decimal | None = None
    context: int | None = None
    region: str | None = None
    plan: str = "standard"


class Reason(NamedTuple):
    """Why a way is left out: the constraint, and a clause about this way."""

    constraint: str
    says: str


class Routed(NamedTuple):
    """What came of a wish.

    Attributes:
        frontier: from the cheapest to the best; each costs more than the one before and scores higher.
        fallback: the cheapest first, then the next ones that nobody bills or serves who is named already.
        unpriced: local ways that meet everything, and whose cost is not known.
        left_out: all others, with their reasons.
    """

    frontier: list[Way]
    fallback: list[Way]
    unpriced: list[Way]
    left_out: list[tuple[Way, tuple[Reason, ...]]]


def ways(rows: Iterable[Mapping[str, Any]]) -> list[Way]:
    """Rows of market.route of one test and one mix."""
    return [Way(**{name: row[name] for name in Way.__slots__} | {"regions": tuple(row["regions"] or ())}) for row in rows]


def routed(known: Sequence[Way], wish: Wish) -> Routed:
    """The ways that meet a wish and the frontier of them, and why each other one is left out."""
    doubtful = _unconfirmed(known)
    fit, left = [], []
    for way in known:
        reasons = (*_standing(way, wish), *doubtful.get(way, ()), *_unmet(way, wish))
        (left.append((way, reasons)) if reasons else fit.append(way))
    ranked = sorted((way for way in fit if way.usd is not None), key=_cheapest)
    best, fallback, servers = list[Way](), list[Way](), set[str]()
    for way in ranked:
        involved = {way.serves.lower(), way.provider.lower()}
        if not servers & involved and len(fallback) < FALLBACKS:
            servers |= involved
            fallback.append(way)
        if not best or _score(way) > _score(best[-1]):
            best.append(way)
        else:
            left.append((way, (_beaten(way, best),)))
    unpriced = sorted((way for way in fit if way.usd is None), key=lambda way: (-_score(way), -(way.tps or 0), way.thing))
    return Routed(best, fallback, unpriced, left)


def counted(left_out: Iterable[tuple[Way, tuple[Reason, ...]]]) -> list[tuple[str, int, int]]:
    """Each constraint, how many ways it leaves out, and how many it alone leaves out; that which leaves out most first."""
    every, alone = Counter[str](), Counter[str]()
    for _, reasons in left_out:
        names = {reason.constraint for reason in reasons}
        every.update(names)
        alone.update(names if len(names) == 1 else ())
    return [(name, many, alone[name]) for name, many in every.most_common()]


def blocked(found: Routed) -> str:
    """One sentence on a wish that nothing meets: which constraint leaves out most of what could be asked, and what would be without it."""
    could = [(way, why) for way, why in found.left_out if all(reason.constraint in ASKED for reason in why)]
    if not could:
        return "No offer on record has both a price for this mix and a result in this test; collect more, or name another test."
    name, many, alone = counted(could)[0]
    told = f"Nothing meets all of this: {WORDS[name]} leaves out {many:,} of {len(could):,} tested and priced offers"
    others = [f"{WORDS[other]} ({left:,} more)" for other, _, left in counted(could)[1:] if left]
    if alone:
        return f"{told}; without it {alone:,} would remain."
    return f"{told}; {'what alone stands in the way is ' + others[0] if others else 'more than one constraint would have to give'}."


WORDS = {
    "min_score": "the least score",
    "license": "the license",
    "max_price": "the highest price",
    "context": "the context",
    "region": "the region",
    "tested": "no result in this test",
    "priced": "no price for this mix",
    "plan": "another plan",
    "paid": "free, so nothing to rely on",
    "confirmed": "unconfirmed and far too cheap",
    "frontier": "another one is as good and no dearer",
}
"""Constraints in words."""


def _cheapest(way: Way) -> tuple[Any, ...]:
    return (way.usd, -_score(way), -(way.agreement or 0), way.thing)


def _score(way: Way) -> Decimal:
    return way.score if way.score is not None else Decimal(0)


def _beaten(way: Way, best: Sequence[Way]) -> Reason:
    """By the cheapest on the frontier that scores as high."""
    other = next(one for one in best if _score(one) >= _score(way))
    return Reason("frontier", f"{other.model} at {other.provider} scores {_score(other):f} at {other.usd:f} USD")


def _standing(way: Way, wish: Wish) -> Iterable[Reason]:
    """What holds whatever is asked for."""
    if way.score is None:
        yield Reason("tested", "no result of it in this test is on record")
    if way.kind == "local":
        return
    if way.usd is None:
        yield Reason("priced", (way.note or "it has no price for everything in this mix").rstrip("."))
    elif not way.paid:
        yield Reason("paid", "free, or free in part")
    if way.plan != wish.plan:
        yield Reason("plan", f"its plan is {way.plan}, not {wish.plan}")


def _unmet(way: Way, wish: Wish) -> Iterable[Reason]:
    """What was asked for and is not so, or not known."""
    if wish.min_score is not None and way.score is not None and way.score < wish.min_score:
        yield Reason("min_score", f"scores {way.score:f}, under {wish.min_score:f}")
    if wish.licenses and not _licensed(way, wish.licenses):
        weights = "not known" if way.open_weights is None else "not known, weights open" if way.open_weights else "weights not open"
        yield Reason("license", f"license: {way.license_id or way.license_class or weights}")
    if wish.max_usd is not None and (way.usd is not None or way.kind == "local") and (way.usd is None or way.usd > wish.max_usd):
        yield Reason("max_price", "what it costs here is not known" if way.usd is None else f"costs {way.usd:f}, over {wish.max_usd:f} USD")
    if wish.context and (way.context_tokens is None or way.context_tokens < wish.context):
        yield Reason("context", "context not known" if way.context_tokens is None else f"context is {way.context_tokens:,} tokens")
    if wish.region and way.kind == "api" and not any(_within(region, wish.region) for region in way.regions):
        yield Reason("region", f"region: {', '.join(way.regions)}" if way.regions else "no region is stated")


def _licensed(way: Way, wanted: Iterable[str]) -> bool:
    have = {word.lower() for word in (way.license_id, way.license_class) if word} | ({"open"} if way.open_weights else set())
    return any(word.lower() in have for word in wanted)


def _within(region: str, wanted: str) -> bool:
    area = {"europe": "eu"}
    said, asked = (word.lower() for word in (region, wanted))
    return said == asked or said.startswith(f"{asked}-") or area.get(said.partition("-")[0], said.partition("-")[0]) == asked


def _unconfirmed(known: Iterable[Way]) -> dict[Way, tuple[Reason]]:
    """Asks of a single source that are more than `NEAR` times under the next of the same model, as price floors pass over them."""
    of_model: dict[str, list[Way]] = defaultdict(list)
    for way in known:
        if way.kind == "api" and way.usd and way.paid and way.plan == "standard":
            of_model[way.model].append(way)
    found = {}
    for each in of_model.values():
        each.sort(key=_cheapest)
        for way, above in pairwise(each):
            if way.agreement == 1 and way.usd and above.usd and above.usd > NEAR * way.usd:
                says = f"one source alone says so, and the next offer asks {above.usd / way.usd:.0f} times as much"
                found[way] = (Reason("confirmed", says),)
    return found
