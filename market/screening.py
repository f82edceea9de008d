"""Which statements are believable: unit slips, jumps, mode mix-ups; a function of what was said and when, of nothing else.

A person's review wins over every rule. An amount that an independent family states too is never held (but a thing
that does not chat stays out of the chat rows: an equal amount says nothing about what is sold). What is held is no
yardstick for the rest.
"""

import math
import re
from bisect import bisect, bisect_left, insort
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate, pairwise

from market.screening_pages import CEILING, FLOOR, Hold, Market, confirmed, judge_page, market_of, plain, ratio

__all__ = ["Hold", "Market", "Stated", "judge", "judge_page", "market_of"]

_NEVER = datetime.max.replace(tzinfo=UTC)
_FAR = 10
"""More than this many times is too far for a move of one source, for two sources of one time, and for input over output."""
_PLAUSIBLE = 1.5
"""Decades from the typical price of a meter within which its real prices lie."""
_CHAT = frozenset({"chat", "completion", "responses"})
_TEXT = frozenset({
    "input_mtok", "output_mtok", "output_reasoning_mtok", "cache_read_mtok",
    "cache_write_mtok", "cache_write_1h_mtok", "cache_write_12h_mtok",
})  # fmt: skip
_OTHER_THINGS = {
    "an image model": "flux sdxl sd dalle imagen seedream kandinsky midjourney ideogram recraft controlnet"
    " stable-diffusion dall-e gpt-image",
    "a video model": "sora veo kling hailuo seedance",
    "a music model": "lyria musicgen",
    "a speech model": "whisper tts asr stt transcribe transcription melotts parakeet kokoro",
    "an embedding model": "embedding embeddings embed bge gte e5 minilm mpnet",
    "a reranker": "rerank reranker colbert",
    "a classifier": "resnet distilbert",
}
_TERSE = frozenset({"guard", "safeguard", "moderation"})
"""Such models answer with a word; their output may cost next to nothing."""
_BY_TOKEN = {word: thing for thing, words in _OTHER_THINGS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement as screening sees it; withdrawals are not passed.

    Attributes:
        row: the caller's handle for it.
        offer: the source's own offer; input and output of one offer share it.
        family: sources of one family copy each other and count once; another family is independent.
        trust: 1 (best) to 4.
        usd: USD per the meter's unit.
        gone_at: until when this source said so, None where it still does.
        mode: chat, embedding, image, … as the source says.
        model_key: as the source spells it.
        decision: `accept` or `reject` from a person's review.
    """

    row: Hashable
    offer: Hashable
    family: str
    trust: int
    meter: str
    condition: str | None
    usd: Decimal
    seen_at: datetime
    gone_at: datetime | None = None
    stated_from: datetime | None = None
    mode: str | None = None
    model_key: str = ""
    decision: str | None = None


_Line = tuple[str, str | None]
_Series = dict[_Line, list[Stated]]
_Agreed = set[tuple[Decimal, str]]


def judge(group: Sequence[Stated], market: Market) -> dict[Hashable, Hold]:
    """What is held, by row, of all that every source ever said about one thing on sale (provider, model, plan, endpoint).

    Depends on the set of statements only, never on their order in `group`.
    """
    held: dict[Hashable, Hold] = {}
    series: _Series = defaultdict(list)
    for said in group:
        hold = _alone(said)
        if hold is not None:
            held[said.row] = hold
        else:
            series[said.meter, said.condition].append(said)
    agreed = {line: _agreed(known) for line, known in series.items()}
    held.update(_over_ceilings(series, agreed, market))
    held.update(_under_floors(series, agreed, market))
    for line, known in series.items():
        believed = [said for said in known if said.row not in held]
        if _spread(believed):
            held.update(_outliers(believed, agreed[line], market))
            believed = [said for said in believed if said.row not in held]
        series[line] = believed
    held.update(_outputs(series, agreed, market))
    return held


def _settled(said: Stated, agreed: _Agreed) -> bool:
    """Whether a person or an independent family stands by the amount."""
    return said.decision == "accept" or (said.usd, said.family) in agreed


def _agreed(known: Sequence[Stated]) -> _Agreed:
    return confirmed((said.usd, said.family) for said in known) if len({said.family for said in known}) > 1 else set()


def _alone(said: Stated) -> Hold | None:
    """Rules that need nothing but the statement."""
    if said.decision is not None:
        return Hold("rejected", f"a review rejected {_price(said)}") if said.decision == "reject" else None
    if not said.usd.is_finite() or said.usd < 0:
        return Hold("negative", f"{said.meter} of {said.usd} USD is no price")
    if said.mode in _CHAT and said.meter in _TEXT and (thing := _thing(said.model_key)) is not None:
        return Hold("not_chat", f"the source lists {said.model_key} as {said.mode}, but by its name it is {thing}")
    return None


def _words(model_key: str) -> list[str]:
    return re.split(r"[^a-z0-9]+", model_key.lower().rpartition("/")[2])


@lru_cache(maxsize=100_000)
def _thing(model_key: str) -> str | None:
    """What a model is, if the words of its name say that it does not chat; a version glued to a word does not count."""
    words = _words(model_key)
    for word in [*words, *map("-".join, pairwise(words))]:
        thing = _BY_TOKEN.get(word) or _BY_TOKEN.get(word.rstrip("0123456789"))
        if thing is not None:
            return thing
    return None


def _over_ceilings(series: _Series, agreed: Mapping[_Line, _Agreed], market: Market) -> dict[Hashable, Hold]:
    """Prices far above all that is known of their meter, unless the same offer asks as much for another, better known meter."""
    limits = {meter: CEILING * top for meter, top in market.ceilings.items()}
    over = [
        said
        for line, known in series.items()
        if (limit := limits.get(line[0])) is not None
        for said in known
        if said.usd >= limit and not _settled(said, agreed[line])
    ]
    if not over:
        return {}
    usual: dict[tuple[Hashable, str], Decimal] = defaultdict(Decimal)
    for (meter, _), known in series.items():
        for said in known:
            if said.usd <= market.ceilings.get(meter, 0):
                usual[said.offer, _unit(meter)] = max(usual[said.offer, _unit(meter)], said.usd)
    return {
        said.row: Hold(
            "ceiling",
            f"{_price(said)} is {plain(said.usd / (top := market.ceilings[said.meter]))} times the {plain(top)}"
            " that is the highest of this meter on good evidence",
        )
        for said in over
        if usual[said.offer, _unit(said.meter)] < said.usd
    }


def _under_floors(series: _Series, agreed: Mapping[_Line, _Agreed], market: Market) -> Iterator[tuple[Hashable, Hold]]:
    """Prices far under all that is known of their meter: stated per token, per image or per second, mostly."""
    for line, known in series.items():
        typical = market.typical.get(line[0], Decimal(0))
        for said in known:
            if 0 < FLOOR * said.usd < typical and not _settled(said, agreed[line]):
                told = f"{_price(said)} is {_times(said.usd, typical)} the {plain(typical)} that is typical of this meter"
                yield said.row, Hold("floor", f"{told}, and no independent source says so")


def _unit(meter: str) -> str:
    return meter.rpartition("_")[2]


def _spread(known: Sequence[Stated]) -> bool:
    """Whether any two positive amounts lie too far apart."""
    amounts = [said.usd for said in known if said.usd > 0]
    return len(amounts) > 1 and max(amounts) > _FAR * min(amounts)


def _outliers(known: Sequence[Stated], agreed: _Agreed, market: Market) -> Iterator[tuple[Hashable, Hold]]:
    """Statements of one meter and condition too far from their neighbors in time or from other families of their time.

    The most credible are believed first, and each next one is measured against those already believed: so either
    side of a jump may turn out to be the wrong one. Credible is what a person or an independent family confirms,
    then what most other families come near to, then the better trusted, then what is not wholly unlike the meter's
    typical price, then what the source itself came back to, then the nearer to the typical price.
    """
    lines = sorted((said for said in known if said.usd > 0), key=_when)
    others = _others_at_the_time(lines)
    backing = [len({lines[other].family for other in others[i] if not _far(said, lines[other])}) for i, said in enumerate(lines)]
    steady = _steadiness(lines)

    def credit(i: int) -> tuple[bool, int, int, float, timedelta, float, datetime, datetime, Decimal]:
        said, odd = lines[i], _oddness(lines[i], market)
        doubt = max(odd - _PLAUSIBLE, 0.0)
        return (not _settled(said, agreed), -backing[i], said.trust, doubt, -steady[i], odd, *_when(said)[:3])

    believed: set[int] = set()
    own: dict[Hashable, list[int]] = defaultdict(list)
    for i in sorted(range(len(lines)), key=credit):
        said = lines[i]
        hold = None
        if not _settled(said, agreed):
            hold = _disagrees(said, [lines[other] for other in others[i] if other in believed])
            if hold is None and not backing[i]:
                place = bisect(own[said.offer], i)
                hold = _jump(said, [lines[j] for j in own[said.offer][max(place - 1, 0) : place + 1]])
        if hold is not None:
            yield said.row, hold
        else:
            believed.add(i)
            insort(own[said.offer], i)


def _when(said: Stated) -> tuple[datetime, datetime, Decimal, str, int, datetime]:
    """The order of statements in time, complete but for those that are alike in every way that counts."""
    return said.seen_at, said.stated_from or said.seen_at, said.usd, said.family, said.trust, said.gone_at or _NEVER


def _others_at_the_time(lines: Sequence[Stated]) -> list[list[int]]:
    """For each of `lines`, ordered by `_when`, the places of the other families' statements standing at the same time."""
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


def _steadiness(lines: Sequence[Stated]) -> list[timedelta]:
    """For each of `lines`: how long its source was at about this amount, if it left it and came back; else nothing.

    A statement that still stands is counted until the last thing heard in this series.
    """
    found = [timedelta(0)] * len(lines)
    by_offer: dict[Hashable, list[int]] = defaultdict(list)
    for i, said in enumerate(lines):
        by_offer[said.offer].append(i)
    last = lines[-1].seen_at
    for own in by_offer.values():
        if not _spread([lines[i] for i in own]):
            continue
        order = sorted(range(len(own)), key=lambda place: lines[own[place]].usd)
        amounts = [lines[own[place]].usd for place in order]
        lasted = [(lines[own[place]].gone_at or last) - lines[own[place]].seen_at for place in order]
        until = list(accumulate(lasted, initial=timedelta(0)))
        for rank, place in enumerate(order):
            if rank and amounts[rank] == amounts[rank - 1]:
                found[own[place]] = found[own[order[rank - 1]]]
                continue
            low, high = bisect_left(amounts, amounts[rank] / _FAR), bisect(amounts, amounts[rank] * _FAR)
            near = order[low:high]
            if max(near) - min(near) >= len(near):
                found[own[place]] = until[high] - until[low]
    return found


def _far(one: Stated, other: Stated) -> bool:
    return max(one.usd, other.usd) > _FAR * min(one.usd, other.usd)


def _oddness(said: Stated, market: Market) -> float:
    """Decades between an amount and the typical one of its meter."""
    typical = market.typical.get(said.meter)
    return abs(math.log10(said.usd / typical)) if typical else 0.0


def _disagrees(said: Stated, others: Sequence[Stated]) -> Hold | None:
    """Held where other families are believed at the same time and none of them is near."""
    if not others or any(not _far(said, other) for other in others):
        return None
    other = min(others, key=lambda known: (known.trust, _when(known)))
    return Hold(
        "disagrees", f"{_price(said)} is {_times(said.usd, other.usd)} what {other.family} says at the same time, {plain(other.usd)}"
    )


def _jump(said: Stated, neighbors: Sequence[Stated]) -> Hold | None:
    """Held where the same source's nearest good value before or after is far away."""
    for other in neighbors:
        if _far(said, other):
            when = "before" if _when(other) < _when(said) else "later"
            told = f"{_price(said)} is {_times(said.usd, other.usd)} the {plain(other.usd)} that the same source said {when}"
            return Hold("jump", f"{told}, and no independent source says so")
    return None


def _outputs(series: _Series, agreed: Mapping[_Line, _Agreed], market: Market) -> dict[Hashable, Hold]:
    """Output far under input in one offer of a chat model: the output is held, or the input where that is far odder."""
    held: dict[Hashable, Hold] = {}
    for (meter, condition), outputs in series.items():
        inputs = series.get(("input_mtok", condition)) if meter == "output_mtok" else None
        if not inputs or not outputs or _FAR * min(said.usd for said in outputs) >= max(said.usd for said in inputs):
            continue
        for given, written in _pairs(inputs, outputs):
            if _FAR * written.usd >= given.usd or _settled(written, agreed[meter, condition]):
                continue
            input_settled = _settled(given, agreed["input_mtok", condition])
            odd = given if not input_settled and _oddness(given, market) > _oddness(written, market) + 1 else written
            told = f"output at {plain(written.usd)} is {plain(ratio(given.usd, written.usd))} times under input at {plain(given.usd)}"
            held.setdefault(odd.row, Hold("output_under_input", f"{told}, and no independent source says so"))
    return held


def _pairs(inputs: Sequence[Stated], outputs: Sequence[Stated]) -> Iterator[tuple[Stated, Stated]]:
    """Positive input and output of one chat offer standing at the same time."""
    chat = (said for said in (*inputs, *outputs) if said.usd > 0 and said.mode in _CHAT and not _TERSE.intersection(_words(said.model_key)))
    lines = sorted(chat, key=lambda said: (*_when(said), said.meter))
    standing: dict[Hashable, list[Stated]] = defaultdict(list)
    for said in lines:
        still = [other for other in standing[said.offer] if other.gone_at is None or other.gone_at > said.seen_at]
        for other in still:
            if other.meter != said.meter:
                yield (other, said) if said.meter == "output_mtok" else (said, other)
        standing[said.offer] = [*still, said]


def _price(said: Stated) -> str:
    return f"{said.meter} of {plain(said.usd)} USD"


def _times(one: Decimal, other: Decimal) -> str:
    """`64 times`, or `1/64 of`, without the following amount."""
    times = plain(ratio(one, other))
    return f"{times} times" if one > other else f"1/{times} of"
