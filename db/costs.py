"""Prices over time, read for costing: an offer's whole past in one question, however many instants are asked about it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

import psycopg

from db import beliefs, engine
from market import identity
from market.belief import END, Belief, Word
from market.belief import beliefs as believed
from market.cost import FALLS_BACK, Price
from market.errors import MarketError
from market.tariff import Offered, Span, Tariff, tells_hours

OFFERS = """
select o.id, s.name, o.provider, o.provider_id, o.model_key, o.model, o.endpoint, o.plan, o.thing
from ledger.offer as o inner join ledger.source as s on s.id = o.source_id
"""

HELD = """
select q.line_id, q.seen_at, q.scope_id
from judged as j
inner join ledger.offer as o on o.thing = j.thing
inner join ledger.price_line as l on l.offer_id = o.id
inner join ledger.quarantine as q on q.line_id = l.id
"""


class UnknownOffer(MarketError):
    """No source lists this offer."""


class Asked(NamedTuple):
    """An offer by name; names are canonical or as any source spells them.

    Attributes:
        source: only what this source says; None for what is believed of all.
    """

    provider: str | None
    model: str
    plan: str = "standard"
    endpoint: str | None = None
    source: str | None = None


class _Row(NamedTuple):
    offer: int
    source: str
    provider: str
    provider_id: str
    model_key: str
    model: str | None
    endpoint: str | None
    plan: str
    thing: str


class _Found(NamedTuple):
    """What an offer asked for is: the thing, and of which of its offers alone the prices are to be taken."""

    row: _Row
    only: frozenset[int]
    below: frozenset[int]

    @property
    def standard(self) -> str:
        """The same thing under the standard plan."""
        return f"{self.row.thing.rpartition('|')[0]}|standard"


class Told:
    """All that was ever stated about the things named in the temporary table `judged`, and what is believed of it now."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.rows: dict[str, list[beliefs.Stated]] = defaultdict(list)
        for row in beliefs.stated(connection, beliefs.voices(connection)):
            self.rows[row.thing].append(row)
        self._native = {
            (row.line, row.scope, row.seen_at): {"native": row.native, "currency": row.currency, "rate_on": row.rate_on}
            for said in self.rows.values()
            for row in said
            if row.native is not None
        }
        self._now = datetime.now(UTC)
        self._names: dict[int, list[str]] = dict(connection.execute(beliefs.NAMES).fetchall())
        self._held: set[tuple[int, datetime, int]] = set(connection.execute(HELD).fetchall())
        self._stale: dict[int, datetime] = dict(connection.execute(beliefs.STALE).fetchall())
        self._urls: dict[int, str] = dict(connection.execute("select id, url from ledger.scope").fetchall())

    def tariff(self, thing: str, only: frozenset[int] = frozenset()) -> Tariff:
        """The prices of a thing that are believed now to hold at any time; or of some of its offers alone."""
        words = self._words(self.rows.get(thing, ()), only)
        meters = defaultdict(set)
        for word in words:
            if tells_hours(word.key[1]):
                meters[word.offer].add(word.key[0])
        ordinary = [
            span
            for offer, told in meters.items()
            for span in self._spans([word for word in words if word.offer == offer and word.key[1] is None and word.key[0] in told])
        ]
        return Tariff(self._spans(words), ordinary)

    def _spans(self, words: Sequence[Word]) -> Iterator[Span]:
        by_line = {(word.line, word.scope, word.seen_at): word for word in words}
        for belief in believed(words):
            if belief.known_from <= self._now < belief.known_to:
                best = belief.best
                word = by_line[best.line, best.scope, best.seen_at]
                price = Price(*word.key, word.usd, self._quote(word, belief))
                yield Span(price, belief.valid_from, belief.valid_to, word.offer)

    def _quote(self, word: Word, belief: Belief) -> dict[str, Any]:
        source, provider, model_key, endpoint = self._names[word.offer]
        return {
            "source": source,
            "source_key": f"{provider}/{model_key}",
            "endpoint": endpoint or None,
            "valid_from": word.stated_from or word.seen_at,
            "valid_from_basis": "assumed" if belief.assumed else "stated" if word.stated_from else "seen",
            "agreement": belief.best.agreement,
            "evidence_url": self._urls[word.scope],
            "line_id": word.line,
            "held": (word.line, word.seen_at, word.scope) in self._held,
            **self._native.get((word.line, word.scope, word.seen_at), {}),
        }

    def _words(self, rows: Iterable[beliefs.Stated], only: frozenset[int]) -> list[Word]:
        """The good statements; of one source alone all it says, since then it is asked what that source says."""
        found = []
        for _, said in groupby((row for row in rows if not only or row.offer in only), key=lambda row: (row.line, row.scope)):
            for row, until, kept in beliefs.lasting(said, () if only else self._held):
                name, stale = tuple(self._names[row.offer]), self._stale.get(row.scope, END)
                found.append(
                    Word(
                        row.line, row.scope, row.offer, (row.meter, row.condition), row.family, row.trust, name, row.usd,
                        row.seen_at, until, kept, row.stated_from, row.stated_to, stale,
                    )
                )  # fmt: skip
        return found


class Market:
    """The offers of the ledger by name, and the prices of those that are asked for."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._by_model: dict[str, list[_Row]] = defaultdict(list)
        for row in map(_Row._make, connection.execute(OFFERS).fetchall()):
            for name in {row.model_key.lower(), row.model or "", f"{row.provider}/{row.model_key}".lower()} - {""}:
                self._by_model[name].append(row)

    def offers(self, wanted: Iterable[Asked]) -> dict[Asked, Offered | MarketError]:
        """Each offer asked for, ready to cost anything at any time; or why there is none."""
        found: dict[Asked, _Found | MarketError] = {}
        for asked in dict.fromkeys(wanted):
            try:
                found[asked] = self._find(asked)
            except MarketError as error:
                found[asked] = error
        known = [one for one in found.values() if isinstance(one, _Found)]
        told = self._told({thing for one in known for thing in (one.row.thing, one.standard)})
        tariffs: dict[tuple[str, frozenset[int]], Tariff] = {}

        def tariff(thing: str, only: frozenset[int]) -> Tariff:
            if (thing, only) not in tariffs:
                tariffs[thing, only] = told.tariff(thing, only)
            return tariffs[thing, only]

        def offered(one: _Found) -> Offered:
            row = one.row
            below = tariff(one.standard, one.below) if row.plan in FALLS_BACK else None
            return Offered(tariff(row.thing, one.only), below, row.plan, row.provider_id, row.model_key)

        return {asked: offered(one) if isinstance(one, _Found) else one for asked, one in found.items()}

    def _find(self, asked: Asked) -> _Found:
        """The thing that is meant.

        Raises:
            UnknownOffer: there is none, or there are several.
        """
        rows = self._named(asked)
        here = [row for row in rows if row.plan == asked.plan and (asked.endpoint is None or row.endpoint == asked.endpoint)]
        if not here:
            plans = ", ".join(sorted({row.plan for row in rows}))
            more = f"; its plans are {plans}" if rows and asked.plan not in plans.split(", ") else ""
            raise UnknownOffer(
                f"{_spelled(asked)} is not listed{more}; `modelmarket sql 'select distinct source_key from listing'` names all"
            )
        best = min(_likeness(row, asked) for row in here)
        here = [row for row in here if _likeness(row, asked) == best]
        plain = [row for row in here if row.endpoint is None] or here
        if len({row.thing for row in plain}) > 1:
            several = ", ".join(sorted({" ".join(filter(None, (row.provider, row.endpoint))) for row in plain})[:8])
            raise UnknownOffer(
                f"{_spelled(asked)} is sold in several ways; say a provider, and an endpoint where it has several: {several}"
            )
        row = plain[0]
        if not asked.source:
            return _Found(row, frozenset(), frozenset())
        same = [one for one in rows if (one.provider, one.model_key, one.endpoint) == (row.provider, row.model_key, row.endpoint)]
        below = frozenset(one.offer for one in same if one.plan == "standard")
        return _Found(row, frozenset(one.offer for one in same if one.plan == row.plan), below)

    def _named(self, asked: Asked) -> list[_Row]:
        """The offers whose provider and model may be the ones meant, under any plan."""
        names = {asked.model.strip().lower(), identity.canonical(asked.model) or ""} - {""}
        rows = [row for name in names for row in self._by_model.get(name, ())]
        if asked.provider is not None:
            who = identity.provider_id(asked.provider)
            rows = [row for row in rows if row.provider_id == who or row.provider.lower() == asked.provider.strip().lower()]
        return [row for row in dict.fromkeys(rows) if asked.source in (None, row.source)]

    def _told(self, things: Collection[str]) -> Told:
        self._connection.execute("create temp table judged (thing text primary key) on commit drop")
        with self._connection.cursor().copy("copy judged from stdin") as copy:
            for thing in things:
                copy.write_row((thing,))
        self._connection.execute("analyze judged")
        return Told(self._connection)


def offers(wanted: Iterable[Asked]) -> dict[Asked, Offered | MarketError]:
    """Each offer asked for with its prices of all times, or why there is none; nothing is written."""
    with engine.connect("collector") as connection:
        return Market(connection).offers(wanted)


def _likeness(row: _Row, asked: Asked) -> tuple[bool, bool, bool]:
    """Exact spelling first, then any case, then canonical names."""
    provider = asked.provider or row.provider
    return (
        row.model_key.lower() != asked.model.strip().lower(),
        row.provider.lower() != provider.strip().lower(),
        (row.provider, row.model_key) != (provider, asked.model),
    )


def _spelled(asked: Asked) -> str:
    words = [f"{asked.model!r}", f"at {asked.provider!r}" if asked.provider else "", f"under the plan {asked.plan!r}"]
    words += [f"at the endpoint {asked.endpoint!r}" if asked.endpoint else "", f"by {asked.source}" if asked.source else ""]
    return " ".join(filter(None, words))
