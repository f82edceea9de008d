"""License files and cards of repositories: which names they go by, and when one is worth asking for."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

MOST_FILES = 4
CARD = "README.md"
RECHECK = timedelta(days=30)
GATED = (401, 403)
GONE = (404, 410, 451)

_NAME = re.compile(
    r"(?:[\w.]+[-_ .])?(?:licen[cs]es?|copying|(?:acceptable[-_ ])?use[-_ ]policy|terms[-_ ]of[-_ ](?:use|service))(?![a-z]).*", re.I
)
_UNREADABLE = re.compile(r".*\.(?:pdf|docx?|odt|rtf|png|jpe?g|svg|json|jsonl|ya?ml|py|zip|gz|bin|safetensors)", re.I)
_ASIDE = re.compile(r"policy|(?<![a-z])(?:code|third[-_ ]?party|dependenc)", re.I)


class Repository(NamedTuple):
    """A repository with license files, as a listing tells it.

    Attributes:
        name: as the Hub spells it.
        revision: the commit it stands at.
        declared: the tag of its card.
        used: how much it is used, for which comes first.
        files: name of each license file, and of the card → its address at that revision.
    """

    name: str
    revision: str
    declared: str | None
    used: int
    files: Mapping[str, str]


class Asked(NamedTuple):
    """When a repository's license files were last asked for, under which revision and tag, and all the names ever asked."""

    asked_at: datetime
    revision: str
    declared: str | None
    names: frozenset[str]


def named(names: Iterable[str]) -> tuple[str, ...]:
    """The license files among the names of a repository's files: at the top, readable, the shortest names first, few; then its card."""
    names = tuple(names)
    found = {name for name in names if "/" not in name and len(name) <= 100 and _NAME.fullmatch(name) and not _UNREADABLE.fullmatch(name)}
    card = [CARD] if CARD in names else []
    return (*sorted(found, key=lambda name: (not binds(name), len(name), name))[:MOST_FILES], *card)


def binds(name: str) -> bool:
    """Whether a license file is about the weights: a policy belongs to the license that names it, that of the code is another."""
    return not _ASIDE.search(name)


def due(one: Repository, asked: Asked | None, now: datetime) -> bool:
    """Whether a repository's files are to be asked for: never asked, a new name, another tag, or another revision after a month."""
    if asked is None or not asked.names.issuperset(one.files) or asked.declared != one.declared:
        return True
    return asked.revision != one.revision and now - asked.asked_at >= RECHECK
