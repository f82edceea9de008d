"""License files of repositories in the ledger: which were asked for and answered, and what their bytes are.

What a text is follows from kept bytes and the registry alone, and is decided once for both: a registry that grew decides anew.
"""

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import psycopg

from market.license_evidence import Text
from market.license_files import GATED, Asked
from market.license_text import Reading
from market.licenses import License, judge

LONGEST = 1 << 20

# Of each file the last word; of one that went behind a gate, what was read before.
LATEST = """
select distinct on (f.repository, f.file) f.repository, f.file, f.revision, f.url, f.status, f.sha256, f.asked_at
from ledger.license_file as f
order by f.repository, f.file, f.status = any(%(gated)s), f.asked_at desc
"""


class Row(NamedTuple):
    """An answer to the question for a license file; the columns of ledger.license_file but for the source."""

    repository: str
    file: str
    revision: str
    asked_at: datetime
    url: str
    status: int
    sha256: bytes | None
    declared: str | None


class Kept(NamedTuple):
    """The last word of a license file: gated and missing ones have neither bytes nor a text."""

    file: str
    revision: str
    url: str
    sha256: bytes | None
    text: Text | None
    match: str


def asked(connection: psycopg.Connection, repositories: Sequence[str]) -> dict[str, Asked]:
    """When the license files of repositories, in lower case, were last asked for; those never asked are left out. Commits."""
    found = connection.execute(
        "select f.repository, max(f.asked_at), (array_agg(f.revision order by f.asked_at desc))[1],"
        " (array_agg(f.declared order by f.asked_at desc))[1], array_agg(f.file)"
        " from ledger.license_file as f where f.repository = any(%s) group by 1",
        (list(repositories),),
    ).fetchall()
    connection.commit()
    return {name: Asked(at, revision, declared, frozenset(files)) for name, at, revision, declared, files in found}


def note(connection: psycopg.Connection, source_id: int, rows: Iterable[Row]) -> None:
    """Writes what was answered. Does not commit."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ledger.license_file (source_id, repository, file, revision, asked_at, url, status, sha256, declared)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            [(source_id, *row) for row in rows],
        )


def kept(connection: psycopg.Connection, registry: Sequence[License], stamp: str) -> dict[str, dict[str, Kept]]:
    """The last word of every license file, by repository and name, each text decided with this registry. Does not commit."""
    _decide(connection, registry, stamp)
    texts = {
        sha256: Text(match, license_id, nearest)
        for sha256, match, license_id, nearest in connection.execute(
            "select sha256, match, license_id, nearest_id from ledger.license_reading"
        )
    }
    found: dict[str, dict[str, Kept]] = {}
    for repository, file, revision, url, status, sha256, _ in connection.execute(LATEST, {"gated": list(GATED)}):
        text = texts.get(sha256) if sha256 else None
        match = text.match if text else ("gated" if status in GATED else "missing")
        found.setdefault(repository, {})[file] = Kept(file, revision, url, sha256, text, match)
    return found


def _decide(connection: psycopg.Connection, registry: Sequence[License], stamp: str) -> None:
    """Decides texts that this registry has not decided yet, one by one."""
    waiting = connection.execute(
        "select distinct f.sha256 from ledger.license_file as f left join ledger.license_reading as r using (sha256)"
        " where f.sha256 is not null and r.stamp is distinct from %s",
        (stamp,),
    ).fetchall()
    for (sha256,) in waiting:
        row = connection.execute("select body from ledger.page where sha256 = %s", (sha256,)).fetchone()
        assert row
        match, license_id, nearest, flags = _judged(zlib.decompress(row[0]), registry)
        connection.execute(
            "insert into ledger.license_reading (sha256, stamp, match, license_id, nearest_id, flags) values (%s, %s, %s, %s, %s, %s)"
            " on conflict (sha256) do update set stamp = excluded.stamp, match = excluded.match, license_id = excluded.license_id,"
            " nearest_id = excluded.nearest_id, flags = excluded.flags",
            (sha256, stamp, match, license_id, nearest, flags),
        )


def _judged(body: bytes, registry: Sequence[License]) -> tuple[str, str | None, str | None, list[str]]:
    """Match, license, nearest license and flags; bytes that are no text, or are too many for a license, are unknown."""
    try:
        said = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = body.decode("latin-1")
    if len(body) > LONGEST or "\0" in said:
        return "unknown", None, None, []
    found = judge(Reading(said), registry)
    license_id = found.license.license_id if found.license else None
    return found.match, license_id, found.nearest.license_id if found.nearest else None, sorted({flag.flag for flag in found.flags})
