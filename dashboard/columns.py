"""The columns of every table: header with its unit, cell of a row, what hovering the header says."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from dashboard import figures
from dashboard.data import Row


class Column(NamedTuple):
    """A column; where `show` is given, cells are numbers that keep sorting as such and are written by it.

    Attributes:
        width: pixels; the rest of the line is shared out evenly.
    """

    label: str
    cell: Callable[[Row], Any]
    help: str | None = None
    show: Callable[[Decimal | None], str] | None = None
    width: int | None = None
    right: bool = False


def name(row: Row) -> str:
    """What a row is called: its canonical name, else the source's own spelling."""
    return figures.plain(row["model"] or row.get("source_key"))


def provider(row: Row) -> str:
    """Who bills, and through which endpoint where a provider lists one model twice."""
    endpoint = row["endpoint"]
    return figures.plain(row["provider"], 40) + (f" · {figures.plain(endpoint, 40)}" if endpoint and endpoint != row["model"] else "")


def weights(row: Row) -> str:
    """Whether the weights are published, as far as any source says."""
    return {True: "open", False: "closed", None: figures.UNKNOWN}[row["open_weights"]]


def reason(row: Row, field: str = "reason") -> str:
    """A foreign sentence, fit to show; empty where there is none."""
    return figures.plain(row[field], 200) if row[field] else ""


def unread(row: Row) -> str:
    """Why a source never succeeded today; empty where it did."""
    if row["last_success"] is not None:
        return ""
    last = row["last_outcome"]
    # What was complete and is no reading of today was a load of the past.
    return {None: "not read yet", "complete": "only its past is loaded"}.get(last, f"never read, last run {last}")


def agree(row: Row) -> str:
    """`2 of 3` independent sources; only those that agree where it is not known how many were asked."""
    return str(row["agreement"]) if row["sources_asked"] is None else f"{row['agreement']} of {row['sources_asked']}"


def believed(row: Row) -> str:
    """What is believed of a source instead of a held price."""
    return "none" if row["last_good_usd"] is None else figures.money(row["last_good_usd"])


def number(label: str, field: str, help: str | None = None, show: Callable[[Any], str] = figures.count, width: int = 90) -> Column:
    """A number of a field, written by `show`."""
    return Column(label, lambda row: row[field], help, show, width)


def word(label: str, field: str, help: str | None = None, width: int = 100) -> Column:
    """Foreign words of a field, fit to show; empty where there are none."""
    return Column(label, lambda row: figures.plain(row[field], 200) if row[field] else "", help, None, width)


def _usd(label: str, field: str, what: str, width: int = 122) -> Column:
    return number(f"{label}, USD/Mtok", field, f"USD per million {what}.", figures.money, width)


def _since(label: str, field: str, help: str | None = None, width: int = 105) -> Column:
    return Column(label, lambda row: figures.ago(row[field]), help, None, width)


def _moved(label: str, side: str, what: str) -> Column:
    def cell(row: Row) -> str:
        return figures.move(row[f"{side}_old"], row[f"{side}_new"])

    return Column(f"{label}, USD/Mtok", cell, f"USD per million {what}.", None, 126, right=True)


def seconds(value: Decimal | None) -> str:
    """Wall time with one decimal."""
    return figures.UNKNOWN if value is None else f"{value:,.1f}"


MODEL = Column("Model", name, "The canonical name, or the source's own spelling.", None, 300)
PROVIDER = Column("Provider", provider, "Who bills, and through which endpoint.", None, 170)
CONTEXT = number("Context, tokens", "context_tokens", "Longest prompt and answer together.", figures.tokens, 100)
RELEASED_ON = Column("Released", lambda row: figures.iso(row["released_on"]), "Day, UTC, as far as known.", None, 84)
WEIGHTS = Column("Weights", weights, "Whether the weights are published, as far as any source says.", None, 70)
SPEED = number("Speed, tok/s", "tps_p50", "Median output speed as a source measured it, tokens a second.", width=82)
SPREAD = number("Spread", "spread", "Highest over lowest price the sources state; × 1 where all agree.", figures.times, 60)
INPUT_MOVED, OUTPUT_MOVED = _moved("Input", "input", "input tokens"), _moved("Output", "output", "output tokens")

MOVES = [
    MODEL._replace(width=205),
    number("Change", "ratio", "Largest change of the input or output price; where neither moved, of any other.", figures.change, 62),
    word("Provider", "provider", "Who bills.", 105),
    INPUT_MOVED,
    OUTPUT_MOVED,
]
OTHER_MOVES = [
    MODEL._replace(width=240),
    word("Provider", "provider", "Who bills.", 120),
    word("Plan", "plan", width=80),
    INPUT_MOVED,
    OUTPUT_MOVED,
    Column("Prices", lambda row: ", ".join(figures.meter(one) for one in sorted(row["meters"])), "Which prices moved.", None, 260),
    number("Offers", "offers", "Offers of this model at this provider that moved so.", width=60),
    _since("When", "changed_at", "Since when the new price holds, or will."),
]
RELEASES = [
    MODEL._replace(width=260),
    RELEASED_ON,
    word("Basis", "released_on_basis", "stated: a source gives the date. listed: the day its entry was made.", 70),
    WEIGHTS,
    CONTEXT,
    _usd("Input", "input_usd", "input tokens, at the cheapest standard offer"),
    _usd("Output", "output_usd", "output tokens, same offer"),
    word("At", "provider", "Provider of that offer; cheapest by three input to one output.", 120),
    number("Offers", "offers", "Priced standard offers.", width=65),
]
BOARD = [
    MODEL._replace(width=230),
    _usd("Input", "input_usd", "input tokens", 107),
    _usd("Output", "output_usd", "output tokens", 114),
    PROVIDER._replace(width=165),
    _usd("Blend 3:1", "blend_3to1_usd", "tokens, three input to one output", 130),
    _usd("Cache", "cache_read_usd", "input tokens read from the cache", 110),
    CONTEXT,
    SPEED,
    RELEASED_ON,
    WEIGHTS,
    number("Agree", "agreement", "Independent sources that state the same price.", width=52),
    SPREAD,
]
OFFERS = [
    PROVIDER._replace(width=180),
    _usd("Input", "input_mtok", "input tokens", 107),
    _usd("Output", "output_mtok", "output tokens", 114),
    _usd("Cache", "cache_read_mtok", "input tokens read from the cache", 110),
    word("Plan", "plan", width=72),
    word("Said by", "source", "The source that is believed.", 90),
    Column("Agree", agree, "Independent sources stating this price, of those stating any.", None, 60, right=True),
    SPREAD,
    _since("First seen", "seen_at", "When this price was first seen."),
    SPEED,
    number("First token, ms", "ttft_ms_p50", "Median time to the first token as a source measured it.", width=105),
    Column("Quantization", lambda row: figures.plain(row["quantization"], 30), width=95),
    Column("Remark", lambda row: "a newer price is held" if row["held"] else "source is late" if row["stale"] else "", width=150),
]
STATED = word("As stated", "stated", "Input, output and cache where the source states another currency; USD by that day's rate.", 130)
TRUST = {1: "provider's page", 2: "provider's API", 3: "marketplace", 4: "tracker"}
HEALTH = [
    Column("Source", lambda row: row["source"] + (" (experimental)" if row["experimental"] else ""), width=115),
    word("Standing", "standing", "fresh, stale (late), failed (too late to be believed first) or never.", 75),
    _since("Last success", "last_success"),
    Column("Last run", lambda row: row["last_outcome"] or "none yet", "Outcome of the last finished run.", width=90),
    Column("Reason", lambda row: reason(row, "last_reason") or unread(row), "Why the last run was not complete.", width=330),
    number("Records", "records", "Records of the last successful run.", width=75),
    number("Held", "quarantined", "Prices of it in quarantine.", width=55),
    Column("Kind", lambda row: TRUST.get(row["trust"], str(row["trust"])), "A provider's own word is believed first.", width=110),
    word("Rings, UTC", "cadence", "When the clock asks it: minute, hour, day, month, weekday.", 85),
    word("License", "license", "License of the source's data.", 95),
    word("Attribution", "attribution", "The line its terms ask for.", 360),
]
RUNS = [
    word("Source", "source", width=115),
    Column("Began", lambda row: figures.instant(row["started_at"]), width=150),
    Column("Outcome", lambda row: row["outcome"] or "running", width=90),
    number("Pages", "pages", "Pages answered, unchanged ones included.", width=65),
    number("Records", "records", width=75),
    number("New prices", "quotes", "Price statements written.", width=85),
    number("Withdrawn", "withdrawn", "Price statements withdrawn.", width=85),
    number("Held", "quarantined", "Price statements this run made to be held.", width=60),
    number("Seconds", "seconds", "Wall time.", seconds, 75),
    Column("Asked by", lambda row: "a person" if row["scheduled_for"] is None else "the clock", width=80),
    Column("Reason", reason, width=330),
    Column("Unknown price keys", lambda row: figures.plain(", ".join(row["unknown_keys"] or ()), 160), width=240),
]
HELD = [
    word("Item", "item", "Handle for modelmarket review.", 85),
    Column("What", lambda row: figures.plain(row["source_key"]) if row["meter"] else "the whole page", width=260),
    word("Source", "source", width=95),
    Column("Price of", lambda row: figures.meter(row["meter"], row["condition"]) if row["meter"] else "", width=130),
    number("Held, USD", "price_usd", "USD per the unit at the end of the line.", figures.money, 90),
    Column("Believed, USD", believed, "What is believed of this source instead, same unit.", None, 105, right=True),
    Column("Per", lambda row: figures.unit(row["meter"]).removeprefix("per ") if row["meter"] else "", "Unit of both prices.", width=105),
    Column("Reason", reason, width=470),
    _since("Since", "seen_at"),
]
