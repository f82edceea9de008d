"""Prices in another currency: USD by the rate of their day, whenever the rate came, and nothing moved by a rate alone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice, permutations
from typing import Any

import psycopg
import pytest
from pages import LONG_AGO, TO_COME, empty, load, row, seen, sight

from db import costs
from market.records import Offer, Quote, Rate, Record
from market.tariff import Offered
from market.workload import Usage

Row = tuple[Any, ...]
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
"""Winter time: Frankfurt is an hour ahead of UTC, and a day's rate is out at 15:00 UTC."""
WORTH = {0: Decimal("0.14"), 1: Decimal("0.15"), 2: Decimal("0.16"), 3: Decimal("0.125"), 4: Decimal("0.13")}
"""USD per yuan on the five days of that week."""


def at(day: int, hour: float = 3) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def on(day: int) -> date:
    return at(day).date()


def rates(days: dict[int, Decimal], currency: str = "CNY") -> list[Record]:
    return [Rate(currency, on(day), usd) for day, usd in days.items()]


def yuan(native: str | None, currency: str = "CNY", stated_from: datetime | None = None, model: str = "a") -> list[Record]:
    quote = Quote("p", model, "input_mtok", None, stated_from=stated_from, currency=currency, native=native and Decimal(native))
    return [Offer("p", model, mode="chat"), *([quote] if native else [])]


def bank(connection: psycopg.Connection, days: dict[int, Decimal], seen_at: datetime | None = None) -> None:
    load(connection, row("ecb", everything=False), [sight(seen_at or at(5), rates(days), "https://bank.test/", complete=False)])


def say(connection: psycopg.Connection, found: list[Record], seen_at: datetime, name: str = "one", **source: Any) -> None:
    load(connection, row(name, **source), [sight(seen_at, found, f"https://{name}.test/")])


def ask(connection: psycopg.Connection, query: str) -> list[Row]:
    found = connection.execute(query).fetchall()  # type: ignore[call-overload]
    connection.commit()
    return found


def priced(connection: psycopg.Connection, view: str = "price") -> list[Row]:
    return ask(connection, f"select price_usd, native, currency, rate_on from market.{view} order by seen_at, source, native")


@pytest.mark.parametrize(
    ("seen_at", "day"),
    [
        (at(0, 14.99), None),
        (at(0, 15), 0),
        (at(1, 3), 0),
        (at(1, 14.99), 0),
        (at(1, 15.01), 1),
        (at(6, 12), 4),
        (at(11, 14.99), 4),
        (at(11, 15), None),
    ],
    ids=["before any was out", "just out", "next morning", "before it is out", "after", "on Sunday", "a week later", "too old"],
)
def test_the_rate_is_the_last_one_that_was_out_when_the_price_was_seen(
    clean: psycopg.Connection, seen_at: datetime, day: int | None
) -> None:
    bank(clean, WORTH)
    say(clean, yuan("2"), seen_at)
    want = [] if day is None else [(2 * WORTH[day], Decimal(2), "CNY", on(day))]
    for view in ("quote_history", "price", f"price_as_of('{TO_COME}', '{TO_COME}')"):
        assert priced(clean, view) == want, view
    assert len(ask(clean, "select from market.rate_wait")) == (day is None)


def test_in_summer_a_rate_is_out_an_hour_earlier_by_utc(clean: psycopg.Connection) -> None:
    july = datetime(2026, 7, 1, 14, tzinfo=UTC)
    load(
        clean, row("ecb", everything=False), [sight(july, [Rate("EUR", july.date(), Decimal("1.1"))], "https://bank.test/", complete=False)]
    )
    say(clean, yuan("2", "EUR"), july - timedelta(minutes=1))
    say(clean, yuan("2", "EUR", model="b"), july, "two")
    assert priced(clean) == [(Decimal("2.2"), Decimal(2), "EUR", july.date())]


def test_a_price_waits_for_its_rate_and_is_believed_once_that_is_loaded(clean: psycopg.Connection) -> None:
    say(clean, yuan("2"), at(2))
    assert priced(clean) == priced(clean, "quote_history") == []
    assert ask(clean, "select source_key, meter, native, currency from market.rate_wait") == [("p/a", "input_mtok", Decimal(2), "CNY")]
    bank(clean, {0: WORTH[0]})
    assert priced(clean) == [(2 * WORTH[0], Decimal(2), "CNY", on(0))]
    bank(clean, {1: WORTH[1]}, at(6))
    assert priced(clean) == [(2 * WORTH[1], Decimal(2), "CNY", on(1))], "the rate of its day was only now loaded"
    assert ask(clean, "select good_usd from ledger.standing") == [(2 * WORTH[1],)]
    assert ask(clean, "select from market.rate_wait") == []
    assert ask(clean, "select usd, native from ledger.statement") == [(None, Decimal(2))], "nothing is written back"


def test_a_price_that_stands_is_not_told_anew_when_its_rate_moves(clean: psycopg.Connection) -> None:
    bank(clean, WORTH)
    for day in range(1, 5):
        say(clean, yuan("2"), at(day))
        say(clean, yuan("3", model="b"), at(day), "other", everything=False)
    told = [(2 * WORTH[0], Decimal(2), "CNY", on(0)), (3 * WORTH[0], Decimal(3), "CNY", on(0))]
    assert priced(clean, "quote_history") == priced(clean) == told
    assert ask(clean, "select from market.price_change") == []
    assert {usd for (usd,) in ask(clean, "select usd from ledger.belief")} == {usd for usd, *_ in told}


LOOKS = {"monday": ("2", 1), "wednesday": ("2", 3), "thursday": ("3", 4)}


def load_one(connection: psycopg.Connection, name: str) -> None:
    if name == "early rates":
        bank(connection, {0: WORTH[0], 1: Decimal("0.2")}, at(2))
    elif name == "rates":
        bank(connection, {day: WORTH[day] for day in range(4)}, at(4))
    else:
        native, day = LOOKS[name]
        say(connection, yuan(native), at(day))


def test_the_order_of_loading_does_not_matter(clean: psycopg.Connection) -> None:
    views = ("quote_history", "price_change", f"price_as_of('{TO_COME}', '{TO_COME}')", f"price_as_of('{LONG_AGO}', '{TO_COME}')", "rate")
    want = None
    for order in islice(permutations(("early rates", "rates", *LOOKS)), 0, None, 11):
        empty(clean)
        for name in order:
            load_one(clean, name)
        found = {view: seen(clean, view, ("line_id", "scope_id")) for view in views}
        found["believed"] = ask(clean, "select usd, known_from, known_to, valid_from, valid_to, seen_at from ledger.belief order by 2, 4")
        want = want or found
        assert found == want, order
    assert priced(clean, "quote_history") == [(2 * WORTH[0], 2, "CNY", on(0)), (3 * WORTH[3], 3, "CNY", on(3))]


def test_a_corrected_rate_makes_the_price_another(clean: psycopg.Connection) -> None:
    say(clean, yuan("2"), at(2))
    bank(clean, {1: WORTH[1]}, at(4))
    bank(clean, {1: WORTH[2]}, at(3))
    assert priced(clean) == [(2 * WORTH[1], 2, "CNY", on(1))], "an older look corrects nothing"
    bank(clean, {1: WORTH[2]}, at(5))
    assert priced(clean) == [(2 * WORTH[2], 2, "CNY", on(1))]


def test_the_same_amount_stated_again_under_another_date_is_currency(clean: psycopg.Connection) -> None:
    bank(clean, WORTH)
    say(clean, yuan("2"), at(1))
    say(clean, yuan("2", stated_from=at(2)), at(4))
    say(clean, yuan("3"), at(5))
    kinds = ask(clean, "select kind, old_usd, new_usd from market.price_change order by changed_at")
    assert kinds[:1] == [("currency", 2 * WORTH[0], 2 * WORTH[3])]


def test_another_amount_moves_and_another_currency_too(clean: psycopg.Connection) -> None:
    bank(clean, WORTH)
    load(clean, row("ecb"), [sight(at(5), rates({3: Decimal("1.2")}, "EUR"), "https://bank.test/euro")])
    say(clean, yuan("2"), at(1))
    say(clean, yuan("1"), at(2))
    say(clean, yuan("1", "EUR"), at(4))
    say(clean, [], at(5))
    kinds = ask(clean, "select kind, old_usd, new_usd from market.price_change order by changed_at")
    assert kinds == [("cut", 2 * WORTH[0], WORTH[1]), ("rise", WORTH[1], Decimal("1.2"))]


def test_a_slip_and_its_repair_in_yuan_are_corrections_whatever_the_rates_did(clean: psycopg.Connection) -> None:
    bank(clean, WORTH)
    for day, native in enumerate(("2", "3", "2"), 1):
        say(clean, yuan(native), at(day))
        say(clean, yuan("2"), at(day), "witness")
    assert ask(clean, "select kind, old_usd, new_usd from market.price_change order by changed_at") == [
        ("correction", 2 * WORTH[0], 3 * WORTH[1]),
        ("correction", 3 * WORTH[1], 2 * WORTH[2]),
    ]


def test_what_is_announced_in_yuan_stands_beside_what_it_replaces(clean: psycopg.Connection) -> None:
    bank(clean, WORTH)
    say(clean, yuan("2"), at(1))
    say(clean, [*yuan("2"), *yuan("3", stated_from=TO_COME)[1:]], at(2))
    found = "select status, says from market.calendar where kind = 'price'"
    said = f"input_mtok {2 * WORTH[0]} to {3 * WORTH[1]} USD"
    assert ask(clean, found) == [("announced", said)]
    say(clean, yuan("2"), at(4))
    assert ask(clean, found) == [("cancelled", said)]


def test_a_price_in_yuan_and_one_in_dollars_are_weighed_as_two_words(clean: psycopg.Connection) -> None:
    bank(clean, WORTH)
    say(clean, yuan("2"), at(1), "native", trust=1)
    say(clean, [Offer("p", "a", mode="chat"), Quote("p", "a", "input_mtok", 2 * WORTH[0])], at(1), "dollars")
    assert ask(clean, "select price_usd, source, agreement, sources_asked, native from market.price") == [
        (2 * WORTH[0], "native", 2, 2, Decimal(2))
    ]


def test_what_has_no_rate_leaves_the_prices_in_dollars_alone(clean: psycopg.Connection) -> None:
    bank(clean, WORTH)
    say(clean, [*yuan("2", "XXX"), Quote("p", "a", "output_mtok", Decimal(5))], at(2))
    assert priced(clean) == [(Decimal(5), None, "USD", None)]
    assert ask(clean, "select currency, meter from market.rate_wait") == [("XXX", "input_mtok")]


def test_a_bill_shows_the_amount_as_stated_and_the_rate_beside_the_dollars(clean: psycopg.Connection) -> None:
    bank(clean, WORTH)
    say(clean, [*yuan("2"), Quote("p", "a", "output_mtok", Decimal(5))], at(2))
    asked = costs.Asked("p", "a")
    offered = costs.offers([asked])[asked]
    assert isinstance(offered, Offered), offered
    bill = offered.sheet(at(3)).bill(Usage.of({"input_tokens": 3_000_000, "output_tokens": 1_000_000}), at(3))
    lines = {line.meter: line for line in bill.lines}
    assert lines["input_mtok"].usd == 3 * 2 * WORTH[1]
    assert {"native": Decimal(2), "currency": "CNY", "rate_on": on(1)}.items() <= lines["input_mtok"].price.quote.items()
    assert "native" not in lines["output_mtok"].price.quote
