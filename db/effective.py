"""What together makes a bill now, and what named mixes of requests cost at it; made anew for the things a run touched."""

import hashlib
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg

from db import costs, engine
from market.cost import Price, Sheet
from market.effective import effective
from market.errors import MarketError
from market.tariff import Tariff, sheets
from market.units import plain
from market.workload import OddUsage, Profile

# A plan falls back on the standard one, and what may wait is sent as a batch: plans of one offer are made anew together.
PLANS = """
insert into judged
select distinct o.thing from ledger.offer as o
where regexp_replace(o.thing, '[|][^|]*$', '') in (select regexp_replace(j.thing, '[|][^|]*$', '') from judged as j)
on conflict do nothing
"""

KINDS = """
select o.thing, min(o.provider_id), min(o.model_key), min(o.plan)
from judged as j inner join ledger.offer as o on o.thing = j.thing
group by o.thing
"""

TARIFF = ("thing", "meter", "condition", "usd", "line_id")
EFFECTIVE = ("thing", "profile", "title", "usd", "parts", "longest_tokens", "note")


class UnknownProfile(MarketError):
    """There is no such profile."""


@cache
def profiles() -> dict[str, Profile]:
    """The named mixes: ours, and those that the user put into the folder `profiles` of the home folder, which win.

    Raises:
        OddUsage: a file is not that of a profile.
    """
    found: dict[str, Profile] = {}
    ours = [entry for entry in files("market.profiles").iterdir() if entry.name.endswith(".toml")]
    for entry in sorted(ours, key=lambda entry: entry.name):
        name = entry.name.removesuffix(".toml")
        found[name] = _profile(name, entry.read_text(encoding="utf-8"))
    for file in sorted((engine.home() / "profiles").glob("*.toml")):
        found[file.stem] = profile(str(file))
    return found


def profile(named: str) -> Profile:
    """A mix by the name of one of `profiles`, or by the path of its file.

    Raises:
        UnknownProfile: it is neither.
        OddUsage: the file is not that of a profile.
    """
    file = Path(named)
    if file.suffix == ".toml" and file.is_file():
        return _profile(file.stem, file.read_text(encoding="utf-8"))
    known = profiles()
    if named not in known:
        raise UnknownProfile(f"There is no profile {named!r}; name a file that ends in .toml, or one of {', '.join(known)}")
    return known[named]


def _profile(name: str, text: str) -> Profile:
    try:
        return Profile.of(name, tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as error:
        raise OddUsage(f"The profile {name} is not TOML: {error}") from None


def refresh(connection: psycopg.Connection) -> None:
    """Makes tariffs and effective prices anew for the things in the temporary table `judged`, or for all where the profiles changed.

    Does nothing where there is no such table, which is where nothing was judged. Does not commit.
    """
    if connection.execute("select to_regclass('pg_temp.judged') is null").fetchone() == (True,):
        return
    stamp = hashlib.sha256(repr(sorted(profiles().items())).encode()).hexdigest()[:16]
    row = connection.execute("select note from ledger.effective_price where thing = '' and profile = ''").fetchone()
    if row is None or row[0] != stamp:
        connection.execute("insert into judged select distinct thing from ledger.offer on conflict do nothing")
        connection.execute("delete from ledger.effective_price")
        connection.execute("insert into ledger.effective_price values ('', '', '', null, '{}', 0, %s)", (stamp,))
    if not connection.execute("select 1 from judged limit 1").fetchone():
        return
    connection.execute(PLANS)
    connection.execute("analyze judged")
    kinds = {thing: rest for thing, *rest in connection.execute(KINDS).fetchall()}
    told, now = costs.Told(connection), datetime.now(UTC)
    prices = {thing: _now(told.tariff(thing), now) for thing in kinds}
    rows = {"tariff": (TARIFF, _tariff(prices)), "effective_price": (EFFECTIVE, _effective(kinds, prices))}
    for table, (columns, made) in rows.items():
        connection.execute(f"delete from ledger.{table} as t using judged as j where t.thing = j.thing")
        with connection.cursor().copy(f"copy ledger.{table} ({', '.join(columns)}) from stdin") as copy:
            for values in made:
                copy.write_row(values)


def _now(tariff: Tariff, now: datetime) -> tuple[Price, ...]:
    return tariff.prices(tariff.stretch(now))


def _tariff(prices: Mapping[str, tuple[Price, ...]]) -> Iterator[tuple[Any, ...]]:
    for thing, known in prices.items():
        for price in known:
            yield thing, price.meter, price.condition, price.usd, price.quote["line_id"]


def _effective(kinds: Mapping[str, list[str]], prices: Mapping[str, tuple[Price, ...]]) -> Iterator[tuple[Any, ...]]:
    for thing, (provider, model_key, plan) in kinds.items():
        if not prices[thing]:
            continue
        sheet, batch = sheets(thing, plan, provider, model_key, prices)
        for mix in profiles().values():
            usd, parts, note = _price(mix, sheet, batch)
            yield thing, mix.name, mix.title, usd, parts, int(mix.longest()), note


def _price(mix: Profile, sheet: Sheet, batch: Sheet | None) -> tuple[Decimal | None, str, str | None]:
    """USD per million tokens, its parts by meter as JSON, and a note; no price, and why, where something has none."""
    try:
        made = effective(mix, sheet, batch)
    except MarketError as error:
        return None, "{}", str(error)
    rounded = defaultdict(Decimal, {meter: plain(round(usd, 12)) for meter, usd in made.parts.items()})
    parts = json.dumps({meter: f"{usd:f}" for meter, usd in rounded.items()})
    return plain(sum(rounded.values(), Decimal(0))), parts, "; ".join(made.notes) or None
