"""Counts of use and results of tests from a past, day by day; written beside the prices of the same backfill."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import psycopg

from db import load, rows
from market import identity
from market.records import Adoption, Model, Score

NAMED = """
insert into ledger.subject (source_id, model_key, model)
select %(source)s, model_key, min(model)
from (select model_key, model from said_count union all select model_key, null from said_score) as c
group by model_key
on conflict (source_id, model_key) do nothing
"""

COUNTED = """
insert into ledger.adoption (subject_id, metric, day, value)
select u.id, c.metric, c.day, c.value
from said_count as c inner join ledger.subject as u on u.source_id = %(source)s and u.model_key = c.model_key
on conflict do nothing
"""


class Counts:
    """The first reading of each day, and the canonical names of what was counted, as far as stated."""

    def __init__(self) -> None:
        self.read: dict[tuple[str, str, date], int] = {}
        self.scores: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self.models: dict[str, str | None] = {}

    def put(self, at: datetime, record: Adoption | Model | Score) -> None:
        """A page says this at an instant."""
        if isinstance(record, Adoption):
            self.read.setdefault((record.model_key, record.metric, record.day or at.date()), record.value)
        elif isinstance(record, Score):
            row = rows.score(at, record)
            self.scores.setdefault(row[:5], row)
        else:
            self.models[record.model_key] = identity.canonical(record.model or record.hugging_face_id or "")


def write(connection: psycopg.Connection, source_id: int, counts: Iterable[Counts]) -> None:
    """Adds the days that the ledger has no reading of. Does not commit."""
    connection.execute("create temp table said_count (model_key text, metric text, day date, value numeric, model text) on commit drop")
    connection.execute(load.SAID_SCORE)
    read = list(counts)
    load.copy(connection, "said_count", ((*key, value, each.models.get(key[0])) for each in read for key, value in each.read.items()))
    load.copy(connection, "said_score", (row for each in read for row in each.scores.values()))
    connection.execute(NAMED, {"source": source_id})
    connection.execute(COUNTED, {"source": source_id})
    connection.execute(load.SCORED, {"source": source_id})
