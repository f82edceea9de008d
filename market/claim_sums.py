"""Whether a claim agrees with its own numbers: percentages, ratios, orders, units; a sentence for each that does not hold."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from market.claims import Claim, Known, number

SLIPS = (1_000, 1_000_000, 1_000_000_000)
THE_SAME = Decimal("0.15")


class Slip(NamedTuple):
    """A sum that does not hold: the sentence, and the number that would."""

    reason: str
    computed: str


def agrees(stated: str, found: Decimal) -> bool:
    """Whether a number rounds to the one stated, at the precision at which it is stated (`90` is 89.5 to 90.5)."""
    said = Decimal(stated)
    return abs(found - said) <= Decimal(1).scaleb(min(int(said.as_tuple().exponent), 0)) / 2


def shown(value: Decimal) -> str:
    """Three significant digits without an exponent or closing zeros; whole numbers in full."""
    if value == value.to_integral_value() and value.adjusted() < 15:
        return f"{value:,.0f}"
    text = f"{value:,.{max(0, 2 - value.adjusted())}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def slips(claim: Claim, known: Sequence[Known]) -> tuple[list[Slip], list[Known]]:
    """What does not hold among a claim's own numbers, and the recorded ones that were put in; sums without their record are left out."""
    found, used = list[Slip](), list[Known]()
    for one in claim.sums:
        operands = dict(one)
        for key, text in one.items():
            if text.startswith("recorded "):
                row = recorded(text, known)
                if row is None:
                    break
                used.append(row)
                operands[key] = row.value
        else:
            slip = SUMS[one["kind"]](operands)
            found += [slip] if slip else []
    return found, used


def recorded(text: str, known: Sequence[Known]) -> Known | None:
    """The row that `recorded SUBJECT METRIC` names: a cited fact, else the first quote, its author's own before others'."""
    _, subject, metric = text.split()
    rows = [row for row in known if (row.subject, row.metric) == (subject, metric) and row.kind in ("fact", "quote")]
    author = subject.partition("/")[0]
    return min(rows, key=lambda row: (row.kind != "fact", row.provider != author, str(row.on or ""))) if rows else None


def _fall(one: Mapping[str, str]) -> Slip | None:
    before, after = number(one["from"]), number(one["to"])
    fell = (before - after) / before * 100
    if agrees(one["percent"], fell):
        return None
    return Slip(f"{one['from']} to {one['to']} is a fall of {shown(fell)}%, not of {one['percent']}%", f"{shown(fell)}%")


def _share(one: Mapping[str, str]) -> Slip | None:
    share = number(one["part"]) / number(one["whole"]) * 100
    if agrees(one["percent"], share):
        return None
    return Slip(f"{one['part']} is {shown(share)}% of {one['whole']}, not {one['percent']}%", f"{shown(share)}%")


def _times(one: Mapping[str, str]) -> Slip | None:
    times = number(one["high"]) / number(one["low"])
    if agrees(one["times"], times):
        return None
    return Slip(f"{one['high']} is {shown(times)} times {one['low']}, not {one['times']} times", f"{shown(times)} times")


def _order(one: Mapping[str, str]) -> Slip | None:
    larger, smaller = number(one["larger"]), number(one["smaller"])
    if larger > smaller:
        return None
    ratio = f"{shown(larger / smaller)} times"
    return Slip(f"{one['larger']} is not more than {one['smaller']} but {ratio} as much", ratio)


def _resolution(one: Mapping[str, str]) -> Slip | None:
    apart, step = number(one["higher"]) - number(one["lower"]), number(one["step"])
    if apart >= step:
        return None
    points = f"{shown(apart)} point{'' if apart == 1 else 's'}"
    return Slip(f"{points} apart is less than one question of the test, which is worth {shown(step)} points", points)


def _unit(one: Mapping[str, str]) -> Slip | None:
    """A price that is a thousand or a million times the recorded one was read in another unit."""
    times = number(one["stated"]) / number(one["recorded"])
    slip = next((n for n in SLIPS for ratio in (times, 1 / times) if abs(ratio / n - 1) <= THE_SAME), None)
    if slip is None:
        return None
    return Slip(f"taken literally it is ${shown(number(one['stated']))} per million tokens where ${one['recorded']} is on record: "
                f"a unit slip of {slip:,}", f"{slip:,} times")  # fmt: skip


SUMS: dict[str, Callable[[Mapping[str, str]], Slip | None]] = {
    "fall": _fall,
    "share": _share,
    "times": _times,
    "order": _order,
    "resolution": _resolution,
    "unit": _unit,
}
