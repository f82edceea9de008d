"""Small pages for the ledger without a web: who says what, seen when; and the market as everybody sees it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg

from db import ledger
from market.records import Offer, Quote, Record

NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW - timedelta(days=40)
LONG_AGO, TO_COME = NOW - timedelta(days=400), NOW + timedelta(days=400)

History = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Line:
    """A price line of one page: offer (`PROVIDER/MODEL`), meter, condition, begin as stated."""

    offer: str
    meter: str = "input_mtok"
    condition: str | None = None
    stated_from: datetime | None = None


Said = Mapping[Line, Decimal | tuple[Decimal, datetime | None]]


def hour(number: float) -> datetime:
    """An instant in the tests' past, ordered by its number."""
    return START + timedelta(hours=number)


def records(said: Said, offers: Iterable[str] = (), mode: str = "chat") -> list[Record]:
    """The records of a page; `offers` lists more offers than those it prices."""
    found: list[Record] = []
    for name in dict.fromkeys([*(line.offer for line in said), *offers]):
        provider, model = name.split("/", 1)
        found.append(Offer(provider, model, mode=mode))
    for line, amount in said.items():
        usd, until = amount if isinstance(amount, tuple) else (amount, None)
        provider, model = line.offer.split("/", 1)
        found.append(Quote(provider, model, line.meter, usd, condition=line.condition, stated_from=line.stated_from, stated_to=until))
    return found


def sight(
    seen_at: datetime, found: list[Record] | None, url: str = "https://one.test/", *, complete: bool = True, found_on: str | None = None
) -> ledger.Sight:
    """One look at a page; None for records that are those of the look before."""
    text = json.dumps([str(record) for record in found or ()]).encode()
    return ledger.Sight(url, found_on, seen_at, hashlib.sha256(text).digest(), complete, "parser", found)


def row(
    name: str = "one", *, trust: int = 4, family: str = "", fail_after: timedelta = timedelta(days=1000), everything: bool = True
) -> ledger.SourceRow:
    """A source as the ledger notes it."""
    return ledger.SourceRow(
        name, trust, family or name, everything, "17 3 * * *", timedelta(days=1), fail_after, False, "MIT", "someone", "none"
    )


def load(
    connection: psycopg.Connection, source: ledger.SourceRow, sights: list[ledger.Sight], *, forced: bool = False
) -> tuple[int, int, int] | str:
    """One run: (quotes, withdrawn, newly held), or why the page was held."""
    run = ledger.begin(connection, source, datetime.now(UTC), None)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ledger.page (sha256, size, body) values (%s, 0, '') on conflict do nothing",
            [(s.sha256,) for s in sights if s.sha256],
        )
    done = ledger.commit_sights(connection, run, sights, forced=forced)
    ledger.finish(connection, run, ledger.Outcome("complete", None, 0, 0, [], 0.0))
    connection.commit()
    connection.execute("select pg_advisory_unlock_all()")
    connection.commit()
    return done if isinstance(done, str) else (done[0].quotes, done[0].withdrawn, done[1])


TABLES = (
    *("forecast_score", "forecast", "forecast_trial"),
    *(
        "event",
        "tariff",
        "review",
        "quarantine",
        "move",
        "belief",
        "floor_day",
        "floor_series",
        "standing",
        "statement",
        "listed",
        "listing",
        "carded",
        "card",
        "service",
        "adoption",
        "score",
        "alias",
        "model",
        "author",
    ),
    *("gpu_rental_price", "gpu_rental", "license_file", "license_reading"),
    *("rate", "price_line", "offer", "subject", "sighting", "scope", "fetch", "run", "source", "page"),
)


def empty(connection: psycopg.Connection) -> None:
    """Removes what loads write; quicker than to truncate."""
    for table in TABLES:
        connection.execute(f"delete from ledger.{table}")
    connection.commit()


def save(connection: psycopg.Connection) -> None:
    """Keeps all that is there now, for `again`."""
    connection.execute("create schema if not exists kept")
    for table in TABLES:
        connection.execute(f"drop table if exists kept.{table}")
        connection.execute(f"create table kept.{table} as table ledger.{table}")
    connection.commit()


def again(connection: psycopg.Connection) -> None:
    """Puts back what was saved; numbers given out since are not given again."""
    empty(connection)
    for table in reversed(TABLES):
        connection.execute(f"insert into ledger.{table} overriding system value table kept.{table}")
    connection.commit()


def seen(connection: psycopg.Connection, view: str, leaving_out: Iterable[str] = ("line_id",)) -> list[tuple[Any, ...]]:
    """All rows of a view as text, in order, without some columns."""
    cursor = connection.execute(f"select * from market.{view}")
    names = [column.name for column in cursor.description or ()]
    keep = [place for place, name in enumerate(names) if name not in set(leaving_out)]
    found = sorted(tuple(str(values[place]) for place in keep) for values in cursor.fetchall())
    connection.commit()
    return found


def overlaps(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """Statements of one line that hold at the same time, and intervals that end before they begin."""
    found = connection.execute(
        "select a.source_key, a.meter, a.seen_at, b.seen_at from market.quote_history a inner join market.quote_history b"
        " on b.line_id = a.line_id and b.evidence_url = a.evidence_url and b.seen_at > a.seen_at and b.seen_at < coalesce(a.gone_at, 'infinity')"
        " union all select source_key, meter, seen_at, gone_at from market.quote_history"
        " where gone_at <= seen_at or valid_to < valid_from"
    ).fetchall()
    connection.commit()
    return found
