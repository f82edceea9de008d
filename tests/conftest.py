"""What all tests share: a home folder of their own, and in it an embedded PostgreSQL that starts when first asked for."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator

import pytest
from databases import Database

HOME = tempfile.mkdtemp(prefix="modelmarket-tests-")
os.environ["MODELMARKET_HOME"] = HOME
for ours in ("DATABASE_URL", "MODELMARKET_MIRROR", "MODELMARKET_DEBUG", "HF_ENDPOINT"):
    os.environ.pop(ours, None)
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background of a shell, and so by every process we start


@pytest.fixture(scope="module")
def database() -> Database:
    """The tests' database, upgraded, empty at the start of each module."""
    ready = Database(HOME)
    ready.empty()
    return ready


@pytest.fixture(scope="session", autouse=True)
def _leave_nothing() -> Iterator[None]:
    yield
    from db import engine

    engine.release(patience=10)
    shutil.rmtree(HOME, ignore_errors=True)
