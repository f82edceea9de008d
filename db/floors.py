"""Series of price floors: which there are, what competes in them, and the asks that market/floors.py makes floors of."""

import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from db import effective, engine
from market import floors
from market.errors import Misused
from market.floors import Ask, Floor
from market.series_form import wrong

BLENDS = {"blend_3to1": (3, 1)}
COLUMNS = ("series", "day", "floor_usd", "second_usd", "n_within_10pct", "thing", "model", "provider", "agreement", "held_usd", "reason")
LIVES = "ledger.chats as c inner join ledger.ask as a on a.thing = c.thing"

ASKS = f"select a.thing, a.model, a.provider, a.usd, a.begin_at, a.end_at, a.agreement, a.why, a.meter from {LIVES} where a.end_at > %s"
LISTED = """
select o.provider_id, (min(g.seen_at) at time zone 'UTC')::date
from ledger.listing as g inner join ledger.offer as o on o.id = g.offer_id group by o.provider_id
"""
BEFORE = f"select {', '.join(COLUMNS[1:])} from ledger.floor_day where series = %s and day < %s order by day desc limit 1"

MIX = "mix_"
"""A meter `mix_NAME` is what a million tokens of a mix cost (market/profiles, or the user's own); see docs/forecasts.md."""
PLAIN = ("input_mtok", "cache_read_mtok", "output_mtok")


class Asks(dict[str, list[Ask]]):
    """Asks by meter; those of a blend or a mix are made of the others when somebody asks for them."""

    def __missing__(self, meter: str) -> list[Ask]:
        inputs, reads, outputs = (self.get(plain, []) for plain in PLAIN)
        made: list[Ask] = []
        if meter in BLENDS:
            made = list(floors.blended(inputs, outputs, BLENDS[meter]))
        elif meter.startswith(MIX):
            made = floors.mixed(inputs, reads, outputs, _mixes()[meter])
        self[meter] = made
        return made


def _mixes() -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Tokens read, read from the cache and written in each mix that uses nothing else."""
    found = {}
    for name, mix in effective.profiles().items():
        counts = mix.counts()
        if counts.keys() <= set(PLAIN) and {"input_mtok", "output_mtok"} <= counts.keys():
            fresh, cached, written = (counts.get(meter, Decimal(0)) for meter in PLAIN)
            found[f"{MIX}{name}"] = fresh, cached, written
    return found


@dataclass(frozen=True, slots=True)
class Grouped:
    """What decides which things are in a group, by the model that their names stand for; db/floor_groups.py keeps these.

    Attributes:
        families: beginnings of models' names; with `per` family a group for each of them.
        words: parts of a name of which a model has one; empty for any.
        without: parts of a name of which it has none.
        weights: open or closed, None for both; what is not known is neither.
        per: family or license_class, for a group each; None for one group.
        as_good_as: a model; only those that scored as high in `benchmark` belong.
    """

    families: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    weights: str | None = None
    per: str | None = None
    as_good_as: str | None = None
    benchmark: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A family of series, as a file describes it.

    Attributes:
        known_before: only providers that some source listed before that day; None for all.
        per_model: one series for each model that at least `providers` providers sell.
        grouped: what else decides; None where nothing does.
    """

    name: str
    says: str
    meters: tuple[str, ...]
    per_model: bool
    providers: int
    known_before: date | None = None
    grouped: Grouped | None = None


@dataclass(frozen=True, slots=True)
class Competitors:
    """What decides which asks compete in a family.

    Attributes:
        listed: the day on which any source first listed each provider.
    """

    listed: dict[str, date]

    def chosen(self, one: Series, asks: "Asks") -> "Asks":
        """The asks that compete in a family."""
        if not one.known_before:
            return asks
        before = {provider for provider, day in self.listed.items() if day < one.known_before}
        return Asks({meter: [ask for ask in asks[meter] if ask.provider in before] for meter in one.meters})

    def mark(self, one: Series) -> str:
        """A fingerprint of all this, as far as the family goes by it."""
        parts: list[object] = [metered(one)]
        if one.known_before:
            parts += [one.known_before, sorted(name for name, day in self.listed.items() if day < one.known_before)]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def metered(one: Series) -> list[tuple[str, object]]:
    """What a family is told in, with what is in its mixes."""
    mixes = _mixes()
    return [(meter, mixes.get(meter)) for meter in one.meters]


def competitors(connection: psycopg.Connection) -> Competitors:
    """What is known now of providers."""
    return Competitors(dict(connection.execute(LISTED).fetchall()))


def series() -> list[Series]:
    """The series that we ship and those the user added.

    Raises:
        Misused: the user's file does not say what it should.
    """
    ours = Path(floors.__file__).with_name("series.toml")
    theirs = engine.home() / "series.toml"
    found: dict[str, Series] = {}
    for file in (ours, theirs):
        if file.exists():
            try:
                told = tomllib.loads(file.read_text())
                if amiss := next(filter(None, map(wrong, told, told.values())), None):
                    raise TypeError(amiss)
                found |= {name: _series(name, **entry) for name, entry in told.items()}
            except (tomllib.TOMLDecodeError, TypeError, UnicodeDecodeError) as error:
                raise Misused(f"{file} does not describe series as market/series.toml does: {error}. Mend it, or take it away.") from None
    return list(found.values())


def _series(
    name: str, says: str, meters: Sequence[str], per: str | None = None, providers: int = 1, known_before: date | None = None,
    **grouped: Any,
) -> Series:  # fmt: skip
    known = {*PLAIN, *BLENDS, *_mixes()}
    if unknown := set(meters) - known:
        raise TypeError(f"{name} names the meter {min(unknown)}; known are {', '.join(sorted(known))}")
    if grouped.get("weights") not in (None, "open", "closed") or per not in (None, "model", "family", "license_class"):
        raise TypeError(f"{name}: weights is open or closed, per is model, family or license_class")
    of: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in grouped.items()}
    group = Grouped(per=None if per == "model" else per, **of) if of or per not in (None, "model") else None
    if group and ((group.weights and group.per) or known_before or bool(group.as_good_as) is not bool(group.benchmark)):
        raise TypeError(f"{name}: a group goes by names and weights, or by licenses, or by scores alone; as_good_as needs its benchmark")
    return Series(name, says, tuple(meters), per == "model", providers, known_before, group)


def asked(connection: psycopg.Connection, since: datetime | None, column: str = "", names: Iterable[str] = ()) -> Asks:
    """Asks that stand at the end of a day or later, by meter; with a column (model, thing), those of these names alone."""
    start = since.replace(hour=0, minute=0, second=0, microsecond=0) if since else datetime(1, 1, 2, tzinfo=UTC)
    query, given = (f"{ASKS} and a.{column} = any(%s)", [start, sorted(names)]) if column else (ASKS, [start])
    return read(connection, query, given)


def read(connection: psycopg.Connection, query: str, given: Sequence[object]) -> Asks:
    """The asks that a query names, by meter."""
    found = Asks()
    for thing, model, provider, usd, begin, end, agreement, why, meter in connection.execute(query, given).fetchall():
        found.setdefault(meter, []).append(Ask(thing, model, provider, usd, begin.astimezone(UTC), end.astimezone(UTC), agreement, why))
    return found


def by_model(asks: Asks, models: frozenset[str] | None = None, also: Iterable[str] = ()) -> dict[str, Asks]:
    """Asks by model, of those named or of all; what has no canonical model is left out.

    Args:
        also: meters of blends and mixes to tell apart, too, made once for all models.
    """
    found: dict[str, Asks] = defaultdict(Asks)
    for meter in dict.fromkeys((*PLAIN, *also)):
        for ask in asks[meter]:
            if ask.model is not None and (models is None or ask.model in models):
                found[ask.model].setdefault(meter, []).append(ask)
    return found


def sold(one: Series, of: dict[str, Asks], today: date) -> dict[str, list[Floor]]:
    """Floors of each model that enough providers sell."""
    enough = {model: mine for model, mine in of.items() if sold_since(mine, one.providers) is not None}
    return {f"{model} {meter}": floors.floors(mine[meter], today) for model, mine in enough.items() for meter in one.meters}


def sold_since(asks: Asks, providers: int) -> date | None:
    """The day since which so many providers are known to have sold it; None while there are fewer."""
    first: dict[str, date] = {}
    for ask in (ask for each in asks.values() for ask in each):
        day = ask.begin_at.date()
        first[ask.provider] = min(day, first.get(ask.provider, day))
    return sorted(first.values())[providers - 1] if len(first) >= providers else None
