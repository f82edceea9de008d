"""Numbers, times and names as a person reads them; text in, text out, nothing drawn."""

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from market import units

UNKNOWN = "unknown"
ZERO = "free or unpriced"
METERS = {"input_mtok": "Input", "output_mtok": "Output", "cache_read_mtok": "Cache read"}
_STEPS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3_600, "hour"), (60, "minute"))


def money(usd: Decimal | None, zero: str = ZERO) -> str:
    """`$0.27`, `$1,250`, `$0.00045`: four significant digits, at least cents, never an exponent."""
    if usd is None:
        return UNKNOWN
    if usd == 0:
        return zero
    if 0 < usd < Decimal("0.000001"):
        return "under $0.000001"
    places = 2 if usd >= 1000 else 3 if usd >= 1 else min(3 - usd.adjusted(), 9)
    whole, _, cents = f"{usd:,.{places}f}".partition(".")
    cents = cents.rstrip("0").ljust(2, "0")
    return f"${whole}" if usd >= 1000 and cents == "00" else f"${whole}.{cents}"


def exact(usd: Decimal | str | None) -> str:
    """Every digit the ledger holds, for the evidence."""
    return UNKNOWN if usd is None else f"${units.plain(Decimal(usd)):f}"


def native(amount: Decimal, currency: str) -> str:
    """`2 CNY`: an amount as its source states it, every digit."""
    return f"{units.plain(amount):f} {plain(currency, 12)}"


def move(old: Decimal | None, new: Decimal | None) -> str:
    """`$1.10 → $0.40`; only one side where there is no other, a dash where there is neither."""
    if old is None and new is None:
        return "–"
    if old is None or new is None:
        return money(new if old is None else old, "$0")
    return f"{money(old, '$0')} → {money(new, '$0')}"


def change(ratio: Decimal | None) -> str:
    """`−64%`, `+12%`, `× 12` from tenfold on."""
    if ratio is None:
        return UNKNOWN
    if ratio >= 10:
        return f"× {ratio:,.0f}"
    percent = (ratio - 1) * 100
    digits = 1 if abs(percent) < 10 else 0
    return f"{'−' if percent < 0 else '+'}{abs(percent):.{digits}f}%"


def count(number: int | Decimal | None) -> str:
    """`1,048,576`."""
    return UNKNOWN if number is None else f"{number:,.0f}"


def score(value: float | Decimal | None) -> str:
    """`1,480`, `57.1`: a test's result, or a difference of two, in the test's own unit."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if abs(float(value)) >= 100 else f"{value:.3g}"


def tokens(number: int | Decimal | None) -> str:
    """`128k`, `1M`: a context in the words used for it; powers of two count as their round name."""
    if number is None:
        return UNKNOWN
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + letter if number < 10 * size else f"{number / size:.0f}{letter}"
    return f"{number:.0f}"


def parameters(number: int | Decimal | None) -> str:
    """`120B`, `1.5T` weights."""
    if number is None:
        return UNKNOWN
    for size, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.0f}"


def ago(at: datetime | None, now: datetime | None = None) -> str:
    """`3 hours ago`, `just now`, `in 2 days`, `never`."""
    if at is None:
        return "never"
    seconds = int(((now or datetime.now(UTC)) - at).total_seconds())
    for size, word in _STEPS:
        number = abs(seconds) // size
        if number:
            span = f"{number} {word}{'s' if number > 1 else ''}"
            return f"{span} ago" if seconds > 0 else f"in {span}"
    return "just now"


def instant(at: datetime | None) -> str:
    """`2026-11-16 05:40 UTC`."""
    return UNKNOWN if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day(on: date | datetime | None) -> str:
    """`16 November 2026`."""
    return UNKNOWN if on is None else f"{on.day} {on:%B %Y}"


def iso(on: date | None) -> str:
    """`2026-11-16`."""
    return UNKNOWN if on is None else on.isoformat()


def times(ratio: Decimal | None) -> str:
    """`× 1`, `× 1.25`, `× 45`."""
    if ratio is None:
        return UNKNOWN
    return f"× {ratio:,.0f}" if ratio >= 10 else f"× {ratio:.2f}".rstrip("0").rstrip(".")


def meter(name: str, condition: str | None = None) -> str:
    """`Input`, `Output, input>200000`: a meter in words, with the condition its price holds under."""
    words = METERS.get(name) or name.rpartition("_")[0].replace("_", " ").capitalize()
    return f"{words}, {condition}" if condition else words


def unit(name: str) -> str:
    """`per million tokens`; empty for a meter this version does not know."""
    return f"per {units.unit(name)}" if name in units.METERS else ""


def plain(text: str | None, limit: int = 90) -> str:
    """Foreign text fit to show: no control or direction characters, not endless; text is still not HTML."""
    if text is None:
        return UNKNOWN
    shown = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text[: limit * 4])
    shown = " ".join("".join(sign for sign in shown if unicodedata.category(sign) not in ("Cf", "Co", "Cs")).split())
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def link(address: str | None) -> str | None:
    """The address if it is an ordinary web address, else None: nothing else may become a link."""
    if not address or len(address) > 2_000:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.hostname else None
