"""The connection that tests of one file share, and the same with nothing in the ledger."""

from collections.abc import Iterator

import psycopg
import pytest
from databases import Database
from pages import empty


@pytest.fixture(scope="module")
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """The owner's, of a database that may lose its last commits when the machine fails."""
    with database.connect() as open_:
        open_.execute("set synchronous_commit = off")
        yield open_


@pytest.fixture
def clean(connection: psycopg.Connection) -> psycopg.Connection:
    """The same, with empty tables."""
    connection.rollback()
    empty(connection)
    return connection
