"""llm-prices: Simon Willison's hand-kept list of token prices, with the few dates he gives."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from collector.formats import ENTRIES
from collector.source import History, Look, Page, Source, Terms
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey
from market.units import Condition, usd

METER_OF = {"input": "input_mtok", "output": "output_mtok", "input_cached": "cache_read_mtok"}
KNOWN = {"id", "vendor", "name", "from_date", "to_date", *METER_OF}
_MODELS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
TIER = re.compile(r"(?P<base>.+?)-+(?P<thousands>\d+)k")


class LlmPrices(Source):
    """The historical list, which holds every row of the current one beside the rows that have ended.

    Source: https://www.llm-prices.com/historical-v1.json, rebuilt from https://github.com/simonw/llm-prices.
    Unit: USD per million tokens.
    Grain: one row per vendor, id and period; from_date is the first day, to_date the first day after.
    Lists: everything the list holds, so a row that is gone is withdrawn. current-v1.json says nothing more and is not asked.

    A row whose id ends in `-200k` and whose name ends in `>200k` is a context tier: where the page has the same vendor's
    id without the ending, its prices belong to that id, for inputs over 200,000 tokens; else it stays an id of its own.
    A row that says nothing its id has not said yet adds nothing; one that contradicts it is told apart by its name.
    """

    name = "llm_prices"
    start_urls = ("https://www.llm-prices.com/historical-v1.json",)
    cadence = "23 3 * * *"
    min_records = 50
    trust = 4
    family = "llm_prices"
    terms = Terms("none stated", "llm-prices by Simon Willison, https://www.llm-prices.com")
    history = History("https://github.com/simonw/llm-prices", ((r"data/[^/]+\.json", start_urls[0]),))

    def pieces(self, path: str, body: bytes, look: Look) -> dict[str, bytes]:
        """A vendor's file as rows of the list: what a model says, and one of its prices."""
        try:
            vendor = ENTRIES.decode(body)
            rows = [
                {**{key: said for key, said in model.items() if key != "price_history"}, **price, "vendor": vendor["vendor"]}
                for model in _MODELS.decode(vendor["models"])
                for price in _MODELS.decode(model["price_history"])
            ]
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError) as error:
            raise SourceChanged(f"{path} is not a vendor with its models and their prices ({error})") from None
        return {path: msgspec.json.encode({"prices": rows})}

    def records(self, page: Page) -> Iterator[Record]:
        rows = page.json.get("prices") if isinstance(page.json, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise SourceChanged(f"{page.url} has no list of rows under `prices`")
        ids = {(row.get("vendor"), row.get("id")) for row in rows}
        listed: set[Offer] = set()
        said: dict[tuple[Any, ...], list[Any]] = {}
        for row in rows:
            if not row.get("vendor") or not isinstance(row.get("id"), str):
                yield UnknownKey("row without a vendor or an id", str(row.get("name")))
                continue
            model_key, condition = _tier(row, ids)
            place = (row["vendor"], model_key, condition, row.get("from_date"))
            facts = [row.get(key) for key in (*METER_OF, "to_date")]
            endpoint = None if said.get(place, facts) == facts else str(row.get("name"))
            offer = Offer(row["vendor"], model_key, endpoint)
            if offer not in listed and (endpoint or not condition):
                listed.add(offer)
                yield replace(offer, name=row.get("name"))
            first = said.setdefault((*place, endpoint) if endpoint else place, facts)
            if first is facts:
                yield from _quotes(row, offer, condition)
            elif first != facts:
                yield UnknownKey("row that contradicts another of its name", f"{row['vendor']}/{row['id']}")


def _tier(row: dict[str, Any], ids: set[tuple[Any, Any]]) -> tuple[str, str | None]:
    """The id that a row's prices belong to, and the condition they hold under."""
    found = TIER.fullmatch(row["id"])
    if found and (row["vendor"], found["base"]) in ids and str(row.get("name")).endswith(f">{found['thousands']}k"):
        return found["base"], Condition(input_over=int(found["thousands"]) * 1000).text()
    return row["id"], None


def _quotes(row: dict[str, Any], offer: Offer, condition: str | None) -> Iterator[Quote | UnknownKey]:
    where = f"{row['vendor']}/{row['id']}"
    yield from (UnknownKey(key, where) for key in row if key not in KNOWN and row[key] is not None)
    try:
        starts, ends = _midnight(row.get("from_date")), _midnight(row.get("to_date"))
    except (TypeError, ValueError):
        yield UnknownKey("dates not understood", where)
        return
    for key, meter in METER_OF.items():
        price = row.get(key)
        if price is None:
            continue
        if not isinstance(price, int | Decimal) or isinstance(price, bool) or price < 0:
            yield UnknownKey(f"{key} is not a price", where)
            continue
        yield Quote(
            provider=offer.provider,
            model_key=offer.model_key,
            endpoint=offer.endpoint,
            meter=meter,
            usd=usd(meter, price, per=1_000_000),
            condition=condition,
            stated_from=starts,
            stated_to=ends,
        )


def _midnight(day: str | None) -> datetime | None:
    return datetime.combine(date.fromisoformat(day), time(0), UTC) if day else None
