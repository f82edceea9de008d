"""Floors in the ledger: kept up run by run, they are those made anew of everything; and what a user may add."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages import NOW, empty, hour, load, row, sight
from psycopg.rows import dict_row

from db import engine, floor_days, floors
from market.errors import Misused
from market.records import Offer, Quote, Record

METERS = ("input_mtok", "output_mtok")


def page(prices: dict[str, str]) -> list[Record]:
    """What providers ask for one model, by provider."""
    found: list[Record] = []
    for provider, usd in prices.items():
        found.append(Offer(provider, "usual", model="lab/usual", mode="chat"))
        found += [Quote(provider, "usual", meter, Decimal(usd)) for meter in METERS]
    return found


def told(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    found = connection.execute("select * from ledger.floor_day order by series, day").fetchall()
    connection.commit()
    return found


USUAL = {f"u{n}": f"{1 + n % 3}" for n in range(6)}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.integers(0, 900), st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["1", "2", "4", "9"]))), max_size=6)
)
def test_kept_up_they_are_those_made_anew(connection: psycopg.Connection, nights: list[tuple[int, dict[str, str]]]) -> None:
    connection.rollback()
    empty(connection)
    load(connection, row("usual"), [sight(hour(-1), page(USUAL), "https://usual.test/")])
    for at, prices in nights:
        load(connection, row(), [sight(hour(at), page({f"p{name}": usd for name, usd in prices.items()}))])
    kept = told(connection)
    floor_days.refresh(connection, whole=True)
    assert told(connection) == kept
    assert {series for series, *_ in kept} >= {"chat input_mtok", "chat output_mtok", "chat blend_3to1", "lab/usual blend_3to1"}


def test_the_view_tells_every_day_until_today(clean: psycopg.Connection) -> None:
    load(clean, row(), [sight(NOW - timedelta(days=9), page(USUAL))])
    load(clean, row(), [sight(NOW - timedelta(days=4), page({**USUAL, "x": "0.5"}))])
    found = clean.execute(
        "select day, floor_usd, second_usd, n_within_10pct, provider, reason, since from market.price_floor"
        " where series = 'chat input_mtok' order by day"
    ).fetchall()
    first, then = (NOW - timedelta(days=9)).date(), (NOW - timedelta(days=4)).date()
    assert [day for day, *_ in found] == [first + timedelta(days=n) for n in range(10)]
    assert {(usd, reason, since) for _, usd, _, _, _, reason, since in found} == {
        (Decimal(1), "start", first),
        (Decimal("0.5"), "coverage", then),
    }


def test_free_plans_and_held_prices_set_no_floor(clean: psycopg.Connection) -> None:
    load(clean, row(), [sight(NOW - timedelta(days=3), page({**USUAL, "x": "0"}))])
    load(clean, row(), [sight(NOW - timedelta(days=1), page({**USUAL, "u0": "0.000001", "x": "0"}))])
    found = clean.execute("select distinct floor_usd from market.price_floor where series = 'chat input_mtok'").fetchall()
    assert found == [(Decimal(1),)]


def test_what_was_held_under_a_floor_is_listed_by_the_query_in_the_docs(clean: psycopg.Connection) -> None:
    text = (Path(__file__).parents[2] / "docs" / "forecasts.md").read_text()
    (query,) = re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    load(clean, row(), [sight(NOW - timedelta(days=3), page(USUAL))])
    load(clean, row(), [sight(NOW - timedelta(days=1), page({**USUAL, "u0": "0.000001", "u1": "0.9"}))])
    with clean.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute("set local search_path = market").execute(query).fetchall()
    assert {(one["source_key"], one["meter"], one["price_usd"]) for one in found} == {("u0/usual", m, Decimal("0.000001")) for m in METERS}
    floors_of_day = {one["floor_usd"] for one in found}
    assert floors_of_day == {Decimal("0.9")} and all(one["rule"] and one["reason"] for one in found)
    clean.rollback()


def test_a_file_of_the_user_adds_series_and_a_wrong_one_says_what_is_wrong(clean: psycopg.Connection) -> None:
    file: Path = engine.home() / "series.toml"
    try:
        file.write_text('[mine]\nsays = "mine"\nmeters = ["input_mtok"]\n')
        load(clean, row(), [sight(NOW - timedelta(days=3), page(USUAL))])
        assert clean.execute("select count(*) > 0 from market.price_floor where series = 'mine input_mtok'").fetchone() == (True,)
        file.write_text('[mine]\nsays = "mine"\nmeters = ["input"]\n')
        with pytest.raises(Misused, match="names the meter input"):
            floors.series()
    finally:
        file.unlink()


def test_a_fixed_panel_leaves_out_who_was_found_later(clean: psycopg.Connection) -> None:
    file: Path = engine.home() / "series.toml"
    day = (NOW - timedelta(days=5)).date()
    try:
        file.write_text(f'[old]\nsays = "old"\nmeters = ["input_mtok"]\nknown_before = {day}\n')
        load(clean, row(), [sight(NOW - timedelta(days=9), page(USUAL))])
        load(clean, row(), [sight(NOW - timedelta(days=4), page({**USUAL, "x": "0.5"}))])
        load(clean, row(), [sight(NOW - timedelta(days=2), page({**USUAL, "u0": "0.9", "x": "0.5"}))])
        query = "select distinct on (series) series, floor_usd from market.floor_move where series ~ '^(old|chat) input' order by series, from_on desc"
        assert clean.execute(query).fetchall() == [("chat input_mtok", Decimal("0.5")), ("old input_mtok", Decimal("0.9"))]
        # A past that is loaded later shows that the provider was there before: the panel is another one, and all of it is told anew.
        load(clean, row("past"), [sight(NOW - timedelta(days=8), page({"x": "0.5"}), "https://past.test/")])
        assert clean.execute(query).fetchall() == [("chat input_mtok", Decimal("0.5")), ("old input_mtok", Decimal("0.5"))]
        file.write_text('[old]\nsays = "old"\nmeters = ["input_mtok"]\nknown_before = "long ago"\n')
        with pytest.raises(Misused, match="known_before = .* a day such as"):
            floors.series()
    finally:
        file.unlink()


def test_the_index_moves_with_the_same_things_and_not_with_who_comes_or_goes(clean: psycopg.Connection) -> None:
    nights = [
        {"a": "1", "b": "2"},
        {"a": "1", "b": "2", "c": "0.5"},  # c comes
        {"a": "0.5", "b": "2", "c": "0.5"},  # a halves: one of three
        {"a": "0.5", "c": "0.25"},  # b goes and c halves
    ]
    for number, prices in enumerate(nights):
        load(clean, row(), [sight(NOW - timedelta(days=20 - number), page(prices))])
    found = clean.execute("select index, n_matched, n_moved from market.price_index where meter = 'input_mtok' order by day").fetchall()
    expected = [100, 100, 100 * 0.5 ** (1 / 3)]
    assert [float(index) for index, *_ in found[:3]] == pytest.approx(expected[:3])
    assert [tuple(rest) for _, *rest in found[:3]] == [(0, 0), (2, 0), (3, 1)]
    # A withdrawal is believed after three looks without it, so that day b still counts.
    assert float(found[3][0]) == pytest.approx(expected[2] * 0.5 ** (1 / 3))
