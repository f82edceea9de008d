"""The belief at every instant of both times, held against a plain evaluation of its rules."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from market.belief import END, Belief, Word, beliefs

DAY = timedelta(days=1)
ZERO = datetime(2025, 1, 1, tzinfo=UTC)
KEY = ("input_mtok", None)


def day(number: float) -> datetime:
    return ZERO + number * DAY


@dataclass(frozen=True)
class Line:
    """What one offer of one source says of one price line in the course of time."""

    offer: int
    number: int
    trust: int
    family: str
    stated_from: int | None
    stale_from: datetime
    said: tuple[tuple[int, int, int | None, int | None], ...]  # day, price, day silent, stated end
    kept: bool


@st.composite
def lines(draw: st.DrawFn, dated: bool) -> list[Line]:
    found = []
    for number in range(draw(st.integers(1, 4))):
        days = sorted(draw(st.sets(st.integers(0, 12), min_size=1, max_size=3)))
        ends = []
        for place, at in enumerate(days):
            following = days[place + 1] if place + 1 < len(days) else None
            silent = following if following else draw(st.none() | st.integers(at + 1, 15))
            if following and draw(st.booleans()):
                silent = draw(st.integers(at + 1, following))
            ends.append((at, draw(st.integers(0, 3)), silent, draw(st.none() | st.integers(0, 16)) if dated else None))
        begin = draw(st.none() | st.integers(-3, 15)) if dated else None
        stale = day(14) if draw(st.integers(0, 4)) == 0 else END
        offer = draw(st.integers(0, number)) if begin is not None else number
        if any((line.offer, line.stated_from) == (offer, begin) for line in found):
            offer = number  # one offer states one price from one day
        found.append(
            Line(offer, number, draw(st.integers(3, 5)), draw(st.sampled_from("ab")), begin, stale, tuple(ends), draw(st.booleans()))
        )
    return found


def words(found: list[Line]) -> list[Word]:
    return [
        Word(
            line.number, line.offer, line.offer, KEY, line.family, line.trust, (str(line.number),), Decimal(price), day(at),
            END if silent is None else day(silent), line.kept, None if line.stated_from is None else day(line.stated_from),
            None if to is None else day(to), line.stale_from,
        )
        for line in found
        for at, price, silent, to in line.said
    ]  # fmt: skip


def at(found: list[Belief], valid: datetime, known: datetime) -> Belief | None:
    """The belief as the views look it up."""
    hits = []
    for belief in found:
        then = valid if belief.dated else min(valid, known)
        if belief.known_from <= known < belief.known_to and belief.valid_from <= then < belief.valid_to:
            hits.append(belief)
    assert len(hits) <= 1
    return hits[0] if hits else None


def plainly(said: list[Word], valid: datetime, known: datetime) -> tuple[Decimal, int] | None:
    """The rules once more, one instant at a time: amount and agreement."""
    dated = any(word.stated_from or word.stated_to for word in said)
    instant = valid if dated else min(valid, known)
    stood: dict[int, Word] = {}
    for word in sorted(said, key=lambda one: (one.stated_from is not None, one.stated_from or ZERO, one.seen_at)):
        if word.seen_at > known:
            continue
        ended = word.until <= known
        if word.stated_from is None:
            holds = word.seen_at <= instant and not (ended and word.until <= instant)
        else:
            later = any(o.line == word.line and word.seen_at < o.seen_at <= known for o in said)
            holds = word.stated_from <= instant and not later and not (ended and (not word.kept or word.until <= instant))
        if holds and (word.stated_to is None or instant < word.stated_to):
            stood[word.offer] = word
    votes: dict[Decimal, set[str]] = defaultdict(set)
    for word in stood.values():
        votes[word.usd].add(word.family)
    if not stood:
        return None
    best = min(stood.values(), key=lambda w: (instant >= w.stale_from, w.trust, -len(votes[w.usd]), END - w.seen_at, w.name))
    return best.usd, len(votes[best.usd])


def agree(found: list[Line]) -> None:
    said = words(found)
    made = beliefs(said)
    assert set(made) == set(beliefs(said[::-1])) and len(made) == len(set(made))
    for known in range(17):
        for valid in range(-4, 20):
            told = at(made, day(valid), day(known))
            plain = plainly(said, day(valid), day(known))
            if told is not None and told.assumed:
                assert plain is None
                assert told.best.seen_at > day(min(valid, known)) or told.dated
            else:
                assert (told and (told.best.usd, told.best.agreement)) == plain, (valid, known)


@given(lines(dated=False))
def test_undated_prices_are_believed_as_the_rules_say(found: list[Line]) -> None:
    agree(found)


@given(lines(dated=True))
def test_dated_prices_are_believed_as_the_rules_say(found: list[Line]) -> None:
    agree(found)


def one(price: int, seen: int, until: datetime = END, **more: object) -> Word:
    plain = Word(1, 1, 1, KEY, "a", 4, ("a",), Decimal(price), day(seen), until, False, None, None, END)
    return plain._replace(**more)


def test_before_anybody_spoke_the_earliest_word_is_assumed_and_says_so() -> None:
    made = beliefs([one(2, 5, day(8)), one(3, 8)])
    before = at(made, day(1), day(9))
    assert before is not None and before.assumed and before.best.usd == 2
    assert at(made, day(1), day(4)) is None, "nobody knew anything then"


def test_an_announcement_that_was_taken_back_is_gone_from_the_future_and_was_known_then() -> None:
    rise = one(9, 3, day(6), line=2, stated_from=day(10))
    made = beliefs([one(2, 0), rise])
    told = {known: at(made, day(11), day(known)) for known in (2, 4, 7)}
    assert {known: belief and belief.best.usd for known, belief in told.items()} == {2: 2, 4: 9, 7: 2}


def test_a_correction_changes_the_past_and_not_what_was_known_of_it() -> None:
    made = beliefs([one(5, 3, day(6), stated_from=day(1)), one(4, 6, stated_from=day(1))])
    assert [(belief.best.usd) for known in (4, 7) if (belief := at(made, day(2), day(known)))] == [5, 4]


def test_a_dated_price_of_an_offer_that_went_was_true_until_it_went() -> None:
    made = beliefs([one(5, 3, day(6), kept=True, stated_from=day(1))])
    assert at(made, day(2), day(9)) is not None and at(made, day(7), day(9)) is None


def test_copies_of_what_its_seller_took_off_its_list_end_with_it_and_news_of_it_count() -> None:
    seller = one(5, 0, day(6), trust=2, kept=True)
    copy = one(5, 1, line=2, scope=2, offer=2, trust=4, family="b")
    made = beliefs([seller, copy])
    assert at(made, day(5), day(9)) is not None and at(made, day(7), day(9)) is None
    news = one(4, 8, line=3, scope=3, offer=3, trust=4, family="c")
    later = at(beliefs([seller, copy, news]), day(9), day(9))
    assert later is not None and later.best.usd == 4
    relisted = one(3, 10, line=1, trust=2)
    again = at(beliefs([seller, copy, relisted]), day(8), day(12))
    assert again is not None and again.best.usd == 5, "a gap of the seller's own says nothing while it lists the thing again"
    renamed = beliefs([seller._replace(kept=False), copy])
    assert at(renamed, day(7), day(9)) is not None, "it still lists the offer, only not this price"


def test_the_sellers_own_hours_replace_the_trackers_from_when_they_are_known() -> None:
    theirs = one(2, 0, line=2, scope=2, offer=2, trust=4, key=("input_mtok", "utc 01:00-04:00"))
    own = one(2, 5, trust=1, key=("input_mtok", "utc mon-fri 01:00-04:00"))
    tier = one(3, 0, line=3, scope=3, offer=3, trust=4, key=("input_mtok", "input>200000"))
    told = {
        (number, made.best.line)
        for number in (3, 7)
        for made in beliefs([theirs, own, tier])
        if not made.assumed and made.known_from <= day(number) < made.known_to and made.valid_from <= day(number) < made.valid_to
    }
    assert told == {(3, 2), (3, 3), (7, 1), (7, 3)}


def test_a_tracker_that_states_the_sellers_hours_agrees_with_it_until_the_seller_states_others() -> None:
    hours = ("input_mtok", "utc 01:00-04:00")
    own = one(2, 0, day(6), trust=1, key=hours)
    others = one(3, 6, trust=1, line=4, key=("input_mtok", "utc 02:00-05:00"))
    tracker = one(2, 3, line=2, scope=2, offer=2, trust=4, family="b", key=hours)
    told = [
        (made.best.line, made.best.agreement)
        for number in (2, 4, 7)
        for made in beliefs([own, others, tracker])
        if not made.assumed and made.known_from <= day(number) < made.known_to and made.valid_from <= day(number) < made.valid_to
    ]
    assert told == [(1, 1), (1, 2), (4, 1)]


def test_what_was_over_before_it_was_seen_is_assumed_until_then() -> None:
    made = beliefs([one(7, 5, stated_to=day(3))])
    told = {number: at(made, day(number), day(9)) for number in (1, 4)}
    assert told[1] is not None and told[1].assumed and told[1].best.usd == 7 and told[4] is None
