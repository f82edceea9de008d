"""The pasts of sources, loaded once in the background: `modelmarket up` queues what is missing, a worker loads it."""

import logging
import os
from typing import Any

log = logging.getLogger("jobs.worker")


def pasts() -> list[dict[str, Any]]:
    """One row per source that has a past in a public repository: market.source_past, `commits` 0 where it is not loaded."""
    from collector.source import find
    from db import views

    loaded = {row["source"]: row for row in views.rows("select * from market.source_past order by source")}
    nothing = {"commits": 0, "since": None, "until": None, "loaded_at": None}
    return [loaded.get(name, {"source": name, **nothing}) for name, source in sorted(find().items()) if source.history]


def queue_missing() -> list[str]:
    """Queues one job for each past that is not loaded, one after the other; their sources. Behind a mirror there is no way to them."""
    if os.environ.get("MODELMARKET_MIRROR"):
        return []
    from procrastinate.exceptions import AlreadyEnqueued

    from db import queue
    from jobs.tasks import load_past

    missing = [row["source"] for row in pasts() if not row["commits"]]
    for source in missing:
        try:
            with queue.connect() as connection:
                load_past.configure(connection=connection, lock="past", queueing_lock=f"past {source}").defer(source=source)
        except AlreadyEnqueued:
            log.debug("The past of %s is queued already.", source)
    return missing
