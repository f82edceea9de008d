"""What `modelmarket probe plan` would measure becomes jobs."""

from contextlib import suppress
from typing import Any

from market.probe_policy import Policy
from probes.machine import Machine


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
