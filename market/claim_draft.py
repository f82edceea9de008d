"""Candidate claims in a text: sentences with a price, date, percentage, size or license, next to a known name. A person decides."""

import re
from collections.abc import Iterator, Mapping, Sequence
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
RELEASED = re.compile(r"\b(releas|launch|came out|shipped|dropped|announc|unveil|debut)", re.I)
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
    price, percent, span = PRICE.search(sentence), FALL.search(sentence), FROM_TO.search(sentence)
    if price and by and FLOOR.search(sentence):
        until = f"{by[2]}-{('03-31', '06-30', '09-30', '12-31')[int(by[1] or 4) - 1]}"
        yield {"subject": "chat input_mtok", "predicate": "floor", "operator": "<=", "value": price[1].replace(",", ""), "by": until}
        return
    if span and percent:
        own = {"kind": "fall", "from": span[1], "to": span[2], "percent": percent[1]}
        yield {**subject, "predicate": "arithmetic", "sums": [own]}
    elif model and price:
        meter = f"{(price[3] or 'input').lower()}_mtok"
        usd = price[1].replace(",", "") + ("e3" if (price[2] or "").lower() in ("k", "thousand") else "")
        yield {**subject, "predicate": "price", "metric": meter, "value": usd, "unit": "USD per million tokens"}
    benchmark = BENCHMARK.search(sentence)
    if model and benchmark and percent:
        yield {**subject, "predicate": "score", "metric": benchmark[1].lower(), "value": percent[1]}
    when = WHEN.search(sentence)
    if model and when and RELEASED.search(sentence):
        yield {**subject, "predicate": "released_on", "value": f"{when[2]}-{MONTHS.index(when[1].lower()) + 1:02}"}
    size = SIZE.search(sentence)
    if model and size:
        unit = "trillion" if size[2].lower().startswith("t") else "billion"
        yield {**subject, "predicate": "parameters", "value": size[1], "unit": unit}
    license_id = next((LICENSES[word] for word in LICENSES if re.search(rf"\b{word}\b", sentence, re.I)), None)
    if model and license_id:
        yield {**subject, "predicate": "license_is", "value": license_id}


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
