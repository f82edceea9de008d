"""What the pages ask: one SELECT per element, through db.views, kept until the ledger says something new."""

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from dashboard import queries
from db import views
from market.errors import MarketError

Row = dict[str, Any]
log = logging.getLogger(__name__)
KEPT_ANSWERS = 200


class Unanswered(MarketError):
    """The database did not answer; see `modelmarket status`, then reload this page."""


@dataclass(frozen=True)
class Answer:
    """Rows, when they were read, and whether they are older than they should be because the database does not answer."""

    rows: list[Row]
    read_at: datetime
    late: bool = False

    @property
    def total(self) -> int:
        """How many rows there are in all, where the query counts them beside the ones it returns."""
        return int(self.rows[0]["total"]) if self.rows else 0


@st.cache_data(ttl=900, max_entries=KEPT_ANSWERS, show_spinner=False)
def _read(query: str, params: tuple[tuple[str, Any], ...], moment: object) -> tuple[list[Row], datetime]:
    """Reads once per `moment`, which is part of the cache's key."""
    return views.rows(query, {name: list(value) if isinstance(value, tuple) else value for name, value in params}), datetime.now(UTC)


@st.cache_resource
def _kept() -> OrderedDict[object, tuple[list[Row], datetime]]:
    """The last answers, to show (and say so) while the database is away."""
    return OrderedDict()


def _ask(query: str, params: dict[str, Any], moment: object) -> Answer:
    key = (query, tuple(sorted(params.items())))
    kept = _kept()
    try:
        rows, read_at = _read(*key, moment)
    except Exception as error:
        # A room without database knows no driver's errors; whatever kept it from reading is told as one state.
        log.warning("query failed: %s", error)
        if key not in kept:
            timeout = "statement timeout" in str(error)
            raise Unanswered("This took the database too long; reload the page in a minute." if timeout else None) from error
        return Answer(*kept[key], late=True)
    kept[key] = rows, read_at
    while len(kept) > KEPT_ANSWERS:
        kept.popitem(last=False)
    return Answer(rows, read_at)


def version() -> object:
    """Changes whenever a run ended or a decision was made; asked at most every ten seconds."""
    try:
        return _ask(queries.VERSION, {}, int(time.time() / 10)).rows[0]["version"]
    except Unanswered:
        return None


def ask(query: str, **params: Any) -> Answer:
    """The answer as of the newest run; read again only when the ledger has changed, or after 15 minutes.

    Raises:
        Unanswered: it could not be read, and never was before.
    """
    return _ask(query, params, version())


def ask_page(query: str, place: int, size: int, **params: Any) -> tuple[int, Answer]:
    """Which page it is, from 1, and its rows: the first page where the one asked for lies behind the last.

    Raises:
        Unanswered: it could not be read, and never was before.
    """
    answer = ask(query, limit=size, offset=(place - 1) * size, **params)
    return (place, answer) if answer.rows or place == 1 else (1, ask(query, limit=size, offset=0, **params))


def ask_now(query: str, **params: Any) -> Answer:
    """The answer to a question about the present (ages, running runs), at most a minute old.

    Raises:
        Unanswered: it could not be read, and never was before.
    """
    return _ask(query, params, int(time.time() / 60))


def health() -> Answer:
    """One row per source, worst first."""
    return ask_now(queries.HEALTH)


def like(text: str) -> tuple[str, ...]:
    """ILIKE patterns, one per word of a person's search text, its own wildcards taken literally."""
    words = text.replace("\0", " ").split()[:8]
    escaped = (word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in words)
    return tuple(f"%{word}%" for word in escaped)
