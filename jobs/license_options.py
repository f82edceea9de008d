"""What `license` takes, apart from what it does, so that other commands need not load it."""

import argparse
from decimal import Decimal, InvalidOperation


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The files, the case, and what `learn` as the first word needs."""
    command.add_argument("files", nargs="+", metavar="FILE", help="license, README or saved web page; `learn FILE --id ID` adds a text")
    command.add_argument("--users", type=_size, metavar="N", help="people who use your product in a month, such as 800e6")
    command.add_argument("--revenue", type=_size, metavar="USD", help="your revenue a year in USD, such as 50e6")
    command.add_argument("--hosting", action="store_true", help="you serve the model to others")
    command.add_argument("--train-on-outputs", action="store_true", help="you improve another model with its outputs")
    command.add_argument("--military", action="store_true", help="you use it for military purposes")
    command.add_argument("--territory", metavar="CC", type=_place, help="where your company is seated: a country's two letters, or EU")
    command.add_argument("--id", dest="license_id", metavar="ID", help="with learn: SPDX id, or LicenseRef-…")
    command.add_argument("--into", metavar="DIR", help="with learn: the folder (default: licenses in the home folder)")


def _size(text: str) -> Decimal:
    try:
        size = Decimal(text.replace("_", ""))
    except InvalidOperation:
        size = Decimal(-1)
    if not size.is_finite() or size < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it like 800e6 or 50000000")
    return size


def _place(text: str) -> str:
    if not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise argparse.ArgumentTypeError(f"{text!r} is no place; give a country's two letters, or EU")
    return text.upper()
