"""Claims in the ledger: what is on record of their subjects in, verdicts out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from market import claims as rules
from market.claim_checks import VERSION, judge
from market.claims import Claim, File, Judged, Known

_CHECKING = 7_306_231
EXAMPLES = "market.claim_examples"

# One query for each kind of row: kind, subject, metric, value, on, until, source, url, ref, provider.
FACTS = """
select 'fact', subject, metric, value, happened_on, null::date, says, url, 'fact ' || id, null
from ledger.fact where subject = any(%(names)s) order by id
"""
MODELS = """
select kind, model, metric, value, null::date, null::date, source, null, null, null
from market.model cross join lateral (
    values
    ('release', 'released_on', case when released_on_basis = 'stated' then released_on::text end, 'what most listings state'),
    ('model', 'parameters', parameters_total::text, 'listings'),
    ('model', 'active_parameters', parameters_active::text, 'listings')
) as told (kind, metric, value, source)
where model = any(%(names)s) and value is not null
"""
LICENSES = """
select 'license', model, 'license_id', effective_id, seen_at::date, null::date, source, evidence_url, null, null
from market.model_license where model = any(%(names)s) and effective_id is not null
"""
TERMS = """
select 'term', l.license_id, t.key, t.value ->> 'value', null::date, null::date, 'license text', null, t.value ->> 'clause', null
from market.license as l cross join lateral jsonb_each(l.clauses) as t
"""
SCORES = """
select 'score', model, benchmark, value::text, measured_on, null::date, source, null, concat_ws(' ', model_key, effort), null
from market.score where model = any(%(names)s)
order by measured_on desc, value desc
"""
QUOTES = """
select 'quote', model, meter, price_usd::text, valid_from::date, valid_to::date, source, evidence_url, 'line ' || line_id, provider
from market.quote_history
where model = any(%(names)s) and plan = 'standard' and condition is null and not quarantined and price_usd > 0
order by valid_from, line_id
"""
FLOORS = """
select 'floor', series, 'floor_usd', floor_usd::text, day, null::date, 'price floors', null, thing, provider
from (select *, lag(floor_usd) over (partition by series order by day) as was from market.price_floor where series = any(%(names)s)) as f
where floor_usd is not null and floor_usd is distinct from was
order by series, day
"""
PROBES = """
select 'probe', p.model, told.metric, told.value, p.made_at::date, null::date, 'our own probe', null,
    'probe ' || p.artifact || ' ' || p.test || ' ' || left(p.sha256, 12) || '@' || p.machine_id || ' ' || md5(p.settings::text), p.machine
from market.probe as p cross join lateral (
    values
    ('decode_tps', p.tps::text), ('decode_tps_lo', p.tps_lo::text), ('decode_tps_hi', p.tps_hi::text),
    ('token_bytes', p.token_bytes::text), ('weights_bytes', p.weights_bytes::text), ('cache_bytes', p.cache_bytes::text)
) as told (metric, value)
where p.model = any(%(names)s) and p.test = 'tg128'
"""
CUTS = """
select distinct on (provider, coalesce(model, source_key), changed_at::date)
    'cut', coalesce(model, source_key), meter, new_usd::text, changed_at::date, null::date, source, evidence_url, 'line ' || line_id,
    provider
from market.price_change
where kind = 'cut' and plan = 'standard' and condition is null and meter in ('input_mtok', 'output_mtok')
order by provider, coalesce(model, source_key), changed_at::date
"""
CADENCE = """
select
    'cadence', case when open_weights then 'open' else 'closed' end, 'days_between_releases',
    round(percentile_cont(0.5) within group (order by days_between)::numeric, 1)::text, null::date, null::date,
    'listed releases of two years', null, count(*) || ' authors', null
from market.cadence where releases >= 5 group by open_weights
"""
BY_NAME = (FACTS, MODELS, LICENSES, SCORES, QUOTES, FLOORS)
BY_PREDICATE = {"license_allows": TERMS, "cuts": CUTS, "reaction": CUTS, "cadence": CADENCE, "throughput": PROBES}
WIDE = ("term", "cut", "cadence")
VERDICT = (
    "insert into ledger.claim_verdict (claim_id, checked_at, verdict, was, inconsistent, reason, computed_value, confidence, evidence,"
    " checker_version) select %s, now(), %s, (select w.verdict from ledger.claim_verdict as w where w.claim_id = %s"
    " order by w.checked_at desc limit 1), %s, %s, %s, %s, %s, %s on conflict do nothing"
)
NEWEST = "select distinct on (claim_id) entry from ledger.claim order by claim_id, added_at desc"
FLIPS = """
select w.claim_id, w.was, w.verdict, w.reason from ledger.claim_verdict as w
where w.checked_at = now() and w.was is not null and w.was <> w.verdict order by w.claim_id
"""


@cache
def shipped() -> File:
    """The claims and the cited facts that ship with the product."""
    read = [rules.read(file.read_text("utf-8"), file.name) for file in sorted(resources.files(EXAMPLES).iterdir(), key=lambda f: f.name)
            if file.name.endswith(".yaml")]  # fmt: skip
    return File(tuple(claim for one in read for claim in one.claims), tuple(fact for one in read for fact in one.facts))


def joined(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Plain statements take the normalised form that ships under the same id, but keep their own words."""
    known = {claim.claim_id: claim for claim in shipped().claims}
    return tuple(_dressed(one, known[one.claim_id]) if one.predicate is None and one.claim_id in known else one for one in claims)


def known(connection: psycopg.Connection, claims: Sequence[Claim], facts: Sequence[Known] = ()) -> list[Known]:
    """Everything on record that bears on the claims: cited facts, releases, scores, prices, floors, licenses, cuts."""
    names = sorted({name for claim in claims for name in claim.names})
    queries = [*BY_NAME, *dict.fromkeys(BY_PREDICATE[p] for claim in claims if (p := claim.predicate or "") in BY_PREDICATE)]
    rows = [row for row in (*facts, *shipped().facts) if row.subject in names]
    for query in queries:
        rows += [Known(*row) for row in connection.execute(query, {"names": names}).fetchall()]
    # A fact that ships may have been added too; it is one fact. The last one here is the first met.
    return list({replace(row, ref=None) if row.kind == "fact" else row: row for row in reversed(rows)}.values())[::-1]


def judged(connection: psycopg.Connection, claims: Sequence[Claim], facts: Sequence[Known] = ()) -> list[tuple[Claim, Judged]]:
    """Claims with their verdicts as of now; nothing is stored."""
    today, by_name, wide = _now(connection).date(), dict[str, list[Known]](), list[Known]()
    for row in known(connection, claims, facts):
        (wide if row.kind in WIDE else by_name.setdefault(row.subject, [])).append(row)
    found = []
    for claim in claims:
        own = [row for name in claim.names for row in by_name.get(name, ())]
        found.append((claim, judge(claim, [*own, *wide] if claim.predicate in BY_PREDICATE else own, today)))
    return found


def add(connection: psycopg.Connection, file: File) -> tuple[int, int]:
    """Keeps the claims and facts of a file that are not kept yet, as they are; how many of each were new. Does not commit."""
    entries = {entry["claim_id"]: entry for (entry,) in connection.execute(NEWEST).fetchall()}
    told = [(claim, _entry(claim)) for claim in joined(file.claims)]
    fresh = [
        (one.claim_id, one.statement, one.author, one.source, Jsonb(entry)) for one, entry in told if entries.get(one.claim_id) != entry
    ]
    query = "select subject, metric, value, happened_on, says, url from ledger.fact"
    there = set(connection.execute(query).fetchall())
    new = [row for one in file.facts if (row := (one.subject, one.metric, one.value, one.on, one.source, one.url)) not in there]
    with connection.cursor() as cursor:
        cursor.executemany("insert into ledger.claim (claim_id, statement, author, source, entry) values (%s, %s, %s, %s, %s)", fresh)
        cursor.executemany("insert into ledger.fact (subject, metric, value, happened_on, says, url) values (%s, %s, %s, %s, %s, %s)", new)
    return len(fresh), len(new)


def kept(connection: psycopg.Connection) -> tuple[Claim, ...]:
    """The claims in the ledger."""
    return tuple(msgspec.convert(entry, Claim) for (entry,) in connection.execute(NEWEST).fetchall())


def check(connection: psycopg.Connection) -> tuple[list[tuple[Claim, Judged]], list[str]]:
    """Checks every claim in the ledger, stores the verdicts, and says which flipped, a sentence each. Commits."""
    connection.execute("select pg_advisory_xact_lock(%s)", (_CHECKING,))
    found = judged(connection, kept(connection))
    with connection.cursor() as cursor:
        cursor.executemany(VERDICT, [_row(claim, one) for claim, one in found])
    flips = connection.execute(FLIPS).fetchall()
    connection.commit()
    return found, [f"Claim {name} was {was} and is {verdict} now: {reason}" for name, was, verdict, reason in flips]


def _dressed(plain: Claim, normal: Claim) -> Claim:
    return replace(normal, statement=plain.statement, source=plain.source or normal.source, author=plain.author or normal.author)


def _entry(claim: Claim) -> dict[str, Any]:
    entry: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(claim))
    return entry


def _row(claim: Claim, one: Judged) -> tuple[Any, ...]:
    told = (one.inconsistent, one.reason, one.computed, one.confidence, Jsonb(msgspec.to_builtins(one.evidence)), VERSION)
    return (claim.claim_id, one.verdict, claim.claim_id, *told)


def _now(connection: psycopg.Connection) -> datetime:
    row = connection.execute("select now()").fetchone()
    return (row[0] if row else datetime.now(UTC)).astimezone(UTC)


def names() -> dict[str, str]:
    """What a model may be called in a text, lower case with hyphens, and its author/slug, of several the most sold.

    Names of fewer than four letters are too common to stand for a model.
    """
    from db import views

    told = [row.subject for row in shipped().facts] + [claim.subject or "" for claim in shipped().claims]
    sold = views.rows("select model from market.price where model is not null group by model order by count(distinct provider) desc, model")
    found: dict[str, str] = {}
    for model in [*(name for name in told if "/" in name and " " not in name), *(row["model"] for row in sold)]:
        slug = model.partition("/")[2].lower()
        if len(slug) >= 4:
            found.setdefault(slug, model)
    return found
