"""Forecasts in the ledger: made of what was known, stored once, scored once; and the commands that print them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg
import pytest
from pages import NOW, empty, load, row, sight

from db import forecasts
from jobs import cli
from market.forecast import HORIZONS, METHODS, QUANTILES
from market.records import Offer, Quote, Record

PROVIDERS = ("north", "east", "south", "west")
MODELS = ("lab/tiny", "lab/small", "lab/large")
BEGIN = NOW - timedelta(days=420)


@pytest.fixture(scope="module")
def connection(database: Any) -> Iterator[psycopg.Connection]:
    """A ledger in which three models were sold for more than a year, seen every other week."""
    with database.connect() as open_:
        open_.execute("set synchronous_commit = off")
        empty(open_)
        for week in range(0, 60, 2):
            load(open_, row(), [sight(BEGIN + timedelta(days=7 * week), page(week))])
        yield open_
        open_.rollback()
        empty(open_)


def page(week: int) -> list[Record]:
    """What everybody asks in a week; now and then a provider joins or changes its mind."""
    found: list[Record] = []
    for number, model in enumerate(MODELS):
        for place, provider in enumerate(PROVIDERS[: 1 + min(3, (week + number) // 9)]):
            chance = np.random.default_rng([number, place, week // 6])
            usd = Decimal(str(round(float(chance.uniform(1, 1.6)) * (number + 1), 2)))
            found.append(Offer(provider, model, model=model, mode="chat"))
            found += [Quote(provider, model, meter, usd) for meter in ("input_mtok", "output_mtok")]
    return found


def made(connection: psycopg.Connection, known_at: datetime) -> Any:
    found = forecasts.outlooks(connection, known_at)[1]
    connection.rollback()
    return found


def test_as_of_an_instant_nothing_seen_later_counts(connection: psycopg.Connection) -> None:
    at = NOW - timedelta(days=150)
    before = made(connection, at)
    assert {one.method for one in before} == set(METHODS)
    later = [Offer("cheap", "lab/tiny", model="lab/tiny", mode="chat"), Quote("cheap", "lab/tiny", "input_mtok", Decimal("0.9"))]
    load(connection, row("late"), [sight(at + timedelta(hours=1), later, "https://late.test/")])
    assert made(connection, at) == before
    assert made(connection, at + timedelta(days=2)) != before


def test_a_model_has_no_forecast_before_enough_providers_sell_it(connection: psycopg.Connection) -> None:
    told = forecasts.believed(connection, NOW.date())
    connection.rollback()
    # The third provider of the first model joins in the 18th week.
    assert told["lab/tiny input_mtok"][0].day == (BEGIN + timedelta(days=7 * 18)).date()
    assert told["chat input_mtok"][0].day == BEGIN.date()


def test_a_night_stores_what_is_said_and_never_again_changes_it(connection: psycopg.Connection) -> None:
    counts = forecasts.nightly(connection)
    assert min(counts["forecasts"], counts["trials"]) > 0
    first = connection.execute("select * from ledger.forecast order by series, target_on, method").fetchall()
    connection.commit()
    forecasts.nightly(connection)
    both = connection.execute("select count(*), count(distinct made_at) from ledger.forecast").fetchone()
    assert both == (2 * len(first), 2)
    again = connection.execute(
        "select * from ledger.forecast where made_at = %s order by series, target_on, method", (first[0][1],)
    ).fetchall()
    assert again == first
    shape = connection.execute("select count(*), count(distinct quantile), count(distinct target_on) from market.forecast").fetchone()
    assert shape == (2 * len(first) * len(QUANTILES), len(QUANTILES), len(HORIZONS))
    titled = connection.execute("select distinct method from market.forecast where titled").fetchall()
    assert titled == [("no_change",)]
    trials = connection.execute("select distinct floors, titled from market.forecast_trial where method = 'no_change'").fetchall()
    assert sorted(trials) == [("believed", True), ("one", True)]
    connection.commit()


def test_a_past_forecast_is_scored_once_with_the_floor_that_came(connection: psycopg.Connection) -> None:
    target = (NOW - timedelta(days=3)).date()
    came = connection.execute(
        "select floor_usd from market.price_floor where series = 'chat input_mtok' and day = %s", (target,)
    ).fetchone()
    assert came is not None
    values = [came[0] * Decimal(share) for share in ("0.5", "0.9", "1", "1", "1", "1", "1.5")]
    columns = ", ".join(forecasts.FORECAST)
    for method, many in (("no_change", values), ("event_rates", [came[0]] * 7)):
        connection.execute(
            f"insert into ledger.forecast ({columns}) values ({', '.join(['%s'] * len(forecasts.FORECAST))})",
            (
                "chat input_mtok",
                NOW - timedelta(days=31),
                NOW - timedelta(days=31),
                target,
                28,
                method,
                True,
                came[0],
                many,
                0.25,
                0.5,
                0.25,
            ),
        )
    assert forecasts.score(connection, NOW) == 2
    assert forecasts.score(connection, NOW) == 0
    usual, other = connection.execute(
        "select actual_usd, error_log, pinball, coverage, brier, skill from market.forecast_score order by method desc"
    ).fetchall()
    lost = 0.05 * np.log(2) + 0.1 * np.log(1 / 0.9) + 0.05 * np.log(1.5)
    assert usual[:2] == (came[0], 0)
    assert usual[2] == pytest.approx(lost / 7)
    assert usual[3:] == (1, pytest.approx(0.25**2 + 0.5**2 + 0.25**2), 0)
    assert (other[2], other[5]) == (0, 1)
    connection.commit()


def test_where_nothing_competes_any_more_nothing_is_scored(connection: psycopg.Connection) -> None:
    target = (BEGIN - timedelta(days=9)).date()
    connection.execute(
        f"insert into ledger.forecast ({', '.join(forecasts.FORECAST)}) values ({', '.join(['%s'] * len(forecasts.FORECAST))})",
        ("chat input_mtok", BEGIN, BEGIN, target, 28, "no_change", True, 1, [1] * 7, 0.25, 0.5, 0.25),
    )
    forecasts.score(connection, NOW)
    row_ = connection.execute("select actual_usd, pinball, skill from market.forecast_score where target_on = %s", (target,)).fetchone()
    assert row_ == (None, None, None)
    connection.rollback()


def test_the_commands_print_their_documents(connection: psycopg.Connection, capfd: pytest.CaptureFixture[str]) -> None:
    connection.commit()
    assert cli.main(["forecast", "--json"]) == 0
    document = json.loads(capfd.readouterr().out)["series"]
    assert {one["series"] for one in document} >= {"chat input_mtok", "lab/tiny blend_3to1"}
    today = datetime.now(UTC).date()
    for one in document:
        assert one["method"] == "no_change"
        assert [point["quantile"] for point in one["points"]] == list(QUANTILES) * len(HORIZONS)
        assert {point["target_on"] for point in one["points"]} <= {(today + timedelta(days=days)).isoformat() for days in HORIZONS}
        assert all(Decimal(point["value_usd"]) > 0 for point in one["points"])

    assert cli.main(["backtest", "--json"]) == 0
    results = json.loads(capfd.readouterr().out)["results"]
    assert {one["series"] for one in results} >= {"one model", "family", "chat input_mtok"}
    assert {one["skill_vs_no_change"] for one in results if one["method"] == "no_change"} == {0.0}

    assert cli.main(["floors", "--json"]) == 0
    floors = json.loads(capfd.readouterr().out)["floors"]
    assert [one["floor_usd"] for one in floors if one["series"] == "chat input_mtok"] == [
        format(usd, "f")
        for (usd,) in connection.execute(
            "select floor_usd from ledger.floor_day where series = 'chat input_mtok' order by day desc limit 1"
        )
    ]
    assert cli.main(["floors", "lab/small", "--json"]) == 0
    assert {one["series"] for one in json.loads(capfd.readouterr().out)["floors"]} == {
        f"lab/small {meter}" for meter in ("input_mtok", "output_mtok", "blend_3to1")
    }
    for command in (["forecast"], ["forecast", "--known-at", (NOW - timedelta(days=90)).isoformat()], ["backtest"], ["floors"]):
        assert cli.main(command) == 0
        assert capfd.readouterr().out.count("\n") > 2


def test_what_cannot_be_answered_is_one_sentence(connection: psycopg.Connection, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["forecast", "--known-at", "2999-01-01"]) == 1
    assert cli.main(["floors", "no/such"]) == 1
    assert capfd.readouterr().err.count("\n") == 2


def test_an_empty_ledger_says_what_brings_a_past(connection: psycopg.Connection, capfd: pytest.CaptureFixture[str]) -> None:
    empty(connection)
    for command, word in ((["forecast"], "history"), (["backtest"], "backfill"), (["floors"], "collect")):
        assert cli.main(command) == 0
        assert word in capfd.readouterr().out
    assert forecasts.nightly(connection) == {"scored": 0, "trials": 0, "forecasts": 0}
