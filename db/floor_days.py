"""Price floors, kept day by day: at the end of a run, from the day on that it changed anything."""

from datetime import UTC, date, datetime
from functools import cached_property
from typing import NamedTuple

import psycopg

from db import floor_groups, floors, load
from db.floors import Asks, Series
from market import floors as rules

# Empty where the run judged nothing.
SHIFTED = "create temp table if not exists shifted (line_id int, since timestamptz) on commit drop"

# The first instant at which a run changed what anybody asks, and of what; what stated dates changed since the last day told counts.
MOVED = """
with changed as (
    select m.line_id, m.since from shifted as m
    union all
    select b.line_id, greatest(b.known_from, b.valid_from) from ledger.belief as b
    where b.dated and greatest(b.known_from, b.valid_from) >= %s and greatest(b.known_from, b.valid_from) <= now()
)

select min(c.since), array_agg(distinct o.thing), array_agg(distinct o.model) filter (where o.model is not null)
from changed as c
inner join ledger.price_line as l on l.id = c.line_id and l.condition is null
inner join ledger.offer as o on o.id = l.offer_id and o.plan = 'standard'
"""

KEEP = """
insert into ledger.floor_series (series, says, mark, told_to) values (%s, %s, %s, %s)
on conflict (series) do update set says = excluded.says, mark = excluded.mark, told_to = excluded.told_to
"""

FEW = 100
"""So many models are asked for by name; of more, everything is read once."""


class Moved(NamedTuple):
    """What changed since the floors were told, and from when on; None where nothing did."""

    since: datetime | None
    things: frozenset[str]
    models: frozenset[str]


class Told(NamedTuple):
    """A series, or that of each model, with the fingerprint of who competes in it; its group where names decide that."""

    series: Series
    mark: str
    group: floor_groups.Group | None


def refresh(connection: psycopg.Connection, *, whole: bool = False) -> None:
    """Brings all floors up to what this transaction made believed and known of models. Does not commit.

    A series is made anew from its first day where who competes in it, or its rule, has changed.

    Args:
        whole: make all of them anew.
    """
    today = (connection.execute("select now()").fetchone() or (datetime.max,))[0].astimezone(UTC).date()
    field = floors.competitors(connection)
    known = [Told(one, field.mark(one), None) for one in floors.series() if not one.grouped]
    known += [Told(group.series, group.mark(), group) for group in floor_groups.groups(connection)]
    marks = {name: (mark, to) for name, mark, to in connection.execute("select series, mark, told_to from ledger.floor_series").fetchall()}
    moved = _moved(connection, min((to for _, to in marks.values()), default=None))
    anew = {one.series.name for one in known if whole or marks.get(one.series.name, ("",))[0] != one.mark}
    fresh = [one.group for one in known if one.series.name in anew]
    asks = _Reading(connection, moved, None if None in fresh else frozenset().union(*(group.things for group in fresh if group)))
    for one in known:
        since = None if one.series.name in anew else moved.since
        if since is None and one.series.name not in anew:
            continue
        if one.series.per_model:
            _each_model(connection, one.series, asks.sold(since), moved.models if since else None, today)
        elif one.group is None:
            _tell(connection, one.series, field.chosen(one.series, asks.of(since)), today, since)
        elif since is None or moved.things & one.group.things:
            _tell(connection, one.series, floor_groups.chosen(one.group, asks.of(since)), today, since)
    with connection.cursor() as cursor:
        cursor.executemany(KEEP, [(one.series.name, one.series.says, one.mark, today) for one in known])


def _moved(connection: psycopg.Connection, told_to: date | None) -> Moved:
    connection.execute(SHIFTED)
    since, things, models = connection.execute(MOVED, (told_to,)).fetchone() or (None, None, None)
    return Moved(since and since.astimezone(UTC), frozenset(things or ()), frozenset(models or ()))


class _Reading:
    """The asks, read as far as they are needed: all of them once, or those since something moved and those of some things.

    Args:
        things: what is needed of all time; None for everything.
    """

    def __init__(self, connection: psycopg.Connection, moved: Moved, things: frozenset[str] | None) -> None:
        self.connection, self.moved, self.things = connection, moved, things
        self.all = floors.asked(connection, None) if things is None or len(moved.models) > FEW else None

    @cached_property
    def late(self) -> Asks:
        """Those that stand since something moved."""
        return floors.asked(self.connection, self.moved.since)

    @cached_property
    def early(self) -> Asks:
        """Those of all time, of what is needed."""
        return floors.asked(self.connection, None, "thing", self.things or ())

    def of(self, since: datetime | None) -> Asks:
        """At least the asks that stand since then; without an instant those of all time, of what is needed."""
        if self.all is not None:
            return self.all
        return self.late if since else self.early

    def sold(self, since: datetime | None) -> Asks:
        """At least the asks of all time of the models that something moved of; of all models where there is no such instant."""
        if self.all is None and since is not None:
            return floors.asked(self.connection, None, "model", self.moved.models)
        return self.of(None)


def _tell(connection: psycopg.Connection, one: Series, asks: Asks, today: date, since: datetime | None) -> None:
    """Writes the floors of a series in each of its meters, from a day on or all."""
    begin = since.date() if since else None
    for meter in one.meters:
        name, before = f"{one.name} {meter}", None
        if begin is not None:
            row = connection.execute(floors.BEFORE, (name, begin)).fetchone()
            before = rules.Floor(*row) if row else None
        made = rules.floors(asks[meter], today, begin, before)
        connection.execute("delete from ledger.floor_day where series = %s and day >= %s", (name, begin or date.min))
        load.copy(connection, "ledger.floor_day", [(name, *floor) for floor in made], floors.COLUMNS)


def _each_model(connection: psycopg.Connection, one: Series, asks: Asks, models: frozenset[str] | None, today: date) -> None:
    """One series for each model with enough providers, of those named or of all; the series of the others named go."""
    of = floors.by_model(asks, models, one.meters)
    rows = [(series, *floor) for series, told in floors.sold(one, of, today).items() for floor in told]
    gone = [f"{model} {meter}" for model in of.keys() | (models or ()) for meter in one.meters]
    connection.execute("delete from ledger.floor_day where series = any(%s)", (gone,))
    load.copy(connection, "ledger.floor_day", rows, floors.COLUMNS)
