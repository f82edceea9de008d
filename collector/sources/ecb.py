"""The European Central Bank's euro reference rates: what currencies were worth, business day by business day."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Context, Decimal
from zipfile import BadZipFile, ZipFile

from parsel import Selector

from collector.source import Page, Source, Terms
from market.errors import SourceChanged
from market.records import Rate, Record, UnknownKey

FOLDER = "https://www.ecb.europa.eu/stats/eurofxref/"
TERMS = Terms(
    "free to use where the source is named",
    "Source: European Central Bank, euro foreign exchange reference rates (crossed to USD by modelmarket)",
)
BEGIN = date(2020, 1, 1)
_CODE = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,12})?")
_CROSS = Context(prec=10)
_LARGEST = 64 * 1024 * 1024


class Ecb(Source):
    """What currencies were worth on the last ninety days.

    Source: the European Central Bank's file of its euro reference rates of ninety days, XML.
    Unit: units of a currency per euro; kept as USD per unit, the day's USD per euro over the currency's, ten digits.
    Grain: a rate per currency and business day; the euro's own is USD per euro.
    Lists: about thirty currencies; a day that is no longer named has not changed.

    The rates of a day are published at about 16:00 in Frankfurt, on the days on which the bank's payment system is open.
    """

    name = "ecb"
    start_urls = (f"{FOLDER}eurofxref-hist-90d.xml",)
    cadence = "21 16 * * 1-5"
    min_records = 1000
    lists_everything = False
    trust = 2
    terms = TERMS
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        tree = Selector(body=page.body or b" ", type="xml", huge_tree=False)
        tree.remove_namespaces()
        days = tree.xpath("//Cube[@time]")
        if not days:
            raise SourceChanged(f"{page.url} has no day with rates")
        for day in days:
            said = ((cube.attrib.get("currency", ""), cube.attrib.get("rate", "")) for cube in day.xpath("./Cube"))
            yield from _day(page, day.attrib["time"], said)


class EcbHistory(Source):
    """What currencies were worth since 2020, for prices that were stated before the last ninety days.

    Source: the European Central Bank's file of all its euro reference rates, a CSV in a ZIP.
    Unit: units of a currency per euro; kept as USD per unit, the day's USD per euro over the currency's, ten digits.
    Grain: a rate per currency and business day from 2020 on: nothing that is priced here was on sale before.
    Lists: every currency that had a rate on a day; `N/A` where there was none.
    """

    name = "ecb_history"
    start_urls = (f"{FOLDER}eurofxref-hist.zip",)
    cadence = "31 16 2 * *"
    min_records = 20_000
    lists_everything = False
    trust = 2
    family = "ecb"
    terms = TERMS
    experimental = True

    def records(self, page: Page) -> Iterator[Record]:
        rows = csv.reader(io.StringIO(_unpacked(page)))
        head = [name.strip() for name in next(rows, [])]
        if head[:1] != ["Date"] or "USD" not in head:
            raise SourceChanged(f"{page.url} has no line that begins with Date and names USD")
        for row in rows:
            if row and row[0] >= BEGIN.isoformat():
                pairs = zip(head[1:], (cell.strip() for cell in row[1:]), strict=False)
                yield from _day(page, row[0], ((name, rate) for name, rate in pairs if name and rate not in ("", "N/A")))


def _unpacked(page: Page) -> str:
    """The one CSV file in the ZIP."""
    try:
        with ZipFile(io.BytesIO(page.body)) as packed:
            (member,) = packed.infolist()
            if member.file_size > _LARGEST:
                raise SourceChanged(f"{page.url} unpacks to {member.file_size:,} bytes, which no list of rates is")
            return packed.read(member).decode("utf-8-sig")
    except (BadZipFile, ValueError) as error:
        raise SourceChanged(f"{page.url} is not a ZIP of one file of text ({error})") from None


def _day(page: Page, day: str, said: Iterable[tuple[str, str]]) -> Iterator[Record]:
    """One day's rates, each in USD.

    Raises:
        SourceChanged: the day is none, or has no rate of the USD.
    """
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise SourceChanged(f"{page.url} has rates of no day: {day[:40]!r}") from None
    per_euro: dict[str, Decimal] = {}
    for code, rate in said:
        if _CODE.fullmatch(code) and _AMOUNT.fullmatch(rate) and Decimal(rate) > 0:
            per_euro[code] = Decimal(rate)
        else:
            yield UnknownKey("a rate without its currency or amount", f"{page.url} {day}: {code[:20]!r} {rate[:20]!r}")
    if "USD" not in per_euro:
        raise SourceChanged(f"{page.url} has no rate of the USD on {day}")
    dollar = per_euro.pop("USD")
    yield Rate("EUR", on, dollar)
    yield from (Rate(code, on, _CROSS.divide(dollar, rate)) for code, rate in per_euro.items())
