"""What all tests share: a home folder of their own, and in it an embedded PostgreSQL that starts when first asked for."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest

HOME = tempfile.mkdtemp(prefix="modelmarket-tests-")
os.environ["MODELMARKET_HOME"] = HOME
for ours in ("DATABASE_URL", "MODELMARKET_MIRROR", "MODELMARKET_DEBUG", "HF_ENDPOINT"):
    os.environ.pop(ours, None)


class Database:
    """An upgraded database; processes started by the test find it through their environment."""

    home = Path(HOME)

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


@pytest.fixture(scope="module")
def database() -> Database:
    """The tests' database, upgraded, empty at the start of each module."""
    ready = Database()
    ready.empty()
    return ready


@pytest.fixture(scope="session", autouse=True)
def _leave_nothing() -> Iterator[None]:
    yield
    from db import engine

    engine.release(patience=10)
    shutil.rmtree(HOME, ignore_errors=True)
