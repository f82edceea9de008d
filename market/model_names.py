"""What a model's id says: author, name, size, version, date, variant and quantization; by rules, never by likeness.

A name's form is lower case, its version's digits joined by dots (`claude-opus-4-5` → `claude-opus-4.5`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from market.identity import MAKERS
from market.model_facts import AUTHORS, CARRIERS, FAMILIES, MARKS, PLANS, ROUTES, SERVINGS, SIGNED, SNAPSHOTS, WORDS
from market.model_reviewed import REVIEWED
from market.model_spellings import spelled

_REGION = r"(?:us|eu|apac|ap|global|in|jp|au|ca|sa|me|us-gov|emea)\."
_DOTTED = re.compile(rf"^(?:{_REGION})?([a-z][a-z0-9-]*)\.(?=[a-z])")
_PLACE = re.compile(r"[a-z]+-[a-z]+-\d|us-gov-[a-z]+-\d")
_WRAPPED = re.compile(r"^.*?(?:accounts/[^/]+|publishers/[^/]+)/(?:models|routers)/|^@(?:cf|hf)/|^hf:")
_WORKSHOP = re.compile(r"^([^/]+)/[^/]+/models/(?=[^/]+$)")
_ROUTED = re.compile(r"-fast(?:-us|-eu)?$")
_SIZE = re.compile(r"^(?:\d+x)?\d+(?:\.\d+)?[bmt]$")
_ACTIVE = re.compile(r"^[ae]\d+(?:\.\d+)?b$")
_MEASURES = (_SIZE, _ACTIVE, re.compile(r"^\d+e$"), re.compile(r"^[a-z]{0,2}\.?\d+(?:\.\d+)*[a-z]?$|^\d+k$"))
_NUMBER_ALONE = re.compile(r"[vr]\d")
_NUMBER_AT_END = re.compile(r"[\d.]+[a-z]?$")
_DATE = re.compile(r"-(20\d\d)-?([01]\d)-?([0-3]\d)(?=-|$)")
_DAY = re.compile(r"-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$")
_MONTH = re.compile(r"-2[3-9](?:0[1-9]|1[0-2])$")
_SIZED = re.compile(r"-(?:\d+(?:\.\d+)?b|base)(?:-|$)")
_TRIAL = re.compile(r"-(?:exp|preview)(?:-|$)")
_VERSION = re.compile(r"(?:^|[a-z-])v?(\d+(?:\.\d+)*)(?![\dbmx])")
_TUNED = re.compile(r"-(?:instruct|it|chat|fp8|\d+b)$")
_VARIANTS = ("non-reasoning", "instruct", "thinking", "reasoning", "base", "chat", "it", "pt", "preview")
_AUTHOR = re.compile(r"[a-z0-9][a-z0-9._-]*")
_MARKUP = re.compile(r"[<\[\]{}!$`'\";\\\x00-\x1f]")
_KNOWN = frozenset({*FAMILIES.values(), *AUTHORS.values(), *SIGNED.values()})
_MARKED = frozenset(word for mark in SIGNED for word in mark.split("-"))
_PREFIX = re.compile(
    "databricks-|(meta|nvidia|openai|google|anthropic|mistralai|cohere|ai21|xai|xiaomi|zai-org|zai|deepseek-ai|moonshotai|moonshot"
    "|minimaxai|qwen|amazon|microsoft|ibm|nex-agi)-"
)


class Named(NamedTuple):
    """What an id says of a model.

    Attributes:
        author: one spelling; None where neither the id nor the family names one.
        slug: the name without quantization, plan and routing, and without a date that only repeats it.
        basis: stated, reviewed, author (the id names it), family (its names begin so), maker (sold by who makes it) or unresolved.
        size: as `70b` or `8x7b`; active: as `a3b`.
        dated: edition, ISO date.
        variant: instruct, it, chat, base, pt, thinking, reasoning, non-reasoning or preview.
    """

    author: str | None
    slug: str
    basis: str
    size: str | None = None
    active: str | None = None
    version: str | None = None
    dated: str | None = None
    variant: str | None = None
    quantization: str | None = None
    plan: str | None = None

    @property
    def model(self) -> str | None:
        """Canonical `author/slug`; None while unresolved."""
        return f"{self.author}/{self.slug}" if self.author else None


def author(name: str) -> str:
    """One spelling of an author: `deepseek-ai` and `deepseek` are `deepseek`."""
    plain = name.strip().lower()
    return AUTHORS.get(plain, plain)


def resolve(provider_id: str, model_id: str, stated: Mapping[str, str]) -> Named:
    """What a provider's id says, with what sources state of the same id before what the rules make of it.

    Args:
        provider_id: who bills, one spelling for all sources.
        model_id: as the source spells it.
        stated: an id in lower case → model, where a source states that both are one.
    """
    found = read(model_id)
    named = stated.get(model_id.strip().lower().partition(":")[0])
    if named and named != found.model:
        who, _, slug = named.partition("/")
        return found._replace(author=who, slug=slug, basis="stated")
    maker = MAKERS.get(provider_id)
    if (
        found.author is None
        and maker
        and found.slug
        and "/" not in model_id
        and ":" not in model_id
        and _begins(found.slug) in (None, maker)
    ):
        return found._replace(author=maker, basis="maker")
    return found


def links(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What sources state, as `resolve` takes it: an id in lower case → model; only between names of one author, and to one model.

    Args:
        pairs: an id, and another name that its source gives it (the repository at the Hub, the dated name).
    """
    found = defaultdict(set)
    for model_id, also in pairs:
        one, other = read(model_id), read(also)
        if one.model and one.author == other.author:
            found[also.strip().lower()].add(one.model)
    return {also: next(iter(models)) for also, models in found.items() if len(models) == 1}


@lru_cache(maxsize=65536)
def read(model_id: str) -> Named:
    """What an id says, however its provider decorates it: `us.anthropic.claude-3-5-haiku-20241022-v1:0`, `accounts/x/models/y`."""
    if _MARKUP.search(model_id):
        return Named(None, "", "unresolved")
    if model_id.startswith("~"):
        return Named(None, model_id, "unresolved")
    head, name, plan = _taken_apart(model_id.strip().lower())
    name, quantization = _packed(spelled(name))
    name = f"deepseek-{name}" if head == "deepseek" and _NUMBER_ALONE.match(name) else name
    family, name = _family(name)
    name, dated = _edition(name)
    who, slug, basis = _author(head, name, family)
    return Named(who, slug, basis, dated=dated, quantization=quantization, plan=plan, **_parts(slug))


def _author(head: str, name: str, family: str | None) -> tuple[str | None, str, str]:
    """Author, name and basis, from the author that the id names, and the one of the family that the name begins with."""
    known = REVIEWED.get(name)
    if known and (head not in _KNOWN or known.startswith(f"{head}/")):
        who, _, slug = known.partition("/")
        return who, slug, "reviewed"
    own = family is not None and _own(name, family)
    if own and (not head or head in _KNOWN):
        return family, name, "author" if head == family else "family"
    if name and (head in _KNOWN or (head and not own and _AUTHOR.fullmatch(head))):
        return head, name, "author"
    return None, name, "unresolved"


def _taken_apart(text: str) -> tuple[str, str, str | None]:
    """Author as named in the id, name, and plan."""
    path = [part for part in _WORKSHOP.sub(r"\1/", _WRAPPED.sub("", text)).split("/") if part]
    name, plan = _ends(path.pop() if path else "")
    name = _ROUTED.sub("", name) if "/routers/" in text else name
    path = [part for part in path if part not in CARRIERS and not _PLACE.fullmatch(part)]
    if name in CARRIERS and path:
        name = path.pop()
    head = author(re.sub(r"\s+\d$", "", path[-1])) if path else ""
    dotted, (before, dashes, after) = _DOTTED.match(name), name.partition("--")
    if dotted and author(dotted[1]) in _KNOWN:
        return author(dotted[1]), name[dotted.end() :], plan
    if dashes and author(before) in _KNOWN:
        return author(before), after, plan
    return head, name, plan


def _ends(name: str) -> tuple[str, str | None]:
    """The name without what follows a colon or an at sign, and the plan that this names."""
    found = None
    while (end := name.rpartition(":")[2]) != name and (end in PLANS or end in ROUTES):
        name, found = name.rpartition(":")[0], PLANS.get(end, found)
    return re.sub(r"@(?:default|latest)$", "", name).replace("@", "-"), found


def _packed(name: str) -> tuple[str, str | None]:
    """The name without ends that say how it is packed and served, and the packing."""
    quantization = None
    while True:
        rest, _, end = name.rpartition("-")
        if rest and end in MARKS:
            name, quantization = rest, end
        elif rest and end in SERVINGS and (end not in ("turbo", "lite", "fast", "ultra") or _TUNED.search(rest)):
            name = rest
        else:
            return name, quantization


def _family(name: str) -> tuple[str | None, str]:
    """Author of the family that a name begins with, its author's name before it dropped."""
    prefix = _PREFIX.match(name)
    if prefix:
        found, rest = _family(spelled(name[prefix.end() :]))
        if found and (prefix[1] is None or found == author(prefix[1])):
            return found, rest
    return _begins(name), name


def _begins(name: str) -> str | None:
    if re.match(r"llama-[\d.]+-nemotron", name):
        return "nvidia"
    if signed := _signed(name):
        return signed
    for length in range(len(name), 0, -1):
        if name[:length] in FAMILIES and (length == len(name) or name[length] in "-." or name[length].isdigit()):
            return FAMILIES[name[:length]]
    return None


def _edition(name: str) -> tuple[str, str | None]:
    """The name without a full date at its end, unless it has had several editions; and the date."""
    found = _DATE.search(name)
    if not found:
        return _without_day(name), None
    plain = name[: found.start()] + name[found.end() :]
    kept = name in REVIEWED or plain in SNAPSHOTS
    return name if kept else plain, "-".join(found.groups())


def _without_day(name: str) -> str:
    """The name without a month and a day, or a year and a month (`-2603`), at its end, where it is no trial and has had one edition only.

    What has a size, or `base`, in its name is a repository, whose name holds its month.
    """
    plain = _DAY.sub("", name) if _SIZED.search(name) else _MONTH.sub("", _DAY.sub("", name))
    return name if name in REVIEWED or plain in SNAPSHOTS or _TRIAL.search(name) else plain


def _signed(name: str) -> str | None:
    """The author that a word of the name, or two, is the mark of."""
    words = name.split("-")
    marks = [*words, *map("-".join, pairwise(words))]
    return next((SIGNED[mark] for mark in marks if mark in SIGNED), None)


def _own(name: str, who: str) -> bool:
    """Whether a name has no word that its author would not use; who signs a derivative also names what it was made from."""
    signs = _signed(name) == who
    return all(
        word in WORDS
        or any(pattern.match(word) for pattern in _MEASURES)
        or FAMILIES.get(family := _NUMBER_AT_END.sub("", word)) == who
        or (signs and (family in FAMILIES or word in _MARKED))
        or word in who
        for word in name.split("-")
        if word
    )


def _parts(name: str) -> dict[str, str | None]:
    words, version = name.split("-"), _VERSION.search(name)
    return {
        "size": next((word for word in words if _SIZE.match(word)), None),
        "active": next((word for word in words if _ACTIVE.match(word)), None),
        "version": version[1] if version else None,
        "variant": next((one for one in _VARIANTS if f"-{one}-" in f"{name}-"), None),
    }
