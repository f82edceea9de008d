"""How answers are printed: one JSON document, a plain grid, CSV that no spreadsheet runs, or Parquet."""

import csv
import io
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import IO, Any

RUNS_IN_A_SPREADSHEET = ("=", "+", "-", "@", "\t", "\r")


def plain(value: Any) -> Any:
    """A value as JSON has it: decimals as strings without exponent, instants in ISO 8601 UTC, spans in seconds."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():
            return format(value, "f")
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes() | memoryview():
            return bytes(value).hex()
        case Mapping():
            return {str(name): plain(inner) for name, inner in value.items()}
        case date():
            return value.isoformat()
        case list() | tuple() | set():
            return [plain(inner) for inner in value]
        case _:
            return str(value)


def as_json(value: Any) -> str:
    """A value as one line of JSON."""
    return json.dumps(plain(value), ensure_ascii=False) + "\n"


def document(value: Any) -> None:
    """Prints one JSON document on standard output."""
    sys.stdout.write(as_json(value))


def cell(value: Any) -> str:
    """A value as people read it, with nothing in it that a terminal would obey."""
    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case timedelta():
            return span(value)
        case Decimal() if value.is_finite():
            digits = format(value, "f")
            return digits.rstrip("0").rstrip(".") if "." in digits else digits
        case _:
            said = plain(value)
            text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
            return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def span(length: timedelta) -> str:
    """A length of time in its largest two units: `3 d 4 h`, `12 min`."""
    seconds = int(length.total_seconds())
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def grid(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows under their names, in columns as wide as they need to be; numbers stand to the right."""
    table = [list(row) for row in rows]
    right = [any(isinstance(row[at], int | float | Decimal) for row in table) for at in range(len(names))]
    shown = [list(names), *([cell(value) for value in row] for row in table)]
    widths = [max(len(line[at]) for line in shown) for at in range(len(names))]
    lines = []
    for line in shown:
        fitted = (text.rjust(width) if side else text.ljust(width) for text, width, side in zip(line, widths, right, strict=True))
        lines.append("  ".join(fitted).rstrip())
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def as_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """RFC 4180 text; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_tame(name) for name in names])
    for row in rows:
        writer.writerow(["" if value is None else _tame(plain(value)) for value in row])
    return out.getvalue()


def _tame(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        return value
    tame = f"'{value}" if value.startswith(RUNS_IN_A_SPREADSHEET) and not _number(value) else value
    # Before Python 3.13 the csv module leaves a lone carriage return unquoted, and it would end the row.
    return tame.replace("\r", "\n")


def _number(text: str) -> bool:
    """Whether a text is nothing but a number, such as an exact decimal below zero."""
    digits = text.removeprefix("-")
    return bool(digits) and digits.replace(".", "", 1).isdecimal()


def parquet(names: Sequence[str], rows: Sequence[Sequence[Any]], to: IO[bytes]) -> None:
    """Writes one Parquet file with exact decimals; types that Parquet has no word for become text."""
    import pyarrow
    from pyarrow.parquet import write_table

    columns = []
    for at in range(len(names)):
        values = [row[at] for row in rows]
        try:
            columns.append(pyarrow.array(values))
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError):
            columns.append(pyarrow.array([None if value is None else cell(value) for value in values]))
    write_table(pyarrow.Table.from_arrays(columns, names=list(names)), to)
