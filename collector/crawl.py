"""One run of one source in this process, from the first request to the committed change."""

import inspect
import os
import signal
from datetime import datetime
from typing import Any

import psycopg

from collector import pipelines, source
from collector.source import Source
from db import engine, ledger
from market.errors import MarketError, Misused


class Stopped(MarketError):
    """The crawl was stopped before it had finished; nothing of it was loaded."""


def named(name: str) -> Source:
    """The source of a name.

    Raises:
        Misused: there is none.
    """
    found = source.find(name)
    if name not in found:
        raise Misused(f"there is no source {name!r}; there are {', '.join(sorted(source.find()))}")
    return found[name]


def crawl(name: str, scheduled_for: datetime | None = None, *, progress: bool = False) -> dict[str, Any]:
    """Collects one source; the run's document (DESIGN, `collect`).

    Raises:
        Misused: there is no such source.
        MarketError: the database cannot be used.
    """
    wanted = named(name)
    with engine.connect("collector") as connection:
        clock = ledger.clock(connection)
        run = ledger.begin(connection, pipelines.row(wanted), clock(), scheduled_for)
        try:
            intake = pipelines.Intake(connection, wanted, run, clock)
            _ask(intake, progress)
            return document(name, intake.conclude())
        except (KeyboardInterrupt, Stopped):
            connection.rollback()
            ledger.abort(connection, run, inspect.getdoc(Stopped) or "")
            raise Stopped from None
        except psycopg.OperationalError as error:
            said = str(error).strip().splitlines()[0]
            raise engine.Unreachable(f"The database went away while {name} was collected; nothing of it was loaded ({said})") from None


def _ask(intake: pipelines.Intake, progress: bool) -> None:
    """Asks all of a source's pages; whatever was asked has an answer in the intake afterwards.

    Raises:
        Stopped: a signal ended it before.
    """
    from scrapy.crawler import CrawlerProcess

    from collector.settings import settings
    from collector.spider import MarketSpider

    def stop(*_: object) -> None:
        # Not stop, for which Scrapy would first wait for every open answer, as long as a page may take.
        if not reactor.running:
            raise KeyboardInterrupt
        reactor.callFromThread(reactor.crash)  # type: ignore[misc]

    process = CrawlerProcess(settings(os.environ.get("MODELMARKET_MIRROR")))
    crawler = process.create_crawler(MarketSpider)
    process.crawl(crawler, source=intake.source, intake=intake, progress=progress)
    from twisted.internet import reactor  # not before Scrapy has chosen one

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    process.start(install_signal_handlers=False)
    if crawler.stats is None or crawler.stats.get_value("finish_reason") != "finished":
        reactor.getThreadPool().stop()
        raise Stopped
    assert isinstance(crawler.spider, MarketSpider)
    for url, found_on in list(crawler.spider.unanswered()):
        intake.connection.rollback()
        intake.fail(url, found_on, MarketError(f"{url} was asked, and its answer could not be kept; the log above says why"))


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
        name, url, found_on, at, sha256, next_url = ledger.held_page(connection, fetch_id)
        wanted = named(name)
        run = ledger.begin(connection, pipelines.row(wanted), ledger.clock(connection)(), None)
        intake = pipelines.Intake(connection, wanted, run, lambda: at)
        intake.take(url, found_on, 200, ledger.body(connection, sha256), next_url=next_url)
        ledger.decide_page(connection, fetch_id, "accept", note)
        return document(name, intake.conclude(forced=True))


def reparse(name: str) -> dict[str, Any]:
    """Reads again, with today's code, the kept pages that could not be read when they came, each as of its own time."""
    wanted = named(name)
    total: dict[str, Any] = {}
    with engine.connect("collector") as connection:
        pages = ledger.rejected(connection, ledger.sync(connection, pipelines.row(wanted)))
    if not pages:
        raise Misused(f"nothing that {name} answered waits to be read again")
    for url, found_on, at, sha256, next_url in pages:
        with engine.connect("collector") as connection:
            run = ledger.begin(connection, pipelines.row(wanted), ledger.clock(connection)(), None)
            intake = pipelines.Intake(connection, wanted, run, lambda at=at: at)  # type: ignore[misc]
            intake.take(url, found_on, 200, ledger.body(connection, sha256), next_url=next_url)
            one = document(name, intake.conclude(partial=True))
        total = {**one, **{k: total.get(k, 0) + one[k] for k in ("pages", "records", "quotes", "withdrawn", "quarantined")}}
    return total
