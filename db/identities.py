"""Names and the models they stand for: made of the names in the ledger by market/model_names.py, what sources state first."""

import hashlib
from collections.abc import Iterable, Mapping

import psycopg

from db import load, rules
from market import model_names
from market.identity import MAKERS
from market.model_facts import CLOSED, COUNTRIES
from market.model_names import Named

RULES = ("identity.py", "model_facts.py", "model_names.py", "model_reviewed.py", "model_spellings.py")
MANY = 500
"""After so many new names, what the planner knows of the tables is too old to plan the views by."""
ALIAS = ("provider_id", "name", "model", "basis", "dated", "quantization", "plan", "stamp")

_SELLS = {author: provider for provider, author in MAKERS.items()}
_CLOSED = tuple(sorted(CLOSED))

STATED = """
select distinct u.model_key, also.name
from ledger.carded as c
inner join ledger.subject as u on u.id = c.subject_id
cross join lateral (values (c.facts ->> 'hugging_face_id'), (c.facts ->> 'counted_as')) as also (name)
where not c.gone and also.name is not null and also.name <> u.model_key
"""

NAMES = """
select n.provider_id, n.name
from (
    select o.provider_id, o.model_key as name from ledger.offer as o
    union
    select '', o.model from ledger.offer as o where o.model is not null
    union
    select '', u.model_key from ledger.subject as u
    union
    select '', u.model from ledger.subject as u where u.model is not null
) as n
where not exists (select 1 from ledger.alias as a where a.provider_id = n.provider_id and a.name = n.name)
"""


def refresh(connection: psycopg.Connection) -> None:
    """Resolves the names that are new; all of them where the rules or what sources state have changed. Does not commit."""
    stated = model_names.links(connection.execute(STATED).fetchall())
    stamp = hashlib.sha256(rules.text(RULES) + repr(sorted(stated.items())).encode()).hexdigest()[:16]
    if connection.execute("select 1 from ledger.alias where stamp <> %s limit 1", (stamp,)).fetchone():
        connection.execute("delete from ledger.alias")
        connection.execute("delete from ledger.model")
        connection.execute("delete from ledger.author")
    names = connection.execute(NAMES).fetchall()
    if names:
        _write(connection, names, stated, stamp)
    if len(names) > MANY:
        connection.execute("analyze ledger.alias, ledger.model")


def _write(connection: psycopg.Connection, names: Iterable[tuple[str, str]], stated: Mapping[str, str], stamp: str) -> None:
    """Writes names that are not there yet, and the models and authors that they are the first to name."""
    found = [(who, name, model_names.resolve(who, name, stated)) for who, name in names]
    models = {named.model: _model(named.model, named) for _, _, named in found if named.model}
    authors = sorted({name.partition("/")[0] for name in models})
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into ledger.author select * from unnest(%s::text[], %s::text[], %s::text[]) on conflict do nothing",
            (authors, [COUNTRIES.get(author) for author in authors], [_SELLS.get(author) for author in authors]),
        )
        columns = [list(column) for column in zip(*(models[name] for name in sorted(models)), strict=True)]
        if columns:
            arrays = ", ".join(["%s::text[]"] * (len(columns) - 1) + ["%s::boolean[]"])
            cursor.execute(f"insert into ledger.model select * from unnest({arrays}) on conflict do nothing", columns)
    rows = ((who, name, named.model, named.basis, named.dated, named.quantization, named.plan, stamp) for who, name, named in found)
    load.copy(connection, "ledger.alias", rows, ALIAS)


def _model(model: str, named: Named) -> tuple[str | bool | None, ...]:
    """A row of ledger.model: what the canonical name itself says, whichever name led there."""
    own = model_names.read(model)
    parts = own if own.model == model else named
    return (
        model,
        named.author,
        named.slug,
        parts.size,
        parts.active,
        parts.version,
        parts.variant,
        False if model.startswith(_CLOSED) else None,
    )
