"""The options of `modelmarket selfhost`, apart from what they start, so that other commands need not load it."""

import argparse
from decimal import Decimal, InvalidOperation


def add_arguments(added: argparse.ArgumentParser) -> None:
    """The options of `selfhost`."""
    added.add_argument("model", nargs="?", metavar="MODEL", help="author/slug; its measured speed and its cheapest API offer are used")
    added.add_argument("--gpu-hour", type=_amount, metavar="USD", help="what the machine costs an hour (default: every known rental)")
    added.add_argument("--purchase", type=_amount, metavar="USD", help="what it costs to buy, instead of --gpu-hour")
    added.add_argument("--years", type=_positive, default=Decimal(3), metavar="N", help="with --purchase: how long it is used (default: 3)")
    added.add_argument("--watts", type=_amount, default=Decimal(0), metavar="W", help="with --purchase: mean power drawn (default: 0)")
    added.add_argument(
        "--electricity", type=_amount, default=Decimal(0), metavar="USD", help="with --purchase: USD per kilowatt-hour (default: 0)"
    )
    added.add_argument("--tokens-per-second", type=_positive, metavar="N", help="your own throughput, all tokens (default: as measured)")
    added.add_argument("--utilisation", type=_percent, metavar="PERCENT", help="share of the time that it works (default: a curve)")
    added.add_argument("--api-price", type=_positive, metavar="USD", help="per million tokens, to compare with (default: MODEL's cheapest)")


def _amount(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(-1)
    if not (value.is_finite() and 0 <= value <= 10**9):
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount; give a number such as 2.49")
    return value


def _positive(text: str) -> Decimal:
    value = _amount(text)
    if value < Decimal("0.000001"):
        raise argparse.ArgumentTypeError(f"{text!r} is too small; give a number above zero")
    return value


def _percent(text: str) -> Decimal:
    value = _positive(text)
    if not Decimal("0.01") <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no share of the time; give percent, from 0.01 to 100")
    return value / 100
