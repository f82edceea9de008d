"""Candidate claims in a text: sentences with a price, date, percentage, size or license, next to a known name. A person decides."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
LICENSES = {
    "apache": "Apache-2.0", "mit": "MIT", "openrail": "openrail", "agpl": "AGPL-3.0-only", "gpl": "GPL", "cc-by-nc": "CC-BY-NC-4.0",
}  # fmt: skip
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"“$])|\n{2,}|\n(?=[-*#])")
PRICE = re.compile(
    r"\$\s?(\d+(?:,\d{3})*(?:\.\d+)?)(?:\s*(?:/|per|a)\s*(?:1\s?)?(million|m|k|thousand)?\s*(input|output)?\s*tok\w*)?", re.I
)
SIZE = re.compile(r"\b(\d+(?:\.\d+)?)\s?(B|billion|T|trillion)\b(?=[^.]{0,24}(?:param|weights|\b))", re.I)
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


class Draft(NamedTuple):
    """A proposed entry; `fields` is what the entry would say."""

    statement: str
    fields: Mapping[str, str | Sequence[Mapping[str, str]]]


def drafted(text: str, names: Mapping[str, str]) -> list[Draft]:
    """Proposed entries, in the order of the text; `names` maps what a model may be called, in lower case, to author/slug."""
    found: list[Draft] = []
    for part in SENTENCE.split(text):
        sentence = " ".join(part.split()).strip("#*- ")
        if 8 <= len(sentence) <= LONGEST:
            found += [Draft(sentence, fields) for fields in _fields(sentence, names)]
    return found


def _fields(sentence: str, names: Mapping[str, str]) -> Iterator[dict[str, str | Sequence[Mapping[str, str]]]]:
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
        meter = f"{(price[3] or 'input').lower()}_mtok"
        yield {**subject, "predicate": "price", "metric": meter, "value": _per_million(price), "unit": "USD per million tokens"}
    benchmark = BENCHMARK.search(sentence)
    if model and benchmark and percent:
        yield {**subject, "predicate": "score", "metric": benchmark[1].lower(), "value": percent[1]}
    when = WHEN.search(sentence)
    if model and when and RELEASED.search(sentence):
        yield {**subject, "predicate": "released_on", "value": f"{when[2]}-{MONTHS.index(when[1].lower()) + 1:02}"}
    sizes = [(number, "trillion" if word.lower().startswith("t") else "billion") for number, word in SIZE.findall(sentence)]
    if len(sizes) == 2 and LARGER.search(sentence):
        larger, smaller = (f"{number}e{12 if unit == 'trillion' else 9}" for number, unit in sizes)
        yield {**subject, "predicate": "arithmetic", "sums": [{"kind": "order", "larger": larger, "smaller": smaller}]}
    elif model and sizes:
        predicate = "active_parameters" if ACTIVE.search(sentence) else "parameters"
        yield {**subject, "predicate": predicate, "value": sizes[0][0], "unit": sizes[0][1]}
    license_id = next((LICENSES[word] for word in LICENSES if re.search(rf"\b{word}\b", sentence, re.I)), None)
    if model and license_id:
        yield {**subject, "predicate": "license_is", "value": license_id}


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


def written(drafts: Sequence[Draft], source: str) -> str:
    """The proposals as YAML with a head that says what to do with them."""
    import yaml

    entries = [{"id": f"draft-{n:02}", "statement": one.statement, **one.fields} for n, one in enumerate(drafts, 1)]
    head = "# Proposals, found by rule: read each against its sentence, mend or delete it, then `modelmarket claims check FILE`.\n"
    body: str = yaml.safe_dump({"source": source, "claims": entries}, sort_keys=False, allow_unicode=True, width=120)
    return head + body
