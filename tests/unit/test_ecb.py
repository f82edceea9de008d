"""The European Central Bank's files: crossed to USD alike from both, and strange ones refused."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from collector.source import Page
from collector.sources.ecb import BEGIN, Ecb, EcbHistory
from market.errors import SourceChanged
from market.records import Rate, Record, UnknownKey

NAMESPACES = 'xmlns:g="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"'
Days = dict[str, dict[str, str]]
DAYS: Days = {
    "2026-03-03": {"USD": "1.1734", "CNY": "8.1299", "JPY": "183.07"},
    "2026-03-02": {"USD": "1.1652", "CNY": "8.0421", "JPY": "182.9"},
}


def xml(days: Days, prolog: str = "") -> bytes:
    cubes = "".join(
        f'<Cube time="{day}">' + "".join(f'<Cube currency="{code}" rate="{rate}"/>' for code, rate in rates.items()) + "</Cube>"
        for day, rates in days.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<g:Envelope {NAMESPACES}><Cube>{cubes}</Cube></g:Envelope>'.encode()


def packed(days: Days, *more: str) -> bytes:
    codes = sorted({code for rates in days.values() for code in rates})
    lines = [["Date", *codes, ""], *([day, *(rates.get(code, "N/A") for code in codes), ""] for day, rates in days.items())]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for name in ("eurofxref-hist.csv", *more):
            out.writestr(name, "\n".join(map(",".join, lines)))
    return file.getvalue()


def read(source: Ecb | EcbHistory, body: bytes) -> list[Record]:
    return list(source.records(Page(source.start_urls[0], body, datetime(2026, 3, 4, tzinfo=UTC))))


def test_each_currency_is_crossed_to_the_dollar_of_its_day() -> None:
    found = {(r.currency, r.day): r.usd for r in read(Ecb(), xml(DAYS)) if isinstance(r, Rate)}
    assert found.keys() == {(c, date.fromisoformat(day)) for day in DAYS for c in ("EUR", "CNY", "JPY")}
    for day, per_euro in DAYS.items():
        on, dollar = date.fromisoformat(day), Decimal(per_euro["USD"])
        assert found["EUR", on] == dollar
        for code in ("CNY", "JPY"):
            back = found[code, on] * Decimal(per_euro[code])
            assert abs(back / dollar - 1) < Decimal("1e-9"), f"{code} of {day}: {back} USD a euro"


def test_both_files_say_the_same_of_one_day() -> None:
    assert set(read(Ecb(), xml(DAYS))) == set(read(EcbHistory(), packed(DAYS)))


def test_the_long_file_begins_where_prices_do_and_leaves_out_what_has_no_rate() -> None:
    early = {"2019-12-31": {"USD": "1.1234", "CNY": "7.8205"}, BEGIN.isoformat(): {"USD": "1.1", "CYP": "N/A", "CNY": ""}}
    assert read(EcbHistory(), packed(DAYS | early))[-1] == Rate("EUR", BEGIN, Decimal("1.1"))


def test_a_rate_that_is_none_is_reported_and_the_others_are_read() -> None:
    odd = {"2026-03-03": {**DAYS["2026-03-03"], "GBP": "0", "yen": "1", "SEK": "1e5", "NOK": "-1"}}
    found = read(Ecb(), xml(odd))
    assert [r.where.split()[-2:] for r in found if isinstance(r, UnknownKey)] == [
        ["'GBP'", "'0'"], ["'yen'", "'1'"], ["'SEK'", "'1e5'"], ["'NOK'", "'-1'"],
    ]  # fmt: skip
    assert {r.currency for r in found if isinstance(r, Rate)} == {"EUR", "CNY", "JPY"}


def test_a_file_of_this_machine_is_not_read_into_the_page(tmp_path: Path) -> None:
    (tmp_path / "day").write_text('<Cube time="2026-03-01"><Cube currency="USD" rate="1"/></Cube>')
    prolog = f'<!DOCTYPE x [<!ENTITY far SYSTEM "{(tmp_path / "day").as_uri()}">]>'
    body = xml(DAYS, prolog).replace(b"</Cube></g:", b"&far;</Cube></g:")
    assert b"&far;" in body
    assert set(read(Ecb(), body)) == set(read(Ecb(), xml(DAYS)))


@pytest.mark.parametrize(
    ("source", "body", "why"),
    [
        (Ecb(), b"<html><body>Service unavailable</body></html>", "no day with rates"),
        (Ecb(), b"", "no day with rates"),
        (Ecb(), xml({"2026-03-03": {"CNY": "8.1"}}), "no rate of the USD on 2026-03-03"),
        (Ecb(), xml({"yesterday": {"USD": "1.1"}}), "rates of no day: 'yesterday'"),
        (EcbHistory(), b"<html></html>", "is not a ZIP of one file"),
        (EcbHistory(), packed(DAYS, "another.csv"), "is not a ZIP of one file"),
        (EcbHistory(), packed({"2026-03-03": {"CNY": "8.1"}}), "names USD"),
    ],
)
def test_another_shape_is_refused(source: Ecb | EcbHistory, body: bytes, why: str) -> None:
    with pytest.raises(SourceChanged, match=why):
        read(source, body)


def test_a_zip_that_unpacks_to_no_end_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("eurofxref-hist.csv", b"0" * (65 << 20))
    with pytest.raises(SourceChanged, match="which no list of rates is"):
        read(EcbHistory(), file.getvalue())
