"""`modelmarket doctor`: whether this machine is fit, and what to mend where it is not."""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from market.errors import MarketError

NEEDED_BYTES = 2_000_000_000


class Finding(NamedTuple):
    """One thing looked at; `say` is what is so, or what to do."""

    name: str
    good: bool
    say: str


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Finding("python", good, found if good else f"{found} is too old; install Python 3.11 or newer")


def _disk() -> Finding:
    from db.engine import home

    folder = home()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    said = f"{free / 1e9:.1f} GB free for {folder}"
    return Finding("disk", free >= NEEDED_BYTES, said if free >= NEEDED_BYTES else f"{said}; make room for 2 GB, or set MODELMARKET_HOME")


def _database() -> Finding:
    from db import upkeep

    found = upkeep.facts()
    return Finding("database", True, f"PostgreSQL {found['version']}, {found['kind']} ({found['where']})")


def _schema() -> Finding:
    from db import schema, upkeep

    schema.ensure()
    return Finding("schema", True, f"revision {upkeep.facts()['revision']}")


def _sources() -> Finding:
    from collector.source import find

    return Finding("sources", True, f"{len(find())} source files")


def _clock() -> Finding:
    from db import queue

    jobs = queue.counts()
    return Finding("queue", True, f"{jobs['todo']} jobs wait, {jobs['doing']} run, {jobs['failed']} failed in the last month")


def _dashboard() -> Finding:
    from jobs.web import free_port

    return Finding("dashboard", True, f"port {free_port(None)} is free")


CHECKS: tuple[Callable[[], Finding], ...] = (_python, _disk, _database, _schema, _sources, _clock, _dashboard)


def findings() -> Iterator[Finding]:
    """Every check's finding; an error of ours is one too."""
    for check in CHECKS:
        try:
            yield check()
        except MarketError as error:
            yield Finding(check.__name__.strip("_"), False, str(error))


def doctor(asked: argparse.Namespace) -> int:
    """Prints one line per check; 1 where anything is to be mended."""
    found = list(findings())
    if asked.json:
        from jobs.output import document

        document({"checks": [finding._asdict() for finding in found]})
    else:
        print("\n".join(f"{'ok  ' if good else 'MEND'}  {name:<10} {say}" for name, good, say in found))
    return 0 if all(finding.good for finding in found) else 1
