"""The write side: bytes first, committed at once; then one transaction per run, which shows everything or nothing.

Every function takes an open connection of role `collector` or of the owner; commits are said where they happen.
"""

import hashlib
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from db import effective, engine, floor_days, identities, judge, licenses, load
from db.load import Sight
from market.errors import MarketError, Misused

__all__ = ["Known", "Run", "Sight", "SourceRow", "begin", "body", "commit_sights", "finish", "keep", "known", "note", "review"]

_CRAWLING = 7_306_216


class FromTheFuture(MarketError):
    """A page was seen later than it is now by the database's clock; set this machine's clock."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as the ledger notes it; the columns of ledger.source without its number."""

    name: str
    trust: int
    family: str
    lists_everything: bool
    cadence: str
    expected_every: timedelta
    fail_after: timedelta
    experimental: bool
    license: str
    attribution: str
    rate_limit: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has begun."""

    run_id: int
    source_id: int


@dataclass(frozen=True, slots=True)
class Known:
    """The last accepted answer of an address, with what a conditional request needs.

    Attributes:
        seen_at: when.
        address: where the bytes came from, if not from `url`.
        parser: fingerprint of the code that read it.
        records: how many were read.
        complete: whether what it lacks was withdrawn then.
        missed: sightings since then that found the page gone.
    """

    url: str
    found_on: str | None
    seen_at: datetime
    sha256: bytes | None
    address: str | None
    etag: str | None
    last_modified: str | None
    next_url: str | None
    parser: str
    records: int
    complete: bool
    missed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to; see DESIGN's document of `collect`."""

    outcome: str
    reason: str | None
    pages: int
    records: int
    unknown_keys: Sequence[str]
    seconds: float
    quotes: int = 0
    withdrawn: int = 0
    quarantined: int = 0


def clock(connection: psycopg.Connection) -> Callable[[], datetime]:
    """A clock that begins with the database's time and runs steadily, whatever becomes of this machine's. Commits."""
    row = connection.execute("select clock_timestamp()").fetchone()
    connection.commit()
    assert row
    at, began = row[0], time.monotonic()
    return lambda: at + timedelta(seconds=time.monotonic() - began)


def sync(connection: psycopg.Connection, source: SourceRow) -> int:
    """Writes the source as the code says it is; its number. Commits."""
    names = list(SourceRow.__slots__)
    values = [getattr(source, name) for name in names]
    row = connection.execute(
        f"insert into ledger.source ({', '.join(names)}) values ({', '.join(['%s'] * len(names))})"
        f" on conflict (name) do update set {', '.join(f'{n} = excluded.{n}' for n in names[1:])} returning id",
        values,
    ).fetchone()
    connection.commit()
    assert row
    return int(row[0])


def begin(connection: psycopg.Connection, source: SourceRow, started_at: datetime, scheduled_for: datetime | None) -> Run:
    """Begins a run, alone for its source: waits for another crawl of it, and marks a killed one `aborted`. Commits.

    A tick that was begun before and did not finish is begun again under its own row.
    """
    source_id = sync(connection, source)
    connection.execute("select pg_advisory_lock(%s, %s)", (_CRAWLING, source_id))
    connection.execute(
        "update ledger.run set outcome = 'aborted', finished_at = now(), reason = 'The process was ended before it had finished.'"
        " where source_id = %s and finished_at is null",
        (source_id,),
    )
    row = connection.execute(
        "insert into ledger.run (source_id, scheduled_for, started_at) values (%s, %s, %s)"
        " on conflict (source_id, scheduled_for) do update set started_at = excluded.started_at, finished_at = null, outcome = null,"
        " reason = null returning id",
        (source_id, scheduled_for, started_at),
    ).fetchone()
    connection.commit()
    assert row
    return Run(int(row[0]), source_id)


def known(connection: psycopg.Connection, run: Run) -> dict[str, Known]:
    """What each address of the source answered last that was accepted, and how its scope was last read."""
    with connection.cursor(row_factory=class_row(Known)) as cursor:
        found = cursor.execute(
            "select distinct on (sc.url) sc.url, sc.found_on, sg.seen_at, sg.sha256, sg.address, f.etag, f.last_modified, f.next_url,"
            " sg.parser, sg.records, sg.complete, (select count(*) from ledger.sighting gone where gone.scope_id = sc.id"
            " and gone.sha256 is null and gone.commit is null and gone.seen_at > sg.seen_at)::int as missed"
            " from ledger.scope sc inner join ledger.sighting sg on sg.scope_id = sc.id and sg.sha256 is not null"
            " left join ledger.fetch f on f.url = sc.url and f.sha256 = sg.sha256 and f.verdict = 'accepted'"
            " where sc.source_id = %s order by sc.url, sg.seen_at desc, f.fetched_at desc nulls last",
            (run.source_id,),
        ).fetchall()
    connection.commit()
    return {row.url: row for row in found}


def keep(
    connection: psycopg.Connection,
    run: Run,
    url: str,
    fetched_at: datetime,
    status: int | None,
    content: bytes | None,
    etag: str | None = None,
    last_modified: str | None = None,
    next_url: str | None = None,
) -> int:
    """Keeps an answer's bytes and that it came, before anything is made of it; the fetch's number. Commits."""
    sha256 = None
    if content is not None:
        sha256 = hashlib.sha256(content).digest()
        if not connection.execute("select 1 from ledger.page where sha256 = %s", (sha256,)).fetchone():
            connection.execute(
                "insert into ledger.page (sha256, size, body) values (%s, %s, %s) on conflict do nothing",
                (sha256, len(content), zlib.compress(content, 6)),
            )
    row = connection.execute(
        "insert into ledger.fetch (run_id, url, fetched_at, status, sha256, etag, last_modified, next_url)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (run.run_id, url, fetched_at, status, sha256, etag, last_modified, next_url),
    ).fetchone()
    connection.commit()
    assert row
    return int(row[0])


def body(connection: psycopg.Connection, sha256: bytes) -> bytes:
    """The bytes of a kept page."""
    row = connection.execute("select body from ledger.page where sha256 = %s", (sha256,)).fetchone()
    connection.commit()
    if not row:
        raise Misused(f"no page with hash {sha256.hex()} is kept")
    return zlib.decompress(row[0])


def note(connection: psycopg.Connection, verdicts: Sequence[tuple[int, str, str | None]]) -> None:
    """Writes what became of fetches: (number, verdict, reason). Does not commit."""
    rows = [(verdict, reason and reason.replace("\0", " "), number) for number, verdict, reason in verdicts]
    with connection.cursor() as cursor:
        cursor.executemany("update ledger.fetch set verdict = %s, reason = %s where id = %s", rows)


def commit_sights(
    connection: psycopg.Connection, run: Run, sights: Sequence[Sight], *, forced: bool = False
) -> tuple[load.Written, int] | str:
    """Loads all accepted pages of a run as one change; statements written and newly held, or why the pages are held as a whole.

    Does not commit; where pages are held nothing was written. With `forced` a person has accepted the pages: nothing is
    held as a whole, and every statement written counts as accepted.
    """
    load.alone(connection)
    newest = max((sight.seen_at for sight in sights), default=None)
    if newest and connection.execute("select %s > clock_timestamp() + interval '1 minute'", (newest,)).fetchone() == (True,):
        raise FromTheFuture(f"A page was seen at {newest:%Y-%m-%d %H:%M} UTC, which has not come by the database's clock; set the clocks")
    with connection.transaction(force_rollback=False):
        load.stage(connection, run.source_id, run.run_id, sights)
        hold = None if forced else judge.page_hold(connection, run.source_id)
        if hold is None:
            written = load.write(connection, run.source_id)
            if forced:
                connection.execute(
                    "insert into ledger.review (line_id, seen_at, decision, note)"
                    " select line_id, seen_at, 'accept', 'accepted with its page' from delta_statement where not gone"
                )
            return written, judge.settle(connection, run.source_id, run.run_id)
        raise psycopg.Rollback
    return hold.reason


def finish(connection: psycopg.Connection, run: Run, outcome: Outcome) -> None:
    """Writes what the run came to. Does not commit."""
    load.alone(connection)
    connection.execute(
        "update ledger.run set finished_at = clock_timestamp(), outcome = %s, reason = %s, pages = %s, records = %s, quotes = %s,"
        " withdrawn = %s, quarantined = %s, unknown_keys = %s, seconds = %s where id = %s",
        (
            outcome.outcome,
            outcome.reason and outcome.reason.replace("\0", " "),
            outcome.pages,
            outcome.records,
            outcome.quotes,
            outcome.withdrawn,
            outcome.quarantined,
            psycopg.types.json.Jsonb(list(outcome.unknown_keys)),
            outcome.seconds,
            run.run_id,
        ),
    )
    effective.refresh(connection)
    licenses.refresh(connection, run.source_id)
    identities.refresh(connection)
    floor_days.refresh(connection)


def abort(connection: psycopg.Connection, run: Run, reason: str) -> None:
    """Ends a run that did not come to its end. Commits."""
    connection.execute(
        "update ledger.run set outcome = 'aborted', finished_at = clock_timestamp(), reason = %s where id = %s", (reason, run.run_id)
    )
    connection.commit()


def refresh_statistics(connection: psycopg.Connection) -> None:
    """Lets the planner know of a large load at once, not when autovacuum comes by. Commits."""
    connection.execute("analyze ledger.offer, ledger.price_line, ledger.statement, ledger.standing, ledger.belief, ledger.listed")
    connection.execute("analyze ledger.scope, ledger.sighting, ledger.listing, ledger.subject, ledger.carded, ledger.quarantine")
    connection.commit()


def rejected(connection: psycopg.Connection, source_id: int) -> list[tuple[str, str | None, datetime, bytes, str | None]]:
    """Pages of the source that came whole and could not be read since, oldest first: url, found on, when, hash, next address. Commits."""
    found = connection.execute(
        "select distinct on (f.fetched_at, f.url) f.url, sc.found_on, f.fetched_at, f.sha256, f.next_url from ledger.fetch f"
        " inner join ledger.run r on r.id = f.run_id left join ledger.scope sc on sc.source_id = r.source_id and sc.url = f.url"
        " where r.source_id = %s and f.verdict = 'rejected' and f.status in (200, 304) and not exists ("
        " select from ledger.sighting g where g.scope_id = sc.id and g.seen_at = f.fetched_at) order by f.fetched_at, f.url",
        (source_id,),
    ).fetchall()
    connection.commit()
    return found


def held_page(connection: psycopg.Connection, fetch_id: int) -> tuple[str, str, str | None, datetime, bytes, str | None]:
    """A held page by the number of its fetch: source, url, found on, when, hash, next address.

    Raises:
        Misused: that fetch is not held.
    """
    row = connection.execute(
        "select s.name, f.url, sc.found_on, f.fetched_at, f.sha256, f.next_url from ledger.fetch f"
        " inner join ledger.run r on r.id = f.run_id inner join ledger.source s on s.id = r.source_id"
        " left join ledger.scope sc on sc.source_id = s.id and sc.url = f.url where f.id = %s and f.verdict = 'held'",
        (fetch_id,),
    ).fetchone()
    connection.commit()
    if not row:
        raise Misused(f"P{fetch_id} is not a held page; `modelmarket review list` names those")
    return row


def decide_page(connection: psycopg.Connection, fetch_id: int, decision: str, note_: str | None) -> None:
    """Writes what a person decided about a held page. Does not commit."""
    connection.execute("insert into ledger.review (fetch_id, decision, note) values (%s, %s, %s)", (fetch_id, decision, note_))


def decide_statement(item: str, decision: str, note_: str | None) -> str:
    """Accepts or rejects a held statement by its handle (`S12.3`) and judges its thing again; one sentence for the user.

    Raises:
        Misused: no such statement stands.
    """
    line, _, scope = item[1:].partition(".")
    if not (line.isdigit() and scope.isdigit()):
        raise Misused(f"{item!r} is not a handle; `modelmarket review list` names what is held")
    with engine.connect() as connection:
        row: Any = connection.execute(
            "select st.seen_at, o.thing, o.source_id, o.provider || '/' || o.model_key, l.meter, coalesce(st.usd, c.usd)"
            " from ledger.standing st"
            " left join ledger.converted c on c.line_id = st.line_id and c.scope_id = st.scope_id and c.seen_at = st.seen_at"
            " inner join ledger.price_line l on l.id = st.line_id inner join ledger.offer o on o.id = l.offer_id"
            " where st.line_id = %s and st.scope_id = %s",
            (int(line), int(scope)),
        ).fetchone()
        if not row:
            raise Misused(f"nothing is held under {item}; `modelmarket review list` names what is")
        seen_at, thing, source_id, key, meter, usd = row
        load.alone(connection)
        connection.execute(
            "insert into ledger.review (line_id, seen_at, decision, note) values (%s, %s, %s, %s)", (int(line), seen_at, decision, note_)
        )
        connection.execute("create temp table judged (thing text primary key) on commit drop")
        connection.execute("insert into judged values (%s)", (thing,))
        judge.judge(connection, source_id)
        effective.refresh(connection)
        floor_days.refresh(connection)
    word = "believed" if decision == "accept" else "kept and never believed"
    return f"{key} {meter} at {usd} USD is now {word}."


def review(item: str, decision: str, note_: str | None = None) -> str:
    """Accepts or rejects what is held, by its handle; one sentence for the user. Pages are accepted by the collector's door."""
    if decision not in ("accept", "reject"):
        raise Misused("a review is accept or reject")
    if item[:1].upper() == "S":
        return decide_statement(item.upper(), decision, note_)
    raise Misused(f"{item!r} is not a handle; `modelmarket review list` names what is held")
