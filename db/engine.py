"""Which PostgreSQL, and how to reach it: DATABASE_URL, or the embedded server under MODELMARKET_HOME.

Nobody else reads either variable. Roles: None is the owner, who may do everything; `collector` may read and insert
in `ledger`; `dashboard` and `analyst` may only select from `market`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.datetime import DatetimeDumper

from market.errors import MarketError

if TYPE_CHECKING:
    from db.server import Lease

ROLES = ("collector", "dashboard", "analyst")
TIMEOUTS = {"dashboard": "5s", "analyst": "60s"}


class NotUpgraded(MarketError):
    """The database named by DATABASE_URL has no or an old schema; run `modelmarket db upgrade` first."""


class Unreachable(MarketError):
    """The database cannot be reached; see that the server named by DATABASE_URL runs and accepts connections."""


class _Instants(DatetimeDumper):
    """Writes an instant as before, but spells each only once: a history has a thousand of them and a hundred thousand mentions."""

    spell = staticmethod(lru_cache(1 << 14)(lambda at: str(at).encode()))

    def dump(self, obj: datetime) -> bytes:
        return self.spell(obj)


psycopg.adapters.register_dumper(datetime, _Instants)


def home() -> Path:
    """The folder that holds all our state: MODELMARKET_HOME, by default the platform's user data folder."""
    named = os.environ.get("MODELMARKET_HOME")
    return Path(named).expanduser().absolute() if named else Path(platformdirs.user_data_dir("modelmarket"))


def embedded() -> bool:
    """Whether the database is the embedded server, not one named by DATABASE_URL."""
    return not os.environ.get("DATABASE_URL")


@cache
def _lease(folder: Path) -> "Lease":
    from db.server import Server

    return Server(folder).lease()


def dsn(role: str | None = None) -> str:
    """A libpq connection string for a role; starts the embedded server and keeps it for the life of this process."""
    settings = {"application_name": f"modelmarket {role or 'owner'}", "connect_timeout": "10"}
    readers = ""
    if role in TIMEOUTS:
        readers = f" -c statement_timeout={TIMEOUTS[role]} -c default_transaction_read_only=on -c search_path=market"
    options = f"-c timezone=UTC -c jit=off -c idle_in_transaction_session_timeout=30s{readers}"
    if embedded():
        return make_conninfo(**_lease(home()).conninfo(role or "modelmarket"), **settings, options=options)
    named = os.environ["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")
    given = conninfo_to_dict(named).get("options") or ""
    login = f" -c role={role}" if role else ""
    return make_conninfo(named, **settings, options=f"{given} {options}{login}".strip())


def _open(role: str | None) -> psycopg.Connection:
    try:
        return psycopg.connect(dsn(role))
    except psycopg.OperationalError as error:
        # A killed embedded server leaves a lease on nothing: take a new one, which restarts it.
        if embedded():
            _lease.cache_clear()
            return psycopg.connect(dsn(role))
        raise Unreachable(f"{Unreachable.__doc__} ({str(error).strip().splitlines()[-1]})") from None


@contextmanager
def connect(role: str | None = None) -> Iterator[psycopg.Connection]:
    """A connection to an upgraded database, committed on leaving, rolled back on an error, closed in any case.

    Raises:
        NotUpgraded: DATABASE_URL names a server whose schema is not ours or not of this version.
        Unreachable: no server answers there.
    """
    from db import schema

    schema.ensure()
    with _open(role) as connection:
        yield connection


@contextmanager
def connect_raw() -> Iterator[psycopg.Connection]:
    """A connection as the owner, whatever state the schema is in."""
    with _open(None) as connection:
        yield connection


def release(patience: float = 0.0) -> None:
    """Lets go of the embedded server, and waits up to some seconds for it to have stopped."""
    import time

    from db.server import Server, held

    if not (embedded() and _lease.cache_info().currsize):
        return
    _lease(home()).close()
    _lease.cache_clear()
    server, end = Server(home()), time.monotonic() + patience
    while time.monotonic() < end and (server.running() or held(server.layout.keeping)):
        time.sleep(0.05)
