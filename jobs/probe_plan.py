"""What the policy would measure becomes jobs: by `modelmarket probe plan --queue`, and once a day by a worker that probes."""

import json
import subprocess
from contextlib import suppress
from typing import Any

from jobs.children import door
from market.errors import MarketError
from market.probe_policy import Policy
from probes.machine import Machine


def renew() -> int:
    """Queues what the policy lets through on this machine now; how many probes it would run that were not measured here yet.

    In a process of its own: a worker's connection to the queue is of another kind than the plan's.

    Raises:
        MarketError: the plan could not be made; the message is its own.
    """
    command = door("jobs.cli", "probe", "plan", "--queue", "--json")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return sum(row["runs"] for row in json.loads(done.stdout)["probes"])
    except ValueError:
        raise MarketError(done.stderr.strip() or f"The plan ended without a word (code {done.returncode}).") from None


def queue(rows: list[dict[str, Any]], rules: Policy, here: Machine) -> int:
    """Queues what a plan would run, for workers of machines like this one; how many were new."""
    from procrastinate.exceptions import AlreadyEnqueued

    from db import queue as jobs
    from jobs.tasks import probe_artifact

    new, place = 0, f"probe {here.machine_id}"
    for row in rows:
        key = f"{row['repository']}:{row['file']}@{row['revision']} on {here.machine_id}"
        given = {name: row[name] for name in ("repository", "revision", "file")}
        with suppress(AlreadyEnqueued), jobs.connect() as connection:
            if jobs.asked(connection, key):  # the lock alone does not see one that is being done
                continue
            meant = probe_artifact.configure(connection=connection, queue=place, queueing_lock=key)
            meant.defer(**given, machine_id=here.machine_id, budget=float(rules.budget))
            new += 1
    return new
