"""LiteLLM's price file: its field names are parsed as a grammar, never listed.

A field is a base (what is counted) followed by qualifiers in any order, read from the right: a context
tier (`_above_200k_tokens`), a cache lifetime (`_above_1hr`), a plan (`_batches`), a size (`_1080p`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, time
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

from collector.formats import cut_object
from collector.source import History, Look, Page, Source, Terms
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import METERS, Condition, plain, usd

_SIDED = re.compile(r"(input|output)_cost_per_(\w+)")
_UNITS = {
    "token": "mtok",
    "character": "mchars",
    "image": "images_kcount",
    "pixel": "gpixels",
    "query": "queries_kcount",
    "text_message": "text_messages_kcount",
    "audio_per_second": "audio_hours",
    "video_per_second": "video_hours",
} | {f"{kind}_token": f"{kind}_mtok" for kind in ("audio", "image", "video", "reasoning")}
_CACHED = re.compile(r"(?:explicit_)?cache_(read|creation)_input_(audio_|image_)?token_cost")
_NAMED = {
    "input_cost_per_token_cache_hit": "cache_read_mtok",
    "citation_cost_per_token": "output_citation_mtok",
    "computer_use_input_cost_per_1k_tokens": "input_mtok",
    "computer_use_output_cost_per_1k_tokens": "output_mtok",
    "input_cost_per_request": "requests_kcount",
    "search_context_cost_per_query": "web_searches_kcount",
    "google_maps_grounding_cost_per_query": "maps_searches_kcount",
    "file_search_cost_per_1k_calls": "storage_searches_kcount",
    "file_search_cost_per_gb_per_day": "storage_gbdays",
    "vector_store_cost_per_gb_per_day": "storage_gbdays",
    "guardrail_cost_per_unit": "guardrail_units_kcount",
    "code_interpreter_cost_per_session": "code_sessions_kcount",
    "ocr_cost_per_page": "input_document_kpages",
    "ocr_cost_per_credit": "credits_kcount",
    "annotation_cost_per_page": "input_annotated_document_kpages",
}
_PER_SECOND = re.compile(r"(input_|output_|)cost_per_second")
_SECONDS_OF = {"audio_transcription": "{}audio_hours", "audio_speech": "{}audio_hours", "video_generation": "{}video_hours"}
_SECONDS_OF |= {"realtime": "audio_hours"}  # a session's audio goes both ways
_EXTRAS = {"explicit_": "cache explicit", "computer_use_": "use computer", "vector_store_": "store vectors"}
_CHOICES = {"search_context_cost_per_query": ("search", "search_context_size_"), "guardrail_cost_per_unit": ("policy", "")}
_PLANS = {"batches": "batch", "batch_requests": "batch"} | {p: p for p in ("flex", "priority", "balanced", "ultrafast")}
_QUALIFIER = re.compile(
    r"_(?:above_(?P<tokens>\d+k?)_tokens|above_(?P<lifetime>\d+)hr|above_(?P<interval>\d+)s_interval"
    rf"|(?P<plan>{'|'.join(_PLANS)})|(?P<use>decisions)|(?P<resolution>\d+p|\d+(?:\.\d+)?[kK]|\d{{3,4}}))$"
)
_UPLIFT = re.compile(r"regional_(?:processing|endpoint)_uplift_multiplier(?:_([a-z]+))?")
_MODES = {mode: mode for mode in ("chat", "completion", "embedding", "rerank", "moderation", "search", "ocr")}
_MODES |= {"responses": "chat", "moderations": "moderation", "vector_store": "search", "video_generation": "video"}
_MODES |= {"image_generation": "image", "image_edit": "image"}
_MODES |= {"audio_transcription": "audio", "audio_speech": "audio", "realtime": "audio"}
_COUNTS = re.compile(r"max_\w+|supports_\w+|[rt]p[md]|output_vector_size|token_count_\w+|\w+_(?:prompt|min)_tokens|metadata")
_NOT_A_PROVIDER = re.compile(r"\d+-x-\d+|hd|standard|low|medium|high")
_NUMBER = (int, Decimal)
_HOURS_AHEAD = {"UTC": 0, "Asia/Shanghai": 8}


@dataclass(frozen=True, slots=True)
class _Field:
    meter: str
    plan: str | None
    condition: Condition
    text: str | None
    per: int


@cache
def _parse(key: str, mode: str | None) -> _Field | None:
    """The meaning of a field's name in an entry of that mode, None where the grammar does not give it one."""
    base, said = key, dict[str, str]()
    while (meter := _meter(base, mode)) is None:
        match = _QUALIFIER.search(base)
        if not match or not match.lastgroup or match.lastgroup in said:
            return None
        said[match.lastgroup] = match[match.lastgroup]
        base = base[: match.start()]
    if "lifetime" in said:
        meter = meter.replace("cache_write_", f"cache_write_{said['lifetime']}h_") if "cache_write_" in meter else ""
    if meter not in METERS or ("resolution" in said and not base.endswith(("_per_image", "_per_second"))):
        return None
    words = [word for start, word in _EXTRAS.items() if base.startswith(start)]
    words += [f"use {said['use']}"] if "use" in said else []
    words += [f"resolution {said['resolution'].replace('k', 'K')}"] if "resolution" in said else []
    words += [f"interval over {said['interval']}s"] if "interval" in said else []
    tokens = said.get("tokens", "").replace("k", "000")
    condition = Condition(input_over=int(tokens) if tokens else None, extra=tuple(words))
    return _Field(meter, _PLANS.get(said.get("plan", "")), condition, condition.text(), 1000 if "_per_1k_" in base else 1)


def _meter(base: str, mode: str | None) -> str | None:
    """The meter of a base; what a second is one of, only the mode tells."""
    if base in _NAMED:
        return _NAMED[base]
    if match := _PER_SECOND.fullmatch(base):
        return _SECONDS_OF.get(mode or "", "compute_hours").format(match[1])
    if match := _CACHED.fullmatch(base):
        return f"cache_{match[2] or ''}{'read' if match[1] == 'read' else 'write'}_mtok"
    match = _SIDED.fullmatch(base)
    return f"{match[1]}_{_UNITS[match[2]]}" if match and match[2] in _UNITS else None


@dataclass(slots=True)
class _Sheet:
    """The quotes of one entry as they are found; a price that two fields repeat is held once."""

    offer: Offer
    mode: str | None
    quotes: dict[tuple[str, str, str | None], Quote] = field(default_factory=dict)
    factors: list[tuple[str | None, str | None, Decimal]] = field(default_factory=list)
    unknown: list[UnknownKey] = field(default_factory=list)

    def put(self, key: str, price: Any, found: _Field, condition: str | None) -> None:
        """Quote one price, or report why it is none; null is absent."""
        if price is None:
            return None
        if not _is_number(price) or price < 0:
            return self.report(f"{key} is not a price")
        offer, plan = self.offer, found.plan or self.offer.plan
        amount = usd(found.meter, price, found.per)
        quote = Quote(offer.provider, offer.model_key, found.meter, amount, offer.endpoint, plan, condition)
        if self.quotes.setdefault((plan, found.meter, condition), quote).usd != amount:
            self.report(f"{key} contradicts another key")

    def report(self, name: str) -> None:
        """Name a key that is not read."""
        self.unknown.append(UnknownKey(name, f"{self.offer.provider}/{self.offer.model_key}"))

    def read(self, key: str, value: Any) -> None:
        """One key of an entry: a price, a table of prices, a count, or something to report."""
        found = _parse(key, self.mode)
        if found and key in _CHOICES and isinstance(value, dict):
            word, prefix = _CHOICES[key]
            for choice, price in value.items():
                self.put(f"{key}.{choice}", price, found, Condition(extra=(f"{word} {choice.removeprefix(prefix)}",)).text())
        elif found:
            self.put(key, value, found, found.text)
        elif key == "tiered_pricing" and isinstance(value, list):
            for tier in value:
                self.read_table(key, tier if isinstance(tier, dict) else {"": tier}, _range(tier))
        elif key == "off_peak_pricing" and isinstance(value, dict):
            self.read_table(key, value, _windows(value))
        elif (uplift := _UPLIFT.fullmatch(key)) and _is_number(value):
            self.factors.append((None, f"region {uplift[1] or 'regional'}", Decimal(value)))
        elif key == "provider_specific_entry" and isinstance(value, dict):
            self.read_factors(value)
        elif not isinstance(value, bool) and not _is_count(key):
            self.report_numbers(key, value)

    def read_factors(self, table: dict[str, Any]) -> None:
        """What tokens cost more in a place (`us`), or under the plan `fast`."""
        for name, factor in table.items():
            if _is_number(factor) and (name == "fast" or len(name) == 2):
                self.factors.append(("fast", None, Decimal(factor)) if name == "fast" else (None, f"region {name}", Decimal(factor)))
            else:
                self.report_numbers(f"provider_specific_entry.{name}", factor)

    def multiply(self) -> None:
        """Every token price once more for each factor; a price that the file states by itself stays."""
        stated = [quote for quote in self.quotes.values() if quote.meter.endswith("_mtok") and quote.usd is not None]
        for plan, word, factor in self.factors:
            for quote in stated:
                when = Condition.parse(quote.condition)
                condition = replace(when, extra=(*when.extra, word)).text() if word else quote.condition
                if word or quote.plan == self.offer.plan:
                    more = replace(quote, plan=plan or quote.plan, condition=condition, usd=plain((quote.usd or Decimal(0)) * factor))
                    self.quotes.setdefault((more.plan, more.meter, condition), more)

    def read_table(self, key: str, table: dict[str, Any], when: list[Condition]) -> None:
        """The prices of a table under each of its conditions; with no condition understood, all are reported."""
        for name, price in table.items():
            found = _parse(name, self.mode)
            if found and when:
                for outer in when:
                    self.put(f"{key}.{name}", price, found, _both(found.condition, outer).text())
            elif not when or name not in ("range", "max_results_range", "windows", "hours_utc"):
                self.report_numbers(f"{key}.{name}", price)

    def report_numbers(self, key: str, value: Any) -> None:
        """Name every number below an unread key, and the key itself where it speaks of a cost."""
        inside = value.items() if isinstance(value, dict) else ()
        for name, inner in inside:
            self.report_numbers(f"{key}.{name}", inner)
        for inner in value if isinstance(value, list) else ():
            self.report_numbers(key, inner)
        if _is_number(value) or ("cost" in key and isinstance(value, str)):
            self.report(key)


@cache
def _is_count(key: str) -> bool:
    return _COUNTS.fullmatch(key) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBER) and not isinstance(value, bool)


def _both(inner: Condition, outer: Condition) -> Condition:
    over = outer.input_over if inner.input_over is None else inner.input_over
    return Condition(input_over=over, window=outer.window, days=outer.days, extra=inner.extra + outer.extra)


def _range(tier: Any) -> list[Condition]:
    """The condition of a tier: input tokens (lower bound excluded, none at 0) or results (both bounds included)."""
    try:
        if "range" in tier:
            return [Condition(input_over=int(tier["range"][0]) or None)]
        low, high = tier["max_results_range"]
        return [Condition(extra=(f"results {int(low)}-{int(high)}",))]
    except (KeyError, IndexError, TypeError, ValueError):
        return []


def _windows(block: dict[str, Any]) -> list[Condition]:
    """The windows of an off-peak block (the entry's own fields are the peak price), one condition each."""
    try:
        ahead = _HOURS_AHEAD[block.get("weekday_timezone", "UTC")]
        rules = [block, *block.get("windows", ())] if "hours_utc" in block else block["windows"]
        return [when for rule in rules for when in _hours(rule["hours_utc"], tuple(rule.get("weekdays") or ()), ahead)]
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def _hours(hours: str | list[str], days: tuple[int, ...], ahead: int) -> Iterator[Condition]:
    """Windows in UTC; weekdays hold at the instant, by a calendar `ahead` hours, so a window is cut where its day turns."""
    if not all(1 <= day <= 7 for day in days):
        raise ValueError(days)
    for text in [hours] if isinstance(hours, str) else hours:
        start, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
        if start == end:
            start = end = time(0)
        turn = time((24 - ahead) % 24)
        cuts = {cut for cut in (time(0), turn) if days and cut not in (start, end) and _inside(cut, start, end)}
        for low, high in pairwise([start, *sorted(cuts, key=lambda cut: (cut < start, cut)), end]):
            back = 1 if ahead and low >= turn else 0
            yield Condition(window=(low, high), days=tuple((day - back - 1) % 7 + 1 for day in days))


def _inside(moment: time, start: time, end: time) -> bool:
    return start < moment < end if start < end else moment > start or moment < end


def _names(key: str, entry: dict[str, Any]) -> tuple[str, str]:
    """Provider and model as the file spells both; old files name the provider only in front of the key."""
    front = key.partition("/")[0] if "/" in key else "unknown"
    provider = str(entry.get("litellm_provider") or "") or ("unknown" if _NOT_A_PROVIDER.fullmatch(front) else front)
    return provider, key.removeprefix(f"{provider}/")


def _offer(key: str, entry: dict[str, Any], entries: dict[str, Any]) -> Offer:
    provider, model_key = _names(key, entry)
    twin = entries.get(model_key) if model_key != key else None
    twice = twin is not None and _is_offer(twin) and _names(model_key, twin) == (provider, model_key)
    mode, source = _mode(entry), str(entry.get("source"))
    return Offer(
        provider,
        model_key,
        endpoint=key if twice else None,
        plan="provisioned" if "-month-commitment/" in key else "standard",
        mode=_MODES.get(mode, "other") if mode else None,
        context_tokens=_count(entry.get("max_input_tokens")),
        max_output_tokens=_count(entry.get("max_output_tokens")),
        input_modalities=_words(entry.get("supported_modalities")),
        output_modalities=_words(entry.get("supported_output_modalities")),
        retires_on=_day(entry.get("deprecation_date")),
        replacement=_successor(entry.get("metadata")),
        evidence_url=source if source.startswith(("http://", "https://")) else None,
    )


def _is_offer(entry: Any) -> bool:
    return isinstance(entry, dict) and ("litellm_provider" in entry or "mode" in entry or any("cost" in key for key in entry))


def _mode(entry: dict[str, Any]) -> str | None:
    mode = entry.get("mode")
    return mode if isinstance(mode, str) else None


def _words(value: Any) -> tuple[str, ...]:
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()


def _count(value: Any) -> int | None:
    return int(value) or None if _is_number(value) else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _successor(metadata: Any) -> str | None:
    said = metadata.get("successor") if isinstance(metadata, dict) else None
    return said if isinstance(said, str) and said else None


def _bare(key: str) -> str:
    return key.rpartition("/")[2]


class LiteLLM(Source):
    """The price file that LiteLLM's own cost tracking reads.

    Source: https://github.com/BerriAI/litellm, one JSON object, an entry per id.
    Unit: USD per single token, second, character, image, pixel, page, query …; a factor (`us`, `fast`, `…_uplift_multiplier`) is read
        as the token prices it makes, DBU fields are reported.
    Grain: one offer per entry and plan; a prefixed twin of a bare id (`p/m` beside `m`) has its id as endpoint.
    Lists: everything it knows; `sample_spec` (a template) is skipped, an entry that offers nothing
        (`fallback_generalizations`, routing rules) is reported, and `metadata` only restates prices in words, but for a `successor`.
    """

    name = "litellm"
    start_urls = ("https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json",)
    cadence = "11 2 * * *"
    min_records = 500
    trust = 4
    family = "litellm"
    terms = Terms("MIT", "Prices from LiteLLM (BerriAI/litellm, MIT license)")
    history = History("https://github.com/AgentOps-AI/tokencost", ((r"tokencost/model_prices\.json", start_urls[0]),), ref="daily")

    def pieces(self, path: str, body: bytes, look: Look) -> dict[str, bytes]:
        """The entries, together those that may spell one model twice."""
        parts = cut_object(body, _bare)
        parts.pop("sample_spec", None)
        return parts

    def records(self, page: Page) -> Iterator[Record]:
        entries = page.json
        if not isinstance(entries, dict) or not any(map(_is_offer, entries.values())):
            raise SourceChanged(f"{page.url} is not an object of models with their prices")
        for key, entry in entries.items():
            if key == "sample_spec":
                continue
            if not _is_offer(entry):
                yield UnknownKey(f"{key} offers nothing", key)
                continue
            sheet = _Sheet(_offer(key, entry, entries), _mode(entry))
            for name, value in entry.items():
                sheet.read(name, value)
            sheet.multiply()
            for plan in dict.fromkeys([sheet.offer.plan, *(quote.plan for quote in sheet.quotes.values())]):
                yield sheet.offer if plan == sheet.offer.plan else replace(sheet.offer, plan=plan)
                yield from (quote for quote in sheet.quotes.values() if quote.plan == plan)
            yield from sheet.unknown
