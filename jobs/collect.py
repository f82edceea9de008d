"""`modelmarket collect`: the asked sources, a few at once, each in a process of its own."""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jobs.children import door
from jobs.crawl import Run, Told, crawl_all, verdict
from market.errors import MarketError, Misused


def known() -> list[str]:
    """Names of all sources, in order."""
    from collector.source import find

    return sorted(find())


def run_all(sources: Sequence[str]) -> list[Run]:
    """Collects, with progress on a terminal; a signal ends every crawl before it goes on as KeyboardInterrupt."""
    from db import schema

    schema.ensure()
    with _progress(len(sources)) as (begun, ended):
        return asyncio.run(crawl_all(sources, begun, ended))


def line(run: Run) -> str:
    """What became of one run, in one plain line."""
    words = {"records": "records", "quotes": "new prices", "withdrawn": "withdrawn", "quarantined": "held"}
    said = ", ".join(f"{run[key]:,} {word}" for key, word in words.items() if run[key])
    keys = run["unknown_keys"]
    unknown = f"{len(keys)} unknown price keys ({', '.join(keys[:2])}{', …' if len(keys) > 2 else ''})" if keys else ""
    return f"{run['source']:<16} {run['outcome']:<11} " + "; ".join(filter(None, (said, run["reason"], unknown)))


def collect(asked: argparse.Namespace) -> int:
    """Collects the asked sources, by default all; 1 if any failed or was partial, else 3 if anything was held.

    Raises:
        Misused: a name that no source has, or pages to capture of no source that was named.
    """
    names = known()
    if strangers := [name for name in asked.sources if name not in names]:
        raise Misused(f"There is no source {', '.join(map(repr, strangers))}; there are {', '.join(names)}.")
    if asked.capture:
        return _capture(asked)
    runs = run_all([name for name in names if name in asked.sources or not asked.sources])
    if asked.json:
        from jobs.output import document

        document({"runs": runs})
    else:
        print("\n".join(map(line, runs)))
    return verdict(runs)


def _capture(asked: argparse.Namespace) -> int:
    """Keeps the start pages of the named sources as files; 1 if any page did not come."""
    if not asked.sources:
        raise Misused("Name the sources whose pages are to be captured; `--capture` alone would fetch all of them.")
    found = [_captured(name, asked.into) for name in asked.sources]
    if asked.json:
        from jobs.output import document

        document({"captures": found})
    else:
        for page in (page for each in found for page in each["pages"]):
            print(page.get("file") or page["reason"])
    return 0 if all("file" in page for each in found for page in each["pages"]) else 1


def _captured(name: str, folder: str) -> dict[str, Any]:
    """What one source's capture, in a process of its own, says it has kept."""
    done = subprocess.run(door("collector", "capture", name, "--into", folder, "--json"), capture_output=True, text=True, check=False)
    try:
        return dict(json.loads(done.stdout))
    except ValueError:
        said = done.stderr.strip().splitlines()
        raise MarketError(said[-1] if said else f"The capture of {name} ended without a word (code {done.returncode}).") from None


@contextlib.contextmanager
def _progress(total: int) -> Iterator[tuple[Callable[[str], Told], Callable[[Run], None]]]:
    """What to call when a crawl begins and when one ends; draws bars on a terminal and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: lambda done, known: None, lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        overall = progress.add_task("sources", total=total)
        bars = {}

        def begun(source: str) -> Told:
            bars[source] = progress.add_task(source, total=None)
            return lambda done, known: progress.update(bars[source], completed=done, total=known)

        def ended(run: Run) -> None:
            progress.remove_task(bars.pop(run["source"]))
            progress.advance(overall)

        yield begun, ended
