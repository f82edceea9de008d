"""The migrated database is the one the models describe; up, down, up, twice and two at once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import create_engine, pool

from db import (
    engine,
    schema,
    tables,
    tables_claims,
    tables_identity,
    tables_licenses,
    tables_made,
    tables_outlook,
    tables_probes,
    tables_rentals,
)
from db.keeper import binary

ROOT = Path(__file__).parents[2]

METADATA = tables.metadata
OTHERS = (tables_claims, tables_identity, tables_licenses, tables_made, tables_outlook, tables_probes, tables_rentals)
assert all(each.metadata is METADATA for each in OTHERS)


class Fresh:
    """An empty database on the tests' server, reached as one named by DATABASE_URL is."""

    def __init__(self, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dsn = dsn
        monkeypatch.setenv("DATABASE_URL", dsn)

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn, autocommit=True)

    def python(self, code: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "DATABASE_URL": self.dsn}
        return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, cwd=ROOT)

    def dump(self) -> str:
        """The whole schema as text, without what differs from dump to dump."""
        command_ = [str(binary("pg_dump")), "--schema-only", "--no-owner", f"--dbname={self.dsn}"]
        said = subprocess.run(command_, capture_output=True, text=True, check=True).stdout
        return "\n".join(line for line in said.splitlines() if not line.startswith(("--", "\\restrict", "\\unrestrict")))


@pytest.fixture
def fresh(database: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fresh]:
    name = "another"
    with database.connect() as owner:
        dsn = make_conninfo(owner.info.dsn, dbname=name, options="")
        owner.commit()
        owner.autocommit = True
        owner.execute(f"create database {name}")
        try:
            yield Fresh(dsn, monkeypatch)
        finally:
            owner.execute(f"drop database {name} with (force)")


def differences(dsn: str) -> list[Any]:
    alchemy = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=pool.NullPool)
    with alchemy.connect() as connection:
        options = {"include_schemas": True, "compare_type": True, "compare_server_default": True, "version_table_schema": "ledger"}
        ours = {"include_name": lambda name, kind, _: kind != "schema" or name == "ledger"}
        return list(compare_metadata(MigrationContext.configure(connection, opts={**options, **ours}), METADATA))


def constraints(connection: psycopg.Connection) -> list[Any]:
    return connection.execute(
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
        " where connamespace = 'ledger'::regnamespace and contype <> 'n' order by 1, 2"
    ).fetchall()


def test_models_and_migrations_agree_also_in_their_comments(fresh: Fresh) -> None:
    schema.upgrade()
    assert differences(fresh.dsn) == []
    with fresh.connect() as connection:
        migrated = constraints(connection)
        connection.execute("drop schema ledger cascade")
        connection.execute("create schema ledger")
        METADATA.create_all(create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(fresh.dsn), poolclass=pool.NullPool))
        assert [row for row in migrated if row[0] != "ledger.alembic_version"] == constraints(connection), (
            "keys and checks, in their order of columns"
        )


def test_a_changed_comment_would_be_noticed(fresh: Fresh) -> None:
    schema.upgrade()
    with fresh.connect() as connection:
        connection.execute("comment on column ledger.run.reason is 'something else'")
        connection.execute("comment on table ledger.page is 'something else'")
    assert len(differences(fresh.dsn)) == 2


def test_down_and_up_again_is_the_same_schema(fresh: Fresh) -> None:
    schema.upgrade()
    once = fresh.dump()
    settings = schema.config()
    settings.attributes["connection"] = fresh.dsn
    with fresh.connect() as connection:
        connection.execute("drop schema market cascade")
        for (view,) in connection.execute("select viewname from pg_views where schemaname = 'ledger'").fetchall():
            connection.execute(f"drop view if exists ledger.{view} cascade")
    command.downgrade(settings, "base")
    with fresh.connect() as connection:
        left = connection.execute("select tablename from pg_tables where schemaname = 'ledger'").fetchall()
        assert left == [("alembic_version",)]
        assert schema.current(connection) is None
    schema.upgrade()
    assert fresh.dump() == once


def test_an_upgrade_done_twice_changes_nothing(fresh: Fresh) -> None:
    schema.upgrade()
    once = fresh.dump()
    schema.upgrade()
    assert fresh.dump() == once


def test_two_processes_upgrade_at_once(fresh: Fresh) -> None:
    with ThreadPoolExecutor(3) as some:
        done = list(some.map(lambda _: fresh.python("from db import schema; schema.upgrade()"), range(3)))
    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 3
    with fresh.connect() as connection:
        assert schema.current(connection) == schema.head()
        assert connection.execute("select count(*) from market.price").fetchone() == (0,)


def test_a_named_database_is_not_upgraded_by_itself(fresh: Fresh) -> None:
    done = fresh.python("from db import engine\nwith engine.connect(): pass")
    assert done.returncode == 1 and "run `modelmarket db upgrade` first" in done.stderr
    with fresh.connect() as connection:
        assert connection.execute("select to_regnamespace('ledger')").fetchone() == (None,)


def test_everything_says_what_it_is(database: Any) -> None:
    with database.connect() as connection:
        silent = connection.execute(
            "select c.oid::regclass::text, a.attname from pg_class c inner join pg_namespace n on n.oid = c.relnamespace"
            " left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
            " where n.nspname in ('ledger', 'market') and c.relkind in ('r', 'v') and c.relname <> 'alembic_version'"
            " and (n.nspname = 'market' or c.relkind = 'r')"
            " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid, 'pg_class') is null)"
        ).fetchall()
        assert silent == []
        known = connection.execute(
            "select count(*) from pg_class c inner join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'market'"
        ).fetchone()
        assert known and known[0] >= 10
        assert schema.current(connection) == schema.head()


def test_views_keep_the_columns_that_stay(database: Any) -> None:
    stay = {
        "model": "model author country released_on open_weights parameters_total parameters_active context_tokens license_id license_class",
        "price": "model source_key provider endpoint plan quantization meter condition price_usd valid_from valid_from_basis source agreement spread",
        "offer_wide": "model provider plan quantization input_usd output_usd cache_read_usd blend_3to1_usd context_tokens license_class open_weights",
        "quote_history": "source source_key endpoint model provider plan meter condition price_usd valid_from valid_to seen_at gone_at quarantined",
        "price_change": "model provider plan meter condition changed_at old_usd new_usd ratio kind",
        "endpoint_service": "model provider endpoint seen_at ttft_ms_p50 tps_p50 uptime_1d source",
        "source_health": "source last_success age expected_every last_outcome records quarantined",
    }
    with database.connect() as connection:
        for view, columns in stay.items():
            there = connection.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0", (f"market.{view}",)
            ).fetchall()
            assert set(columns.split()) <= {name for (name,) in there}, view


def test_the_engine_names_no_password(database: Any) -> None:
    assert "password" not in conninfo_to_dict(engine.dsn("dashboard"))
