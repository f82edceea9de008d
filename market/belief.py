"""What is believed, and what was: of all good statements about one thing, the best at each instant of two times.

Trust decides first, then how many independent families agree, then who spoke last; a source that has failed counts last.
A price that its source dates holds from that day as soon as it is known; one that it does not date holds from the day it
was seen, and before anybody had said anything the earliest is assumed. What others go on quoting of a thing that its own
seller has taken off its list is a stale copy and not believed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

START = datetime(1000, 1, 1, tzinfo=UTC)
"""Before all time; a date that every client can read, in every time zone."""
END = datetime(9999, 1, 1, tzinfo=UTC)
"""After all time, likewise."""
SELLER = 2
"""Sources of this trust or better are who sells it: its own page, its own interface."""
_DIGITS = Decimal("0.000001")


class Word(NamedTuple):
    """A good statement and how long it was said.

    Attributes:
        line: the source's price line; scope: the page.
        key: meter and condition.
        family: sources of one family count once.
        trust: 1 (best) to 4.
        name: decides between equals; the same in whatever order statements came.
        usd: USD per the meter's unit.
        until: when the source said something else, or had fallen silent for long enough; END while it stands.
        kept: what ended was the offer, so that the price held until then; else the source took its word back.
        stated_from: begin of the price as the source states it.
        stated_to: its end, as stated.
        stale_from: from when on its source counts as failed; END where it does not.
    """

    line: int
    scope: int
    offer: int
    key: tuple[str, str | None]
    family: str
    trust: int
    name: tuple[str, ...]
    usd: Decimal
    seen_at: datetime
    until: datetime
    kept: bool
    stated_from: datetime | None
    stated_to: datetime | None
    stale_from: datetime


class Best(NamedTuple):
    """The best statement, and who agrees; of a free lowest price there is no spread."""

    line: int
    scope: int
    usd: Decimal
    seen_at: datetime
    agreement: int
    families: int
    spread: Decimal | None
    stale: bool


class Belief(NamedTuple):
    """What was believed of an instant in [valid_from, valid_to) by who knew what was known in [known_from, known_to).

    Attributes:
        dated: stated dates are involved; else the price of an instant to come is the price of the last instant known.
        assumed: nobody had said anything yet; the earliest statement is taken.
    """

    best: Best
    known_from: datetime
    known_to: datetime
    valid_from: datetime
    valid_to: datetime
    dated: bool
    assumed: bool


class _Span(NamedTuple):
    begin: datetime
    end: datetime
    word: Word
    stale: bool = False


class _Segment(NamedTuple):
    begin: datetime
    end: datetime
    best: Best
    dated: bool


def beliefs(words: Iterable[Word]) -> list[Belief]:
    """All that was ever believed of one thing on sale."""
    keys: dict[tuple[str, str | None], list[Word]] = defaultdict(list)
    for word in _sellers_terms(list(words)):
        keys[word.key].append(word)
    found: list[Belief] = []
    for said in keys.values():
        known = _off_sale(said)
        if any(word.stated_from or word.stated_to for word in known):
            found += _dated(known)
        else:
            found += _undated(known)
    return found


def _sellers_terms(words: Sequence[Word]) -> list[Word]:
    """Hours, tiers and the like are a set: while its seller states its own, no others of that kind count."""
    stated: dict[tuple[str, str], list[Word]] = defaultdict(list)
    for word in words:
        if word.trust <= SELLER and word.key[1] is not None:
            stated[word.key[0], _kind(word.key[1])].append(word)
    if not stated:
        return list(words)
    found = []
    for word in words:
        sellers = stated.get((word.key[0], _kind(word.key[1] or "")))
        if word.trust <= SELLER or not sellers or word.seen_at >= max(own.until for own in sellers):
            found.append(word)
            continue
        end = min(own.seen_at for own in sellers)
        same = [own for own in sellers if own.key == word.key]
        if same and min(own.seen_at for own in same) <= max(word.seen_at, end):
            end = max(own.until for own in same)
        if word.seen_at < end:
            found.append(word if word.until <= end else word._replace(until=end, kept=True))
    return found


def _kind(condition: str) -> str:
    """What a condition is about: `utc` of `utc mon-fri 01:00-04:00`, `input` of `input>200000`."""
    return re.split(r"[^a-z_]", condition, maxsplit=1)[0]


def _off_sale(words: Sequence[Word]) -> Sequence[Word]:
    """Once who sells it has stopped listing it, what others had written down before is a stale copy; what they say later counts."""
    sellers = [word for word in words if word.trust <= SELLER]
    off = max((word.until for word in sellers if word.kept), default=END)
    if off == END or any(word.until > off for word in sellers):
        return words
    return [word._replace(until=min(word.until, off), kept=True) if word.seen_at < off else word for word in words]


def _undated(words: Sequence[Word]) -> list[Belief]:
    segments = _segments([_Span(word.seen_at, word.until, word) for word in words])
    found = [Belief(s.best, s.begin, END, s.begin, s.end, False, False) for s in segments]
    if found:
        first = segments[0]
        found.append(Belief(first.best, first.begin, END, START, first.begin, False, True))
    return found


def _dated(words: Sequence[Word]) -> list[Belief]:
    """Piece by piece of what was known; what stays the same from one to the next is one belief."""
    edges = sorted({edge for word in words for edge in (word.seen_at, word.until)} | {END})
    found: list[Belief] = []
    open_: dict[Belief, datetime] = {}
    for since, until in pairwise(edges):
        now = set(_as_known(words, since))
        over = open_.keys() - now
        found += [belief._replace(known_from=open_.pop(belief), known_to=since) for belief in over]
        for belief in now:
            open_.setdefault(belief, since)
        if until == END:
            found += [belief._replace(known_from=opened, known_to=END) for belief, opened in open_.items()]
    return found


def _as_known(words: Sequence[Word], at: datetime) -> list[Belief]:
    last: dict[tuple[int, int], Word] = {}
    for word in words:
        place = (word.line, word.scope)
        if word.stated_from is not None and word.seen_at <= at and (place not in last or last[place].seen_at < word.seen_at):
            last[place] = word
    spans = []
    for word in [*last.values(), *(word for word in words if word.stated_from is None and word.seen_at <= at)]:
        ended = word.until <= at
        if ended and word.stated_from is not None and not word.kept:
            continue
        end = min(word.stated_to or END, word.until if ended else END)
        spans.append(_Span(word.stated_from or word.seen_at, end, word))
    segments = _segments(spans)
    found = [Belief(s.best, START, END, s.begin, s.end, True, False) for s in segments]
    first = segments[0].begin if segments else END
    # What had ended by its own word before it was first seen is assumed for the time before.
    over = [_Span(START, w.stated_to, w) for w in words if w.stated_from is None and w.stated_to and w.stated_to <= w.seen_at <= at]
    before = [s for s in _segments(over) if s.begin < first]
    found += [Belief(s.best, START, END, s.begin, min(s.end, first), True, True) for s in before]
    if segments and not segments[0].dated:
        begin = min(before[-1].end, first) if before else START
        found += [Belief(segments[0].best, START, END, begin, first, True, True)] if begin < first else []
    return found


def _segments(spans: Iterable[_Span]) -> list[_Segment]:
    """The best at each instant, equal neighbors as one, in order of time."""
    spans = list(spans)
    if len(spans) == 1 and spans[0].end <= spans[0].word.stale_from:  # most prices were stated once
        only = spans[0]
        return [_Segment(only.begin, only.end, _best(spans), only.word.stated_from is not None)] if only.begin < only.end else []
    pieces = sorted((piece for span in spans for piece in _split(span) if piece.begin < piece.end), key=attrgetter("begin"))
    if len({(piece.word.offer, piece.word.scope) for piece in pieces}) == 1 and all(a.end <= b.begin for a, b in pairwise(pieces)):
        return _joined(_Segment(p.begin, p.end, _best([p]), p.word.stated_from is not None) for p in pieces)
    edges = sorted({edge for piece in pieces for edge in (piece.begin, piece.end)})
    found = []
    alive: list[_Span] = []
    coming = pieces[::-1]
    for begin, end in pairwise(edges):
        alive = [piece for piece in alive if piece.end > begin]
        while coming and coming[-1].begin <= begin:
            alive.append(coming.pop())
        if alive:
            chosen = _in_force(alive)
            best = _best(chosen)
            dated = any(piece.word.line == best.line and piece.word.stated_from is not None for piece in chosen)
            found.append(_Segment(begin, end, best, dated))
    return _joined(found)


def _split(span: _Span) -> tuple[_Span, ...]:
    stale_from = span.word.stale_from
    if stale_from >= span.end:
        return (span,)
    if stale_from <= span.begin:
        return (span._replace(stale=True),)
    return (span._replace(end=stale_from), span._replace(begin=stale_from, stale=True))


def _in_force(alive: Sequence[_Span]) -> list[_Span]:
    """Of several lines of one price the one that began last, as its source states; an undated one is before them."""
    ordered = sorted(alive, key=lambda p: (p.word.offer, p.word.scope, p.word.stated_from or START, p.word.seen_at))
    return [list(same)[-1] for _, same in groupby(ordered, key=lambda piece: (piece.word.offer, piece.word.scope))]


def _best(chosen: Sequence[_Span]) -> Best:
    if len(chosen) == 1:
        word = chosen[0].word
        return Best(word.line, word.scope, word.usd, word.seen_at, 1, 1, Decimal(1) if word.usd else None, chosen[0].stale)
    votes: dict[Decimal, set[str]] = defaultdict(set)
    for piece in chosen:
        votes[piece.word.usd].add(piece.word.family)

    def order(piece: _Span) -> tuple[object, ...]:
        word = piece.word
        return (piece.stale, word.trust, -len(votes[word.usd]), END - word.seen_at, word.name)

    best = min(chosen, key=order)
    low, high = min(votes), max(votes)
    spread = (high / low).quantize(_DIGITS).normalize() if low else None
    families = len({piece.word.family for piece in chosen})
    word = best.word
    return Best(word.line, word.scope, word.usd, word.seen_at, len(votes[word.usd]), families, spread, best.stale)


def _joined(segments: Iterable[_Segment]) -> list[_Segment]:
    found: list[_Segment] = []
    for segment in segments:
        if found and found[-1].end == segment.begin and found[-1].best == segment.best:
            found[-1] = found[-1]._replace(end=segment.end)
        else:
            found.append(segment)
    return found
