"""What a repository's card says of its license in words, beside its tag."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from market import license_flags
from market.license_evidence import Decided, differs
from market.license_tags import Tagged
from market.license_text import Reading
from market.licenses import CLASSES, License

_CODE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1", re.M | re.S)
_STATED = re.compile(
    r"\b(?:licen[cs]ed|released|distributed|available|provided|governed|published|shared)\b (?:\w+ )?(?:under|by) (?:an? |the )?"
    r"(?:terms of (?:the )?)?(?P<name>\w[\w .+-]{1,50}?)(?: licen[cs]e\b| agreement\b| terms\b|$)(?: agreement\b)?"
    r"(?:,? (?:version |v)?(?P<version>\d[\d.]*))?",
    re.I,
)
_LINE = re.compile(r"^\W*licen[cs]e\W*:\W*(?P<name>[\w][\w .+-]{1,50}?)(?: licen[cs]e)?\W*$", re.I | re.M)
_ELSE = re.compile(r"\b(?:data ?sets?|corpus|source code|code|library|scripts?|base model|tokenizer|paper|images?|documentation)\b", re.I)
_FORBIDS = re.compile(
    r"\b(?:not|non|no|only|solely|must|shall|prohibit\w*|forbid\w*|restrict\w*|requires?|unless|except|exclu\w*|without)\b|n['’]t\b", re.I
)
_NEVER = frozenset({"non_commercial", "research_only"})
_LIMITS = frozenset({"users", "revenue", "military", "registration", "territory"})
_CLOSED = frozenset({"noncommercial", "research_only", "none"})
_OPEN = frozenset({"osi_open", "permissive_unapproved", "unknown"})


class Card(NamedTuple):
    """What a card comes to.

    Attributes:
        license_id: of a reviewed text that it holds whole; None where it holds none.
        said: the license that its words name, as a tag; None where they name none.
        flags: what its words forbid: non_commercial, research_only, users, revenue, military, registration, territory.
    """

    license_id: str | None
    said: str | None
    flags: tuple[str, ...]


def said(text: str, classify: Callable[[str], Tagged]) -> str | None:
    """The license that a card's words put the model under: the most restrictive of those that it names, None without one that is known."""
    plain = Reading(_CODE.sub("\n", text))
    found = [(m["name"], "") for m in _LINE.finditer(plain.text)]
    for sentence in plain.sentences:
        if not _ELSE.search(sentence.written):
            found += [(m["name"], m["version"] or "") for m in _STATED.finditer(sentence.written)]
    names = [" ".join(f"{name} {version}".split()) for name, version in found]
    known = [name for name in names if classify(name).license_class != "unknown"]
    return max(known, key=lambda name: CLASSES.index(classify(name).license_class), default=None)


def forbids(text: str) -> tuple[str, ...]:
    """What a card's words forbid or ask of some; hints, found by patterns of words."""
    sentences = [s.written for s in Reading(_CODE.sub("\n", text)).sentences if _FORBIDS.search(s.written)]
    return tuple(sorted({flag.flag for flag in license_flags.raised(sentences)} & (_NEVER | _LIMITS)))


def beside(own: Decided, card: Card, says: Tagged, known: Mapping[str, License]) -> tuple[Decided, bool]:
    """What holds once the card is read, never less than what held without it, and whether that rests on the card.

    Args:
        own: what tag and license files come to.
        card: what the card says.
        says: what `card.said` stands for.
        known: id → license.
    """
    whole = known.get(card.license_id or "")
    meant = Tagged(whole.license_id, whole.license_class, whole.term("commercial_use").value) if whole else says
    mine = own.tagged
    forbidden = set() if whole else set(card.flags)
    differing = meant.license_class != "unknown" and own.basis in ("tag_only", "text") and _differs(mine, meant, known)
    silent = own.basis == "nothing" and not (forbidden and meant.license_class in _OPEN)
    stricter = own.basis in ("tag_only", "family") and CLASSES.index(meant.license_class) >= CLASSES.index(mine.license_class)
    takes = meant.license_class != "unknown" and (silent or (whole is not None and stricter))
    holds = meant if takes else mine
    torn = (forbidden and holds.license_class in _OPEN) or (forbidden & _NEVER and holds.license_class not in _CLOSED)
    raised = {"card_differs"} if differing else set()
    raised |= {"card_restricts"} if torn else set()
    told = own._replace(tagged=holds, basis="card" if takes else own.basis, flags=tuple(sorted({*own.flags, *raised})))
    return told, takes or bool(raised)


def _differs(mine: Tagged, other: Tagged, known: Mapping[str, License]) -> bool:
    named = known.get(other.license_id or "")
    return differs(mine, named, known) if named else other.license_class != mine.license_class
