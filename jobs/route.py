"""`modelmarket route`: the offers that meet what is asked for, cheapest to best, whom to try next, and why the others do not."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from jobs import output
from market import route as rule
from market.errors import MarketError, Misused
from market.frontier import TESTS
from market.licenses import CLASSES
from market.route import Reason, Routed, Way, Wish

SHOWN = ("usd", "score", "model", "provider", "endpoint", "serves", "quantization", "context_tokens", "license_id", "regions", "note")
LOCAL = ("usd", "score", "model", "provider", "quantization", "tps", "context_tokens", "license_id")


class NothingMeets(MarketError):
    """Nothing meets all of this."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The constraints."""
    command.add_argument("--min-score", type=_positive, metavar="N", help="at least this result in the test")
    command.add_argument("--max-price", type=_positive, metavar="USD", help="at most so many USD per million tokens of the mix")
    command.add_argument(
        "--license", action="append", default=[], metavar="L", help="class or id of a license, or open; may be given again"
    )
    command.add_argument("--context", type=_tokens, metavar="N", help="room for so many tokens, such as 128k")
    command.add_argument("--region", metavar="R", help="served there, such as eu, us or eu-west-1, as far as it is stated")
    command.add_argument("--local", action="store_true", help="our own machines too, as far as they were measured")
    command.add_argument("--plan", default="standard", help="standard (the default), batch, flex, priority …")
    command.add_argument("--benchmark", default="aa_intelligence", metavar="TEST", help="the test (default: aa_intelligence)")
    command.add_argument("--profile", default="blend_3to1", metavar="MIX", help="the mix that is priced (default: blend_3to1)")
    command.add_argument("--excluded", action="store_true", help="print every offer left out, with its reasons")


def route(asked: argparse.Namespace) -> int:
    """Prints the frontier, whom to try next, and what is left out and why; 1 where nothing meets the wish.

    Raises:
        Misused: there is no such test, mix or license.
        NothingMeets: one sentence says which constraint leaves out most.
    """
    from db import views

    wish = _wish(asked)
    views.profile(asked.profile)
    known = rule.ways(views.route(asked.profile, asked.benchmark, local=asked.local))
    found = rule.routed(known, wish)
    if asked.json:
        output.document({"profile": asked.profile, "benchmark": asked.benchmark, "wish": asdict(wish), **_document(found)})
    else:
        _print(found, asked)
    if not found.frontier and not found.unpriced:
        raise NothingMeets(rule.blocked(found))
    return 0


def _wish(asked: argparse.Namespace) -> Wish:
    if asked.benchmark not in TESTS:
        raise Misused(f"There is no test {asked.benchmark!r}; name one of {', '.join(TESTS)}")
    known = {name.lower() for name in ("open", *CLASSES)}
    if asked.license and not known.issuperset(word.lower() for word in asked.license):
        from db import views

        known |= {row["license_id"].lower() for row in views.rows("select distinct license_id from market.license")}
        if other := [word for word in asked.license if word.lower() not in known]:
            raise Misused(f"There is no license {other[0]!r}; name an SPDX id, open, or a class: {', '.join(CLASSES)}")
    if asked.plan != "standard":
        from db import views

        plans = [row["plan"] for row in views.rows("select distinct plan from market.offer_wide order by plan")]
        if plans and asked.plan not in plans:
            raise Misused(f"There is no plan {asked.plan!r} on record; name one of {', '.join(plans)}")
    return Wish(asked.min_score, tuple(asked.license), asked.max_price, asked.context, asked.region or None, asked.plan)


def _document(found: Routed) -> dict[str, Any]:
    return {
        "frontier": [asdict(way) for way in found.frontier],
        "fallback": [asdict(way) for way in found.fallback],
        "unpriced": [asdict(way) for way in found.unpriced],
        "excluded": [asdict(way) | {"reasons": [reason._asdict() for reason in reasons]} for way, reasons in found.left_out],
        "sentence": None if found.frontier or found.unpriced else rule.blocked(found),
    }


def _print(found: Routed, asked: argparse.Namespace) -> None:
    if found.frontier:
        print(_grid(SHOWN, found.frontier))
        print("\nEach is the cheapest of those that score as high. usd is USD per million tokens of the mix", f"{asked.profile}.")
        names = "; then ".join(f"{way.model} at {way.serves} ({output.cell(way.usd)} USD)" for way in found.fallback)
        print(f"Try first {names}.")
    if found.unpriced:
        print("\nOn machines of ours, at a cost that is not known; tps is decoded tokens a second of one answer, measured:")
        print(_grid(LOCAL, found.unpriced))
    if asked.excluded:
        lines = [[way.model, way.provider, way.endpoint, way.plan, _said(reasons)] for way, reasons in found.left_out]
        print("\n" + output.grid(("model", "provider", "endpoint", "plan", "left out"), lines))
    elif found.left_out:
        counts = [[many, alone, rule.WORDS[name]] for name, many, alone in rule.counted(found.left_out)]
        print("\n" + output.grid(("left out", "by this alone", "why"), counts))
        print("--excluded prints every one of them with its reasons.")


def _grid(names: Sequence[str], ways: Sequence[Way]) -> str:
    rows = [asdict(way) | {"regions": " ".join(way.regions) or None, "tps": way.tps and round(way.tps, 1)} for way in ways]
    said = [name for name in names if any(row[name] is not None for row in rows)]
    return output.grid(said, [[row[name] for name in said] for row in rows])


def _said(reasons: Sequence[Reason]) -> str:
    return "; ".join(reason.says for reason in reasons)


def _positive(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except ArithmeticError:
        found = Decimal(-1)
    if not found.is_finite() or found < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 up")
    return found


def _tokens(text: str) -> int:
    number, scale = (text[:-1], {"k": 1000, "m": 1_000_000}[text[-1].lower()]) if text[-1:].lower() in ("k", "m") else (text, 1)
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of tokens; write it like 128k or 128000")
    return int(number) * scale
