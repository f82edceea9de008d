"""What becomes of answers: bytes first, committed as they come; records second, in one transaction when the run ends."""

import hashlib
import os
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

import psycopg

from collector.failures import HostUnreachable
from collector.license_shelf import Shelf
from collector.notices import Notices
from collector.source import Page, Source
from db import events, ledger, license_files
from market.errors import MarketError, SourceChanged
from market.license_files import GATED, GONE
from market.records import Record, UnknownKey

ROOT = Path(__file__).parent.parent
LARGE = 50
SMALL, MONOTONOUS = 100_000, 100  # bytes; real pages of many bytes are 5 to 30 times longer than compressed
LONGEST = 1500  # bytes; the index of the offers takes 2,704 in a row
KEYS = ("provider", "model_key", "endpoint", "plan", "model", "hugging_face_id", "meter", "condition", "metric", "instance", "region")
READERS = (
    "collector/source.py",
    "collector/formats.py",
    "collector/tables.py",
    "market/units.py",
    "market/records.py",
    "market/identity.py",
    "market/license_files.py",
)


@dataclass(slots=True)
class Answer:
    """One address, what it answered, and what was made of it.

    Attributes:
        verdict: accepted, unchanged, rejected, absent or unreachable.
        records: None where nothing was read, or nothing had to be.
    """

    url: str
    found_on: str | None
    fetch_id: int
    at: datetime
    verdict: str
    reason: str | None = None
    sha256: bytes | None = None
    address: str | None = None
    records: list[Record] | None = None
    count: int = 0
    status: int | None = None


@cache
def fingerprint(source: Source) -> str:
    """A hash of the code that reads a source's pages: with other code an unchanged page is read again."""
    own = Path(__import__(type(source).__module__, fromlist=["_"]).__file__ or "")
    seen = hashlib.sha256()
    for file in (own, *(ROOT / name for name in READERS)):
        seen.update(file.read_bytes() if file.is_file() else b"")
    return seen.hexdigest()[:16]


class Intake:
    """Takes one run's answers in, and in the end loads them as one change."""

    def __init__(self, connection: psycopg.Connection, source: Source, run: ledger.Run, clock: Callable[[], datetime]) -> None:
        self.connection, self.source, self.run, self.clock = connection, source, run, clock
        self.known = ledger.known(connection, run)
        self.answers: list[Answer] = []
        self.notices = Notices()
        self.shelf = Shelf(connection, source)
        self.began = time.monotonic()

    def conditions(self, url: str) -> dict[str, str]:
        """Headers that let an unchanged page cost one 304."""
        last = self.known.get(url)
        if last is None or last.address or last.missed:
            return {}
        said = {"If-None-Match": last.etag, "If-Modified-Since": None if last.etag else last.last_modified}
        return {name: value for name, value in said.items() if value}

    def take(
        self,
        url: str,
        found_on: str | None,
        status: int | None,
        body: bytes,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        next_url: str | None = None,
        address: str | None = None,
        announced: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Keeps an answer and reads it; the addresses it leads to. `announced` are headers that say until when there will be answers."""
        at, last = self.clock(), self.known.get(url)
        self.notices.hear(found_on or url, at, announced or {})
        if status == 304 and last is not None and last.sha256 is not None:
            body, next_url = ledger.body(self.connection, last.sha256), last.next_url
            etag, last_modified = last.etag, last.last_modified
        fetch_id = ledger.keep(self.connection, self.run, address or url, at, status, body, etag, last_modified, next_url)
        answer = Answer(url, found_on, fetch_id, at, "accepted", address=address, status=status)
        self.answers.append(answer)
        if status == 404:
            answer.verdict, answer.reason = "absent", f"{_bare(url)} answered 404"
            return []
        if status in (401, 403) and self.source.key_variable and not os.environ.get(self.source.key_variable):
            answer.verdict = "absent"
            answer.reason = f"{self.source.name} is read only with a key; set {self.source.key_variable} to one of yours"
            return []
        if status in (*GATED, *GONE) and self.source.license_file(url):
            answer.verdict, answer.reason = "absent", f"{_bare(url)} answered {status}"
            return []
        if status not in (None, 200, 304):
            answer.verdict, answer.reason = "rejected", f"{_bare(url)} answered {status}"
            return []
        answer.sha256 = hashlib.sha256(body).digest()
        return self._read(answer, Page(url, body, at, next_url), last)

    def _read(self, answer: Answer, page: Page, last: ledger.Known | None) -> list[str]:
        """Reads an answer's records, unless the same bytes were read by the same code before."""
        try:
            sane(page)
            links = list(self.source.links(page))
            self.shelf.see(page, answer.found_on)
            if last and self._same(answer, last):
                answer.verdict, answer.count = "unchanged", last.records
                return links
            answer.records = [storable(record) for record in self.source.records(page)]
        except MarketError as error:
            answer.verdict, answer.reason = "rejected", str(error)
            return []
        except Exception as error:  # whatever a parser trips over is a page it does not know, not the end of the run
            answer.verdict, answer.reason = "rejected", f"{page.url} could not be read ({type(error).__name__}: {error})"
            return []
        if last and last.sha256 and last.sha256 != answer.sha256:
            self.notices.look(answer.found_on or answer.url, ledger.body(self.connection, last.sha256), page.body)
        answer.count = sum(not isinstance(record, UnknownKey) for record in answer.records)
        if not answer.count and not answer.found_on and (len(self.source.start_urls) == 1 or (last and last.records)):
            answer.verdict, answer.reason, answer.records = "rejected", f"{page.url} holds no records", None
            return []
        return links

    def _same(self, answer: Answer, last: ledger.Known) -> bool:
        """Whether everything these bytes say, and all they lack, is in the ledger."""
        whole = last.complete or not self.source.lists_everything
        read = last.sha256 == answer.sha256 and last.parser == fingerprint(self.source) and last.seen_at <= answer.at
        return read and whole and not last.missed

    def later(self) -> list[tuple[str, str]]:
        """What is asked once all else has answered, each with the page it was found on: license files of repositories."""
        return list(self.shelf.wanted(self.clock()))

    def fail(self, url: str, found_on: str | None, error: BaseException) -> None:
        """Notes that an address gave no answer."""
        at = self.clock()
        verdict = "unreachable" if isinstance(error, HostUnreachable) else "rejected"
        fetch_id = ledger.keep(self.connection, self.run, url, at, None, None)
        reason = str(error) if isinstance(error, MarketError) else f"{url} could not be fetched ({type(error).__name__}: {error})"
        self.answers.append(Answer(url, found_on, fetch_id, at, verdict, reason.splitlines()[0] if reason else None))

    def fall_back(self) -> str | None:
        """Where no start page could be reached, takes the page that came with an installed package; what it is, in words."""
        starts = [a for a in self.answers if a.found_on is None]
        network = any(known.address is None for known in self.known.values())
        if network or not starts or any(a.verdict != "unreachable" for a in starts):
            return None
        page = self.source.installed()
        if page is None:
            return None
        self.take(starts[0].url, None, None, page.body, address=page.url)
        stated = getattr(self.source, "newest_stated_date", lambda _: None)(page)
        label = page.url.rpartition("/")[2].replace("@", " ")
        return f"not reached; showing {label}, newest stated price {stated}" if stated else f"not reached; showing {label}"

    def conclude(self, *, forced: bool = False, partial: bool = False) -> ledger.Outcome:
        """Loads what was accepted, in one transaction, and closes the run.

        Args:
            forced: a person accepted these pages; they are whole, but not all there are.
            partial: the pages are not all there are, and what they lack is not to be withdrawn.
        """
        fallen = self.fall_back()
        outcome, reason = self._verdict(fallen, some=forced or partial)
        if partial and outcome in ("complete", "unchanged"):
            outcome = "partial"
        loadable = outcome in ("complete", "unchanged", "partial")
        sights = self._sights(outcome in ("complete", "unchanged"), some=forced) if loadable else []
        unknown = sorted({r.name[:LONGEST] for a in self.answers for r in a.records or () if isinstance(r, UnknownKey)})
        good = [a for a in self.answers if a.verdict in ("accepted", "unchanged")]
        written, held = (0, 0), 0
        try:
            found = ledger.commit_sights(self.connection, self.run, sights, forced=forced) if sights else ((0, 0), 0)
        except (SourceChanged, ledger.FromTheFuture) as error:
            self.connection.rollback()
            outcome, reason, found = "failed", str(error), ((0, 0), 0)
        except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded, UnicodeError) as error:
            self.connection.rollback()
            said = str(error).splitlines()[0]
            outcome, reason, found = "failed", f"{self.source.name} says what the database cannot hold ({said})", ((0, 0), 0)
        if isinstance(found, str):
            outcome, reason = "quarantined", found
            for answer in (a for a in good if a.records is not None):
                answer.verdict, answer.reason = "held", found
        else:
            written, held = found
            if outcome == "unchanged" and any(written):
                outcome = "complete"
        result = ledger.Outcome(
            outcome=outcome,
            reason=reason,
            pages=len(good),
            records=sum(a.count for a in good),
            unknown_keys=unknown,
            seconds=round(time.monotonic() - self.began, 3),
            quotes=written[0],
            withdrawn=written[1],
            quarantined=held,
        )
        noticed = self.notices.events(self.clock(), accepted=outcome in ("complete", "unchanged", "partial"))
        events.tell(self.connection, self.run.source_id, self.run.run_id, noticed)
        ledger.note(self.connection, [(a.fetch_id, a.verdict, a.reason) for a in self.answers])
        if outcome in ("complete", "unchanged", "partial"):
            license_files.note(self.connection, self.run.source_id, self._texts())
        ledger.finish(self.connection, self.run, result)
        self.connection.commit()
        if result.quotes > LARGE:
            ledger.refresh_statistics(self.connection)
        return result

    def _verdict(self, fallen: str | None, *, some: bool) -> tuple[str, str | None]:
        """The run's outcome before anything is loaded, and its reason; `some` where only some of the pages were meant to be read."""
        if not self.answers:
            return "failed", "nothing was asked"
        good = [a for a in self.answers if a.verdict in ("accepted", "unchanged")]
        bad = [a for a in self.answers if a.verdict == "rejected" or (a.verdict == "unreachable" and not fallen)]
        starts = [a for a in self.answers if a.found_on is None or some]
        if not any(a.verdict in ("accepted", "unchanged") for a in starts):
            if all(a.verdict in ("absent", "unreachable") for a in starts):
                return "skipped", _said(starts)
            return "failed", _said([a for a in starts if a.verdict == "rejected"])
        if sum(a.count for a in good) < self.source.min_records and not some:
            return "failed", f"{sum(a.count for a in good)} records where at least {self.source.min_records} are expected"
        if bad:
            return "partial", _said(bad)
        return ("unchanged" if all(a.verdict == "unchanged" for a in good) else "complete"), fallen

    def _lost(self) -> Iterable[ledger.Known]:
        """Pages seen before that this run did not find, and not yet three times missing."""
        there = {a.url for a in self.answers if a.verdict in ("accepted", "unchanged")}
        return [known for url, known in self.known.items() if url not in there and known.missed < 3] if self.source.lists_everything else []

    def _texts(self) -> Iterable[license_files.Row]:
        """What the run's answers say of license files."""
        told = (a for a in self.answers if a.verdict in ("accepted", "unchanged", "absent"))
        return [row for a in told if (row := self.shelf.row(a.url, a.at, 200 if a.sha256 else a.status, a.sha256))]

    def _sights(self, whole: bool, *, some: bool) -> list[ledger.Sight]:
        complete, parser = whole and self.source.lists_everything, fingerprint(self.source)
        sights = [
            ledger.Sight(a.url, a.found_on, a.at, a.sha256, complete, parser, a.records, a.address)
            for a in self.answers
            if a.verdict in ("accepted", "unchanged")
        ]
        if whole and not some:
            at = self.clock()
            sights += [ledger.Sight(k.url, k.found_on, at, None, True, parser, ()) for k in self._lost()]
        return sights


def sane(page: Page) -> None:
    """Refuses a page that is one thing over and over, such as a million open brackets, before a parser chokes on it.

    Raises:
        SourceChanged: it is.
    """
    if len(page.body) > SMALL and len(page.body) > MONOTONOUS * len(zlib.compress(page.body, 1)):
        start = page.body[:20].decode("utf-8", "replace")
        raise SourceChanged(f"{page.url} answered {len(page.body):,} bytes of the same over and over, which is not a page ({start!r} …)")


def storable(record: Record) -> Record:
    """The record, or in its place the report that its keys are nothing the database could hold and find again."""
    if isinstance(record, UnknownKey):
        return record if "\0" not in record.name else UnknownKey(record.name.replace("\0", " "), record.where)
    keys = [str(key) for name in KEYS if (key := getattr(record, name, None)) is not None]
    if any("\0" in key for key in keys):
        return UnknownKey("a name with a NUL in it")
    return UnknownKey(f"a name longer than {LONGEST:,} bytes") if len("".join(keys).encode()) > LONGEST else record


def _bare(url: str) -> str:
    """An address as it is shown: without its query."""
    return url.partition("?")[0]


def _said(answers: list[Answer]) -> str:
    """The first reason, and how many more there are."""
    reasons = [a.reason or f"{a.url} did not answer" for a in answers]
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}"


def row(source: Source) -> ledger.SourceRow:
    """A source as the ledger notes it; how often it is expected follows from its cadence."""
    every = longest_gap(source.cadence)
    return ledger.SourceRow(
        name=source.name,
        trust=source.rank,
        family=source.family or source.name,
        lists_everything=source.lists_everything,
        cadence=source.cadence,
        expected_every=every,
        fail_after=every * 3,
        experimental=source.experimental,
        license=source.terms.license,
        attribution=source.terms.attribution,
        rate_limit=source.terms.rate_limit,
    )


def longest_gap(cadence: str) -> timedelta:
    """The longest time between two of the next ticks of a cron expression."""
    from croniter import croniter

    ticks = list(islice(croniter(cadence, datetime(2026, 1, 1, tzinfo=UTC), ret_type=datetime), 40))
    gaps: list[timedelta] = [later - tick for tick, later in pairwise(ticks)]
    return max(gaps)
