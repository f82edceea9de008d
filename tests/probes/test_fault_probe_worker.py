"""A worker killed while it measures: FAULTS.md item 32, with a real worker, a real child and a real queue."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from databases import Database
from hub import COMMIT, Hub
from models import needs_gguf, needs_llama, synthetic

from db import queue
from jobs import probe_plan
from market.probe_policy import policy
from probes import stream
from probes.machine import machine

# A worker of this kind of machine, told how many repetitions make a session; one thread, since threads that wait for each other are slow.
WORKER = """
import asyncio, sys
from jobs import probing, tasks
from probes.protocol import Plan, Trial
probing.stream.cores = lambda: 1
probing.Plan = lambda budget: Plan((Trial(16, 0), Trial(0, 4)), 1, int(sys.argv[1]), budget, stream_seconds=0.1, chat=False)
asyncio.run(tasks.work(queues=tasks.queues(["probe"]), concurrency=1, wait=False, listen_notify=False))
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub(a__m={"m.gguf": synthetic(tmp_path / "m.gguf").read_bytes()})
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    yield server
    server.close()


ROW = {"repository": "a/m", "revision": COMMIT, "file": "m.gguf"}


def worker(repetitions: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", WORKER, str(repetitions)], env=os.environ, stderr=subprocess.PIPE)


def measuring(of: "subprocess.Popen[bytes]") -> psutil.Process:
    """The child that measures, once it is there."""
    end = time.monotonic() + 60
    while of.poll() is None and time.monotonic() < end:
        for child in psutil.Process(of.pid).children(recursive=True):
            if "probes.child" in child.cmdline():
                return child
        time.sleep(0.02)
    of.kill()
    raise AssertionError(f"the worker never measured: {of.stderr and of.stderr.read()!r}")


def at_work(monkeypatch: pytest.MonkeyPatch) -> "tuple[subprocess.Popen[bytes], psutil.Process]":
    """A worker, and its process that measures the one file queued, which takes it minutes."""
    monkeypatch.setattr(stream, "cores", lambda: 1)
    assert probe_plan.queue([ROW], policy("budget = 0"), machine()) == 1
    busy = worker(10_000_000)
    return busy, measuring(busy)


def standing(database: Database) -> tuple[tuple[str, int], int]:
    """How the one job stands, its attempts, and how many results there are."""
    with database.connect() as connection:
        job = connection.execute("select status, attempts from market.job where task = 'probe_artifact'").fetchall()
        results = connection.execute("select count(*) from ledger.probe").fetchone()
    assert len(job) == 1 and results
    return job[0], results[0]


@needs_llama
@needs_gguf
def test_fault_32_a_probe_whose_worker_was_killed_is_done_again_and_has_one_result(
    database: Database, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(os.listdir(tempfile.gettempdir()))
    first, child = at_work(monkeypatch)
    first.kill()
    first.wait(60)
    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "nothing measures for nobody"
    assert standing(database) == (("doing", 0), 0)
    with queue.connect() as connection:
        connection.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
    assert standing(database)[0] == ("stalled", 0)
    assert probe_plan.queue([ROW], policy("budget = 0"), machine()) == 0, "asked for again while it stands as being done"
    assert list(queue.sweep().values()) == ["todo"]
    second = worker(2)
    assert second.wait(60) == 0, second.stderr and second.stderr.read()
    assert standing(database) == (("succeeded", 2), 1)
    with database.connect() as connection:
        sessions = connection.execute("select sessions from ledger.probe").fetchone()
    assert sessions and [one["exit_code"] for one in sessions[0]] == [0]
    left = {path.name for path in (database.home / "models").rglob("*") if path.is_file()}
    assert left == {"in-use", "model.gguf"}
    assert not {name for name in set(os.listdir(tempfile.gettempdir())) - before if "modelmarket" in name}


@needs_llama
@needs_gguf
def test_a_worker_told_to_stop_while_it_measures_ends_at_once_and_leaves_the_job_to_the_next(
    database: Database, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with queue.connect() as connection:
        connection.execute("delete from procrastinate_jobs")
    told, child = at_work(monkeypatch)
    told.terminate()
    assert told.wait(15) == 0, "it waits for no measurement, which may take minutes"
    psutil.wait_procs([child], timeout=15)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert standing(database)[0] == ("todo", 1)
