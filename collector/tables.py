"""Price tables of web pages, HTML or Markdown, read by what their headings mean and not by where they stand."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from markdown_it import MarkdownIt
from parsel import Selector

from market.records import Offer, Quote, Record, UnknownKey
from market.units import Condition, usd

WIDEST = 200
"""A cell that claims to span more rows or columns than this is read as one that spans so many."""

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
HIDDEN = "ancestor::sup or ancestor::script or ancestor::style"
CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY"}
AMOUNT = re.compile(r"(?:US)?([$€£¥])\s*(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?!\d|[.,]\d)")
THINGS = "tok|char|hour|min|sec|image|request|page|call|quer|search"
UNIT = re.compile(rf"(?:per|/)\s*(?:(\d[\d,]*)\s*)?(million|thousand|[mk])?\s*({THINGS})")
OVER = re.compile(r">\s*(\d[\d,]*)\s*([km]?)\b", re.IGNORECASE)
LENGTH = re.compile(r"(?:prompts?\s*)?(?:[<>]=?|[≤≥])\s*\d[\d,]*\s*[km]?\b(?:\s*(?:input\s*)?tokens?)?", re.IGNORECASE)
ASIDE = re.compile(r"\([^()]*\)")
SIZES = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
PLANS = ("batch", "flex", "priority")


@dataclass(frozen=True)
class Cell:
    """What a cell shows: its text in one line, where its links lead, and the footnote marks that are not part of the text."""

    text: str
    links: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grid:
    """A table with its spanning cells repeated wherever they span.

    Attributes:
        titles: the headings it stands under, the widest first, and its caption.
        codes: what stood as code since the last heading of the first or second level.
        rows: equally long rows of cells.
    """

    titles: tuple[str, ...]
    codes: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def title(self) -> str:
        """All headings in one line."""
        return " | ".join(self.titles)


@dataclass(frozen=True)
class Amount:
    """An amount of money in a text, with the words around it, lower case: before it, and after it up to the next one."""

    value: Decimal
    currency: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """One amount of a table: of which model, under which headings, with which words of the cell beside it."""

    key: str
    heading: str
    words: str
    amount: Amount


def read(body: bytes) -> list[Grid]:
    """Every table of a page, be it HTML or Markdown."""
    return of_html(body) if b"<table" in body.lower() else of_markdown(body)


def of_html(body: bytes) -> list[Grid]:
    """Every table of an HTML page that holds no other table, in order."""
    found, titles, codes = [], dict[str, str](), list[str]()
    page = Selector(text=body.decode("utf-8", "replace") or " ", type="html")
    for node in page.xpath("//*[self::" + " or self::".join((*HEADINGS, "code", "table")) + "]"):
        name = node.root.tag
        if name in HEADINGS:
            titles = {level: said for level, said in titles.items() if level < name} | {name: _text(node)}
            codes = codes if name > "h2" else []
        elif name == "code" and not node.xpath("ancestor::table"):
            codes.append(_text(node))
        elif name == "table" and not node.xpath(".//table"):
            captions = tuple(map(_text, node.xpath("./caption")))
            found.append(Grid((*titles.values(), *captions), tuple(codes), _rows(node)))
    return found


def of_markdown(body: bytes) -> list[Grid]:
    """Every table of a Markdown page, in order."""
    return of_html(_markdown().render(body.decode("utf-8", "replace")).encode())


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _text(node: Selector) -> str:
    return " ".join(" ".join(node.xpath(f".//text()[not({HIDDEN})]").getall()).split())


def _rows(table: Selector) -> tuple[tuple[Cell, ...], ...]:
    """The table's rows, with every cell in each place that it spans."""
    rows: list[list[Cell]] = []
    held: dict[int, tuple[int, Cell]] = {}
    for line in table.xpath("./tr | ./thead/tr | ./tbody/tr | ./tfoot/tr"):
        row: list[Cell] = []
        for node in line.xpath("./td | ./th"):
            _fill(row, held)
            cell = Cell(_text(node), tuple(node.xpath(".//a/@href").getall()), tuple(map(_text_of_note, node.xpath(".//sup"))))
            down = _span(node, "rowspan") - 1
            for number in range(_span(node, "colspan")):
                if number and len(row) in held:
                    break
                if down:
                    held[len(row)] = (down, cell)
                row.append(cell)
        _fill(row, held)
        rows.append(row)
    width = max(map(len, rows), default=0)
    return tuple((*row, *[Cell("")] * (width - len(row))) for row in rows)


def _fill(row: list[Cell], held: dict[int, tuple[int, Cell]]) -> None:
    """Puts cells of earlier rows that reach down to here where they stand."""
    while len(row) in held:
        left, cell = held.pop(len(row))
        if left > 1:
            held[len(row)] = (left - 1, cell)
        row.append(cell)


def _span(node: Selector, name: str) -> int:
    said = node.attrib.get(name, "").strip()
    return min(max(int(said), 1), WIDEST) if said.isdecimal() else 1


def _text_of_note(node: Selector) -> str:
    return " ".join(" ".join(node.xpath(".//text()").getall()).split())


def amounts(text: str) -> list[Amount]:
    """Every amount with a currency sign in a text, in order."""
    found, low = list(AMOUNT.finditer(text)), text.lower()
    ends = [0, *(match.end() for match in found)]
    starts = [*(match.start() for match in found), len(text)]
    gaps = [low[end:start].strip(" ,;:|") for end, start in zip(ends, starts, strict=True)]
    return [
        Amount(Decimal(match[2].replace(",", "")), CURRENCIES[match[1]], before, after)
        for match, before, after in zip(found, gaps, gaps[1:], strict=False)
    ]


def counted(words: str) -> tuple[str, int] | None:
    """What a price is for, as (`tok`, 1000000) of `$3 / 1M tokens` or (`hour`, 1) of `per hour`; None where no unit is named."""
    found = UNIT.search(words.lower())
    if not found:
        return None
    size = SIZES.get(found[2] or "", 1)
    return found[3], int((found[1] or "1").replace(",", "")) * size


def meter(words: str) -> str | None:
    """The token meter that a heading or label means; None where it means none, or more than one."""
    low = words.lower()
    reads = any(word in low for word in ("input", "prompt"))
    writes = any(word in low for word in ("output", "completion"))
    kind = "audio_" if "audio" in low or "speech" in low else "image_" if "image" in low and "text" not in low else ""
    if ("cache" in low or "caching" in low) and "miss" not in low and "storage" not in low and not writes:
        if "write" in low or "writing" in low or "creation" in low:
            lifetime = "_1h" if re.search(r"\b1\s?h", low) else ""
            return f"cache_write{lifetime}_mtok" if not kind else None
        return f"cache_{kind}read_mtok"
    return None if reads == writes or "storage" in low else f"{'input' if reads else 'output'}_{kind}mtok"


def plan(words: str) -> str:
    """The plan that words name; standard where they name none."""
    return next((name for name in PLANS if name in words.lower()), "standard")


def condition(words: str) -> str | None:
    """The prompt length over which words say a price holds (`> 200K tokens`), as a condition's text; None where they say none."""
    found = OVER.search(words)
    if not found:
        return None
    return Condition(input_over=int(found[1].replace(",", "")) * SIZES.get(found[2].lower(), 1)).text()


def first(grid: Grid) -> int:
    """The number of the first row that holds an amount; the number of rows where none does."""
    priced = (number for number, row in enumerate(grid.rows) if any(amounts(cell.text) for cell in row))
    return next(priced, len(grid.rows))


def heads(grid: Grid) -> list[str]:
    """Each column's heading: what stands in it above the first row that holds an amount, and once what is repeated."""
    above = grid.rows[: first(grid)]
    return [" ".join(dict.fromkeys(cell.text for cell in column if cell.text)) for column in zip(*above, strict=True)]


def lines(grid: Grid, key: Callable[[Grid, tuple[Cell, ...], list[str]], str | None]) -> Iterator[Line]:
    """Every amount of a table with a row per model (`key` names it; None skips the row) and a column per kind of price."""
    headings = heads(grid)
    for row in grid.rows[first(grid) :] if headings else ():
        name = key(grid, row, headings)
        for cell, heading in zip(row, headings, strict=True) if name else ():
            yield from cut(name or "", f"{heading} | {grid.title}", cell)


def cut(key: str, heading: str, cell: Cell) -> Iterator[Line]:
    """The amounts of one cell, each with the words that belong to it: those before it where the first has any, else those after."""
    found = amounts(cell.text)
    leads = bool(found) and bool(found[0].before)
    for amount in found:
        yield Line(key, heading, amount.before if leads else amount.after, amount)


def sold(
    provider: str, found: Iterable[Line], unit: tuple[str, int] | None = None, status: Mapping[str, str] | None = None
) -> Iterator[Record]:
    """The offers and quotes that lines of a page state, and a report of each line that is none of text, image or sound tokens.

    Args:
        unit: what a price is for where neither cell nor heading says so, as `counted` tells it; None where nothing is assumed.
        status: model → the page's word for its state.
    """
    offers: dict[tuple[str, str], dict[tuple[str, str | None], tuple[Decimal, str]]] = {}
    odd: list[UnknownKey] = []
    for line in found:
        own = line.heading.partition(" | ")[0]
        named = plan(own) if plan(own) != "standard" else plan(line.heading)
        what = meter(LENGTH.sub("", f"{own} {line.words}")) or meter(LENGTH.sub("", line.words))
        kind, size = counted(ASIDE.sub("", line.amount.after)) or counted(line.heading) or unit or ("nothing", 1)
        where = f"{provider}/{line.key}"
        if what is None or kind != "tok" or size == 1 or "hour" in line.amount.after:
            odd.append(UnknownKey(f"{own}, {line.words}".strip(", "), where))
            continue
        price = usd(what, line.amount.value, size), line.amount.currency
        if offers.setdefault((line.key, named), {}).setdefault((what, condition(f"{own} {line.words}")), price) != price:
            odd.append(UnknownKey(f"two prices of {what}", where))
    for (key, named), prices in offers.items():
        yield Offer(provider, key, plan=named, status=(status or {}).get(key))
        for (what, when), (value, currency) in prices.items():
            dollars, native = (value, None) if currency == "USD" else (None, value)
            yield Quote(provider, key, what, dollars, plan=named, condition=when, currency=currency, native=native)
    yield from odd
