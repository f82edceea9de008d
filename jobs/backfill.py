"""`modelmarket backfill`: a source's past, read from a data repository."""

import argparse
import sys

from jobs import output


def backfill(asked: argparse.Namespace) -> int:
    """Loads a history with a progress bar on a terminal; prints what came of it."""
    from collector import backfill as past

    bar = _Bar() if sys.stderr.isatty() else None
    document = past.backfill(asked.source, asked.repository, asked.ref, bar.show if bar else lambda _, __: None)
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
