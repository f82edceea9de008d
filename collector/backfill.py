"""A source's past from a data repository, in one transaction."""

import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from collector import history, pipelines
from collector.crawl import named
from db import backfill as pasts
from db import engine, ledger
from market.errors import Misused


def backfill(
    name: str, repository: str | None, ref: str | None = None, told: Callable[[int, int], None] = lambda _, __: None
) -> dict[str, Any]:
    """Loads a source's history from a repository (address, folder or bundle); the document of `backfill`.

    Args:
        name: the source.
        repository: where to read; None for the source's own public one.
        ref: the branch; None for the source's usual one.
        told: called with (commits done, commits in all).

    Raises:
        Misused: the source has no history.
        RepositoryFailed: the repository cannot be read.
    """
    began = time.monotonic()
    wanted = named(name)
    if wanted.history is None:
        raise Misused(f"{name} has no history that could be read; see the sources with `python -m collector list`")
    origin = repository or wanted.history.repository
    with ThreadPoolExecutor(1) as meanwhile:
        present = meanwhile.submit(_now)
        local = history.at_hand(origin, engine.home() / "repositories", ref or wanted.history.ref)
        steps = history.commits(local, history.branch(local, ref, wanted.history.ref))
        walk = history.Walk(wanted, wanted.history, local, told)
        come = [step for step in steps if step.at <= present.result()]
        walk.run(come)
        late = [step for step in steps if step.at > present.result()]
        walk.skipped += [history.Skipped(step.sha, "", f"it is dated {step.at:%Y-%m-%d}, which has not come") for step in late]
    with engine.connect("collector") as connection:
        run = ledger.begin(connection, pipelines.row(wanted), ledger.clock(connection)(), None)
        written = pasts.load_pasts(connection, run.source_id, run.run_id, list(walk.pasts.values()), pipelines.fingerprint(wanted), origin)
        seconds = round(time.monotonic() - began, 3)
        unknown = sorted(set().union(*(past.unknown for past in walk.pasts.values())))
        ledger.finish(connection, run, ledger.Outcome("complete", None, len(steps), 0, unknown, seconds, *written))
        connection.commit()
    return {
        "source": name,
        "commits": len(steps),
        "skipped": [skipped._asdict() for skipped in walk.skipped],
        "quotes": written.quotes,
        "withdrawn": written.withdrawn,
        "unknown_keys": unknown,
        "seconds": round(time.monotonic() - began, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _now() -> datetime:
    """This instant by the database's clock; until it runs and is upgraded, the repository can be fetched."""
    with engine.connect("collector") as connection:
        return ledger.clock(connection)()
