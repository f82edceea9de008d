"""License files and cards of repositories in the ledger: which were asked for and answered, and what their bytes are.

What a text is follows from kept bytes and the registry alone, and is decided once for both: a registry that grew decides anew.
"""

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import psycopg

from market import license_cards
from market.license_evidence import Text
from market.license_files import CARD, GATED, Asked
from market.license_tags import Tags
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
    said: str | None = None
    flags: tuple[str, ...] = ()


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


def kept(connection: psycopg.Connection, registry: Sequence[License], tags: Tags, stamp: str) -> dict[str, dict[str, Kept]]:
    """The last word of every license file and card, by repository and name, each text decided with this registry. Does not commit."""
    _decide(connection, registry, tags, stamp)
    texts = {
        sha256: (Text(match, license_id, nearest), said, tuple(flags))
        for sha256, match, license_id, nearest, said, flags in connection.execute(
            "select sha256, match, license_id, nearest_id, said, flags from ledger.license_reading"
        )
    }
    found: dict[str, dict[str, Kept]] = {}
    for repository, file, revision, url, status, sha256, _ in connection.execute(LATEST, {"gated": list(GATED)}):
        text, said, flags = texts.get(sha256, (None, None, ())) if sha256 else (None, None, ())
        match = text.match if text else ("gated" if status in GATED else "missing")
        found.setdefault(repository, {})[file] = Kept(file, revision, url, sha256, text, match, said, flags)
    return found


def _decide(connection: psycopg.Connection, registry: Sequence[License], tags: Tags, stamp: str) -> None:
    """Decides texts that this registry has not decided yet, one by one."""
    waiting = connection.execute(
        "select f.sha256, bool_and(f.file = %s) from ledger.license_file as f left join ledger.license_reading as r using (sha256)"
        " where f.sha256 is not null and r.stamp is distinct from %s group by 1",
        (CARD, stamp),
    ).fetchall()
    for sha256, card in waiting:
        row = connection.execute("select body from ledger.page where sha256 = %s", (sha256,)).fetchone()
        assert row
        body = zlib.decompress(row[0])
        match, license_id, nearest, flags = _judged(body, registry)
        said = None
        if card and match != "identical":
            said, flags = _carded(body, tags)
        connection.execute(
            "insert into ledger.license_reading (sha256, stamp, match, license_id, nearest_id, flags, said)"
            " values (%s, %s, %s, %s, %s, %s, %s)"
            " on conflict (sha256) do update set stamp = excluded.stamp, match = excluded.match, license_id = excluded.license_id,"
            " nearest_id = excluded.nearest_id, flags = excluded.flags, said = excluded.said",
            (sha256, stamp, match, license_id, nearest, flags, said),
        )


def _judged(body: bytes, registry: Sequence[License]) -> tuple[str, str | None, str | None, list[str]]:
    """Match, license, nearest license and flags; bytes that are no text, or are too many for a license, are unknown."""
    said = _text(body)
    if said is None:
        return "unknown", None, None, []
    found = judge(Reading(said), registry)
    license_id = found.license.license_id if found.license else None
    return found.match, license_id, found.nearest.license_id if found.nearest else None, sorted({flag.flag for flag in found.flags})


def _carded(body: bytes, tags: Tags) -> tuple[str | None, list[str]]:
    """The license that a card's words name, and what they forbid."""
    said = _text(body)
    return (None, []) if said is None else (license_cards.said(said, tags.classify), list(license_cards.forbids(said)))


def _text(body: bytes) -> str | None:
    try:
        said = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = body.decode("latin-1")
    return None if len(body) > LONGEST or "\0" in said else said
