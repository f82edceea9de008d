"""Candidate claims in a text: sentences with a price, date, percentage, size or license, next to a known name. A person decides."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from market.claims import USD

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
LICENSES = {
    "apache": "Apache-2.0", "mit": "MIT", "openrail": "openrail", "agpl": "AGPL-3.0-only", "gpl": "GPL", "cc-by-nc": "CC-BY-NC-4.0",
}  # fmt: skip
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"“$€¥\u4e00-\u9fff])|(?<=[。！？])\s*|\n{2,}|\n(?=[-*#])")
ROW = re.compile(r"^.*[|\t].*$", re.M)
PRICE = re.compile(
    r"\$\s?(\d+(?:,\d{3})*(?:\.\d+)?)(?:\s*(?:/|per|a)\s*(?:1\s?)?(million|m|k|thousand)?\s*(input|output)?\s*tok\w*)?", re.I
)
OTHER_MONEY = re.compile(
    r"(?:[€£¥￥]|\b(?:EUR|GBP|CNY|RMB|JPY))\s?\d|\d\s?(?:[€£¥￥元]|(?:EUR|euros?|GBP|pounds?|CNY|RMB|yuan|JPY|yen)\b)", re.I
)
SIZE = re.compile(r"(?<![\w.-])(\d+(?:\.\d+)?)\s?(B|billion|T|trillion)\b", re.I)
TOTAL = re.compile(r"\b(total|param|weights)", re.I)
NEARBY = 24
FALL = re.compile(r"\b(\d+(?:\.\d+)?)\s?%")
FROM_TO = re.compile(r"from\s+\$\s?(\d+(?:\.\d+)?)[^$.]{0,40}?to\s+\$\s?(\d+(?:\.\d+)?)", re.I)
WHEN = re.compile(rf"\b({'|'.join(MONTHS)})\s+(?:\d{{1,2}},?\s+)?(20\d\d)\b", re.I)
RELEASED = re.compile(r"\b(released|release in|launch(ed)?|came out|shipped|announced|unveiled|debuted)\b", re.I)
DOWN_FROM = re.compile(r"\$\s?(\d+(?:\.\d+)?)[^$]{0,60}?down from\s+\$\s?(\d+(?:\.\d+)?)", re.I)
SHARE_OF = re.compile(r"(\d+(?:\.\d+)?)\s?%\s+of\s+[^.]{0,40}?\b(price|cost)", re.I)
LARGER = re.compile(r"\b(larger|bigger)\s+than\b", re.I)
ACTIVE = re.compile(r"\bactiv(e|ates?|ated)\b", re.I)
BENCHMARK = re.compile(r"\b(AIME|HumanEval|MMLU(?:-Pro)?|GPQA|SWE-bench|MATH|LiveCodeBench)\b", re.I)
BY = re.compile(r"\bby\s+(?:(?:the\s+)?end\s+of\s+|Q([1-4])\s+)?(20\d\d)\b", re.I)
FLOOR = re.compile(r"\bfloor", re.I)
LONGEST = 400


Fields = Mapping[str, str | Sequence[Mapping[str, str]]]


class Draft(NamedTuple):
    """A proposed entry; `fields` is what the entry would say."""

    statement: str
    fields: Fields


def drafted(text: str, names: Mapping[str, str]) -> list[Draft]:
    """Proposed entries, in the order of the text; `names` maps what a model may be called, in lower case, to author/slug."""
    found: list[Draft] = []
    head: list[str] = []
    for part in _parts(text):
        if ROW.search(part):
            cells = _cells(part)
            if not re.search(r"\w", part):  # the line below a table's head
                continue
            row = [Draft(" | ".join(filter(None, cells)), fields) for fields in _row(cells, head, names)]
            found += row
            head = head if row or _named(cells[0], names) else cells
            continue
        sentence = " ".join(part.split()).strip("#*- ")
        if 8 <= len(sentence) <= LONGEST:
            found += [Draft(sentence, fields) for fields in _fields(sentence, names)]
    return found


def foreign(text: str) -> list[str]:
    """Sentences and rows with an amount in another currency than USD, of which nothing is proposed, in the order of the text."""
    return [" ".join(part.split())[:LONGEST] for part in _parts(text) if OTHER_MONEY.search(part)]


def _parts(text: str) -> list[str]:
    """Sentences, and every row of a table by itself."""
    return [part for part in SENTENCE.split(ROW.sub(lambda row: f"\n\n{row[0]}\n\n", text)) if part.strip()]


def _cells(row: str) -> list[str]:
    return [cell.strip(" *`") for cell in re.split(r"[|\t]", row.strip().strip("|"))]


def _row(cells: Sequence[str], head: Sequence[str], names: Mapping[str, str]) -> Iterator[Fields]:
    """The prices in a row of a table, by the words at the head of their columns; a column that says no meter gives none."""
    model = _named(cells[0], names)
    for cell, title in zip(cells[1:], head[1:], strict=False):
        words = f"{title} {cell}".lower()
        amount = re.fullmatch(r"\$?\s?(\d+(?:,\d{3})*(?:\.\d+)?)(\s*(?:/|per|a)\b.*)?", cell)
        side = "output" if re.search("output|completion", words) else "input" if re.search("input|prompt", words) else None
        if model and amount and side and re.search(r"\$|\busd\b", words) and not OTHER_MONEY.search(words):
            thousand = re.search(r"\b1?k\b|thousand|\b1,?000\b", f"{title} {amount[2] or ''}".lower())
            value = Decimal(amount[1].replace(",", "")) * (1000 if thousand else 1)
            meter = "cache_read_mtok" if "cache" in words else f"{side}_mtok"
            yield {"subject": model, "predicate": "price", "metric": meter, "value": f"{value:f}", "unit": USD}


def _fields(sentence: str, names: Mapping[str, str]) -> Iterator[Fields]:
    model, by = _named(sentence, names), BY.search(sentence)
    subject = {"subject": model} if model else {}
    price, percent, moved = PRICE.search(sentence), FALL.search(sentence), _moved(sentence)
    if price and by and FLOOR.search(sentence):
        until = f"{by[2]}-{('03-31', '06-30', '09-30', '12-31')[int(by[1] or 4) - 1]}"
        yield {"subject": "chat input_mtok", "predicate": "floor", "operator": "<=", "value": price[1].replace(",", ""), "by": until}
        return
    if moved and percent:
        yield {**subject, "predicate": "arithmetic", "sums": [{"kind": "fall", "from": moved[0], "to": moved[1], "percent": percent[1]}]}
    share = SHARE_OF.search(sentence)
    if model and price and share:
        whole = f"recorded {model} {(price[3] or 'input').lower()}_mtok"
        yield {**subject, "predicate": "arithmetic", "sums": [{"kind": "share", "part": price[1], "whole": whole, "percent": share[1]}]}
    elif model and price and (not moved or not percent):
        yield from _prices(sentence, model, names)
    benchmark = BENCHMARK.search(sentence)
    if model and benchmark and percent:
        yield {**subject, "predicate": "score", "metric": benchmark[1].lower(), "value": percent[1]}
    when = WHEN.search(sentence)
    if model and when and RELEASED.search(sentence):
        yield {**subject, "predicate": "released_on", "value": f"{when[2]}-{MONTHS.index(when[1].lower()) + 1:02}"}
    sizes = list(SIZE.finditer(sentence))
    if len(sizes) == 2 and LARGER.search(sentence):
        larger, smaller = (f"{size[1]}e{12 if _unit(size) == 'trillion' else 9}" for size in sizes)
        yield {**subject, "predicate": "arithmetic", "sums": [{"kind": "order", "larger": larger, "smaller": smaller}]}
    elif model:
        yield from _sizes(sentence, model, sizes)
    license_id = next((LICENSES[word] for word in LICENSES if re.search(rf"\b{word}\b", sentence, re.I)), None)
    if model and license_id:
        yield {**subject, "predicate": "license_is", "value": license_id}


def _prices(sentence: str, model: str, names: Mapping[str, str]) -> Iterator[Fields]:
    """The first price, and each further one that says its side; it is of the model named since the one before, if there is one."""
    seen, end = set[tuple[str, str]](), 0
    for price in PRICE.finditer(sentence):
        of = (end and _named(sentence[end : price.start()], names)) or model
        meter = f"{(price[3] or 'input').lower()}_mtok"
        if not end or (price[3] and (of, meter) not in seen):
            yield {"subject": of, "predicate": "price", "metric": meter, "value": _per_million(price), "unit": USD}
            seen.add((of, meter))
        end = price.end()


def _sizes(sentence: str, model: str, sizes: Sequence[re.Match[str]]) -> Iterator[Fields]:
    """Numbers of parameters, all or active as the words beside each say; a size that is only part of the name claims nothing."""
    seen = set[str]()
    for at, size in enumerate(sizes):
        following = sentence[size.end() : sizes[at + 1].start() if at + 1 < len(sizes) else None][:NEARBY]
        active = ACTIVE.search(following) or (not at and ACTIVE.search(sentence[: size.start()]) and "total" not in following.lower())
        predicate = "active_parameters" if active else "parameters"
        named = f"{size[1]}{size[2][0]}".lower() in model.partition("/")[2].lower() and not (active or TOTAL.search(following))
        if predicate not in seen and not named:
            yield {"subject": model, "predicate": predicate, "value": size[1], "unit": _unit(size)}
            seen.add(predicate)


def _unit(size: re.Match[str]) -> str:
    return "trillion" if size[2].lower().startswith("t") else "billion"


def _moved(sentence: str) -> tuple[str, str] | None:
    """The price before and the price after, where a sentence names both."""
    span, down = FROM_TO.search(sentence), DOWN_FROM.search(sentence)
    return (span[1], span[2]) if span else (down[2], down[1]) if down else None


def _per_million(price: re.Match[str]) -> str:
    """An amount as USD per million tokens: `$0.01 per output token` says a million times as much as `$0.01 per million`."""
    size = (price[2] or "").lower()
    factor = 1000 if size in ("k", "thousand") else 1 if size or "tok" not in price[0].lower() else 10**6
    return f"{Decimal(price[1].replace(',', '')) * factor:f}"


def _named(sentence: str, names: Mapping[str, str]) -> str | None:
    """The longest known name in a sentence; of equally long ones the first."""
    words = re.findall(r"[a-z0-9][a-z0-9.\-]*[a-z0-9]|[a-z0-9]", sentence.lower())
    for length in range(min(5, len(words)), 0, -1):
        for begin in range(len(words) - length + 1):
            model = names.get("-".join(words[begin : begin + length]))
            if model:
                return model
    return None


def written(drafts: Sequence[Draft], source: str, unconverted: Sequence[str] = ()) -> str:
    """The proposals as YAML with a head that says what to do with them, and with what in other currencies."""
    import yaml

    entries = [{"id": f"draft-{n:02}", "statement": one.statement, **one.fields} for n, one in enumerate(drafts, 1)]
    head = "# Proposals, found by rule: read each against its sentence, mend or delete it, then `modelmarket claims check FILE`.\n"
    if unconverted:
        head += "# Nothing is proposed for amounts in other currencies than USD; add them in USD by the rate of their day:\n"
        head += "".join(f"#   {sentence}\n" for sentence in unconverted[:20])
    body: str = yaml.safe_dump({"source": source, "claims": entries}, sort_keys=False, allow_unicode=True, width=120)
    return head + body
