"""Rental prices through the real collector into the ledger, and what measured models cost on rented machines."""

import io
import json
import zipfile
from contextlib import redirect_stdout
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from databases import Database
from measurements import H100, measured
from pages import NOW, hour, load, row, sight

from collector.source import Page, find
from db import views
from jobs.cli import main
from market import selfhost
from market.records import Offer, Quote, Record, Rental

HOME = "https://dstack-gpu-pricing.s3.eu-west-1.amazonaws.com/v3/runpod"


def rental(usd: str, provider: str = "runpod", region: str = "EU", *, count: int = 1, spot: bool = False) -> Rental:
    return Rental(provider, "big", region, "H100", count, Decimal(80), spot, Decimal(usd))


def look(connection: psycopg.Connection, number: float, *found: Record, complete: bool = True) -> None:
    url = f"{HOME}/{number}/catalog.zip"
    load(connection, row("gpuhunt"), [sight(hour(number), list(found), url, complete=complete, found_on=f"{HOME}/version")])
    connection.commit()


def history(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "select provider, region, usd_hour, valid_to is null from market.gpu_rental order by provider, region, valid_from"
    ).fetchall()


def test_only_changes_are_written_and_what_a_provider_no_longer_lists_is_gone(clean: psycopg.Connection) -> None:
    look(clean, 1, rental("2.5"), rental("3", region="US"), rental("9", "aws"))
    look(clean, 2, rental("2.5"), rental("3", region="US"), rental("9", "aws"))
    assert len(history(clean)) == 3, "the same price at a new address is no change"
    look(clean, 3, rental("2.0"))
    assert history(clean) == [
        ("aws", "EU", Decimal(9), True),
        ("runpod", "EU", Decimal("2.5"), False),
        ("runpod", "EU", Decimal("2.0"), True),
        ("runpod", "US", Decimal(3), False),
        ("runpod", "US", None, True),
    ]
    look(clean, 4, rental("3", region="US"), complete=False)
    assert [known for known in history(clean) if known[3]][1:] == [
        ("runpod", "EU", Decimal("2.0"), True),
        ("runpod", "US", Decimal(3), True),
    ]


def test_rentals_are_nowhere_among_the_prices_of_models(clean: psycopg.Connection) -> None:
    look(clean, 1, rental("2.5"))
    for view in ("price", "offer_wide", "quote_history", "price_change", "quarantine", "model", "listing"):
        assert clean.execute(f"select count(*) from market.{view}").fetchone() == (0,), view


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>", "is no zip"),
        (b"", "is no zip"),
        ({"aws.csv": "a,b\n"}, "is no zip with runpod.csv"),
        ({"runpod.csv": "a,b\n"}, "has no column"),
    ],
)
def test_a_page_that_is_no_catalog_is_refused_in_a_sentence(body: Any, says: str) -> None:
    if isinstance(body, dict):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, text in body.items():
                archive.writestr(name, text)
        body = packed.getvalue()
    page = Page(f"{HOME}/20260101/catalog.zip", body, NOW)
    with pytest.raises(Exception, match=says):
        list(find()["gpuhunt"].records(page))


def test_the_version_file_leads_to_its_catalog_and_nowhere_else() -> None:
    source = find()["gpuhunt"]
    assert list(source.links(Page(f"{HOME}/version", b"20260101-7\n", NOW))) == [f"{HOME}/20260101-7/catalog.zip"]
    with pytest.raises(Exception, match="names no version"):
        list(source.links(Page(f"{HOME}/version", b"../../evil/x", NOW)))


@pytest.fixture(scope="module")
def market(database: Database) -> None:
    """The measured model on sale at two APIs, one of them for nothing, and its kind of machine for rent."""
    measured()
    said: list[Record] = []
    for provider, read, written in (("dear", "2", "6"), ("cheap", "1", "3"), ("gift", "0", "0")):
        said.append(Offer(provider, "acme/small", model="acme/small", mode="chat"))
        said += [Quote(provider, "acme/small", "input_mtok", Decimal(read)), Quote(provider, "acme/small", "output_mtok", Decimal(written))]
    now = NOW - timedelta(minutes=5)
    with database.connect() as connection:
        load(connection, row("api"), [sight(now, said)])
        found = [rental("2.5"), rental("20", count=8), rental("1", spot=True), rental("3", "aws")]
        load(connection, row("gpuhunt"), [sight(now, found, f"{HOME}/9/catalog.zip", found_on=f"{HOME}/version")])


def test_the_view_agrees_with_the_formula(market: None) -> None:
    rows = views.rows("select * from market.self_host_cost order by usd_hour, utilisation")
    assert {(r["provider"], r["usd_hour"]) for r in rows} == {("runpod", Decimal("2.5")), ("runpod", Decimal(1)), ("aws", Decimal(3))}
    rate = selfhost.blended(selfhost.Rate.of(4000.0, 3900.0, 4100.0), selfhost.Rate.of(200.0, 190.0, 210.0))
    for one in rows:
        ours = selfhost.cost(one["usd_hour"], rate, one["utilisation"])
        for name, value in (("usd_mtok", ours.usd), ("usd_mtok_lo", ours.low), ("usd_mtok_hi", ours.high)):
            assert one[name] == pytest.approx(value)
        even = selfhost.break_even(one["usd_hour"], rate, Decimal("1.5"))
        assert even and one["api_provider"] == "cheap" and one["api_usd_mtok"] == Decimal("1.5")
        assert one["break_even_tokens_month"] == pytest.approx(even.tokens_month)
        assert one["break_even_utilisation"] == pytest.approx(even.utilisation)
        assert one["rental_url"].endswith("catalog.zip") and one["sha256"] == "a" * 64


def test_what_was_measured_is_a_way_to_answer_at_the_price_of_the_cheapest_machine_that_stays(market: None) -> None:
    (way,) = views.rows("select * from market.route where kind = 'local' and profile = 'blend_3to1' and benchmark = 'aa_intelligence'")
    rented = views.rows("select min(usd_mtok) as usd from market.self_host_cost where utilisation = 0.5 and not spot")
    assert way["usd"] == pytest.approx(rented[0]["usd"]) and "half of the time" in way["note"]
    (way,) = views.rows("select * from market.route where kind = 'local' and profile = 'chat' and benchmark = 'aa_intelligence'")
    assert way["usd"] is None and way["note"] is None


def said(*words: str) -> tuple[int, str]:
    told = io.StringIO()
    with redirect_stdout(told):
        code = main(["selfhost", *words])
    return code, told.getvalue()


def test_the_command_lists_rentals_and_draws_a_curve_of_ones_own(market: None) -> None:
    code, text = said("acme/small")
    assert code == 0 and "runpod" in text and "spot" in text and "8 ×" not in text
    found = json.loads(said("acme/small", "--utilisation", "50", "--json")[1])
    assert len(found["rentals"]) == 3 and found["api"]["provider"] == "cheap"
    own = json.loads(said("acme/small", "--gpu-hour", "2.5", "--json")[1])
    assert own["measured"]["machine"] == H100 and len(own["curve"]) == len(selfhost.SHARES)
    rented = next(r for r in found["rentals"] if r["usd_hour"] == "2.5")
    half = next(p for p in own["curve"] if p["utilisation"] == 0.5)
    assert Decimal(half["usd_mtok"]) == pytest.approx(Decimal(rented["usd_mtok"]))
    bought = json.loads(
        said("--purchase", "8766", "--years", "1", "--watts", "1000", "--electricity", "0.25", "--tokens-per-second", "100", "--json")[1]
    )
    assert Decimal(bought["usd_hour"]) == Decimal("1.25") and bought["break_even"] is None
    code, text = said("--gpu-hour", "1", "--tokens-per-second", "1000", "--api-price", "2.5", "--utilisation", "20")
    assert code == 0 and "Cheaper than the API" in text and "20.00%" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Give a MODEL"),
        (("--gpu-hour", "2"), "Give a MODEL that was measured"),
        (("acme/other", "--gpu-hour", "2"), "acme/other was not measured here"),
        (("--gpu-hour", "2", "--purchase", "3"), "not both"),
        (("acme/small", "--tokens-per-second", "5"), "--gpu-hour or --purchase"),
    ],
)
def test_a_question_that_lacks_something_is_answered_with_what_to_give(
    market: None, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    assert main(["selfhost", *words]) == 2
    assert says in capsys.readouterr().err


def test_a_number_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("--gpu-hour", "nan"), ("--utilisation", "0"), ("--tokens-per-second", "0"), ("--years", "-1")):
        with pytest.raises(SystemExit) as ended:
            main(["selfhost", *words])
        assert ended.value.code == 2
        assert "Traceback" not in capsys.readouterr().err
