"""What each role may do, tried out on every table and view: the matrix below and nothing more."""

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import Any

import psycopg
import pytest
from psycopg import errors

from db import engine

ROLES = ("collector", "dashboard", "analyst")
TRIED = {
    "s": "select * from {relation} limit 0",
    "i": "insert into {relation} default values",
    "u": "update {relation} set {column} = {column} where false",
    "d": "delete from {relation} where false",
    "t": "truncate {relation}",
}
# select, insert, update, delete, truncate; a table that only grows is never updated, and what is derived may be rewritten.
READ, GROW, REWRITE, NOTHING = "s", "si", "siud", ""
LEDGER = {
    "alembic_version": NOTHING,
    **dict.fromkeys(("page", "sighting", "statement", "listing", "card", "event", "forecast", "forecast_score"), GROW),
    **dict.fromkeys(("claim", "fact", "claim_verdict"), GROW),
    **dict.fromkeys(("probe", "probe_result", "gpu_rental_price"), GROW),
}
REFUSED = {
    "create table market.mine (x int)": ROLES,
    "create table ledger.mine (x int)": ROLES,
    "create table public.mine (x int)": ROLES,
    "create schema mine": ROLES,
    "create temp table mine (x int)": ("dashboard", "analyst"),
    "create role mine": ROLES,
    "create database mine": ROLES,
    "create extension pg_trgm schema public": ROLES,
    "drop view market.price": ROLES,
    "drop table ledger.statement": ROLES,
    "alter table ledger.statement add column mine int": ROLES,
    "create or replace view market.price as select 1 as x": ROLES,
    "copy (select 1) to program 'true'": ROLES,
    "copy (select 1) to '/mine'": ROLES,
    "create temp table t (x text); copy t from '/etc/passwd'": ROLES,
    "select pg_read_file('/etc/passwd')": ROLES,
    "select pg_read_file('postgresql.conf')": ROLES,
    "select pg_ls_dir('.')": ROLES,
    "select lo_import('/etc/passwd')": ROLES,
    "alter system set log_min_messages = 'panic'": ROLES,
    "select pg_reload_conf()": ROLES,
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'modelmarket'": ROLES,
    "set session authorization modelmarket": ROLES,
    "set role modelmarket": ROLES,
    "set role collector": ("dashboard", "analyst"),
    "set role dashboard": ("collector", "analyst"),
    "set role analyst": ("collector", "dashboard"),
    "set role pg_read_all_data": ROLES,
    "set session_replication_role = replica": ROLES,
    "select * from pg_authid": ROLES,
    "select setval('ledger.run_id_seq', 1)": ROLES,
}


@pytest.fixture(params=ROLES)
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connection(database: Any, role: str) -> Iterator[psycopg.Connection]:
    """A connection of the role that may write as far as its rights go, whatever its defaults."""
    with database.connect():
        pass
    with psycopg.connect(engine.dsn(role), autocommit=True) as open_:
        open_.execute("set default_transaction_read_only = off")
        yield open_


def refused(connection: psycopg.Connection, query: str) -> bool:
    """Whether a query is refused for want of rights; it leaves nothing behind."""
    alone = query.startswith(("create database", "alter system"))  # which no transaction may hold
    with nullcontext() if alone else connection.transaction(force_rollback=True):
        try:
            for part in query.split("; "):
                connection.execute(part)  # type: ignore[call-overload]
        except errors.InsufficientPrivilege:
            return True
        except psycopg.Error:
            return False
    return False


def works(connection: psycopg.Connection, query: str) -> bool:
    """Whether a query is not refused for any reason."""
    with connection.transaction(force_rollback=True):
        try:
            connection.execute(query)  # type: ignore[call-overload]
        except psycopg.Error:
            return False
    return True


def relations(database: Any) -> list[tuple[str, str, str, str]]:
    """Schema, name, kind and a column of every table and view of ours."""
    with database.connect() as owner:
        return owner.execute(
            "select n.nspname, c.relname, c.relkind::text, (select quote_ident(a.attname) from pg_attribute a"
            " where a.attrelid = c.oid and a.attnum > 0 and a.attidentity = '' order by a.attnum limit 1)"
            " from pg_class c inner join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname in ('ledger', 'market', 'queue', 'public') and c.relkind in ('r', 'v', 'm') order by 1, 2"
        ).fetchall()


def expected(role: str, schema: str, name: str, kind: str) -> str:
    if schema == "market":
        return READ
    if role != "collector" or schema != "ledger":
        return NOTHING
    return READ if kind == "v" else LEDGER.get(name, REWRITE)


def test_rights_on_every_table_and_view(database: Any, role: str, connection: psycopg.Connection) -> None:
    found, wanted = {}, {}
    for schema, name, kind, column in relations(database):
        relation = f"{schema}.{name}"
        tried = {right: query.format(relation=relation, column=column) for right, query in TRIED.items()}
        # A view that cannot be written says so before it asks for rights.
        may = (lambda query: not refused(connection, query)) if kind == "r" else (lambda query: works(connection, query))
        found[relation] = "".join(right for right, query in tried.items() if may(query))
        wanted[relation] = expected(role, schema, name, kind)
    assert found == wanted and len(found) > 30


@pytest.mark.parametrize("query", REFUSED)
def test_what_is_refused(connection: psycopg.Connection, role: str, query: str) -> None:
    if role in REFUSED[query]:
        assert refused(connection, query)


def test_to_reset_the_role_does_not_escalate(connection: psycopg.Connection, role: str) -> None:
    for query in ("reset role", "set role none", "reset session authorization", "reset all"):
        connection.execute(query)  # type: ignore[call-overload]
        who = connection.execute("select session_user, current_user, usesuper from pg_user where usename = current_user").fetchone()
        assert who == (role, role, False)
    connection.execute("set default_transaction_read_only = off")
    assert refused(connection, "drop table ledger.run")
    with suppress(errors.InsufficientPrivilege):  # where it may be named at all, granting it is no more than a warning
        connection.execute("grant select on ledger.statement to dashboard")
    with suppress(errors.InsufficientPrivilege):
        assert connection.execute("select has_table_privilege('dashboard', 'ledger.statement', 'select')").fetchone() == (False,)


def test_a_reader_reads_only(database: Any) -> None:
    for role in ("dashboard", "analyst"):
        with database.connect(role) as reader:
            assert reader.execute("select current_setting('transaction_read_only')").fetchone() == ("on",)
            assert reader.execute("select count(*) >= 0 from price").fetchone() == (True,), "the views need no schema"


@pytest.mark.parametrize(
    "query", ["select pg_sleep(60)", "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b"]
)
def test_a_query_of_the_dashboard_ends_after_five_seconds(database: Any, query: str) -> None:
    with database.connect("dashboard") as slow:
        assert slow.execute("show statement_timeout").fetchone() == ("5s",)
        with pytest.raises(errors.QueryCanceled):
            slow.execute(query)  # type: ignore[call-overload]
        slow.rollback()
        with database.connect("dashboard") as other:
            assert other.execute("select 1").fetchone() == (1,)


def test_the_limits_of_each_role(database: Any) -> None:
    limits = {}
    for role in (None, *ROLES):
        with database.connect(role) as connection:
            limits[role] = connection.execute(
                "select current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')"
            ).fetchone()
    assert limits == {None: ("0", "30s"), "collector": ("0", "30s"), "dashboard": ("5s", "30s"), "analyst": ("1min", "30s")}
