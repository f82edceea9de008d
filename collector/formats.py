"""Publishing formats that several sources share: OpenAI-style models lists, and OpenRouter's tables of price strings."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

import msgspec

from collector.source import Page
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import usd

MODES = {
    "text": "chat",
    "image": "image",
    "audio": "audio",
    "speech": "audio",
    "transcription": "audio",
    "video": "video",
    "embeddings": "embedding",
    "rerank": "rerank",
}


@dataclass(frozen=True)
class Prices:
    """A price table, read.

    Attributes:
        amounts: (meter, condition) → price per the meter's unit, in the table's currency.
        unknown: what could not be mapped, by name.
        variable: the table says, with -1, that a price varies.
    """

    amounts: dict[tuple[str, str | None], Decimal] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    variable: bool = False


def listed(page: Page) -> list[Any]:
    """The entries of a models list: `{"data": [...]}` or the bare array.

    Raises:
        SourceChanged: the page is an error or something else that is not a list.
    """
    found = page.json
    if isinstance(found, dict) and "data" not in found and found.get("error"):
        raise SourceChanged(f"{page.url} answered with an error instead of a list: {str(found['error'])[:200]}")
    entries = found.get("data") if isinstance(found, dict) else found
    if not isinstance(entries, list):
        raise SourceChanged(f"{page.url} is not a list of models")
    return entries


def each(page: Page, read: Callable[[dict[str, Any]], Iterator[Record]]) -> Iterator[Record]:
    """What `read` makes of every entry of a models list; an entry without an id is reported by its place."""
    for place, entry in enumerate(listed(page)):
        if isinstance(entry, dict) and text(entry.get("id")):
            yield from read(entry)
        else:
            yield UnknownKey("an entry without an id", f"{page.url} [{place}]")


def prices(stated: Any, meter_of: Callable[[str, Decimal], str | None], ignored: Collection[str] = (), per: int = 1) -> Prices:
    """A flat table of prices; null is absent, -1 is variable.

    Args:
        meter_of: key and amount → meter, None where the key is not known.
        ignored: keys that are no prices.
        per: how many tokens or pieces each price is for.
    """
    if not isinstance(stated, dict):
        return Prices(unknown=() if stated is None else ("pricing is not a table",))
    amounts: dict[tuple[str, str | None], Decimal] = {}
    unknown, variable = [], False
    for key, said in stated.items():
        if said is None or key in ignored:
            continue
        value = number(said)
        meter = meter_of(key, value or Decimal(0))
        if meter is None:
            unknown.append(key)
        elif value == -1:
            variable = True
        elif value is None or value < 0:
            unknown.append(f"{key} is not a price")
        elif amounts.setdefault((meter, None), usd(meter, value, per)) != usd(meter, value, per):
            unknown.append(f"{key} disagrees with another price of {meter}")
    return Prices(amounts, tuple(unknown), variable)


def sold(offer: Offer, read: Prices, currency: str = "USD") -> Iterator[Record]:
    """An offer with the quotes of its price table, and the keys that were not mapped."""
    yield replace(offer, variable=read.variable)
    for (meter, condition), value in read.amounts.items():
        dollars = value if currency == "USD" else None
        native = None if currency == "USD" else value
        yield Quote(
            offer.provider, offer.model_key, meter, dollars, offer.endpoint, offer.plan, condition, currency=currency, native=native
        )
    for name in read.unknown:
        yield UnknownKey(name, f"{offer.provider}/{offer.model_key}")


def mode(outputs: Collection[str]) -> str | None:
    """The mode that output modalities tell; what makes more than text is of the other kind, None where nothing is said."""
    found = {MODES.get(output, "other") for output in outputs}
    return min(found - {"chat"}, default="chat") if found else None


def number(value: Any) -> Decimal | None:
    """A finite number of a believable size, written as one or as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 40 else None


def count(value: Any) -> int | None:
    """A whole number above zero; None for anything else, zero being how some sources say unknown."""
    found = number(value)
    return int(found) if found is not None and found >= 1 else None


def text(value: Any) -> str | None:
    """A text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def words(value: Any) -> tuple[str, ...]:
    """The texts of a list; empty for anything else."""
    return tuple(word for word in array(value) if isinstance(word, str))


def array(value: Any) -> list[Any]:
    """A list; empty for anything else."""
    return value if isinstance(value, list) else []


def table(value: Any) -> dict[str, Any]:
    """An object; empty for anything else."""
    return value if isinstance(value, dict) else {}


def instant(value: Any) -> datetime | None:
    """An instant from Unix seconds or an ISO text with its offset; None for anything else."""
    seconds = None if isinstance(value, str) else number(value)
    try:
        found = datetime.fromtimestamp(int(seconds), UTC) if seconds else datetime.fromisoformat(text(value) or "")
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


ENTRIES = msgspec.json.Decoder(dict[str, msgspec.Raw])
ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


@cache
def _labelled(key: str) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(msgspec.defstruct("Labelled", [(key, str, "")]))


def label(item: msgspec.Raw, key: str = "id") -> str:
    """The text under a key of an object, as it stands in a file; empty where there is none."""
    try:
        return str(getattr(_labelled(key).decode(item), key))
    except msgspec.DecodeError:
        return ""


def cut_object(body: bytes, by: Callable[[str], str] = str) -> dict[str, bytes]:
    """A JSON object cut into objects of one entry each, or of those entries that share `by(key)`; bytes as they are.

    Raises:
        SourceChanged: the body is not a JSON object.
    """
    try:
        entries = ENTRIES.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SourceChanged(f"the file is not a JSON object ({error})") from None
    pieces: dict[str, bytes] = {}
    for key, raw in entries.items():
        group, named = _placed(by, key)
        before = pieces[group][:-1] + b"," if group in pieces else b"{"
        pieces[group] = b"".join((before, named, raw, b"}"))
    return pieces


@lru_cache(maxsize=1 << 16)
def _placed(by: Callable[[str], str], key: str) -> tuple[str, bytes]:
    return by(key), msgspec.json.encode(key) + b":"


def cut_list(body: bytes) -> dict[str, bytes]:
    """A JSON list of objects with an `id` cut into lists of those that share one; `{"data": [...]}` likewise.

    Raises:
        SourceChanged: the body is not such a list.
    """
    try:
        items = ITEMS.decode(ENTRIES.decode(body)["data"] if body.lstrip()[:1] == b"{" else body)
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError) as error:
        raise SourceChanged(f"the file is not a JSON list of entries ({error})") from None
    pieces: dict[str, list[bytes]] = {}
    for item in items:
        pieces.setdefault(label(item), []).append(bytes(item))
    return {key: b"[" + b",".join(parts) + b"]" for key, parts in pieces.items()}


@dataclass(frozen=True)
class Catalog:
    """How one provider's models list says what it sells, as far as lists of this kind differ.

    Attributes:
        provider: who bills.
        meters: price key → meter.
        per: how many tokens or pieces a price is for.
        pricing: where in an entry the price table lies, a path with dots; empty where the entry itself is it.
        amount: where in a price its number lies, where a price is not a number.
        ignored: keys of the price table that are no prices.
        context: where the longest prompt and answer may be told, in tokens; the first that says something counts.
        most: likewise the longest answer.
        outputs: where the output modalities are told.
    """

    provider: str
    meters: Mapping[str, str]
    per: int = 1
    pricing: str = "pricing"
    amount: str = ""
    ignored: Collection[str] = ()
    context: tuple[str, ...] = ("context_length",)
    most: tuple[str, ...] = ("max_completion_tokens",)
    outputs: str = "output_modalities"

    def offer(self, entry: dict[str, Any]) -> Offer:
        """The offer that an entry with an id is."""
        outputs = words(at(entry, self.outputs))
        return Offer(
            self.provider,
            entry["id"],
            name=text(entry.get("name")) or text(entry.get("display_name")),
            mode=mode(outputs),
            quantization=text(entry.get("quantization")),
            context_tokens=next(filter(None, (count(at(entry, path)) for path in self.context)), None),
            max_output_tokens=next(filter(None, (count(at(entry, path)) for path in self.most)), None),
            input_modalities=words(at(entry, self.outputs.replace("output", "input"))),
            output_modalities=outputs,
        )

    def prices(self, entry: dict[str, Any]) -> Prices:
        """The entry's price table; where the entry itself is it, only the keys that are known for prices are read."""
        stated = at(entry, self.pricing) if self.pricing else {key: entry.get(key) for key in self.meters}
        if self.amount and isinstance(stated, dict):
            stated = {key: at(value, self.amount) if isinstance(value, dict) else value for key, value in stated.items()}
        return prices(stated, lambda key, _: self.meters.get(key), self.ignored, self.per)

    def model(self, entry: dict[str, Any]) -> Iterator[Record]:
        """The offer of an entry and its quotes."""
        yield from sold(self.offer(entry), self.prices(entry))


def at(value: Any, path: str) -> Any:
    """What lies at the end of a path of keys joined by dots; None where it does not lead anywhere."""
    for key in path.split("."):
        value = table(value).get(key)
    return value
