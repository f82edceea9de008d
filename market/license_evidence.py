"""What the texts of a repository's license files make of its tag."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from market.license_tags import NOTHING, Tagged
from market.licenses import CLASSES, License


class Text(NamedTuple):
    """What a license file's bytes are: match as of `market.licenses.judge`, the license where one is accepted, else the nearest."""

    match: str
    license_id: str | None = None
    nearest_id: str | None = None


class Decided(NamedTuple):
    """What a repository's own tag and texts come to.

    Attributes:
        basis: text, unreviewed, tag_only, family or nothing.
        flags: text_differs, text_unreviewed.
        place: of the text that is shown for it, among those given; None without texts.
    """

    tagged: Tagged
    basis: str
    flags: tuple[str, ...] = ()
    place: int | None = None


def differs(tagged: Tagged, other: License, known: Mapping[str, License]) -> bool:
    """Whether a tag names another license than a text is; versions of a steward's own license count as one."""
    if tagged.license_class == "unknown" or tagged.license_id == other.license_id:
        return False
    if tagged.license_id is None:
        return tagged.license_class != other.license_class
    mine, own = known.get(tagged.license_id), "LicenseRef-"
    versions = mine is not None and mine.steward == other.steward and tagged.license_id.startswith(own) and other.license_id.startswith(own)
    return not (versions and other.steward)


def decide(tagged: Tagged, basis: str, texts: Sequence[Text], known: Mapping[str, License]) -> Decided:
    """What holds of a repository's own: a reviewed text, unless its tag is stricter; a text that nobody reviewed gives no license.

    Args:
        tagged: what the tag, or the author of the family, names.
        basis: what that rests on: tag_only, family or nothing.
        texts: what its license files are.
        known: id → license.
    """
    if not texts:
        return Decided(tagged, basis)
    read = [_meant(known.get(text.license_id or "")) for text in texts]
    flags = set()
    for text, meant in zip(texts, read, strict=True):
        near = known.get(text.license_id or text.nearest_id or "")
        if basis == "tag_only" and near and differs(tagged, near, known):
            flags.add("text_differs")
        elif meant is NOTHING:
            flags.add("text_unreviewed")
    place = max(range(len(read)), key=lambda at: CLASSES.index(read[at].license_class))
    told = tuple(sorted(flags))
    says = basis == "tag_only" or (basis == "family" and read[place] is NOTHING)
    if says and CLASSES.index(tagged.license_class) > CLASSES.index(read[place].license_class):
        return Decided(tagged, basis, told, place)
    return Decided(read[place], "unreviewed" if read[place] is NOTHING else "text", told, place)


def _meant(one: License | None) -> Tagged:
    return Tagged(one.license_id, one.license_class, one.term("commercial_use").value) if one else NOTHING
