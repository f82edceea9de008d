"""Measurements and other work on one machine wait for each other, by advisory locks: the kernel lets go of a dead process's."""

import platform
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import psycopg

from db import engine

WORKING, PROBING = 7_306_220, 7_306_221
LOOK_AGAIN = 1.0  # seconds


def host() -> int:
    """A number that this host's containers share and that tells nobody its name; another one after a restart."""
    try:
        told = Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:
        told = platform.node()
    return zlib.crc32(told.encode()) - 2**31


@asynccontextmanager
async def working() -> AsyncIterator[None]:
    """Keeps measurements on this machine waiting while its block runs; waits for one under way, a session at most."""
    async with AsyncExitStack() as held:
        # Work goes on without a turn where the database is away: it says so itself, and a measurement notices what disturbs it.
        with suppress(psycopg.Error):
            connection = await psycopg.AsyncConnection.connect(engine.dsn(), autocommit=True)
            held.push_async_callback(connection.close)
            await connection.execute("select pg_advisory_lock_shared(%s, %s)", (WORKING, host()))
        yield


@contextmanager
def alone(say: Callable[[str], None]) -> Iterator[None]:
    """Waits until no other work of ours runs on this machine, and keeps it waiting while the block runs."""
    with _held(WORKING, "Other jobs run on this machine; the measurement waits for them.", say):
        yield


@contextmanager
def probing(say: Callable[[str], None]) -> Iterator[None]:
    """Waits until no other probe runs on this machine: one at a time, whatever workers take them."""
    with _held(PROBING, "Another probe runs on this machine; this one waits for it.", say):
        yield


@contextmanager
def _held(lock: int, why: str, say: Callable[[str], None]) -> Iterator[None]:
    with psycopg.connect(engine.dsn(), autocommit=True) as connection:
        # Asked again and again: one that stood in line for the lock would keep all work out that comes after it.
        waited = False
        while connection.execute("select pg_try_advisory_lock(%s, %s)", (lock, host())).fetchone() != (True,):
            if not waited:
                say(why)
            waited = True
            time.sleep(LOOK_AGAIN)
        yield
