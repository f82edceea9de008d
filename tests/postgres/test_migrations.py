"""Models and migrated database agree, comments included; up, down and up again leaves the same; everything has a comment."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, pool

from db import engine, ledger, schema  # noqa: F401  (db.ledger is the tables' only importer)

COLUMNS = (
    "select table_schema, table_name, column_name, data_type, is_nullable, column_default from information_schema.columns"
    " where table_schema in ('ledger', 'market') order by 1, 2, 3"
)


@pytest.fixture
def migrated(database: Any) -> Iterator[Any]:
    """The database, brought back to this version afterwards."""
    yield database
    schema.upgrade()


def test_models_and_migrated_database_agree(database: Any) -> None:
    import db.tables

    with database.connect():
        pass
    import psycopg

    connected = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(engine.dsn()), poolclass=pool.NullPool)
    with connected.connect() as connection:
        options = {"include_schemas": True, "compare_server_default": True, "version_table_schema": "ledger"}
        options["include_name"] = lambda name, kind, _: kind != "schema" or name == "ledger"
        assert compare_metadata(MigrationContext.configure(connection, opts=options), db.tables.metadata) == []


def test_down_and_up_again_leaves_the_same_schema(migrated: Any) -> None:
    with migrated.connect() as connection:
        before = connection.execute(COLUMNS).fetchall()
    with engine.connect_raw() as connection:
        connection.execute("drop schema market cascade")
        for (name,) in connection.execute(
            "select c.oid::regclass::text from pg_class c where c.relnamespace = 'ledger'::regnamespace and c.relkind = 'v'"
        ).fetchall():
            connection.execute(f"drop view if exists {name} cascade")
    settings = schema.config()
    settings.attributes["connection"] = engine.dsn()
    command.downgrade(settings, "base")
    with engine.connect_raw() as connection:
        left = connection.execute("select relname from pg_class where relnamespace = 'ledger'::regnamespace and relkind = 'r'").fetchall()
    assert left == [("alembic_version",)]
    schema.upgrade()
    with migrated.connect() as connection:
        assert connection.execute(COLUMNS).fetchall() == before


def test_two_processes_upgrade_at_once(migrated: Any) -> None:
    upgrade = [sys.executable, "-c", "from db import schema; schema.upgrade()"]
    racers = [subprocess.Popen(upgrade, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(racer.communicate(timeout=120)[1], racer.returncode) for racer in racers] == [("", 0), ("", 0)]
    with migrated.connect() as connection:
        assert schema.current(connection) == schema.head()


def test_an_upgrade_that_was_cut_short_is_made_good_by_the_next_command(migrated: Any) -> None:
    with engine.connect_raw() as connection:
        connection.execute("drop schema market cascade")
    asked = subprocess.run(
        [sys.executable, "-m", "jobs.cli", "sql", "select count(*) as n from price", "--format", "json"], capture_output=True, text=True
    )
    assert (asked.stdout, asked.stderr) == ('[{"n": 0}]\n', "")


def test_everything_an_analyst_sees_has_a_comment(database: Any) -> None:
    with database.connect() as connection:
        bare = connection.execute(
            "select c.oid::regclass::text, a.attname from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
            " where (c.relnamespace = 'market'::regnamespace and c.relkind = 'v'"
            " or c.relnamespace = 'ledger'::regnamespace and c.relkind = 'r' and c.relname <> 'alembic_version')"
            " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)"
        ).fetchall()
    assert bare == []
