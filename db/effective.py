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

from db import costs, engine, load, rules
from market.cost import Price, Sheet, least_seconds
from market.effective import effective
from market.errors import MarketError
from market.tariff import sheets, tells_hours
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

# What is believed now.
NOW = """
select o.thing, l.meter, l.condition, b.usd, b.line_id
from judged as j
inner join ledger.offer as o on o.thing = j.thing
inner join ledger.price_line as l on l.offer_id = o.id
inner join ledger.belief as b on b.line_id = l.id
where b.known_from <= %(now)s and b.known_to > %(now)s and b.valid_from <= %(now)s and b.valid_to > %(now)s
order by b.line_id, b.scope_id
"""

RULES = ("cost.py", "effective.py", "tariff.py", "units.py", "workload.py")
"""Files of market that say what a bill is and what is remarked of it."""

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
    """Makes tariffs and effective prices anew for the things in the temporary table `judged`, or for all where profiles or rules changed.

    Does nothing where there is no such table, which is where nothing was judged. Does not commit.
    """
    if connection.execute("select to_regclass('pg_temp.judged') is null").fetchone() == (True,):
        return
    stamp = hashlib.sha256(rules.text(RULES) + repr(sorted(profiles().items())).encode()).hexdigest()[:16]
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
    for table in ("tariff", "effective_price"):
        connection.execute(f"delete from ledger.{table} as t using judged as j where t.thing = j.thing")
    prices = _prices(connection, datetime.now(UTC))
    load.copy(connection, "ledger.tariff", _tariff(prices), TARIFF)
    load.copy(connection, "ledger.effective_price", _effective(kinds, prices), EFFECTIVE)


def _prices(connection: psycopg.Connection, now: datetime) -> dict[str, tuple[Price, ...]]:
    """What is believed now, by thing; where an hour decides, as far as its teller's ordinary price is believed too. Empties `judged`."""
    found: dict[str, list[Price]] = defaultdict(list)
    for thing, meter, condition, usd, line in connection.execute(NOW, {"now": now}).fetchall():
        found[thing].append(Price(meter, condition, usd, {"line_id": line}))
    prices = {thing: tuple(known) for thing, known in found.items()}
    hours = [thing for thing, known in prices.items() if any(tells_hours(price.condition) for price in known)]
    connection.execute("delete from judged where thing <> all(%s)", (hours,))
    if hours:
        told = costs.Told(connection)
        for thing in hours:
            tariff = told.tariff(thing)
            prices[thing] = tariff.prices(tariff.stretch(now))
    return prices


def _tariff(prices: Mapping[str, tuple[Price, ...]]) -> Iterator[tuple[Any, ...]]:
    for thing, known in prices.items():
        for price in known:
            yield thing, price.meter, price.condition, price.usd, price.quote["line_id"]


def _effective(kinds: Mapping[str, list[str]], prices: Mapping[str, tuple[Price, ...]]) -> Iterator[tuple[Any, ...]]:
    """Rows for each thing and mix; many things have the same prices, which are billed once."""
    known: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for thing, (provider, model_key, plan) in kinds.items():
        if not prices.get(thing):
            continue
        stem = thing.rpartition("|")[0]
        told = (tuple(map(_amount, prices.get(f"{stem}|{each}", ()))) for each in (plan, "standard", "batch"))
        same = (plan, least_seconds(provider, model_key), *told)
        if same not in known:
            sheet, batch = sheets(thing, plan, provider, model_key, prices)
            known[same] = [_priced(mix, sheet, batch) for mix in profiles().values()]
        for row in known[same]:
            yield thing, *row


def _amount(price: Price) -> tuple[str, str | None, Decimal]:
    return price.meter, price.condition, price.usd


def _priced(mix: Profile, sheet: Sheet, batch: Sheet | None) -> tuple[Any, ...]:
    """A row of `effective_price` without its thing."""
    usd, parts, note = _price(mix, sheet, batch)
    return mix.name, mix.title, usd, parts, int(mix.longest()), note


def _price(mix: Profile, sheet: Sheet, batch: Sheet | None) -> tuple[Decimal | None, str, str | None]:
    """USD per million tokens, its parts by meter as JSON, and a note; no price, and why, where something has none."""
    try:
        made = effective(mix, sheet, batch)
    except MarketError as error:
        return None, "{}", str(error)
    rounded = defaultdict(Decimal, {meter: plain(round(usd, 12)) for meter, usd in made.parts.items()})
    parts = json.dumps({meter: f"{usd:f}" for meter, usd in rounded.items()})
    return plain(sum(rounded.values(), Decimal(0))), parts, "; ".join(made.notes) or None
