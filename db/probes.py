"""Measurements in the ledger: one result per job, whoever takes it; what may be published is decided here once."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db import engine, throughput

MACHINE = """
insert into ledger.machine (machine_id, name, described) values (%(machine_id)s, %(name)s, %(described)s)
on conflict (machine_id) do update set name = excluded.name, described = excluded.described, seen_at = now()
"""
ARTIFACT = """
insert into ledger.artifact (sha256, repository, revision, file, model, quantization, size, parameters, token_bytes, cache_bytes,
    token_weights, head_weights)
values (%(sha256)s, %(repository)s, %(revision)s, %(file)s, %(model)s, %(quantization)s, %(size)s, %(parameters)s, %(token_bytes)s,
    %(cache_bytes)s, %(token_weights)s, %(head_weights)s)
on conflict (sha256) do update set
    model = coalesce(excluded.model, artifact.model), token_weights = coalesce(excluded.token_weights, artifact.token_weights),
    head_weights = coalesce(excluded.head_weights, artifact.head_weights)
"""
PROBE = """
insert into ledger.probe (job, sha256, machine_id, build, settings, bytes_per_s, ttft_ms, itl_ms, joules_per_token, sessions)
values (%(job)s, %(sha256)s, %(machine_id)s, %(build)s, %(settings)s, %(bytes_per_s)s, %(ttft_ms)s, %(itl_ms)s, %(joules_per_token)s,
    %(sessions)s)
on conflict (job) do nothing returning id
"""
RESULT = """
insert into ledger.probe_result
    (probe_id, test, n_prompt, n_gen, n_depth, tps, tps_lo, tps_hi, limit_tps, sessions, repetitions, verdict, reason)
values (%(probe_id)s, %(test)s, %(n_prompt)s, %(n_gen)s, %(n_depth)s, %(avg_ts)s, %(ts_lo)s, %(ts_hi)s, %(limit_ts)s, %(sessions)s,
    %(repetitions)s, %(verdict)s, %(reason)s)
"""
# The base model that a repository of quantized files names, where a source told us; else the repository itself as a model.
MODEL = """
select coalesce(
    (select min(lower(base.value))
     from ledger.carded as c
     inner join ledger.subject as su on su.id = c.subject_id
     cross join lateral jsonb_array_elements_text(c.facts -> 'base_models') as base (value)
     where lower(su.model_key) = lower(%(repository)s) and jsonb_array_length(c.facts -> 'base_models') = 1),
    (select min(su.model) from ledger.subject as su where lower(su.model_key) = lower(%(repository)s))
)
"""
# Files that this kind of machine has measured well enough to publish, as fetched.
DONE = """
select a.repository, a.revision, a.file, max(p.made_at) as made_at
from ledger.probe as p
inner join ledger.artifact as a on a.sha256 = p.sha256
where p.machine_id = %(machine_id)s and exists (select from ledger.probe_result as r where r.probe_id = p.id and r.verdict <> 'noisy')
group by 1, 2, 3
"""
CANDIDATES = """
select m.model, m.author, m.license_class, m.parameters_total, m.released_on, a.downloads, coalesce(k.model_key, m.model) as repository
from market.model as m
left join lateral (
    select max(d.value) as downloads from market.adoption as d where d.model = m.model and d.metric = 'downloads'
) as a on true
left join lateral (
    select min(su.model_key) as model_key from ledger.subject as su
    inner join ledger.source as src on src.id = su.source_id
    where su.model = m.model and src.name = 'huggingface'
) as k on true
where k.model_key is not null and m.open_weights
order by a.downloads desc nulls last, m.model
"""


@dataclass(frozen=True, slots=True)
class Told:
    """A measurement as the ledger takes it: the columns of its tables by name, results one per test."""

    machine: dict[str, Any]
    artifact: dict[str, Any]
    probe: dict[str, Any]
    results: list[dict[str, Any]]


def keep(told: Told, job: int | None) -> bool:
    """Writes a measurement, all of it or nothing; False where the job's result is there already."""
    with engine.connect("collector") as connection:
        artifact = told.artifact
        if artifact["repository"] and not artifact.get("model"):
            row = connection.execute(MODEL, artifact).fetchone()
            artifact = artifact | {"model": row[0] if row else None}
        connection.execute(MACHINE, told.machine | {"described": json.dumps(told.machine["described"])})
        connection.execute(ARTIFACT, {"model": None, "token_weights": None, "head_weights": None} | artifact)
        given = {**told.probe, "job": job, "sha256": artifact["sha256"], "machine_id": told.machine["machine_id"]}
        given |= {name: json.dumps(told.probe[name]) for name in ("settings", "sessions")}
        new = connection.execute(PROBE, given).fetchone()
        if not new:
            return False
        for result in told.results:
            connection.execute(RESULT, {**result, "probe_id": new[0]})
        throughput.judge(connection)
    return True


def candidates() -> list[dict[str, Any]]:
    """Open models that the Hub lists, the most fetched first, with what a policy asks for."""
    with engine.connect("collector") as connection, connection.cursor() as cursor:
        cursor.execute(CANDIDATES)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def measured(machine_id: str) -> dict[tuple[str, str, str], datetime]:
    """When files (repository, revision, file) were last measured on machines of this kind, the noisy results left out."""
    with engine.connect("collector") as connection:
        rows = connection.execute(DONE, {"machine_id": machine_id}).fetchall()
    return {(repository, revision, file): made_at for repository, revision, file, made_at in rows if repository}
