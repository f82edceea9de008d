"""The tests' database."""

from contextlib import AbstractContextManager
from pathlib import Path

import psycopg


class Database:
    """An upgraded database; processes started by the test find it through their environment."""

    def __init__(self, home: str) -> None:
        self.home = Path(home)

    def connect(self, role: str | None = None) -> AbstractContextManager[psycopg.Connection]:
        """A connection, by default as the owner, committed on leaving."""
        from db import engine

        return engine.connect(role)

    def empty(self) -> None:
        """Removes every row, but for the schema's revision, and begins all numbers again."""
        with self.connect() as connection:
            tables = connection.execute(
                "select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables"
                " where schemaname in ('ledger', 'queue') and tablename <> 'alembic_version'"
            ).fetchone()
            assert tables
            connection.execute(f"truncate {tables[0]} restart identity cascade")
