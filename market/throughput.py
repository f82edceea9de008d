"""What our measurements and data sheets say of a rate that somebody claims."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from market import accelerators, roofline
from market.roofline import Roof, Shape

_SEVERAL = re.compile(r"(\d{1,4}) ?[x×] ?(.+)")
_TEST = re.compile(r"(?P<kind>pp|tg)(?P<tokens>\d+)?(?: @ d(?P<depth>\d+))?")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed rate as it is kept; tokens a second over all `streams` answers made at once."""

    model: str
    quantization: str | None
    hardware: str
    test: str
    streams: int
    tps: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """A model file that we know the shape of, and what of it was measured where.

    Attributes:
        measured: (machine, test) → ends of the interval.
    """

    model: str | None
    file: str
    quantization: str
    shape: Shape
    measured: dict[tuple[str, str], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Judged:
    """verified, within_noise, refuted, possible, implausible, impossible, or None where nothing decides; and why."""

    verdict: str | None
    reason: str


def judged(claim: Claimed, known: Sequence[Weighed]) -> Judged:
    """A claim held against what was measured on the same hardware, else against what its hardware can do at most.

    A claim on other hardware is never verified: the limit says only what cannot be.
    """
    same = [one for one in known if claim.model.lower() in ((one.model or "").lower(), one.file.lower())]
    if not same:
        return Judged(None, f"No file of {claim.model} was measured here.")
    files = [one for one in same if claim.quantization is None or one.quantization.upper() == claim.quantization.upper()]
    if not files:
        return Judged(None, f"No file of {claim.model} in {claim.quantization} was measured here.")
    if claim.streams == 1 and claim.quantization is not None:
        for one in files:
            for (machine, test), (low, high) in one.measured.items():
                if test == claim.test and machine.lower() == claim.hardware.lower():
                    verdict = roofline.against_measured(claim.tps, low, high)
                    return Judged(verdict, f"{low:,.1f} to {high:,.1f} tokens a second were measured on the same hardware.")
    return _by_limit(claim, files)


def _by_limit(claim: Claimed, files: Sequence[Weighed]) -> Judged:
    """Against the data sheet, with the smallest of the files: where the quantization is not said, the generous one."""
    several = _SEVERAL.fullmatch(claim.hardware)
    count, name = (int(several[1]), several[2]) if several else (1, claim.hardware)
    card, test = accelerators.named(name), _TEST.fullmatch(claim.test)
    if card is None:
        return Judged(None, f"No data sheet of {claim.hardware} is on record, and nothing was measured there.")
    if test is None or not count:
        return Judged(None, f"{claim.test} is no test that a limit is known for.")
    shape = min((one.shape for one in files), key=lambda each: each.token_bytes)
    roof = Roof(card.bytes_per_s * count, card.flops * count if card.flops else None, card.memory_bytes * count)
    tokens, depth = int(test["tokens"] or 0), int(test["depth"] or 0)
    if roofline.fits(shape, roof, 0) is False:
        return Judged("impossible", f"The weights, {shape.weights_bytes / 1e9:,.1f} GB, do not fit the memory of {claim.hardware}.")
    if test["kind"] == "tg":
        most = roofline.decode_limit(shape, roof, depth + max(tokens - 1, 0) / 2, claim.streams)
    elif not tokens:
        return Judged(None, "A mean over prompts of several lengths has no one limit.")
    else:
        most = roofline.prefill_limit(shape, roof, tokens)
    verdict = roofline.standing(claim.tps, most, "decode" if test["kind"] == "tg" else "prefill")
    return Judged(verdict, f"{claim.hardware} can make {most:,.0f} tokens a second at most ({card.source}).")
