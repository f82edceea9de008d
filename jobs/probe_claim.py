"""What a measurement, or a machine's limit, says of a rate that somebody claims."""

from collections.abc import Sequence
from typing import Any

from market import accelerators, roofline
from market.accelerators import Accelerator
from market.errors import Misused
from probes.protocol import Measured, Trial

NOTHING_DECODED = "A claim is about decoding; measure tg128, too."


def answerable(tests: Sequence[Trial], hardware: str | None) -> None:
    """Whether a claim could be judged by these tests; said before they take their minutes.

    Raises:
        Misused: nothing is decoded, or the hardware is not in the table.
    """
    if not any(test.n_gen for test in tests):
        raise Misused(NOTHING_DECODED)
    if hardware:
        _card(hardware)


def _card(hardware: str) -> Accelerator:
    card = accelerators.named(hardware)
    if card is None:
        known = ", ".join(one.name for one in accelerators.table())
        raise Misused(f"No data sheet of {hardware} is in market/accelerators.toml; known are {known}.")
    return card


def judged(measured: Measured, claimed: float, hardware: str | None) -> dict[str, Any]:
    """A claim about decoding one answer at a time, judged.

    Args:
        claimed: tokens a second.
        hardware: an accelerator of our table; None for this machine.

    Raises:
        Misused: nothing was decoded, or the hardware is not in the table.
    """
    test = next((each for each in measured.tests if each["n_gen"]), None)
    if test is None:
        raise Misused(NOTHING_DECODED)
    said = {"claimed_tps": claimed, "hardware": hardware, "test": test["test"]}
    if hardware is None:
        return said | _here(claimed, test)
    card = _card(hardware)
    most = roofline.limit(measured.shape, card.roof, 0, test["n_gen"], test["n_depth"])
    if roofline.fits(measured.shape, card.roof, test["n_depth"] + test["n_gen"]) is False:
        return said | {"verdict": "impossible", "limit_ts": most, "reason": f"The model does not fit the memory of {card.name}."}
    return said | {
        "verdict": roofline.standing(claimed, most, "decode"),
        "limit_ts": most,
        "reason": f"{card.name} can make {most:,.0f} tokens a second at most ({card.source}).",
    }


def _here(claimed: float, test: dict[str, Any]) -> dict[str, Any]:
    most, measured = test["limit_ts"], f"{test['ts_lo']:,.1f} to {test['ts_hi']:,.1f} tokens a second were measured here"
    if most and roofline.standing(claimed, most, "decode") == "impossible":
        return {"verdict": "impossible", "limit_ts": most, "reason": f"This machine can make {most:,.0f} tokens a second at most."}
    if test["verdict"] == "noisy":
        return {"verdict": None, "limit_ts": most, "reason": f"{measured}, on a machine too noisy to judge by."}
    return {"verdict": roofline.against_measured(claimed, test["ts_lo"], test["ts_hi"]), "limit_ts": most, "reason": f"{measured}."}
