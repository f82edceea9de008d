"""Claimed rates in the ledger: added once, judged by what was measured, and again whenever something new was."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from market import throughput
from market.roofline import Shape
from market.scoreboards import ClaimedRate
from market.throughput import Claimed, Weighed

ADD = """
insert into ledger.throughput_claim (model, quantization, hardware, test, streams, tps, source)
values (%(model)s, %(quantization)s, %(hardware)s, %(test)s, %(streams)s, %(tps)s, %(source)s)
on conflict on constraint throughput_claim_once do update set tps = excluded.tps, withdrawn = false
where throughput_claim.tps <> excluded.tps or throughput_claim.withdrawn
returning 1
"""
CLAIMS = "select id, model, quantization, hardware, test, streams, tps, verdict, reason from ledger.throughput_claim where not withdrawn"
FILES = """
select sha256, model, file, quantization, parameters, size, token_bytes, coalesce(token_weights, 0) as token_weights,
    coalesce(head_weights, 0) as head_weights
from ledger.artifact
"""
MEASURED = "select sha256, machine, test, tps_lo, tps_hi from market.probe where verdict <> 'imprecise' order by made_at"
WRITE = "update ledger.throughput_claim set verdict = %s, reason = %s, checked_at = now() where id = %s"
SHOWN = """
select model, quantization, hardware, test, streams, tps, source, verdict, reason from ledger.throughput_claim
where source = %s and not withdrawn order by model, hardware, test, streams
"""


def add(connection: psycopg.Connection, rates: Sequence[ClaimedRate], source: str) -> int:
    """Keeps rates, each once per source; how many were new or had changed. A file's name known to us becomes its model's."""
    named: dict[str, str] = dict(connection.execute("select lower(file), model from ledger.artifact where model is not null").fetchall())
    new = 0
    for rate in rates:
        said = {name: getattr(rate, name) for name in ("quantization", "hardware", "test", "streams", "tps")}
        model = named.get((rate.file or "").lower()) if rate.model == rate.file else None
        new += connection.execute(ADD, said | {"model": model or rate.model, "source": source}).rowcount
    return new


def judge(connection: psycopg.Connection) -> int:
    """Judges every claim by what is measured now; how many verdicts changed."""
    known, changed = _known(connection), 0
    for row in _rows(connection, CLAIMS):
        claim = Claimed(*(row[name] for name in ("model", "quantization", "hardware", "test", "streams", "tps")))
        found = throughput.judged(claim, known)
        if (found.verdict, found.reason) != (row["verdict"], row["reason"]):
            connection.execute(WRITE, (found.verdict, found.reason, row["id"]))
            changed += found.verdict != row["verdict"]
    return changed


def told(connection: psycopg.Connection, source: str) -> list[dict[str, Any]]:
    """The claims of one source with their verdicts."""
    return _rows(connection, SHOWN, (source,))


def _known(connection: psycopg.Connection) -> list[Weighed]:
    """Every model file on record. What its cache adds is left out: the limit may only be too generous."""
    measured: dict[str, dict[tuple[str, str], tuple[float, float]]] = defaultdict(dict)
    for row in _rows(connection, MEASURED):
        measured[row["sha256"]][row["machine"], row["test"]] = (row["tps_lo"], row["tps_hi"])
    return [
        Weighed(
            row["model"],
            row["file"],
            row["quantization"],
            Shape(row["parameters"], row["size"], row["token_bytes"], row["token_weights"], row["head_weights"], cache_bytes=0),
            measured[row["sha256"]],
        )
        for row in _rows(connection, FILES)
    ]


def _rows(connection: psycopg.Connection, query: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, params).fetchall()
