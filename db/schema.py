"""The schema's life: migrations of the tables, views made anew, roles and what each may do."""

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from db import engine, identities, licenses, load

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).parent.parent
VIEWS = Path(__file__).parent / "sql"
LOCK = 7_306_214

GRANTS = """
revoke all on schema public from public;
revoke all on database {database} from public;
grant connect on database {database} to collector, dashboard, analyst;
revoke temporary on database {database} from dashboard, analyst;
grant temporary on database {database} to collector;
grant usage on schema ledger, market to collector;
grant select, insert, update, delete, maintain on all tables in schema ledger to collector;
revoke update, delete on ledger.statement, ledger.listing, ledger.card, ledger.page, ledger.sighting, ledger.event from collector;
revoke update, delete on ledger.forecast, ledger.forecast_score, ledger.probe, ledger.probe_result from collector;
revoke update, delete on ledger.claim, ledger.fact, ledger.claim_verdict from collector;
revoke update, delete on ledger.gpu_rental_price from collector;
revoke all on ledger.alembic_version from collector;
grant select on all tables in schema market to collector;
grant usage on schema market to dashboard, analyst;
grant select on all tables in schema market to dashboard, analyst;
alter role dashboard set statement_timeout = '5s';
alter role dashboard set default_transaction_read_only = on;
alter role analyst set statement_timeout = '60s';
alter role analyst set default_transaction_read_only = on;
alter role analyst set search_path = market;
alter role dashboard set search_path = market;
"""

RINGS = """
create table if not exists ring (
    source text not null,
    scheduled_for timestamptz not null,
    rung_at timestamptz not null default now(),
    primary key (source, scheduled_for)
);
comment on table ring is 'Ticks of the clock that became a job, each once, however many clocks run.';
"""


def config() -> "Config":
    """Alembic's configuration: where the migrations lie."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    return settings


def head() -> str:
    """The newest revision in migrations/, by its file's name: every command asks, and importing Alembic takes it a second."""
    return max(file.name.partition("_")[0] for file in (ROOT / "migrations" / "versions").glob("[0-9]*_*.py"))


def current(connection: psycopg.Connection) -> str | None:
    """The revision the database stands at; None for an empty one."""
    there = connection.execute("select to_regclass('ledger.alembic_version') is not null").fetchone()
    if not there or not there[0]:
        return None
    row = connection.execute("select version_num from ledger.alembic_version").fetchone()
    return row[0] if row else None


@cache
def ensure() -> None:
    """Sees once per process that the schema is there; an empty embedded database is upgraded by itself.

    Raises:
        NotUpgraded: the database needs `modelmarket db upgrade`.
    """
    with engine.connect_raw() as connection:
        revision, there = current(connection), _stamped(connection)
    if there == _stamp():
        return
    if not engine.embedded():
        raise engine.NotUpgraded
    if revision not in (None, head()):
        raise engine.NotUpgraded("The database was made by another version; run `modelmarket db upgrade`, which keeps all data.")
    upgrade()


def _stamp() -> str:
    """The revision of the tables and a hash of the views; the last thing an upgrade writes."""
    views = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(VIEWS.glob("*.sql")))).hexdigest()[:12]
    return f"What analysts and the dashboard see (tables {head()}, views {views})."


def _stamped(connection: psycopg.Connection) -> str | None:
    row = connection.execute("select obj_description(to_regnamespace('market'), 'pg_namespace')").fetchone()
    return row[0] if row else None


def upgrade(revision: str = "head") -> None:
    """Brings tables, views, roles and the queue to this version; safe to run twice and from several processes at once."""
    from alembic import command

    with engine.connect_raw() as connection:
        connection.execute("select pg_advisory_lock(%s), pg_advisory_lock(%s)", (LOCK, load.LOADING))
        connection.commit()
        try:
            _drop_views(connection)
            settings = config()
            settings.attributes["connection"] = engine.dsn()
            command.upgrade(settings, revision)
            _roles(connection)
            if revision == "head":
                _queue(connection)
                _create_views(connection)
                licenses.refresh(connection)
                identities.refresh(connection)
                _grant(connection)
                connection.execute(f"comment on schema market is '{_stamp()}'")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute("select pg_advisory_unlock(%s), pg_advisory_unlock(%s)", (load.LOADING, LOCK))


def _drop_views(connection: psycopg.Connection) -> None:
    connection.execute("drop schema if exists market cascade")
    connection.execute("create schema market")
    for (name,) in connection.execute(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = 'ledger' and c.relkind = 'v'"
    ).fetchall():
        connection.execute(f"drop view if exists {name} cascade")
    connection.commit()


def _create_views(connection: psycopg.Connection) -> None:
    for file in sorted(VIEWS.glob("*.sql")):
        connection.execute(file.read_text())


def _roles(connection: psycopg.Connection) -> None:
    for role in engine.ROLES:
        if not connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
            login = "login" if engine.embedded() else "nologin"
            connection.execute(f"create role {role} {login}")
        connection.execute(f"grant {role} to current_user")


def _grant(connection: psycopg.Connection) -> None:
    database = psycopg.sql.Identifier(connection.info.dbname).as_string(connection)
    connection.execute(GRANTS.format(database=database))


def _queue(connection: psycopg.Connection) -> None:
    """The job queue's own schema: procrastinate's tables, made by its SQL once, and the ticks of the clock that were rung."""
    connection.execute("create schema if not exists queue")
    connection.execute("set local search_path = queue")
    if connection.execute("select to_regclass('procrastinate_jobs') is null").fetchone() == (True,):
        from procrastinate.schema import SchemaManager

        connection.execute(SchemaManager.get_schema())
    connection.execute(RINGS)
    connection.execute("set local search_path = public")
