"""`modelmarket cost`: what a workload costs at an offer, at every comparable offer, or line by line of a file."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jobs import output
from market.cost import as_row
from market.errors import MarketError, Misused
from market.units import plain
from market.workload import Usage

if TYPE_CHECKING:
    from db.costs import Asked

LINE = ("meter", "count", "price_usd", "unit", "cost_usd", "condition", "source", "valid_from", "valid_from_basis", "note")


class NotAsked(MarketError):
    """Say what is used, for example --input 1000 --output 200."""


def add_arguments(command: argparse.ArgumentParser, instant: Any) -> None:
    """The arguments of `cost`; `instant` reads an instant."""
    command.add_argument("model", metavar="MODEL", nargs="?", help="author/slug, or as a source spells it")
    command.add_argument("--provider", metavar="P", help="who bills, canonical or as a source spells it")
    command.add_argument("--plan", default="standard", help="standard (the default), batch, flex, priority …")
    command.add_argument("--endpoint", help="the source's own discriminator, where a provider sells a model in several ways")
    command.add_argument("--source", help="only what this source says (default: what is believed of all)")
    command.add_argument("--at", type=instant, metavar="T", help="when (ISO 8601, UTC by default; default: now)")
    for option, says in {
        "--input": "input tokens, cached and written ones included",
        "--output": "output tokens, reasoning included",
        "--cache-read": "of the input tokens, those read from the cache",
        "--cache-write": "of the input tokens, those written to the cache, for any time",
        "--cache-write-1h": "of those written, the ones kept for an hour",
        "--reasoning": "of the output tokens, those of reasoning, where they have a price of their own",
        "--requests": "number of requests of one size (default: 1)",
    }.items():
        command.add_argument(option, metavar="N", help=says)
    command.add_argument("--use", action="append", default=[], metavar="NAME=N", help="any other usage, such as web_searches=3")
    command.add_argument("--when", action="append", default=[], metavar="WORDS", help="a further condition that holds, such as 'region us'")
    command.add_argument("--batch", metavar="FILE", help="a usage per line as JSON, - for standard input; a cost per line, in order")
    command.add_argument("--profile", metavar="FILE", help="a mix of requests: a name we ship, or a file as in docs/costs.md")
    command.add_argument("--rank", action="store_true", help="with --profile: every comparable offer, cheapest first")
    command.add_argument("--limit", type=int, default=40, metavar="N", help="with --rank: so many offers (default: 40; 0 is all)")


def cost(asked: argparse.Namespace) -> int:
    """Prints what was asked for: one bill, a ranking, or a line for each line of a file.

    Raises:
        Misused: the arguments do not go together.
    """
    if asked.batch:
        if asked.model or asked.profile:
            raise Misused("--batch reads models and usage from its file; leave MODEL and --profile away")
        return _batch(asked.batch)
    if asked.profile:
        from jobs.rank import rank

        return rank(asked)
    if not asked.model:
        raise Misused("Name a MODEL, or a file with --batch, or a mix with --profile; see `modelmarket cost --help`")
    return _one(asked)


def _one(asked: argparse.Namespace) -> int:
    """One bill."""
    from db import costs

    usage = Usage.of(_named(asked))
    if not usage.counts:
        raise NotAsked
    at = asked.at or datetime.now(UTC)
    wanted = costs.Asked(asked.provider, asked.model, asked.plan, asked.endpoint, asked.source)
    offered = costs.offers([wanted])[wanted]
    if isinstance(offered, MarketError):
        raise offered
    bill = offered.sheet(at).bill(usage, at, frozenset(asked.when))
    rows = [as_row(line) for line in bill.lines]
    if asked.json:
        said = {"model": asked.model, "provider": asked.provider, "plan": asked.plan, "at": at}
        output.document({**said, "cost_usd": plain(bill.usd), "lines": [_money(row) for row in rows]})
        return 0
    shown = [name for name in LINE if any(row.get(name) is not None for row in rows)]
    print(output.grid(shown, [[row[name] for name in shown] for row in rows]))
    print(f"\n{output.cell(plain(bill.usd))} USD at {output.cell(at)} UTC; price_usd is USD per unit.")
    return 0


def _named(asked: argparse.Namespace) -> dict[str, Any]:
    """The usage that the options name."""
    given = {
        "input_tokens": asked.input, "output_tokens": asked.output, "cache_read_tokens": asked.cache_read,
        "cache_write_tokens": asked.cache_write, "cache_write_1h_tokens": asked.cache_write_1h,
        "output_reasoning_tokens": asked.reasoning, "requests": asked.requests,
    }  # fmt: skip
    named: dict[str, Any] = {name: _number(name, said) for name, said in given.items() if said is not None}
    for pair in asked.use:
        name, _, said = pair.partition("=")
        named[name] = _number(name, said)
    return named


def _number(name: str, said: str) -> Any:
    return int(said) if said.isascii() and said.isdigit() else said


def _money(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) if isinstance(value, Decimal) and name != "count" else value for name, value in row.items()}


def _batch(file: str) -> int:
    """A cost for each line of a file, in order; a line that cannot be costed says why."""
    lines = [_read(number, text) for number, text in enumerate(_lines(file), 1) if text.strip()]
    for said in _costed(lines):
        sys.stdout.write(output.as_json(said))
    return 0


def _lines(file: str) -> list[str]:
    try:
        return (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode("utf-8-sig").splitlines()
    except OSError as error:
        raise Misused(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Misused(f"{file} is not text in UTF-8, so it holds no JSON lines.") from None


class _Wish(NamedTuple):
    """A line of the file: a usage of an offer at an instant."""

    wanted: "Asked"
    usage: Usage
    at: datetime
    choices: frozenset[str]


_Read = tuple[Any, _Wish | MarketError]
"""The line's own id, and what it asks for or why that cannot be read."""


def _read(number: int, text: str) -> _Read:
    try:
        entry = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict):
        return None, Misused(f"Line {number} is not a JSON object")
    try:
        return entry.get("id"), _wish(entry)
    except MarketError as error:
        return entry.get("id"), error


def _wish(entry: dict[str, Any]) -> _Wish:
    from db.costs import Asked

    for name in ("model", "provider", "plan", "endpoint", "source"):
        if not isinstance(entry.get(name, ""), str | None):
            raise Misused(f"{name} is not a text")
    if not entry.get("model") or not entry.get("provider"):
        raise Misused("A line needs a provider and a model")
    if not isinstance(entry.get("usage"), dict) or not entry["usage"]:
        raise Misused('A line needs a usage, such as {"input_tokens": 1000, "output_tokens": 200}')
    words = entry.get("when") or ()
    choices = frozenset([words] if isinstance(words, str) else map(str, words))
    wanted = Asked(entry["provider"], entry["model"], entry.get("plan") or "standard", entry.get("endpoint"), entry.get("source"))
    return _Wish(wanted, Usage.of(entry["usage"]), _instant(entry.get("at")), choices)


def _instant(said: Any) -> datetime:
    if said is None:
        return datetime.now(UTC)
    try:
        given = datetime.fromisoformat(said)
    except (TypeError, ValueError):
        raise Misused(f"{said!r} is not an instant; write it like 2025-02-08T16:00:00+00:00") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _costed(lines: Sequence[_Read]) -> Iterator[dict[str, Any]]:
    from db import costs

    offered = costs.offers(wish.wanted for _, wish in lines if isinstance(wish, _Wish))
    for name, wish in lines:
        try:
            if isinstance(wish, MarketError):
                raise wish
            one = offered[wish.wanted]
            if isinstance(one, MarketError):
                raise one
            bill = one.sheet(wish.at).bill(wish.usage, wish.at, wish.choices)
            yield {"id": name, "cost_usd": plain(bill.usd), "lines": [_money(as_row(line)) for line in bill.lines]}
        except MarketError as error:
            yield {"id": name, "error": str(error)}
