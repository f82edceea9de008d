"""What others say of the market, in a form that can be checked, and the facts it is held against.

A file of claims is YAML: `source`, `author`, `as_of`, then `claims` and `facts`, lists of entries. Scalars stay text until a field
says what they are, so that `0.10` keeps its precision and a version is no number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import yaml

from market.errors import MarketError
from market.units import METERS

Verdict = Literal["supported", "contradicted", "mixed", "undecidable", "open", "opinion"]
VERDICTS: tuple[Verdict, ...] = ("supported", "contradicted", "mixed", "undecidable", "open", "opinion")
OPERATORS = ("=", "~", "<", "<=", ">", ">=")
PREDICATES = (
    "released_on", "within_days", "parameters", "active_parameters", "license_is", "license_allows",
    "price", "price_ratio", "price_change", "cuts", "floor", "reaction",
    "score", "score_comparison", "cadence", "lag", "throughput", "self_host_saving", "share", "quantity", "exists", "arithmetic", "opinion",
)  # fmt: skip
SUMS = {
    "fall": ("from", "to", "percent"),
    "share": ("part", "whole", "percent"),
    "times": ("high", "low", "times"),
    "order": ("larger", "smaller"),
    "resolution": ("higher", "lower", "step"),
    "unit": ("stated", "recorded"),
}
ENTRY = {
    "id", "statement", "group", "subject", "against", "predicate", "metric", "unit", "operator", "value", "as_of", "from_date", "by",
    "provider", "hardware", "sums", "why", "author", "source",
}  # fmt: skip
FACT = {"subject", "metric", "value", "unit", "on", "url", "says"}
USD = "USD per million tokens"
SCALE = {"thousand": Decimal(10**3), "million": Decimal(10**6), "billion": Decimal(10**9), "trillion": Decimal(10**12)}


class BadClaims(MarketError):
    """The file of claims could not be read."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Something said that is true or false, or not; what its predicate needs is set, the rest is None or empty.

    Attributes:
        subject: canonical author/slug, a series of price floors, or the name of a thing that facts tell of.
        against: what the subject is compared with, names like the subject's.
        metric: what is counted: a meter, a benchmark, a permission.
        value: as written, so that its last digit says how exact it is; a month or a quarter for dates.
        as_of: day of which it is said; the day of its source where it says none.
        from_date: where a span of time begins; it ends at `as_of`.
        by: last day of a prediction.
        hardware: an accelerator or machine on which a throughput is claimed.
        sums: what its own numbers must satisfy.
        why: what makes it an opinion or unmeasurable, for those.
    """

    claim_id: str
    statement: str
    predicate: str | None = None
    subject: str | None = None
    against: tuple[str, ...] = ()
    metric: str | None = None
    unit: str | None = None
    operator: str = "="
    value: str | None = None
    as_of: date | None = None
    from_date: date | None = None
    by: date | None = None
    provider: str | None = None
    hardware: str | None = None
    sums: tuple[Mapping[str, str], ...] = ()
    why: str | None = None
    author: str | None = None
    source: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that facts are wanted of."""
        told = [operand.split()[1] for one in self.sums for operand in one.values() if operand.startswith("recorded ")]
        return tuple(dict.fromkeys([*([self.subject] if self.subject else []), *self.against, *told]))


@dataclass(frozen=True, slots=True)
class Known:
    """One thing on record, whatever its kind, that a claim may be held against.

    Attributes:
        kind: fact (added with a citation), release, model, license, quote, cut, floor, cadence, probe.
        value: exact, as text.
        on: the day since when, or on which, it is so; None where not known.
        until: the day on which it ended; None while it holds.
        ref: number or hash of the row, for joins.
    """

    kind: str
    subject: str
    metric: str
    value: str
    on: date | None = None
    until: date | None = None
    source: str | None = None
    url: str | None = None
    ref: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a claim.

    Attributes:
        inconsistent: it disagrees with its own numbers.
        reason: one sentence.
        computed: what was found, with its unit; None where nothing was.
        confidence: high (independent rows agree), medium, low; None where nothing was judged.
    """

    verdict: Verdict
    reason: str
    computed: str | None = None
    evidence: tuple[Known, ...] = ()
    confidence: str | None = None
    inconsistent: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """What a file of claims holds."""

    claims: tuple[Claim, ...] = ()
    facts: tuple[Known, ...] = field(default=())


def read(text: str, name: str = "the file") -> File:
    """Claims and facts of a YAML text.

    Raises:
        BadClaims: it is no YAML, or an entry lacks what it needs; the message names file, entry and the way out.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except RecursionError:
        raise BadClaims(f"{name} is nested too deeply; claims are a list of plain entries.") from None
    except yaml.YAMLError as error:
        told = str(getattr(error, "problem", None) or "it is no text")
        mark = getattr(error, "problem_mark", None)
        raise BadClaims(f"{name} is no YAML{f', line {mark.line + 1}' if mark else ''}: {told}.") from None
    top = _plain(node, name, set()) if node else {}
    if not isinstance(top, dict) or not (top.get("claims") or top.get("facts")):
        raise BadClaims(
            f"{name} names neither claims nor facts; begin it with `claims:` and a list of entries, each with id and statement."
        )
    usual = {key: top[key] for key in ("source", "author", "as_of") if top.get(key)}
    claims = tuple(_claim(usual | one, name) for one in _entries(top, "claims", name))
    twice = next((c.claim_id for i, c in enumerate(claims) if c.claim_id in {d.claim_id for d in claims[:i]}), None)
    if twice:
        raise BadClaims(f"{name} has two claims with the id {twice!r}; give each its own.")
    return File(claims, tuple(_fact(one, name) for one in _entries(top, "facts", name)))


def _plain(node: Any, name: str, seen: set[int]) -> Any:
    """Dictionaries, lists and texts; an anchor's second use is refused, since a small file could unfold into a huge one."""
    if id(node) in seen:
        raise BadClaims(f"{name}, line {node.start_mark.line + 1}: anchors and aliases are not understood; write the entry out.")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in found:
                raise BadClaims(f"{name}, line {key.start_mark.line + 1}: a key is given twice or is no word; give each key once.")
            found[key.value] = _plain(value, name, seen)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, name, seen) for one in node.value]
    return None if node.tag == "tag:yaml.org,2002:null" else node.value


def _entries(top: Mapping[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    found = top.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadClaims(f"{name}: `{key}` must be a list of entries, each beginning with a dash.")
    return found


def _claim(entry: Mapping[str, Any], name: str) -> Claim:
    called = f"{name}: claim {entry.get('id') or '?'}"
    for need in ("id", "statement"):
        if not isinstance(entry.get(need), str) or not entry[need].strip():
            raise BadClaims(f"{called} has no {need}; every claim needs an id and a statement.")
    unknown = sorted(set(entry) - ENTRY)
    if unknown:
        raise BadClaims(f"{called} has the unknown key {unknown[0]!r}; known are {', '.join(sorted(ENTRY))}.")
    predicate, operator = entry.get("predicate"), entry.get("operator") or "="
    if predicate is not None and predicate not in PREDICATES:
        raise BadClaims(f"{called} has the unknown predicate {predicate!r}; known are {', '.join(PREDICATES)}.")
    if operator not in OPERATORS:
        raise BadClaims(f"{called} has the unknown operator {operator!r}; known are {', '.join(OPERATORS)}.")
    words = {key: entry[key] for key in ("subject", "metric", "unit", "value", "provider", "why", "author", "source") if entry.get(key)}
    if any(not isinstance(value, str) for value in words.values()):
        raise BadClaims(f"{called} has a list where one word belongs.")
    if predicate in ("price", "floor"):
        _priced(words, predicate, called)
    days: dict[str, Any] = {key: _day(entry[key], called) for key in ("as_of", "from_date", "by") if entry.get(key)}
    against = entry.get("against") or []
    if (
        not isinstance(against, str | list)
        or not isinstance(entry.get("sums") or [], list)
        or not all(isinstance(one, str) for one in against)
    ):
        raise BadClaims(f"{called}: `against` is a list of names and `sums` a list of sums.")
    sums = tuple(_sum(one, called) for one in entry.get("sums") or [])
    return Claim(entry["id"].strip(), " ".join(entry["statement"].split()), predicate, operator=operator, sums=sums,
                 against=tuple([against] if isinstance(against, str) else against), **words, **days)  # fmt: skip


def _priced(words: Mapping[str, str], predicate: str, called: str) -> None:
    """Refuses a price in anything but USD per million tokens of a known meter: taken for one, it would be misjudged."""
    if words.get("unit", USD).lower() != USD.lower():
        raise BadClaims(f"{called}: a price is compared in {USD}, not in {words['unit']!r}; convert the value and name this unit or none.")
    if predicate == "price" and words.get("metric", "input_mtok") not in METERS:
        raise BadClaims(
            f"{called} has the unknown metric {words['metric']!r}; a price is of {', '.join(list(METERS)[:4])} or another meter."
        )
    if words.get("value", "").startswith("-"):
        raise BadClaims(f"{called}: a price of {words['value']} cannot be; write what is paid, such as 0.25.")


def _sum(one: Any, called: str) -> Mapping[str, str]:
    need = SUMS.get(one.get("kind", "")) if isinstance(one, dict) else None
    if need is None:
        raise BadClaims(f"{called}: a sum needs a kind, one of {', '.join(SUMS)}.")
    for key in need:
        operand = one.get(key)
        if not isinstance(operand, str):
            raise BadClaims(f"{called}: a sum of kind {one['kind']} needs {', '.join(need)}.")
        if not operand.startswith("recorded "):
            number(operand, called)
        elif len(operand.split()) != 3:
            raise BadClaims(f"{called}: {operand!r} names no record; write `recorded SUBJECT METRIC`.")
    return dict(one)


def _fact(entry: Mapping[str, Any], name: str) -> Known:
    called = f"{name}: the fact on {entry.get('subject') or '?'}"
    for need in ("subject", "metric", "value", "url"):
        if not isinstance(entry.get(need), str):
            raise BadClaims(
                f"{called} has no {need}; a fact is subject, metric, value, the day (`on`) and the address (`url`) that says so."
            )
    if set(entry) - FACT:
        raise BadClaims(f"{called} has the unknown key {min(set(entry) - FACT)!r}; known are {', '.join(sorted(FACT))}.")
    if not entry["url"].startswith(("https://", "http://")):
        raise BadClaims(f"{called} has no web address as its url; say where it can be read.")
    value = entry["value"]
    if entry.get("unit") in SCALE:
        value = f"{number(value, called) * SCALE[entry['unit']]:f}"
    if entry["metric"] == "released_on":
        _day(value, called)
    on = _day(entry["on"], called) if entry.get("on") else None
    return Known("fact", entry["subject"], entry["metric"], value, on, source=entry.get("says") or "cited", url=entry["url"])


def _day(text: str, called: str) -> date:
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError):
        raise BadClaims(f"{called}: {text!r} is no day; write it like 2026-03-31.") from None


def number(text: str, called: str = "A claim") -> Decimal:
    """The number that a text is.

    Raises:
        BadClaims: it is none.
    """
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise BadClaims(f"{called}: {text!r} is no number; write it like 0.01, with its unit apart.") from None
    if not found.is_finite() or abs(found.adjusted()) > 30:
        raise BadClaims(f"{called}: {text!r} is no number that anything is measured in.")
    return found
