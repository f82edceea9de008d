"""One run of one source in this process, from the first request to the committed change."""

import os
from datetime import UTC, datetime
from typing import Any

from collector import pipelines, source
from collector.source import Source
from db import engine, ledger
from market.errors import Misused


def named(name: str) -> Source:
    """The source of a name.

    Raises:
        Misused: there is none.
    """
    found = source.find()
    if name not in found:
        raise Misused(f"there is no source {name!r}; there are {', '.join(sorted(found))}")
    return found[name]


def now() -> datetime:
    """This instant, aware, UTC."""
    return datetime.now(UTC)


def crawl(name: str, scheduled_for: datetime | None = None, *, progress: bool = False) -> dict[str, Any]:
    """Collects one source; the run's document (DESIGN, `collect`).

    Raises:
        Misused: there is no such source.
        MarketError: the database cannot be used.
    """
    from scrapy.crawler import CrawlerProcess

    from collector.settings import settings
    from collector.spider import MarketSpider

    wanted = named(name)
    with engine.connect("collector") as connection:
        run = ledger.begin(connection, pipelines.row(wanted), now(), scheduled_for)
        intake = pipelines.Intake(connection, wanted, run, now)
        process = CrawlerProcess(settings(os.environ.get("MODELMARKET_MIRROR")))
        process.crawl(MarketSpider, source=wanted, intake=intake, progress=progress)
        process.start()
        return document(name, intake.conclude())


def document(name: str, outcome: ledger.Outcome) -> dict[str, Any]:
    """A run as `collect --json` prints it."""
    return {
        "source": name,
        "outcome": outcome.outcome,
        "pages": outcome.pages,
        "records": outcome.records,
        "quotes": outcome.quotes,
        "withdrawn": outcome.withdrawn,
        "quarantined": outcome.quarantined,
        "unknown_keys": list(outcome.unknown_keys),
        "seconds": outcome.seconds,
        "reason": outcome.reason,
    }


def accept_page(fetch_id: int, note: str | None) -> dict[str, Any]:
    """Loads a page that was held as a whole, as a person decided; the run's document.

    Raises:
        Misused: that page is not held.
    """
    with engine.connect("collector") as connection:
        name, url, at, sha256, next_url = ledger.held_page(connection, fetch_id)
        wanted = named(name)
        run = ledger.begin(connection, pipelines.row(wanted), now(), None)
        intake = pipelines.Intake(connection, wanted, run, now)
        intake.take(url, None, 200, ledger.body(connection, sha256), next_url=next_url)
        ledger.decide_page(connection, fetch_id, "accept", note)
        return document(name, intake.conclude(forced=True))


def reparse(name: str) -> dict[str, Any]:
    """Reads again, with today's code, the kept pages that could not be read when they came, each as of its own time."""
    wanted = named(name)
    total: dict[str, Any] = {}
    with engine.connect("collector") as connection:
        run = ledger.begin(connection, pipelines.row(wanted), now(), None)
        pages = ledger.rejected(connection, run)
        connection.commit()
    if not pages:
        raise Misused(f"nothing that {name} answered waits to be read again")
    for url, found_on, at, sha256, next_url in pages:
        with engine.connect("collector") as connection:
            run = ledger.begin(connection, pipelines.row(wanted), now(), None)
            intake = pipelines.Intake(connection, wanted, run, lambda at=at: at)  # type: ignore[misc]
            intake.take(url, found_on, 200, ledger.body(connection, sha256), next_url=next_url)
            one = document(name, intake.conclude(partial=True))
        total = {**one, **{k: total.get(k, 0) + one[k] for k in ("pages", "records", "quotes", "withdrawn", "quarantined")}}
    return total
