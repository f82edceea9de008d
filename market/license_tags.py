"""A license tag, as a card or a leaderboard spells it, to a class: a hint that rests on no text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from license_expression import ExpressionError, get_spdx_licensing

from market.licenses import CLASSES, License

_WORDS = re.compile(r"\b(licen[cs]e[sd]?|community|agreement)\b")
_OTHER = re.compile(r"other \((.+)\)", re.IGNORECASE)
_NAMED = re.compile(r"(?<=[a-z])[\s_-]+(?=v?\d)")


class Tagged(NamedTuple):
    """What a tag hints at: the license where it names one, its class, and whether commerce is allowed (yes, limited, no, unknown)."""

    license_id: str | None
    license_class: str
    commercial_use: str


@cache
def _spdx() -> Any:
    return get_spdx_licensing()


NOTHING = Tagged(None, "unknown", "unknown")


def key(tag: str) -> str:
    """One spelling of a tag: `Apache 2.0 License` and `license:apache-2.0` are `apache-2.0`."""
    plain = _WORDS.sub(" ", tag.lower().removeprefix("license:"))
    return re.sub(r"[^a-z0-9.+]+", "-", plain).strip("-")


@dataclass(frozen=True)
class Tags:
    """What tags stand for, and which license an author's own models have.

    Attributes:
        tags: tag, as `key` spells it → what it hints at.
        families: pattern of a repository's id, lower case → what its author states.
    """

    tags: Mapping[str, Tagged]
    families: Sequence[tuple[re.Pattern[str], Tagged]]

    @classmethod
    def of(cls, said: Mapping[str, Any], known: Iterable[License]) -> "Tags":
        """The tags of reviewed licenses, and those of the file of facts."""
        licenses = {one.license_id: Tagged(one.license_id, one.license_class, one.term("commercial_use").value) for one in known}
        tags = {key(tag): licenses[one.license_id] for one in known for tag in (*one.tags, one.license_id)}

        def meant(entry: Mapping[str, str]) -> Tagged:
            if "license_id" in entry:
                return licenses.get(entry["license_id"], NOTHING)
            if "tag" in entry:
                return tags[key(entry["tag"])]
            return Tagged(None, entry["license_class"], entry.get("commercial_use", "unknown"))

        tags |= {tag: meant(entry) for tag, entry in said["tags"].items() if tag not in tags}
        return cls(tags, [(re.compile(entry["pattern"]), meant(entry)) for entry in said["families"]])

    def classify(self, tag: str | None) -> Tagged:
        """What a tag hints at; of a choice (OR) the least restrictive part, of several at once (AND) the most restrictive.

        A card that says `other (NAME)` names a license outside the Hub's list: an open one's name would contradict it, and says nothing.
        """
        if other := _OTHER.fullmatch((tag or "").strip()):
            named = self.classify(other[1])
            return NOTHING if named.license_class == "osi_open" else named
        plain = key(tag or "")
        if plain in self.tags:
            return self.tags[plain]
        if (joined := _NAMED.sub("", plain)) in self.tags:
            return self.tags[joined]
        try:
            parsed = _spdx().parse(tag or "", validate=False)
        except ExpressionError:
            return NOTHING
        return self._read(parsed) if parsed is not None else NOTHING

    def family(self, repository: str) -> Tagged:
        """What the author of a repository states of its family; nothing for most."""
        return next((meant for pattern, meant in self.families if pattern.fullmatch(repository.lower())), NOTHING)

    def _read(self, parsed: Any) -> Tagged:
        parts = [self._read(part) for part in getattr(parsed, "args", ())]
        if parts:
            pick = min if getattr(parsed, "operator", "").strip() in ("OR", "|") else max
            return pick(parts, key=lambda part: CLASSES.index(part.license_class))
        return self.tags.get(key(getattr(parsed, "key", "")), NOTHING)
