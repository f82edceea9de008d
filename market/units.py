"""Meters, conditions, and the only conversions between price units; Decimal, never float.

A meter names what is counted and, as its suffix, the unit its price is for: `input_mtok` is USD per
million input tokens. The vocabulary follows genai-prices and goes on where that stops.
"""

import re
from dataclasses import dataclass
from datetime import time
from decimal import Context, Decimal
from functools import lru_cache

from market.errors import UnknownUnit

SUFFIXES: dict[str, tuple[int, str]] = {
    "mtok": (1_000_000, "million tokens"),
    "kcount": (1_000, "thousand"),
    "mchars": (1_000_000, "million characters"),
    "hours": (3_600, "hour"),
    "gpixels": (1_000_000_000, "billion pixels"),
    "kpages": (1_000, "thousand pages"),
    "gbdays": (1, "gigabyte and day"),
}

METERS: dict[str, str] = {
    "input_mtok": "text tokens read",
    "output_mtok": "text tokens written",
    "cache_read_mtok": "input tokens read from the prompt cache",
    "cache_write_mtok": "input tokens written to the prompt cache, default lifetime (5 minutes where the provider says)",
    "cache_write_1h_mtok": "input tokens written to the prompt cache for an hour",
    "cache_write_12h_mtok": "input tokens written to the prompt cache for twelve hours",
    "output_reasoning_mtok": "reasoning tokens, where priced apart from output",
    "output_citation_mtok": "citation tokens",
    "input_audio_mtok": "audio tokens read",
    "output_audio_mtok": "audio tokens written",
    "cache_audio_read_mtok": "audio tokens read from the prompt cache",
    "cache_audio_write_mtok": "audio tokens written to the prompt cache",
    "input_image_mtok": "image tokens read",
    "output_image_mtok": "image tokens written",
    "cache_image_read_mtok": "image tokens read from the prompt cache",
    "input_video_mtok": "video tokens read",
    "output_video_mtok": "video tokens written",
    "training_mtok": "tokens trained on",
    "training_hours": "time spent on training",
    "input_images_kcount": "images read",
    "output_images_kcount": "images made",
    "requests_kcount": "requests",
    "web_searches_kcount": "web searches",
    "maps_searches_kcount": "map searches",
    "storage_searches_kcount": "searches of stored files",
    "code_sessions_kcount": "sessions of a code interpreter",
    "input_queries_kcount": "queries ranked or searched",
    "input_text_messages_kcount": "text messages read",
    "guardrail_units_kcount": "guardrail units",
    "credits_kcount": "credits of the provider's own counting",
    "tool_calls_kcount": "tool calls not named otherwise",
    "input_mchars": "characters read",
    "output_mchars": "characters written",
    "input_gpixels": "pixels read",
    "output_gpixels": "pixels made",
    "audio_hours": "audio, read or written",
    "input_audio_hours": "audio read",
    "output_audio_hours": "audio made",
    "input_video_hours": "video read",
    "output_video_hours": "video made",
    "compute_hours": "time the model runs",
    "input_document_kpages": "document pages read",
    "input_annotated_document_kpages": "document pages read and annotated",
    "storage_gbdays": "stored files",
}

PLANS = ("standard", "batch", "flex", "priority", "balanced", "ultrafast", "fast", "spot", "free", "subscription", "provisioned")

_EXACT = Context(prec=60)


def unit(meter: str) -> str:
    """What a meter's price is for, in words: `million tokens`.

    Raises:
        UnknownUnit: the meter is not in `METERS`.
    """
    return SUFFIXES[_suffix(meter)][1]


@lru_cache(maxsize=1 << 16)
def usd(meter: str, amount: Decimal | int | str, per: int = 1) -> Decimal:
    """USD per the meter's unit, from `amount` USD per `per` base units (tokens, characters, seconds, pieces …).

    Exact: 1.5e-07 USD a token is `usd("input_mtok", Decimal("1.5e-07"))` = 0.15.

    Raises:
        UnknownUnit: the meter is unknown, or the amount is not a finite number.
    """
    value = amount if isinstance(amount, Decimal) else Decimal(amount)
    if not value.is_finite():
        raise UnknownUnit(f"{amount} is not a price")
    return plain(_EXACT.divide(_EXACT.multiply(value, Decimal(SUFFIXES[_suffix(meter)][0])), Decimal(per)))


def plain(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent: one spelling for one price."""
    value = _EXACT.normalize(value)
    return value.quantize(Decimal(1), context=_EXACT) if value.as_tuple().exponent > 0 else value  # type: ignore[operator]


def _suffix(meter: str) -> str:
    if meter not in METERS:
        raise UnknownUnit(f"there is no meter {meter!r}; market/units.py lists them")
    return meter.rpartition("_")[2]


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIER = re.compile(r"input>(=?)(\d+)")
_HOURS = re.compile(r"utc (?:([a-z,-]+) )?(\d\d:\d\d)-(\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Condition:
    """When a price holds; its text is canonical, and the empty condition is None.

    Attributes:
        input_over: holds for prompts of more than this many tokens.
        input_from: holds for prompts of at least this many tokens (a source that counts its threshold in).
        window: UTC hours, half-open, may wrap midnight; (00:00, 00:00) is the whole day.
        days: ISO weekdays 1 to 7 on which the window starts; empty is every day.
        extra: further words, `name value`, such as `region us` or `resolution 1080p`.
        part: a context tier prices only the tokens of its meter above the threshold, not the whole request.
    """

    input_over: int | None = None
    input_from: int | None = None
    window: tuple[time, time] | None = None
    days: tuple[int, ...] = ()
    extra: tuple[str, ...] = ()
    part: bool = False

    def text(self) -> str | None:
        """The canonical text: `input>200000`, `utc mon-fri 01:00-04:00`, `input>200000; region us`; None if empty."""
        parts = []
        if self.input_over is not None:
            parts.append(f"input>{self.input_over}")
        if self.input_from is not None:
            parts.append(f"input>={self.input_from}")
        if self.window is not None or self.days:
            start, end = self.window or (time(0), time(0))
            until = "24:00" if end == time(0) else f"{end:%H:%M}"
            days = f"{_day_text(self.days)} " if self.days and len(set(self.days)) < 7 else ""
            parts.append(f"utc {days}{start:%H:%M}-{until}")
        parts.extend(sorted(self.extra))
        if self.part:
            parts.append("part above")
        return "; ".join(parts) or None

    @classmethod
    def parse(cls, text: str | None) -> "Condition":
        """The condition that a canonical text tells of; words it does not know stay further words."""
        over = least = window = None
        days: tuple[int, ...] = ()
        extra = []
        for part in filter(None, (text or "").split("; ")):
            if match := _TIER.fullmatch(part):
                over, least = (over, int(match[2])) if match[1] else (int(match[2]), least)
            elif match := _HOURS.fullmatch(part):
                days, window = _days(match[1]), (time.fromisoformat(match[2]), time.fromisoformat(match[3].replace("24:", "00:")))
            elif part != "part above":
                extra.append(part)
        return cls(over, least, window, days, tuple(extra), "part above" in (text or "").split("; "))


def _days(text: str | None) -> tuple[int, ...]:
    """The ISO weekdays of `mon-fri` or `mon,wed`; none of None."""
    if not text:
        return ()
    if "-" in text:
        first, last = (_DAYS.index(day) + 1 for day in text.split("-"))
        return tuple(range(first, last + 1))
    return tuple(_DAYS.index(day) + 1 for day in text.split(","))


def _day_text(days: tuple[int, ...]) -> str:
    """`mon-fri` for a run of days, `mon,wed` for loose ones."""
    known = sorted(set(days))
    if len(known) > 1 and known == list(range(known[0], known[-1] + 1)):
        return f"{_DAYS[known[0] - 1]}-{_DAYS[known[-1] - 1]}"
    return ",".join(_DAYS[day - 1] for day in known)
