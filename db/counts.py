"""Counts of use from a past: which models a history counted, on which day; written beside the prices of the same backfill."""

from collections.abc import Iterable
from datetime import date, datetime

import psycopg

from db import load
from market import identity
from market.records import Adoption, Model

NAMED = """
insert into ledger.subject (source_id, model_key, model)
select %(source)s, model_key, min(model) from said_count group by model_key
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
        self.models: dict[str, str | None] = {}

    def put(self, at: datetime, record: Adoption | Model) -> None:
        """A page says this at an instant."""
        if isinstance(record, Adoption):
            self.read.setdefault((record.model_key, record.metric, record.day or at.date()), record.value)
        else:
            self.models[record.model_key] = identity.canonical(record.model or record.hugging_face_id or "")


def write(connection: psycopg.Connection, source_id: int, counts: Iterable[Counts]) -> None:
    """Adds the days that the ledger has no reading of. Does not commit."""
    connection.execute("create temp table said_count (model_key text, metric text, day date, value numeric, model text) on commit drop")
    rows = ((*key, value, each.models.get(key[0])) for each in counts for key, value in each.read.items())
    load.copy(connection, "said_count", rows)
    connection.execute(NAMED, {"source": source_id})
    connection.execute(COUNTED, {"source": source_id})
