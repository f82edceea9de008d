"""Results of tests in the ledger: newest shown, first kept; open against closed from them, by the command."""

import json
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from pages import Line, hour, load, records, row, sight

from db import counts, identities, views
from db.counts import Counts
from jobs import cli
from market import frontier
from market.records import Model, Offer, Record, Score

TEST = "aa_intelligence"
DAY = date(2026, 1, 10)


def market() -> list[Record]:
    """Closed models a month apart, and open ones sixty days behind each, all with a price."""
    found: list[Record] = []
    for step in range(6):
        for side, days, usd in (("closed", 0, 10), ("open", 60, 2)):
            key = f"acme/{side}-{step}"
            line = Line(f"shop/{key}")
            offers = records({line: Decimal(usd), Line(line.offer, meter="output_mtok"): Decimal(usd)})
            released = date(2025, 1, 1) + timedelta(30 * step + days)
            found += [
                Offer("shop", key, mode="chat", released_on=released, open_weights=side == "open") if isinstance(one, Offer) else one
                for one in offers
            ]
            found += [
                Model(key, model=key, hugging_face_id=key, open_weights=side == "open"),
                Score(key, TEST, Decimal(50 + step), harness="made up", self_reported=False),
            ]
    return found


def scores(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute("select model, effort, value, measured_on, first_on, basis from market.score order by 1, 2").fetchall()


def test_the_newest_result_is_shown_and_the_first_of_a_day_is_kept(clean: psycopg.Connection) -> None:
    key = "acme/atlas-2"
    first = [Model(key), Score(key, TEST, Decimal(30), measured_on=DAY), Score(key, TEST, Decimal(35), "high", measured_on=DAY)]
    again = [Model(key), Score(key, TEST, Decimal(31), measured_on=DAY), Score(key, TEST, Decimal(32), measured_on=DAY + timedelta(9))]
    load(clean, row("one"), [sight(hour(1), first)])
    load(clean, row("one"), [sight(hour(2), again)])
    assert scores(clean) == [
        ("acme/atlas-2", "high", 35, DAY, DAY, "author"),
        ("acme/atlas-2", None, 32, DAY + timedelta(9), DAY, "author"),
    ]
    assert clean.execute("select value from ledger.score where day = %s and effort is null", (DAY,)).fetchall() == [(30,)]


def test_a_result_under_a_name_that_stands_for_no_model_counts_for_none(clean: psycopg.Connection) -> None:
    found = [
        Model("Who Knows"),
        Score("Who Knows", TEST, Decimal(99), measured_on=DAY),
        Model("gpt-latest"),
        Score("gpt-latest", TEST, Decimal(9)),
    ]
    load(clean, row("one"), [sight(hour(1), found)])
    assert ("Who Knows", None) in clean.execute("select model_key, model from market.score").fetchall()
    assert clean.execute("select * from market.rated").fetchall() == []


def test_open_against_closed_says_the_lag_and_the_price_that_were_put_in(
    clean: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    load(clean, row("one"), [sight(hour(1), market())])
    clean.commit()
    known = frontier.rated(views.rated(TEST))
    assert len(known) == 12 and {one.is_open for one in known} == {True, False}
    assert cli.main(["frontier", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert abs(said["lag"]["months"] - 60 / frontier.DAYS_A_MONTH) < 0.05
    assert said["price_ratio"] == 5 and said["lag"]["behind"] == 0 and len(said["steps"]) == 12
    assert cli.main(["frontier"]) == 0
    assert "2.0 months later" in capsys.readouterr().out


def test_what_cannot_be_compared_is_one_sentence(clean: psycopg.Connection, capsys: pytest.CaptureFixture[str]) -> None:
    clean.commit()
    assert cli.main(["frontier"]) == 1
    assert cli.main(["frontier", "--benchmark", "none"]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_a_past_adds_days_and_changes_none(clean: psycopg.Connection) -> None:
    load(clean, row("one"), [sight(hour(1), [Model("acme/atlas-2"), Score("acme/atlas-2", TEST, Decimal(30), measured_on=DAY)])])
    source = clean.execute("select id from ledger.source where name = 'one'").fetchone()
    assert source
    past = Counts()
    for key, days, value in (("acme/atlas-2", 0, 99), ("acme/atlas-2", 9, 28), ("acme/atlas-1", 9, 20)):
        past.put(hour(0), Score(key, TEST, Decimal(value), measured_on=DAY - timedelta(days)))
    counts.write(clean, source[0], [past])
    identities.refresh(clean)
    assert [one[:1] + one[2:5] for one in scores(clean)] == [
        ("acme/atlas-1", 20, DAY - timedelta(9), DAY - timedelta(9)),
        ("acme/atlas-2", 30, DAY, DAY - timedelta(9)),
    ]
