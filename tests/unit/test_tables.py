"""The reader of price tables: spans, headings, footnotes, amounts and the meaning of words."""

from decimal import Decimal

import pytest

from collector import tables
from collector.tables import Cell, Grid
from market.records import Quote, UnknownKey

SPANS = b"""<h1>All</h1><h2>One <a href="#x"></a></h2><p><code>id-1</code></p><h3>Deep</h3>
<table><caption>Said</caption>
<tr><th rowspan="2">Model</th><th colspan="2">Price</th></tr>
<tr><th>Input</th><th>Output</th></tr>
<tr><td>a<sup>(1)</sup> <a href="/m/a">b</a></td><td>$1<br>x</td><td rowspan="2">$2</td></tr>
<tr><td>c</td><td colspan="9999"><script>no()</script>$3</td></tr>
</table>
<h2>Two</h2><table><tr><td><table><tr><td>inner</td></tr></table></td></tr></table>"""


def texts(grid: Grid) -> list[list[str]]:
    return [[cell.text for cell in row] for row in grid.rows]


def test_a_cell_stands_wherever_it_spans_and_a_footnote_mark_is_no_part_of_it() -> None:
    outer, inner = tables.of_html(SPANS)
    assert (outer.titles, outer.codes) == (("All", "One", "Deep", "Said"), ("id-1",))
    assert (inner.titles, inner.codes, texts(inner)) == (("All", "Two"), (), [["inner"]])
    assert [row[:3] for row in texts(outer)] == [
        ["Model", "Price", "Price"],
        ["Model", "Input", "Output"],
        ["a b", "$1 x", "$2"],
        ["c", "$3", "$2"],
    ]
    assert outer.rows[2][0] == Cell("a b", ("/m/a",), ("(1)",))
    assert len({len(row) for row in outer.rows}) == 1 and len(outer.rows[0]) <= 3 + tables.WIDEST
    assert tables.heads(outer)[:3] == ["Model", "Price Input", "Price Output"]


def test_markdown_is_read_as_html_is() -> None:
    page = b"# All\n\n## One\n\n| Model | Input |\n|---|--:|\n| a [b](/m/a) | $1 |\n"
    (grid,) = tables.read(page)
    assert (grid.titles, texts(grid)) == (("All", "One"), [["Model", "Input"], ["a b", "$1"]])


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"<html><body>Checking your browser</body>", b'{"error": 1}', b"<table></table>"])
def test_a_page_without_a_table_has_no_prices(body: bytes) -> None:
    assert [line for grid in tables.read(body) for line in tables.lines(grid, lambda *_: "m")] == []


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("$0.15 input$0.60 output", [("0.15", "", "input"), ("0.60", "input", "output")]),
        ("Input: $3 / MTok", [("3", "input", "/ mtok")]),
        ("$0.20, prompts <= 200k", [("0.20", "", "prompts <= 200k")]),
        ("US$1,200.50 per hour", [("1200.50", "", "per hour")]),
        ("$.5", [(".5", "", "")]),
        ("ContactSales", []),
        ("free", []),
        ("$", []),
        ("5 USD", []),
        ("$0,15", []),
        ("$1.2.3", []),
    ],
)
def test_amounts_are_read_whole_or_not_at_all(said: str, found: list[tuple[str, str, str]]) -> None:
    assert [(a.value, a.before, a.after) for a in tables.amounts(said)] == [
        (Decimal(value), before, after) for value, before, after in found
    ]


@pytest.mark.parametrize(
    ("said", "unit"),
    [
        ("per 1M tokens", ("tok", 1_000_000)),
        ("/ MTok", ("tok", 1_000_000)),
        ("/ 1,000,000 tokens", ("tok", 1_000_000)),
        ("per thousand characters", ("char", 1_000)),
        ("per hour", ("hour", 1)),
        ("/ 1k calls", ("call", 1_000)),
        ("per month", None),
        ("", None),
    ],
)
def test_what_a_price_is_for(said: str, unit: tuple[str, int] | None) -> None:
    assert tables.counted(said) == unit


@pytest.mark.parametrize(
    ("said", "meter"),
    [
        ("Base Input Tokens", "input_mtok"),
        ("1M INPUT TOKENS (CACHE HIT)", "cache_read_mtok"),
        ("1M INPUT TOKENS (CACHE MISS)", "input_mtok"),
        ("Cached input", "cache_read_mtok"),
        ("5m Cache Writes", "cache_write_mtok"),
        ("1h Cache Writes", "cache_write_1h_mtok"),
        ("Output price (including thinking tokens)", "output_mtok"),
        ("audio input", "input_audio_mtok"),
        ("audio cached input", "cache_audio_read_mtok"),
        ("image output", "output_image_mtok"),
        ("Input price (text / image / video)", "input_mtok"),
        ("Context caching (storage price)", None),
        ("Input and output", None),
        ("Latency", None),
    ],
)
def test_what_a_heading_means(said: str, meter: str | None) -> None:
    assert tables.meter(said) == meter


def test_columns_are_found_by_meaning_wherever_they_stand() -> None:
    rows = {"Model": "m", "Input": "$1", "Cached input": "$0.1", "Output": "$4", "Context": "128K"}
    for order in (list(rows), list(rows)[::-1]):
        head, cells = "".join(f"<th>{name}</th>" for name in order), "".join(f"<td>{rows[name]}</td>" for name in order)
        (grid,) = tables.of_html(f"<p>per 1M tokens</p><table><tr>{head}</tr><tr>{cells}</tr></table>".encode())
        found = list(tables.sold("p", tables.lines(grid, lambda *_: "m"), unit=("tok", 1_000_000)))
        quotes = {r.meter: r.usd for r in found if isinstance(r, Quote)}
        assert quotes == {"input_mtok": Decimal(1), "cache_read_mtok": Decimal("0.1"), "output_mtok": Decimal(4)}
        assert not [r for r in found if isinstance(r, UnknownKey)]


def test_a_price_whose_unit_nobody_says_is_reported() -> None:
    (grid,) = tables.of_html(b"<table><tr><th>Model</th><th>Input</th></tr><tr><td>m</td><td>$1</td></tr></table>")
    assert list(tables.sold("p", tables.lines(grid, lambda *_: "m"))) == [UnknownKey("Input")]
