"""Questions a person asks: what a model costs, what is held and what to do about it, and anything in SQL."""

import argparse
import io
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jobs import output
from market.errors import MarketError, Misused

PRICE = ("provider", "endpoint", "plan", "quantization", "meter", "condition", "price_usd", "valid_from", "valid_from_basis")
BELIEF = ("source", "agreement", "spread")
HELD = ("item", "source", "source_key", "plan", "meter", "condition", "price_usd", "last_good_usd", "reason")


class UnknownModel(MarketError):
    """No source prices this model."""


class Unwritable(MarketError):
    """The output file cannot be written."""


def _grid(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    """The named columns that say anything in these rows."""
    said = [name for name in names if any(row[name] is not None for row in rows)]
    return output.grid(said, [[row[name] for name in said] for row in rows])


def price(asked: argparse.Namespace) -> int:
    """Prints what is believed of one model, now or as of another time, per provider, plan, meter and condition.

    Raises:
        UnknownModel: no source prices it; the message names those with a similar name.
    """
    from db import views

    now = datetime.now(UTC)
    valid_at, known_at = asked.valid_at or now, asked.known_at or now
    rows = views.price_as_of(asked.model, valid_at, known_at) if asked.valid_at or asked.known_at else views.price(asked.model)
    if not rows:
        then = f" for {output.cell(valid_at)} as known on {output.cell(known_at)}" if asked.valid_at or asked.known_at else ""
        raise UnknownModel(f"No price of {asked.model!r} is known{then}{_similar(asked.model)}.")
    if asked.json:
        output.document({"model": asked.model, "valid_at": valid_at, "known_at": known_at, "prices": rows})
    else:
        print(_grid(PRICE + BELIEF, rows))
        print("\nprice_usd is USD per the unit that ends the meter's name (mtok: a million tokens).")
    return 0


def _similar(model: str) -> str:
    from db import views

    known = [row["model"] for row in views.rows("select distinct model from market.price where model is not null")]
    by_slug = {name.rpartition("/")[2].lower(): name for name in known}
    near = get_close_matches(model.rpartition("/")[2].lower(), by_slug, n=3)
    if not known:
        return "; nothing has been collected yet: run `modelmarket collect`"
    if near:
        return f"; the nearest names are {', '.join(by_slug[slug] for slug in near)}"
    return "; `modelmarket sql 'select distinct model from price'` names all"


def review_list(asked: argparse.Namespace) -> int:
    """Prints what is held and why."""
    from db import views

    rows = views.quarantine()
    if asked.json:
        output.document({"items": rows})
    elif rows:
        print(_grid(HELD, rows))
        print("\nBelieve one with `modelmarket review accept ITEM`, refuse it with `modelmarket review reject ITEM`.")
    else:
        print("Nothing is held.")
    return 0


def review(asked: argparse.Namespace) -> int:
    """Accepts or rejects held prices and pages, and says what that did."""
    said = [_decide(item, asked.decision, asked.note) for item in asked.items]
    if asked.json:
        output.document({"reviewed": [{"item": item, "said": sentence} for item, sentence in zip(asked.items, said, strict=True)]})
    else:
        print("\n".join(said))
    return 0


def _decide(item: str, decision: str, note: str | None) -> str:
    from db import engine, ledger

    kind, number = item[:1].upper(), item[1:]
    if kind != "P" or not number.isdigit():
        return ledger.review(item, decision, note)
    if decision == "accept":
        from collector.crawl import accept_page

        run = accept_page(int(number), note)
        counts = f"{run['records']:,} records, {run['quotes']:,} new prices, {run['withdrawn']:,} withdrawn"
        return f"The page of {run['source']} is read: {counts}."
    with engine.connect() as connection:
        name, url, *_ = ledger.held_page(connection, int(number))
        ledger.decide_page(connection, int(number), decision, note)
    return f"The page {url} of {name} stays unread."


def sql(asked: argparse.Namespace) -> int:
    """Answers one SELECT as the role `analyst`, as a grid, CSV, JSON or Parquet.

    Raises:
        Misused: the database does not accept the query, or Parquet would go to a terminal.
        Unwritable: the output file cannot be written.
    """
    from db import views

    form = asked.format or "table"
    query = sys.stdin.read() if asked.query == "-" else asked.query
    if not query.strip(" \n\t;"):
        raise Misused("The query is empty; ask for example 'select * from source_health'.")
    if form == "parquet" and not asked.output and sys.stdout.isatty():
        raise Misused("Parquet is not for a terminal; name a file with --output, or send it into a pipe.")
    names, rows = views.answer(query)
    if form == "parquet":
        buffer = io.BytesIO()
        output.parquet(names, rows, buffer)
        answer = buffer.getvalue()
    else:
        answer = _text(form, names, rows).encode()
    _write(asked.output, answer)
    return 0


def _write(file: str | None, answer: bytes) -> None:
    if file is None:
        sys.stdout.buffer.write(answer)
        return
    try:
        Path(file).write_bytes(answer)
    except OSError as error:
        raise Unwritable(f"{file} cannot be written: {error.strerror}.") from None


def _text(form: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if form == "csv":
        return output.as_csv(names, rows)
    if form == "json":
        return output.as_json([dict(zip(names, row, strict=True)) for row in rows])
    return f"{output.grid(names, rows)}\n({len(rows):,} {'row' if len(rows) == 1 else 'rows'})\n"
