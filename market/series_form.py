"""What an entry of series.toml may say, and in what form; tells the first thing that is wrong in words for its writer."""

from collections.abc import Mapping
from datetime import date
from typing import Any

WORD, WORDS, COUNT, DAY = "a word in quotes", "a list of words in quotes", "a whole number from 1 up", "a day such as 2025-01-01"
KEYS = {
    "says": WORD, "meters": WORDS, "per": WORD, "providers": COUNT, "known_before": DAY, "weights": WORD, "families": WORDS, "words": WORDS,
    "without": WORDS, "as_good_as": WORD, "benchmark": WORD,
}  # fmt: skip


def wrong(name: str, entry: Any) -> str | None:
    """What is wrong with the form of an entry, without a full stop; None where nothing is."""
    if not isinstance(entry, Mapping):
        return f"{name} stands outside of any series; write `[{name}]` and below it `says` and `meters`"
    if unknown := sorted(set(entry) - set(KEYS)):
        return f"{name} has the key {unknown[0]!r}; a series has {', '.join(KEYS)}"
    for key in ("says", "meters"):
        if not entry.get(key):
            return f"{name} has no {key}; every series needs says (whose prices these are) and meters"
    for key, value in entry.items():
        if not _fits(value, KEYS[key]):
            return f"{name}: {key} = {value!r} is wrong; it is {KEYS[key]}"
    return None


def _fits(value: Any, form: str) -> bool:
    if form == WORDS:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if form == COUNT:
        return type(value) is int and value > 0
    return type(value) is date if form == DAY else isinstance(value, str)
