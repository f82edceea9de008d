"""What each role may do, tried for real on every table and view, against the matrix that is meant."""

from typing import Any

import psycopg
import pytest

from db import engine

KEPT = {"statement", "listing", "card", "page", "sighting"}
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
FORBIDDEN = (
    "create table market.mine (a int)",
    "create schema mine",
    "create temporary table mine (a int)",
    "copy (select 1) to program 'true'",
    "select pg_read_file('/etc/hostname')",
    "select * from queue.procrastinate_jobs",
    "set role modelmarket",
    "set session authorization modelmarket",
    "alter role analyst superuser",
    "do $$ begin perform set_config('role', 'modelmarket', false); end $$",
)


def meant(role: str, schema: str, table: str) -> set[str]:
    """The matrix: readers select from market; the collector also writes the ledger, and never rewrites what was said."""
    if schema == "market":
        return {"SELECT"}
    if role != "collector" or table == "alembic_version":
        return set()
    return {"SELECT", "INSERT"} if table in KEPT else {"SELECT", "INSERT", "UPDATE", "DELETE"}


@pytest.mark.parametrize("role", engine.ROLES)
def test_a_role_may_do_what_is_meant_and_nothing_else(database: Any, role: str) -> None:
    with database.connect() as owner:
        tables = owner.execute(
            "select nspname, relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where nspname in ('ledger', 'market', 'queue') and relkind in ('r', 'v') and relname not in ('said', 'believable', 'believed')"
        ).fetchall()
        may = {
            (schema, table): {
                verb
                for verb in VERBS
                if owner.execute(
                    "select has_table_privilege(%s, format('%%I.%%I', %s::text, %s::text), %s)", (role, schema, table, verb)
                ).fetchone()
                == (True,)
            }
            for schema, table in tables
        }
    assert may == {(schema, table): meant(role, schema, table) if schema != "queue" else set() for schema, table in tables}


@pytest.mark.parametrize("role", ["dashboard", "analyst"])
@pytest.mark.parametrize("attempt", FORBIDDEN)
def test_a_reader_cannot_get_further(database: Any, role: str, attempt: str) -> None:
    with pytest.raises(psycopg.Error), database.connect(role) as connection:
        connection.execute(attempt)


def test_a_reader_stays_itself(database: Any) -> None:
    with database.connect("analyst") as connection:
        connection.execute("reset role")
        assert connection.execute("select current_user, session_user").fetchone() == ("analyst", "analyst")


def test_a_reader_is_stopped_in_time(database: Any) -> None:
    with database.connect("dashboard") as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("5s",)
        connection.execute("set statement_timeout = '200ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("select pg_sleep(60)")
