"""The shape of JSON pages: which keys their records have and of which types, and what changed of it from one look to the next.

An object that works as a dictionary (its keys are names of things, its values alike) counts as a list, so that a new model is
not a new key.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from msgspec import DecodeError, json

DEEPEST, MOST_PATHS, LONGEST = 8, 2000, 200
NAMES = 4  # so many keys whose values are all alike may be names
MANY = 40  # so many keys whose values are all of one type are names
ALIKE = 0.8  # so many of such values share their commonest key
COMMON = 0.1  # a key that fewer of its siblings had is optional, and not lost where none has it now
PLAIN = {bool: "boolean", int: "number", float: "number", str: "text", dict: "object", list: "list"}
NOTHING = "nothing"

Path = tuple[str, ...]
Shape = dict[Path, Counter[str]]
"""For each key's path how often its value was of which type; `[]` stands for any item, `*` for any name."""


def shape(body: bytes) -> Shape:
    """The shape of a page; empty where it is not JSON, or has more paths than anyone would read."""
    found: Shape = {}
    try:
        _walk([json.decode(body)], (), found)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if len(found) < MOST_PATHS else {}


def _walk(values: list[Any], path: Path, found: Shape) -> None:
    """Notes what is at one path, then what lies below it."""
    if len(found) >= MOST_PATHS:
        return
    found[path] = Counter(PLAIN.get(type(value), NOTHING) for value in values)
    if len(path) == DEEPEST:
        return
    if items := [item for value in values if isinstance(value, list) for item in value]:
        _walk(items, (*path, "[]"), found)
    below: dict[str, list[Any]] = defaultdict(list)
    for value in values:
        if isinstance(value, dict):
            for key, inner in value.items():
                below[key].append(inner)
    if _names(below):
        below = {"*": [inner for inners in below.values() for inner in inners]}
    for key, inners in below.items():
        _walk(inners, (*path, key), found)


def _names(below: dict[str, list[Any]]) -> bool:
    """Whether keys are names of things: many whose values are of one type, or several whose values are objects that share keys."""
    if len(below) < NAMES:
        return False
    values = [value for inners in below.values() for value in inners if value is not None]
    types = {PLAIN.get(type(value), NOTHING) for value in values}
    if types != {"object"}:
        return len(types) == 1 and len(below) > MANY
    shared = Counter(key for value in values for key in value)
    return bool(shared) and shared.most_common(1)[0][1] >= ALIKE * len(values)


def merge(into: Shape, more: Shape) -> None:
    """Adds the shape of a page to that of others of its kind."""
    for path, types in more.items():
        into[path] = into.get(path, Counter()) + types


def changes(before: Shape, after: Shape) -> Iterator[tuple[str, str, str]]:
    """(kind, path, sentence) of each key that is new, lost or of another type; below a new or lost one nothing more is said."""
    if not before or not after:
        return
    for path, types in after.items():
        known, new = before.get(path), set(types) - {NOTHING}
        if known is None:
            if path[:-1] in before and _comparable(path, before, after):
                yield "new_key", _written(path), f"{_written(path)} is new: {_said(types)}, in {_share(after, path)}."
        elif new - set(known) and set(known) != {NOTHING}:
            yield "retyped_key", _written(path), f"{_written(path)} was {_said(known)} and is {_said(types)}."
    lost = (path for path in before if path not in after and path[:-1] in after and _comparable(path, before, after))
    for path in lost:
        if before[path].total() >= COMMON * _siblings(before, path):
            yield "lost_key", _written(path), f"{_written(path)} is gone; it was {_said(before[path])}, in {_share(before, path)}."


def _comparable(path: Path, before: Shape, after: Shape) -> bool:
    """Whether the keys beside this one were taken for names on both looks, or on neither."""
    names, objects = (*path[:-1], "*"), before[path[:-1]]["object"] and after[path[:-1]]["object"]
    return path[-1] != "[]" and (names in before) == (names in after) and objects > 0


def _siblings(shape: Shape, path: Path) -> int:
    """How many objects might have had the key."""
    return shape.get(path[:-1], Counter())["object"]


def _share(shape: Shape, path: Path) -> str:
    return f"{shape[path].total():,} of {_siblings(shape, path):,} places"


def _written(path: Path) -> str:
    return ".".join(path).replace(".[]", "[]").replace("\0", " ")[:LONGEST]


def _said(types: Counter[str]) -> str:
    return " or ".join(sorted(set(types) - {NOTHING}) or [NOTHING])
