"""The license in effect along a model's descent: never less restrictive than that of anything it was made from."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from market.license_tags import NOTHING, Tagged
from market.licenses import CLASSES

COMMERCE = ("yes", "limited", "unknown", "no")
RANK = {name: place for place, name in enumerate(CLASSES)}


class Effective(NamedTuple):
    """What holds for a model.

    Attributes:
        license_id: of the license that binds, None where its id is not known.
        license_class: the most restrictive of its own and all its ancestors'.
        commercial_use: likewise.
        comes_from: the model whose license binds, itself if that is its own.
        flags: laundering_suspect, base_unknown, naming_duty_unmet, lineage_cycle.
    """

    license_id: str | None
    license_class: str
    commercial_use: str
    comes_from: str
    flags: tuple[str, ...]


def ancestors(model: str, bases: Mapping[str, Sequence[str]]) -> tuple[list[str], bool]:
    """Everything a model was made from, nearest first, and whether it is among its own ancestors."""
    found: dict[str, None] = {}
    ahead = list(bases.get(model, ()))
    while ahead:
        here = ahead.pop(0)
        if here not in found:
            found[here] = None
            ahead.extend(bases.get(here, ()))
    return [name for name in found if name != model], model in found


def _inherits(model: str, own: Mapping[str, Tagged], bases: Mapping[str, Sequence[str]]) -> bool:
    """Whether a model says nothing of its own and stands on something that does, or on something nothing is known of."""
    if own.get(model, NOTHING).license_class != "unknown":
        return False
    line, _ = ancestors(model, bases)
    return any(own.get(name, NOTHING).license_class != "unknown" or not bases.get(name) for name in line)


def effective(model: str, own: Mapping[str, Tagged], bases: Mapping[str, Sequence[str]], named_after: Mapping[str, str]) -> Effective:
    """The license in effect for a model.

    Args:
        model: its id.
        own: id → what its own tag or text says; an id that is missing has what it was made from, else is unknown, never permissive.
        bases: id → what it was made from.
        named_after: license id → what names of models made from it begin with.
    """
    line, cycle = ancestors(model, bases)
    mine = own.get(model, NOTHING)
    held = {name: own.get(name, NOTHING) for name in (model, *line) if not _inherits(name, own, bases)}
    binding = max(held, key=lambda name: RANK[held[name].license_class])
    commerce = max((said.commercial_use for said in held.values()), key=COMMERCE.index)
    flags = []
    known = [held[name] for name in line if name in held and held[name].license_class != "unknown"]
    if mine.license_class != "unknown" and any(RANK[said.license_class] > RANK[mine.license_class] for said in known):
        flags.append("laundering_suspect")
    if any(name in held and held[name].license_class == "unknown" for name in line):
        flags.append("base_unknown")
    slug = model.rpartition("/")[2].lower()
    if any(not slug.startswith(named_after[said.license_id]) for said in known if said.license_id and said.license_id in named_after):
        flags.append("naming_duty_unmet")
    if cycle:
        flags.append("lineage_cycle")
    return Effective(held[binding].license_id, held[binding].license_class, commerce, binding, tuple(flags))
