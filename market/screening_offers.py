"""Rules that compare the prices of one offer with each other."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from decimal import Decimal
from itertools import product

from market.screening_names import says
from market.screening_terms import CHAT, FAR, SAME, Case, Found, Hold, Stated, beside, plain, price, ratio, same, together, when

_TERSE = ("guard", "safeguard", "moderation")
"""Such models answer with a word; their output may cost next to nothing."""
_CHARACTERS = 4


def per_character(case: Case) -> Found:
    """A token for less than a character, or a quarter of what a character costs at another time: divided, not multiplied."""
    for meter, condition in case.series:
        if not meter.endswith("_mchars"):
            continue
        tokens, characters = case.series.get((meter.replace("mchars", "mtok"), condition), []), case.series[meter, condition]
        below = {one: other for one, other in together(tokens, characters) if one.usd < other.usd}
        amounts = {(other.offer, other.usd): other for other in sorted(characters, key=when, reverse=True)}
        for one, other in product(tokens, amounts.values()):
            if one.offer == other.offer and one.usd > 0 and same(one.usd * _CHARACTERS, other.usd):
                below.setdefault(one, other)
        for one, other in below.items():
            told = f"{price(one)} is less than the {plain(other.usd)} that the same offer asks for a million characters"
            yield one, Hold("per_character", f"{told}, and a token has several")


def cache_over_input(case: Case) -> Found:
    """Reading from the cache dearer than input; the cache's writing price too, if that is cheaper than input: the two are swapped."""
    writes: dict[Hashable, list[Stated]] | None = None
    for given, read in _under(case, "input_mtok", "cache_read_mtok", 1 + SAME):
        told = f"reading from the cache at {plain(read.usd)} is dearer than input at {plain(given.usd)}"
        odd = given if case.oddness(given) > case.oddness(read) + 1 else read
        yield odd, Hold("cache_over_input", told)
        if writes is None:
            writes = defaultdict(list)
            for write, other in _under(case, "cache_write_mtok", "input_mtok", Decimal(1)):
                writes[other.row].append(write)
        for write in writes[given.row] if odd is read else ():
            if beside(write, read):
                yield write, Hold("cache_over_input", f"{told}, and writing to it at {plain(write.usd)} is cheaper")


def output_under_input(case: Case) -> Found:
    """Output far under input in one offer of a chat model: the output is held, or the input where that is far odder."""
    for written, given in _under(case, "output_mtok", "input_mtok", Decimal(FAR)):
        if given.mode in CHAT and not says(given.model_key, *_TERSE) and not case.settled(written):
            odd = given if not case.settled(given) and case.oddness(given) > case.oddness(written) + 1 else written
            told = f"output at {plain(written.usd)} is {plain(ratio(given.usd, written.usd))} times under input at {plain(given.usd)}"
            yield odd, Hold("output_under_input", f"{told}, and no independent source says so")


def swapped(case: Case) -> Found:
    """Output cheaper than input, where another source, another provider or the same source at another time has them the other way round."""
    for written, given in _under(case, "output_mtok", "input_mtok", 1 + SAME):
        if who := _reversed(case, given, written):
            told = f"input at {plain(given.usd)} and output at {plain(written.usd)} stand the other way round {who}"
            yield given, Hold("swapped", told)
            yield written, Hold("swapped", told)


def _reversed(case: Case, given: Stated, written: Stated) -> str | None:
    """Who has the two the other way round, if anyone."""
    dear, cheap = case.others("output_mtok"), case.others("input_mtok")
    for who in sorted(dear.keys() & cheap.keys()):
        if same(cheap[who], written.usd) and same(dear[who], given.usd):
            return f"at {who}"
    for one, other in together(*(case.series.get((meter, given.condition), []) for meter in ("input_mtok", "output_mtok"))):
        if same(one.usd, written.usd) and same(other.usd, given.usd):
            return "at another time" if one.offer == given.offer else f"in {one.family}"
    return None


def _under(case: Case, small: str, large: str, factor: Decimal) -> Iterator[tuple[Stated, Stated]]:
    """Statements of two meters by one offer at one time and under one condition, the first more than `factor` times under the second."""
    for meter, condition in case.series:
        if meter != small or not (larger := case.series.get((large, condition))):
            continue
        smaller = case.series[small, condition]
        least = min((said.usd for said in smaller if said.usd > 0), default=None)
        if least is not None and factor * least < max((said.usd for said in larger), default=0):
            for one, other in together(smaller, larger):
                if factor * one.usd < other.usd:
                    yield one, other
