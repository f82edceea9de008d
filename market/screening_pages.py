"""What is believable of a whole page."""

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from market.screening_terms import Hold, plain, ratio

_MOVED = 3
_MOVED_SHARE = Decimal("0.2")
_COMMON = 2
_ENOUGH_LINES = 10

_Pairs = Sequence[tuple[Decimal, Decimal]]


def judge_page(moves: _Pairs, against: _Pairs, records: int, last_records: int | None) -> Hold | None:
    """Whether a whole page is to be held, every line of it.

    Args:
        moves: (old, new) of each line that the scope's preceding sighting had too, unmoved ones included.
        against: (other, new) of each line that independent families believe something of.
        records: how many records the page has.
        last_records: how many the last complete page had.
    """
    if last_records is not None and 2 * records < last_records:
        return Hold("shrunk", f"the page has {records:,} records, fewer than half of the {last_records:,} it had when last complete")
    moves, against = _positive(moves), _positive(against)
    moved = [pair for pair in moves if ratio(*pair) > _MOVED]
    off = [pair for pair in against if ratio(*pair) > _MOVED]
    return _moved(moves, moved, against, off) or _off(against)


def _moved(moves: _Pairs, moved: _Pairs, against: _Pairs, off: _Pairs) -> Hold | None:
    """Held where too many lines moved far at once, unless others show that the page is right now: it mends an old error."""
    if len(moves) < _ENOUGH_LINES or len(moved) <= _MOVED_SHARE * len(moves):
        return None
    if len(against) >= _ENOUGH_LINES and 2 * len(off) * len(moves) < len(moved) * len(against):
        return None
    factor = median(new / old for old, new in moved)
    old, new = moved[0]
    told = f"{len(moved):,} of {len(moves):,} prices moved more than {_MOVED} times at once, typically by a factor of {plain(factor)}"
    return Hold("page_moved", f"{told} (one from {plain(old)} to {plain(new)})")


def _off(against: _Pairs) -> Hold | None:
    """Held where most lines are off by one common factor from what others say."""
    if len(against) < _ENOUGH_LINES:
        return None
    factor = median(new / other for other, new in against)
    common = sum(ratio(new / other, factor) <= _COMMON for other, new in against)
    if ratio(factor, Decimal(1)) <= _MOVED or 2 * common <= len(against):
        return None
    return Hold("page_off", f"{common:,} of {len(against):,} prices are about {plain(factor)} times what independent sources say")


def _positive(pairs: _Pairs) -> list[tuple[Decimal, Decimal]]:
    return [pair for pair in pairs if pair[0] > 0 and pair[1] > 0]
