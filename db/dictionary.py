"""The data dictionary: every view, function and table with its columns, types and units, from the comments in an upgraded database."""

import re
from itertools import groupby

from db import engine

COLUMNS = """
select
    n.nspname, c.relname, obj_description(c.oid, 'pg_class'), a.attname, format_type(a.atttypid, null),
    col_description(c.oid, a.attnum),
    exists (select from pg_index as i where i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey))
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where
    ((n.nspname = 'market' and c.relkind = 'v') or (n.nspname = 'ledger' and c.relkind = 'r'))
    and c.relname <> 'alembic_version'
order by n.nspname desc, c.relname, a.attnum
"""

FUNCTIONS = """
select
    p.proname, replace(pg_get_function_identity_arguments(p.oid), 'timestamp with time zone', 'timestamptz'),
    obj_description(p.oid, 'pg_proc'),
    array(
        select a.name from unnest(p.proargnames, p.proargmodes) with ordinality as a (name, mode, place)
        where a.mode = 't' order by a.place
    )
from pg_proc as p
where p.pronamespace = 'market'::regnamespace
order by p.proname
"""

# The unit that a column's comment begins with, else the one that its name says, then the one that its type says; first come, first served.
UNITS = (
    (r"(input|output|cache_read|blend_3to1)_usd", "USD per million tokens"),
    (r"usd|\w+_usd", "USD per the meter's unit"),
    (r"native", "`currency` per the meter's unit"),
    (r"\w+_tokens", "tokens"),
    (r"parameters_\w+", "weights"),
    (r"ttft_ms\w*", "milliseconds"),
    (r"tps\w*", "tokens per second"),
    (r"uptime\w*", "percent"),
    (r"seconds", "seconds"),
    (r"size", "bytes"),
    (r"ratio|spread", "times"),
)
SAID = re.compile(r"USD per (?:the meter's unit|million tokens|unit of the currency)")
TYPES = {"timestamp with time zone": ("timestamptz", "instant, UTC"), "date": ("date", "day"), "interval": ("interval", "time span")}

INTRODUCTION = """# Data dictionary

Generated from the comments in the database by `make docs`; change the comment, not this page. A test compares.

Prices are exact decimals (`numeric`). The unit of a price stands at the end of its meter's name; see the
[glossary](glossary.md#meters). NULL means unknown or not said, never 0.

"""
SCHEMAS = {
    "market": "Views for analysts and the dashboard. Roles `analyst` and `dashboard` may read these, and nothing else.",
    "ledger": "Tables behind the views, for maintainers. Only `db.ledger` writes them. Columns of the primary key are marked †.",
}


def dictionary() -> str:
    """The page docs/data-dictionary.md, of the database as it is."""
    with engine.connect() as connection:
        found = connection.execute(COLUMNS).fetchall()
        functions = connection.execute(FUNCTIONS).fetchall()
    parts = []
    for schema, rows in groupby(found, lambda row: row[0]):
        parts.append(f"## Schema `{schema}`\n\n{SCHEMAS[schema]}\n")
        for (name, says), columns in groupby(rows, lambda row: row[1:3]):
            parts.append(f"### {schema}.{name}\n\n{says or ''}\n\n| column | type | unit | meaning |\n|---|---|---|---|")
            parts.append("\n".join(_line(*column[3:]) for column in columns) + "\n")
        for name, arguments, says, columns in functions if schema == "market" else ():
            names = ", ".join(f"`{column}`" for column in columns)
            parts.append(f"### {schema}.{name}({arguments})\n\n{says or ''}\n\nColumns: {names}.\n")
    return INTRODUCTION + "\n".join(parts)


def _line(name: str, kind: str, says: str | None, key: bool) -> str:
    short, unit = TYPES.get(kind, (kind, ""))
    if kind not in TYPES and kind != "text":
        said = SAID.match(says or "")
        unit = said[0] if said else next((unit for pattern, unit in UNITS if re.fullmatch(pattern, name)), unit)
    return f"| `{name}`{' †' if key else ''} | {short} | {unit} | {(says or '').replace('|', chr(92) + '|')} |"
