"""One crawl: the collector's door, opened in a process of its own, from its start to its document."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from db.turns import working
from jobs.children import door, end_group, leashed

Run = dict[str, Any]
Told = Callable[[int, int], None]

GRACE = 3.0  # seconds a crawl has between SIGTERM and SIGKILL
LIMIT = 3600.0  # seconds after which a crawl is given up
BAD = ("failed", "partial", "aborted")
EMPTY: Run = {"pages": 0, "records": 0, "quotes": 0, "withdrawn": 0, "quarantined": 0, "unknown_keys": []}


async def crawl(source: str, scheduled_for: datetime | None = None, told: Told | None = None) -> Run:
    """Collects one source and returns its run; a crawl that ends without one gives a failed run with the reason.

    Args:
        source: name of the source.
        scheduled_for: the tick of the clock that this answers; None where a person asked.
        told: called with pages done and pages known, whenever one is done.
    """
    command = door("collector", "crawl", source, "--json", "--progress")
    if scheduled_for:
        command += ["--scheduled-for", scheduled_for.isoformat()]
    async with working():
        return await _crawled(source, command, told)


async def _crawled(source: str, command: list[str], told: Told | None) -> Run:
    pipe = asyncio.subprocess.PIPE
    began = asyncio.get_running_loop().time()
    process = await asyncio.create_subprocess_exec(
        *leashed(command, GRACE), stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, limit=2**24
    )
    assert process.stdout and process.stderr
    try:
        async with asyncio.timeout(LIMIT):
            said, last = await asyncio.gather(process.stdout.read(), _listen(process.stderr, told))
            await process.wait()
    except TimeoutError:
        said, last = b"", f"The crawl took longer than {LIMIT / 60:.0f} minutes and was stopped."
    finally:
        await let_go(process)
    try:
        found = json.loads(said)
        return {**EMPTY, **found, "source": source, "outcome": found["outcome"], "reason": found.get("reason")}
    except (ValueError, TypeError, KeyError):
        seconds = round(asyncio.get_running_loop().time() - began, 3)
        reason = last or f"The crawl ended without a word (code {process.returncode})."
        return {"source": source, "outcome": "failed", **EMPTY, "seconds": seconds, "reason": reason}


async def _listen(stream: asyncio.StreamReader, told: Told | None) -> str:
    """Reads a crawl's standard error to its end; returns the last line that is not about its progress."""
    last = ""
    async for raw in stream:
        line = raw.decode("utf-8", "replace").strip()
        match line.split():
            case ["progress", done, total] if done.isdigit() and total.isdigit():
                if told:
                    told(int(done), int(total))
            case [_, *_]:
                last = line
    return last


async def let_go(process: asyncio.subprocess.Process) -> None:
    """Lets go of the leash, and waits no longer than the leash itself does."""
    if process.returncode is not None:
        return
    assert process.stdin
    process.stdin.close()
    try:
        async with asyncio.timeout(GRACE + 1):
            await process.wait()
    except TimeoutError:
        end_group(process.pid)
        await process.wait()


async def crawl_all(sources: Sequence[str], begun: Callable[[str], Told], ended: Callable[[Run], None], at_once: int = 3) -> list[Run]:
    """Collects several sources, a few at once; returns their runs in the order asked."""
    turns = asyncio.Semaphore(at_once)

    async def one(source: str) -> Run:
        async with turns:
            run = await crawl(source, told=begun(source))
        ended(run)
        return run

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(source)) for source in sources]
    return [task.result() for task in tasks]


def verdict(runs: Sequence[Run]) -> int:
    """The exit code that says what became of these runs: 1 something failed, 3 something was held, else 0."""
    if any(run["outcome"] in BAD for run in runs):
        return 1
    return 3 if any(run["outcome"] == "quarantined" or run["quarantined"] for run in runs) else 0
