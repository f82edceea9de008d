"""The read side: questions to schema `market`, answered as frames or rows; reads nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from db import engine
from market.errors import Misused

if TYPE_CHECKING:
    import pandas as pd

    from market.workload import Profile

Params = Mapping[str, Any] | Sequence[Any] | None


def rows(query: str, params: Params = None, role: str = "dashboard") -> list[dict[str, Any]]:
    """The rows of one of our own SELECTs as dictionaries, exact decimals kept."""
    with engine.connect(role) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, params).fetchall()


def answer(query: str, role: str = "analyst") -> tuple[list[str], list[tuple[Any, ...]]]:
    """The column names, also of an empty answer, and the rows of one SELECT of a user's, exact decimals kept.

    Raises:
        Misused: the database does not accept the query; the message is its own.
    """
    with engine.connect(role) as connection, connection.cursor() as cursor:
        try:
            # Prepared, so that the server itself refuses a second statement.
            cursor.execute(query, prepare=True)
            return [column.name for column in cursor.description or ()], cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            hint = f" ({error.diag.message_hint})" if error.diag.message_hint else ""
            raise Misused(f"{str(error).strip().splitlines()[0]}{hint}") from None


def frame(query: str, params: Params = None, role: str = "dashboard") -> "pd.DataFrame":
    """The rows of one SELECT as a DataFrame; numeric columns are floats, fit to draw and not to count money with."""
    from decimal import Decimal

    import pandas as pd

    with engine.connect(role) as connection, connection.cursor() as cursor:
        cursor.execute(query, params)
        names = [column.name for column in cursor.description or ()]
        found = pd.DataFrame(cursor.fetchall(), columns=names)
    for name in names:
        if found[name].map(lambda value: isinstance(value, Decimal)).any():
            found[name] = pd.to_numeric(found[name])
    return found


def price(model: str) -> list[dict[str, Any]]:
    """What is believed of a model now: rows of market.price, asked for by canonical name or as any source spells it."""
    return rows(
        "select p.* from market.price as p where p.thing in ("
        " select l.thing from market.listing as l where %(m)s in (l.model, l.resolved_model, lower(l.source_key), lower(l.model_key))"
        ") order by p.model, p.provider, p.endpoint nulls first, p.plan, p.meter, p.condition nulls first",
        {"m": model.strip().lower()},
    )


def price_as_of(model: str, valid_at: datetime, known_at: datetime) -> list[dict[str, Any]]:
    """What held for a model at one time, as far as was known at another: rows of market.price_as_of."""
    return rows(
        "select p.* from market.price_as_of(%(valid)s, %(known)s) as p where p.thing in ("
        " select l.thing from market.listing as l where %(m)s in (l.model, l.resolved_model, lower(l.source_key), lower(l.model_key))"
        ") order by p.model, p.provider, p.endpoint nulls first, p.plan, p.meter, p.condition nulls first",
        {"m": model.strip().lower(), "valid": valid_at, "known": known_at},
    )


def rated(benchmark: str) -> list[dict[str, Any]]:
    """Every model with a result in a test, its release, side and lowest price: rows of market.rated, best first."""
    return rows("select * from market.rated where benchmark = %(b)s order by value desc, model", {"b": benchmark})


def route(profile: str, benchmark: str, *, local: bool = False) -> list[dict[str, Any]]:
    """What could answer requests of a mix, with results in a test: rows of market.route; machines of ours only where asked for."""
    query = "select * from market.route where profile = %(p)s and benchmark = %(b)s and (kind = 'api' or %(l)s)"
    return rows(query, {"p": profile, "b": benchmark, "l": local})


def source_health() -> list[dict[str, Any]]:
    """One row per source: market.source_health, worst first."""
    return rows("select * from market.source_health order by array_position('{never,failed,stale,fresh}'::text[], standing), source")


def quarantine() -> list[dict[str, Any]]:
    """What is held and why: market.quarantine, largest money first."""
    return rows("select * from market.quarantine order by kind, price_usd desc nulls last, item")


def profile(named: str) -> "Profile":
    """A named mix of requests: one of ours, or one of the user's in the home folder.

    Raises:
        UnknownProfile: there is none of this name.
    """
    from db import effective

    return effective.profiles().get(named) or effective.profile(named)


def titles() -> dict[str, str]:
    """The named mixes of requests in words, by name."""
    from db import effective

    return {name: profile.title for name, profile in effective.profiles().items()}
