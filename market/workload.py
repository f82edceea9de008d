"""What is used: counts per meter, and named mixes of requests.

Usage follows the providers' own counting: cached, written, audio and reasoning tokens are counted inside the input
or output tokens that they are a part of, and one usage is one request unless it says otherwise.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from market.errors import MarketError
from market.units import METERS, SUFFIXES

Count = int | Decimal

TRAITS = {
    "input_mtok": "input",
    "cache_read_mtok": "input read",
    "cache_write_mtok": "input write",
    "cache_write_1h_mtok": "input write 1h",
    "cache_write_12h_mtok": "input write 12h",
    "input_audio_mtok": "input audio",
    "cache_audio_read_mtok": "input audio read",
    "cache_audio_write_mtok": "input audio write",
    "input_image_mtok": "input image",
    "cache_image_read_mtok": "input image read",
    "input_video_mtok": "input video",
    "output_mtok": "output",
    "output_reasoning_mtok": "output reasoning",
    "output_citation_mtok": "output citation",
    "output_audio_mtok": "output audio",
    "output_image_mtok": "output image",
    "output_video_mtok": "output video",
    "audio_hours": "heard",
    "input_audio_hours": "heard in",
    "output_audio_hours": "heard out",
    "input_document_kpages": "pages",
    "input_annotated_document_kpages": "pages annotated",
}
"""What sets a meter apart from others of its kind: a meter with all the words of another counts a part of it."""

_PARTS = {meter: frozenset(words.split()) for meter, words in TRAITS.items()}
_COUNTED = {"mtok": "tokens", "mchars": "characters", "hours": "seconds", "gpixels": "pixels", "kpages": "pages", "gbdays": "gbdays"}


def usage_name(meter: str) -> str:
    """How a usage names what a meter counts: `input_tokens` for `input_mtok`, `web_searches` for `web_searches_kcount`."""
    stem, _, suffix = meter.rpartition("_")
    return stem if suffix == "kcount" else f"{stem}_{_COUNTED[suffix]}"


NAMES = {usage_name(meter): meter for meter in METERS}
_ALSO = {
    "cache_write_5m_tokens": "cache_write_mtok",
    "reasoning_tokens": "output_reasoning_mtok",
    "citation_tokens": "output_citation_mtok",
    "cached_tokens": "cache_read_mtok",
}


class OddUsage(MarketError):
    """The usage cannot be counted."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What is used in all, by meter; counts are of base units (tokens, characters, seconds, pieces), never negative.

    Attributes:
        requests: so many requests of one size; the context tier is that of one of them.
    """

    counts: Mapping[str, Count]
    requests: Count = 1

    @classmethod
    def of(cls, named: Mapping[str, object]) -> "Usage":
        """The usage from counts by name, such as `{"input_tokens": 1000, "cache_read_tokens": 800}`; null is 0.

        Raises:
            OddUsage: a name is unknown, a count is no count, or a part is larger than its whole.
        """
        counts: dict[str, Count] = {}
        requests: Count = 1
        for name, value in named.items():
            meter = NAMES.get(name) or _ALSO.get(name)
            if meter is None:
                raise OddUsage(f"There is no usage {name!r}; names are like {', '.join(list(NAMES)[:4])}, requests (see docs/costs.md)")
            count = _count(name, value)
            if meter == "requests_kcount":
                requests = count
            elif count:
                if meter in counts:
                    raise OddUsage(f"{name} is given twice under two names")
                counts[meter] = count
        if not requests:
            raise OddUsage("requests is 0; leave it away for one request")
        return cls(counts, requests)

    def parts(self) -> Iterable[tuple[str, Count]]:
        """Each meter with what is counted under it and under no part of it: the counts that prices multiply.

        Raises:
            OddUsage: a part is larger than its whole, or its whole is not given.
        """
        counts = self.counts
        left: dict[str, Count] = {}
        for meter, top, inner in _nested(tuple(counts)):
            if top and top not in counts:
                raise OddUsage(f"{usage_name(meter)} is given without {usage_name(top)}, which counts it too")
            rest = counts[meter]
            for part in inner:
                rest -= left[part]
            if rest < 0:
                within = " and ".join(usage_name(part) for part in inner)
                raise OddUsage(f"{usage_name(meter)} ({counts[meter]}) is less than {within}, which it includes")
            left[meter] = rest
        return left.items()

    def prompt(self) -> Count:
        """Input tokens of one request, cached ones included: what a context tier asks for."""
        given = self.counts.get("input_mtok", 0)
        return given if self.requests == 1 else Decimal(given) / Decimal(self.requests)


@lru_cache(maxsize=4096)
def _nested(meters: tuple[str, ...]) -> tuple[tuple[str, str | None, tuple[str, ...]], ...]:
    """Each meter, innermost first, with the total it needs (input or output tokens) and the meters among these that are parts of it."""
    known = {meter: _PARTS.get(meter, frozenset({meter})) for meter in meters}
    ordered = sorted(meters, key=lambda meter: (-len(known[meter]), meter))
    found = []
    for meter in ordered:
        inner = tuple(other for other in ordered if known[meter] < known[other])
        top = next((f"{side}_mtok" for side in ("input", "output") if meter.endswith("_mtok") and {side} < known[meter]), None)
        found.append((meter, top, inner))
    return tuple(found)


def _count(name: str, value: object) -> Count:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise OddUsage(f"{name} is not a count")
    if isinstance(value, int):
        number: Count = value
    else:
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            raise OddUsage(f"{name} is {value!r}, which is not a count") from None
        if not number.is_finite():
            raise OddUsage(f"{name} is {value!r}, which is not a count")
    if not 0 <= number < 10**15:
        raise OddUsage(f"{name} is {value}; a count is 0 or more, and below 10^15")
    return number


def per(meter: str) -> int:
    """How many base units the meter's price is for: 1,000,000 tokens for `input_mtok`."""
    return SUFFIXES[meter.rpartition("_")[2]][0]


@dataclass(frozen=True, slots=True)
class Request:
    """One kind of request in a mix, and what share of all requests it is."""

    usage: Usage
    share: Decimal = Decimal(1)

    def tokens(self) -> Decimal:
        """Its input and output tokens."""
        counts = self.usage.counts
        return (Decimal(counts.get("input_mtok", 0)) + Decimal(counts.get("output_mtok", 0))) / Decimal(self.usage.requests)


@dataclass(frozen=True, slots=True)
class Hours:
    """When requests come: a stretch of the UTC day on some days of the week, and what share of all requests comes then."""

    start: int
    end: int
    days: tuple[int, ...]
    share: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Profile:
    """A named mix of requests.

    Attributes:
        requests: kinds of request, their shares sum to 1.
        hours: when they come, shares sum to 1; empty is evenly over the week.
        batched: share of the requests that may wait, and is sent as a batch where that is on sale.
    """

    name: str
    title: str
    requests: tuple[Request, ...]
    hours: tuple[Hours, ...] = ()
    batched: Decimal = Decimal(0)
    choices: frozenset[str] = field(default_factory=frozenset)

    def tokens(self) -> Decimal:
        """Input and output tokens of a request, on average."""
        return sum((request.share * request.tokens() for request in self.requests), Decimal(0))

    def counts(self) -> dict[str, Decimal]:
        """Base units of each meter that a mean request of the mix uses."""
        found: dict[str, Decimal] = {}
        for request in self.requests:
            for meter, count in request.usage.parts():
                used = request.share * Decimal(count) / Decimal(request.usage.requests)
                found[meter] = found.get(meter, Decimal(0)) + used
        return {meter: count for meter, count in found.items() if count}

    def longest(self) -> Decimal:
        """Input and output tokens of the longest request: what an offer's context must hold."""
        return max(request.tokens() for request in self.requests)

    @classmethod
    def of(cls, name: str, table: Mapping[str, object]) -> "Profile":
        """A profile from the table of its file; docs/costs.md says which keys there are.

        Raises:
            OddUsage: the table is not that of a profile.
        """
        unknown = table.keys() - {"title", "batched", "choices", "request", "hours"}
        if unknown:
            raise OddUsage(f"The profile {name} has the unknown keys {', '.join(sorted(unknown))}; see docs/costs.md")
        requests = [_request(name, entry) for entry in _entries(name, table, "request")]
        if not requests:
            raise OddUsage(f"The profile {name} has no [[request]]; see docs/costs.md")
        hours = [_hours(name, entry) for entry in _entries(name, table, "hours")]
        for what, shares in (("request", [r.share for r in requests]), ("hours", [h.share for h in hours])):
            if shares and sum(shares) != 1:
                raise OddUsage(f"The shares of [[{what}]] in the profile {name} sum to {sum(shares)}, not to 1")
        choices = table.get("choices") or ()
        if not isinstance(choices, list | tuple):
            raise OddUsage(f"choices in the profile {name} is not a list of texts")
        batched = _share(name, table.get("batched", 0))
        return cls(name, str(table.get("title") or name), tuple(requests), tuple(hours), batched, frozenset(map(str, choices)))


def _entries(name: str, table: Mapping[str, object], key: str) -> Iterable[Mapping[str, object]]:
    entries = table.get(key) or ()
    if not isinstance(entries, list | tuple) or not all(isinstance(entry, Mapping) for entry in entries):
        raise OddUsage(f"{key} in the profile {name} is not a list of tables; write [[{key}]]")
    return entries


def _request(name: str, entry: Mapping[str, object]) -> Request:
    """A kind of request; `cached` and `written` may be shares of the input tokens instead of counts."""
    named = dict(entry)
    share = _share(name, named.pop("share", 1))
    total = _count("input_tokens", named.get("input_tokens"))
    for word, counted in (("cached", "cache_read_tokens"), ("written", "cache_write_tokens")):
        if word in named:
            named[counted] = _share(name, named.pop(word)) * total
    return Request(Usage.of(named), share)


def _hours(name: str, entry: Mapping[str, object]) -> Hours:
    said = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", str(entry.get("utc", "00:00-24:00")))
    days = entry.get("days") or (1, 2, 3, 4, 5, 6, 7)
    if not said or not isinstance(days, list | tuple) or not set(days) <= set(range(1, 8)) or entry.keys() - {"utc", "days", "share"}:
        raise OddUsage(f'[[hours]] in the profile {name} must look like utc = "08:00-18:00", days = [1, 2, 3, 4, 5], share = 1')
    start, end = int(said[1]) * 60 + int(said[2]), int(said[3]) * 60 + int(said[4])
    if not 0 <= start < end <= 1440:
        raise OddUsage(f"[[hours]] in the profile {name} must end after they begin, on one day; write two entries for a night")
    return Hours(start, end, tuple(sorted({int(day) for day in days})), _share(name, entry.get("share", 1)))


def _share(name: str, value: object) -> Decimal:
    share = Decimal(_count(f"a share in the profile {name}", value))
    if not 0 <= share <= 1:
        raise OddUsage(f"A share in the profile {name} is {share}; shares are from 0 to 1")
    return share
