"""The shape of pages: what is a key and what a name, and what counts as a change."""

import json
from typing import Any

import pytest

from collector import shape


def page(value: Any) -> shape.Shape:
    return shape.shape(json.dumps(value).encode())


def told(before: Any, after: Any) -> list[tuple[str, str]]:
    return [(kind, path) for kind, path, _ in shape.changes(page(before), page(after))]


def models(count: int, **more: Any) -> list[dict[str, Any]]:
    return [{"id": f"m{n}", "pricing": {"prompt": "1", "completion": "2"}, **more} for n in range(count)]


NAMED = {f"m{n}": {"input": n, "output": n} for n in range(9)}


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({"data": models(5)}, {"data": models(9)}, []),
        ({"data": models(5)}, {"data": models(5, context=8)}, [("new_key", "data[].context")]),
        ({"data": models(5, context=8)}, {"data": models(5)}, [("lost_key", "data[].context")]),
        ({"data": models(5, context=8)}, {"data": models(5, context="8")}, [("retyped_key", "data[].context")]),
        ({"data": models(5, context=8)}, {"data": models(5, context=None)}, []),
        ({"data": models(5, context=None)}, {"data": models(5, context=8)}, []),
        ({"data": models(5, context=8)}, {"data": models(5, context=8.5)}, []),
        ({"data": models(5)}, {"items": models(5)}, [("new_key", "items"), ("lost_key", "data")]),
        ({"data": models(5)}, models(5), [("retyped_key", "")]),
        ({"data": [*models(50), {"rare": 1}]}, {"data": models(50)}, []),
        ({"data": models(50)}, {"data": [*models(50), {"rare": 1}]}, [("new_key", "data[].rare")]),
        (NAMED, {**NAMED, "new-model": {"input": 1, "output": 2}}, []),
        (NAMED, {**NAMED, "m0": {"input": 1, "output": 2, "cached": 3}}, [("new_key", "*.cached")]),
        ({f"p{n}": {"models": NAMED} for n in range(4)}, {f"p{n}": {"models": {}} for n in range(4)}, []),
        ({"rates": {f"m{n}": n for n in range(60)}}, {"rates": {f"m{n}": n for n in range(5, 90)}}, []),
        ({"cost": {"input": 1, "output": 2}}, {"cost": {"input": 1, "output": 2, "audio": 3}}, [("new_key", "cost.audio")]),
        ({"a.b": {"c": 1}}, {"a.b": {"c": 1, "d": 2}}, [("new_key", "a.b.d")]),
    ],
)
def test_what_changed(before: Any, after: Any, changes: list[tuple[str, str]]) -> None:
    assert told(before, after) == changes
    assert told(before, before) == told(after, after) == []


@pytest.mark.parametrize(
    "broken", [b"", b"<html>", b"\xff", b"[" * 100_000, json.dumps({f"k{n}": {"x": [{f"y{n}": 1}]} for n in range(3000)}).encode()]
)
def test_what_is_not_json_or_boundless_has_no_shape(broken: bytes) -> None:
    known = page({"data": models(3)})
    assert list(shape.changes(known, shape.shape(broken))) in ([], [("retyped_key", "", shape_said(broken, known))])
    assert len(shape.shape(broken)) < shape.MOST_PATHS


def shape_said(broken: bytes, known: shape.Shape) -> str:
    return next((said for _, _, said in shape.changes(known, shape.shape(broken))), "")


def test_a_sentence_says_how_much_of_it_there_was() -> None:
    before, after = page({"data": models(4, context=8)}), page({"data": models(4)})
    ((_, _, said),) = shape.changes(before, after)
    assert said == "data[].context is gone; it was number, in 4 of 4 places."


def test_pages_of_one_kind_count_together() -> None:
    """An optional key that only some pages have is not lost when one of them no longer has it."""
    before: shape.Shape = {}
    after: shape.Shape = {}
    for place in range(9):
        shape.merge(before, page({"data": models(2, **({"free": True} if place < 5 else {}))}))
        shape.merge(after, page({"data": models(2, **({"free": True} if place < 3 else {}))}))
    assert list(shape.changes(before, after)) == []
