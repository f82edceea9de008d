"""Rules that need one statement and the market's yardsticks."""

from collections import defaultdict
from collections.abc import Hashable
from decimal import Decimal

from market.screening_names import billions, other_thing, says
from market.screening_terms import CHAT, TEXT, Case, Found, Hold, Stated, plain, price, ratio, times

_PER_BILLION = 5
_SMALLEST = 8


def alone(said: Stated) -> Hold | None:
    """What holds a statement whoever confirms it; a review that accepts it wins."""
    if said.decision is not None:
        return rejected(said)
    return negative(said) or not_chat(said)


def rejected(said: Stated) -> Hold | None:
    """A person rejected it."""
    return Hold("rejected", f"a review rejected {price(said)}") if said.decision == "reject" else None


def negative(said: Stated) -> Hold | None:
    """Below zero, or not a number."""
    if said.usd.is_finite() and said.usd >= 0:
        return None
    return Hold("negative", f"{said.meter} of {said.usd} USD is no price")


def not_chat(said: Stated) -> Hold | None:
    """Listed as chat, but by its name an image, speech, embedding or other model."""
    if said.mode in CHAT and said.meter in TEXT and (thing := other_thing(said.model_key)) is not None:
        return Hold("not_chat", f"the source lists {said.model_key} as {said.mode}, but by its name it is {thing}")
    return None


def sentinel(case: Case) -> Found:
    """All nines, three or more and no cents: a number put where a price is missing."""
    for known in case.series.values():
        for said in known:
            if said.usd >= 999 and said.usd == said.usd.to_integral_value() and set(f"{said.usd:.0f}") == {"9"}:
                yield said, Hold("sentinel", f"{price(said)} looks like a stand-in for a price that is not known")


def ceiling(case: Case) -> Found:
    """Far above all that is known of the meter, unless the same offer asks as much for another, better known meter."""
    limits = case.market.limits
    over = [said for (meter, _), known in case.series.items() if meter in limits for said in known if said.usd >= limits[meter][1]]
    if not over:
        return
    usual: dict[tuple[Hashable, str], Decimal] = defaultdict(Decimal)
    for (meter, _), known in case.series.items():
        for said in known:
            if said.usd <= case.market.ceilings.get(meter, 0):
                usual[said.offer, _unit(meter)] = max(usual[said.offer, _unit(meter)], said.usd)
    for said in over:
        if usual[said.offer, _unit(said.meter)] < said.usd:
            top = case.market.ceilings[said.meter]
            told = f"{price(said)} is {plain(said.usd / top)} times the {plain(top)} that is the highest of this meter on good evidence"
            yield said, Hold("ceiling", told)


def floor(case: Case) -> Found:
    """Far under all that is known of the meter: stated per token, per image or per second, mostly."""
    for (meter, _), known in case.series.items():
        least, _ = case.market.limits.get(meter, (0, 0))
        for said in known:
            if 0 < said.usd < least:
                typical = case.market.typical[meter]
                told = f"{price(said)} is {times(said.usd, typical)} the {plain(typical)} that is typical of this meter"
                yield said, Hold("floor", f"{told}, and no independent source says so")


def oversized(case: Case) -> Found:
    """Text dearer than any model of that size: more than 5 USD for each billion parameters that the name gives."""
    for (meter, _), known in case.series.items():
        if meter not in TEXT:
            continue
        for said in known:
            if said.usd <= _PER_BILLION * _SMALLEST or (size := billions(said.model_key)) is None:
                continue
            most = _PER_BILLION * max(Decimal(str(size)), Decimal(_SMALLEST))
            if said.usd > most and not says(said.model_key, "audio", "image", "omni"):
                told = f"{price(said)} is {plain(ratio(said.usd, most))} times the most that a model of {plain(Decimal(str(size)))} billion"
                yield said, Hold("oversized", f"{told} parameters was ever seen to cost, {plain(most)}")


def _unit(meter: str) -> str:
    return meter.rpartition("_")[2]
