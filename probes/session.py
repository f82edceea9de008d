"""Starts a measuring process, listens to it, ends it in time, and keeps its exit and last words on the record."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from probes.noise import Load, Watch

LAST_WORDS, MOST_LINE = 2_000, 1_000_000
# What a process needs to find its own libraries and no more: no credentials, no database, no proxy.
KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "LANG", "SYSTEMROOT", "VIRTUAL_ENV")


@dataclass(slots=True)
class Session:
    """What one measuring process said and how it ended.

    Attributes:
        samples: nanoseconds, a list per test.
        code: its exit code; negative is the signal that ended it.
        words: the end of what it wrote to standard error.
        reason: why it counts for nothing; None where it came to its end.
    """

    samples: list[list[int]]
    streams: list[tuple[float, float]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    chat: tuple[int, list[int]] | None = None
    held: list[str] = field(default_factory=list)
    load: Load | None = None
    code: int | None = None
    words: str = ""
    reason: str | None = None
    refused: bool = False
    seconds: float = 0.0


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The few variables that a measuring process gets."""
    return {name: given[name] for name in KEPT if name in given} | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1"}


def _end(child: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _take(session: Session, said: dict[str, Any]) -> None:
    match said:
        case {"event": "confined", "held": list(held)}:
            session.held = [str(each) for each in held]
        case {"event": "stream", "bytes_per_s": float(speed), "flops": float(flops)}:
            session.streams.append((speed, flops))
        case {"event": "loaded", **facts}:
            session.facts = facts
        case {"event": "sample", "test": int(at), "ns": int(ns)} if 0 <= at < len(session.samples) and ns > 0:
            session.samples[at].append(ns)
        case {"event": "chat", "ttft_ns": int(first), "itl_ns": list(between)}:
            session.chat = (first, [int(each) for each in between])
        case {"event": "refused", "reason": str(reason)}:
            session.reason, session.refused = reason, True
        case {"event": "done"}:
            session.facts["done"] = True


def _listen(child: "subprocess.Popen[bytes]", session: Session, deadline: float) -> bool:
    """Reads both outputs until they end; False where the deadline came first."""
    assert child.stdout and child.stderr
    rest: dict[IO[bytes], bytes] = {child.stdout: b"", child.stderr: b""}
    with selectors.DefaultSelector() as open_:
        for stream in rest:
            open_.register(stream, selectors.EVENT_READ)
        while open_.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for key, _ in open_.select(left):
                new = os.read(key.fd, 65_536)
                if not new:
                    open_.unregister(key.fileobj)
                elif key.fileobj is child.stderr:
                    rest[child.stderr] = (rest[child.stderr] + new)[-LAST_WORDS:]
                else:
                    *lines, rest[child.stdout] = (rest[child.stdout] + new).split(b"\n")
                    rest[child.stdout] = rest[child.stdout][-MOST_LINE:]
                    for line in lines:
                        with suppress(ValueError):
                            _take(session, json.loads(line))
                session.words = rest[child.stderr].decode("utf-8", "replace")
    return True


def run(request: dict[str, Any], deadline: float, command: Sequence[str] | None = None) -> Session:
    """One session in a process of its own; always ended when this returns.

    Args:
        request: what probes.child reads.
        deadline: seconds after which the process and all it started are killed.
        command: what to start instead of probes.child.
    """
    began = time.monotonic()
    session = Session([[] for _ in request["tests"]])
    with Watch() as watch:
        child = subprocess.Popen(
            command or [sys.executable, "-P", "-m", "probes.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(os.environ), start_new_session=True,
        )  # fmt: skip
        try:
            assert child.stdin
            with suppress(BrokenPipeError):
                child.stdin.write(json.dumps({**request, "parent": os.getpid()}).encode())
                child.stdin.close()
            in_time = _listen(child, session, began + deadline)
        finally:
            with suppress(subprocess.TimeoutExpired):
                child.wait(0.5)
            _end(child)
    session.load, session.code, session.seconds = watch.load, child.returncode, time.monotonic() - began
    if not in_time:
        session.reason = f"The measuring process was still busy after {deadline:.0f} s and was ended."
    elif session.reason is None and not (child.returncode == 0 and session.facts.get("done")):
        session.reason = _death(child.returncode)
    return session


def _death(code: int) -> str:
    how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
    return f"The measuring process ended {how} before it was done."
