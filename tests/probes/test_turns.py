"""A measurement and the other work of the same machine wait for each other, with the real locks of a real database."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from databases import Database
from models import needs_gguf, needs_llama, synthetic

from db import turns
from jobs import cli
from probes import protocol
from probes.llama import Settings
from probes.protocol import Plan, Trial


@contextmanager
def at_work() -> Iterator[None]:
    """Work of ours on this machine, as a crawl does it."""
    begun, over = threading.Event(), threading.Event()

    async def work() -> None:
        async with turns.working():
            begun.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    try:
        assert begun.wait(10)
        yield
    finally:
        over.set()
        thread.join()


@needs_llama
@needs_gguf
def test_a_probe_waits_while_a_crawl_of_the_same_machine_runs_and_says_so_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LOOK_AGAIN", 0.05)
    path, said, done = synthetic(tmp_path / "m.gguf"), list[str](), list[float]()
    short = Plan((Trial(0, 4),), 1, 2, 0, stream_seconds=0.05, chat=False)

    def measure() -> None:
        protocol.measure(path, short, Settings(n_threads=1), said.append, alone=turns.alone)
        done.append(time.monotonic())

    with at_work(), at_work():
        prober = threading.Thread(target=measure)
        prober.start()
        time.sleep(1)
        with at_work():
            assert said == ["Other jobs run on this machine; the measurement waits for them."], (
                "more work is not kept waiting by one that waits"
            )
        freed = time.monotonic()
    prober.join(60)
    assert done and done[0] > freed
    assert [words.split(":")[0] for words in said[1:]] == ["session 1"]


def test_a_crawl_waits_for_the_session_that_runs_and_another_machines_does_not(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async def patient() -> str:
        try:
            async with asyncio.timeout(0.5), turns.working():
                return "worked"
        except TimeoutError:
            return "waited"

    with turns.alone(print):
        assert asyncio.run(patient()) == "waited"
        with monkeypatch.context() as elsewhere:
            here = turns.host()
            elsewhere.setattr(turns, "host", lambda: here ^ 1)
            assert asyncio.run(patient()) == "worked"
    assert asyncio.run(patient()) == "worked", "one that gave up waiting holds nothing"


def test_two_workers_of_one_machine_probe_one_after_the_other(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LOOK_AGAIN", 0.02)
    said, ended, second = list[str](), list[str](), threading.Event()

    def probe() -> None:
        with turns.probing(lambda words: (said.append(words), second.set())):  # type: ignore[arg-type,return-value]
            ended.append("second")

    other = threading.Thread(target=probe)
    with turns.probing(said.append):
        other.start()
        assert second.wait(10)
        ended.append("first")
    other.join(10)
    assert (ended, said) == (["first", "second"], ["Another probe runs on this machine; this one waits for it."])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--tests", "pp16", "--claimed", "5"), "tg128"),
        (("--claimed", "5", "--on", "Abacus"), "No data sheet of Abacus"),
        (("--on", "RTX 4090"), "--claimed"),
        (("--queue",), "probe plan"),
        (("--revision", "main"), "Hub"),
        (("--threads", "0"), "one thread"),
        (("--sessions", "0"), "one session"),
    ],
)
@needs_llama
def test_what_could_not_be_answered_afterwards_is_refused_before_anything_is_measured(
    options: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(protocol, "measure", lambda *_, **__: pytest.fail("it was measured"))
    (tmp_path / "m.gguf").write_bytes(b"")
    assert cli.main(["probe", str(tmp_path / "m.gguf"), *options]) == 2
    assert says in capsys.readouterr().err
