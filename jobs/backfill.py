"""`modelmarket backfill`: a source's past, read from a data repository, here or in a process of its own."""

import argparse
import gc
import json
import logging
import sys
from typing import Any

from jobs import output
from market.errors import MarketError

LIMIT = 3600.0  # seconds after which a load in the background is given up
log = logging.getLogger("jobs.worker")


class BackfillFailed(MarketError):
    """A past could not be loaded; try `modelmarket backfill SOURCE`."""


def backfill(asked: argparse.Namespace) -> int:
    """Loads a history with a progress bar on a terminal; prints what came of it."""
    from collector import backfill as past

    bar = _Bar() if sys.stderr.isatty() else None
    gc.disable()  # millions of facts without a cycle among them
    try:
        document = past.backfill(asked.source, asked.repository, asked.ref, bar.show if bar else lambda _, __: None)
    finally:
        gc.enable()
        if bar:
            bar.close()
    if asked.json:
        output.document(document)
        return 0
    counts = f"{document['commits']:,} commits, {document['quotes']:,} prices, {document['withdrawn']:,} withdrawn"
    print(f"{asked.source}: {counts} in {document['seconds']} s.")
    for skipped in document["skipped"]:
        print(f"  skipped {skipped['path']} at {skipped['commit'][:12]}: {skipped['reason']}")
    return 0


async def load(source: str) -> dict[str, Any] | None:
    """Loads one past in a process of its own; the document of `backfill`, or None where git cannot reach its repository.

    Raises:
        BackfillFailed: anything else went wrong.
    """
    # Not needed where a past is loaded here, and slow to import.
    import asyncio

    from jobs.children import GRACE, door, leashed
    from jobs.crawl import let_go

    pipe = asyncio.subprocess.PIPE
    command = leashed(door("jobs.cli", "backfill", source, "--json"), GRACE)
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, limit=2**24)
    assert process.stdout and process.stderr
    try:
        async with asyncio.timeout(LIMIT):
            said, words = await asyncio.gather(process.stdout.read(), process.stderr.read())
            await process.wait()
    except TimeoutError:
        said, words = b"", f"it took longer than {LIMIT / 60:.0f} minutes".encode()
    finally:
        await let_go(process)
    try:
        document: dict[str, Any] = json.loads(said)
    except ValueError:
        reason = words.decode("utf-8", "replace").strip()
        if not reason.startswith("git "):
            raise BackfillFailed(f"The past of {source} could not be loaded: {reason}") from None
        log.debug("The past of %s is not loaded: %s", source, reason)
        return None
    log.info("The past of %s: %s commits, %s prices, %s s.", source, document["commits"], document["quotes"], document["seconds"])
    return document


class _Bar:
    """A progress bar on standard error."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self.progress = Progress(console=Console(stderr=True), transient=True)
        self.task = self.progress.add_task("reading commits", total=None)
        self.progress.start()

    def show(self, done: int, total: int) -> None:
        """So many of so many commits are read."""
        self.progress.update(self.task, completed=done, total=total)

    def close(self) -> None:
        """Removes the bar."""
        self.progress.stop()
