"""Claims about tokens a second, held against what we measured: on the same hardware as a measurement, on other hardware as a limit.

What other hardware can do at most is known from its data sheet; that shows a claim to be impossible, never to be true.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from market import accelerators, roofline
from market.claims import Claim, Judged, Known, Verdict, number
from market.roofline import Roof, Shape

METRIC = "decode_tps"
GENERATED = 128
"""Tokens that the measurements behind such claims decode, behind none."""
MEANS: Mapping[roofline.Verdict, Verdict] = {"verified": "supported", "within_noise": "mixed", "refuted": "contradicted"}


def throughput(claim: Claim, known: Sequence[Known]) -> Judged | None:
    """What our probes of a model say of a claim that names hardware; None where there is no such probe or no such claim."""
    probes = _probes(claim, known)
    if not probes or claim.value is None or claim.hardware is None:
        return None
    same = [probe for probe in probes if _is(probe[METRIC].provider, claim.hardware)]
    return _measured(claim, claim.value, same) if same else _limited(claim.value, claim.hardware, probes)


def _probes(claim: Claim, known: Sequence[Known]) -> list[dict[str, Known]]:
    """The rows of each probe of the subject, by metric."""
    found: dict[str, dict[str, Known]] = {}
    for row in known:
        if row.kind == "probe" and row.subject == claim.subject:
            found.setdefault(row.ref or "", {})[row.metric] = row
    return [rows for _, rows in sorted(found.items()) if METRIC in rows]


def _is(machine: str | None, hardware: str) -> bool:
    """Whether a machine of ours is what a claim calls it."""
    card = accelerators.named(hardware)
    same = card is not None and accelerators.named(machine or "") == card
    return same or (machine or "").casefold() == hardware.casefold()


def _measured(claim: Claim, value: str, probes: Sequence[Mapping[str, Known]]) -> Judged:
    """The same hardware: verified, refuted, or within the noise of measuring, by the file that is nearest to the claim."""
    claimed = float(number(value))
    says = [roofline.against_measured(claimed, _of(probe, "decode_tps_lo"), _of(probe, "decode_tps_hi")) for probe in probes]
    best = next(word for word in ("verified", "within_noise", "refuted") if word in says)
    rows = [probe[METRIC] for probe, word in zip(probes, says, strict=True) if word == best]
    told = ", ".join(f"{_of(probe, 'decode_tps_lo'):.3g} to {_of(probe, 'decode_tps_hi'):.3g}" for probe in probes[:3])
    words = {"verified": "as claimed", "within_noise": "too near to the claim to refute it", "refuted": "which refutes the claim"}
    reason = f"We measured {told} tokens a second of {claim.subject} on {rows[0].provider}, {words[best]}."
    return Judged(MEANS[best], reason, f"{told} tokens a second", tuple(rows), "high")


def _limited(value: str, hardware: str, probes: Sequence[Mapping[str, Known]]) -> Judged:
    """Other hardware: impossible contradicts; implausible and possible decide nothing."""
    rows = tuple(probe[METRIC] for probe in probes)
    card = accelerators.named(hardware)
    if card is None:
        return Judged("undecidable", f"We measured it on {rows[0].provider}, and no data sheet of {hardware} is on record.", None, rows)
    limits = [_limit(probe, card.roof) for probe in probes if "token_bytes" in probe and "weights_bytes" in probe]
    most = max((limit for limit in limits if limit is not None), default=None)
    if most is None:
        why = "does not fit its memory" if limits else "has no known size"
        verdict: Verdict = "contradicted" if limits else "undecidable"
        return Judged(
            verdict, f"Impossible: the file that we measured {why} on {card.name}." if limits else f"The file {why}.", None, rows, "medium"
        )
    standing = roofline.standing(float(number(value)), most, "decode")
    told = f"{card.name} can decode {most:,.0f} tokens a second at most of the smallest file that we measured ({card.source})"
    if standing == "impossible":
        return Judged("contradicted", f"Impossible: {told}.", f"at most {most:,.0f} tokens a second", rows, "medium")
    word = (
        "implausible, since good software reaches nine tenths of that"
        if standing == "implausible"
        else "possible, which does not make it true"
    )
    return Judged("undecidable", f"{told}; the claim is {word}.", f"at most {most:,.0f} tokens a second", rows)


def _limit(probe: Mapping[str, Known], roof: Roof) -> float | None:
    """Most tokens a second of a file on a machine; None where it does not fit."""
    cache = int(_of(probe, "cache_bytes")) if "cache_bytes" in probe else 0
    shape = Shape(0, int(_of(probe, "weights_bytes")), int(_of(probe, "token_bytes")), 0, 0, cache)
    fits = roofline.fits(shape, roof, GENERATED)
    return None if fits is False else roofline.limit(shape, Roof(roof.bytes_per_s, None, roof.memory_bytes), 0, GENERATED)


def _of(probe: Mapping[str, Known], metric: str) -> float:
    return float(Decimal(probe[metric].value))
