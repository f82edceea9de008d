"""What is made of history: kinds of moves told apart, spreads, disagreements, who was how late, and who copies whom."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from pages import NOW, Line, Said, hour, load, records, row, sight

from db import moves as moves_made
from market.records import Offer, Quote, Record

A, B = Line("openai/a"), Line("openai/b")
OUT, TIER = Line("openai/a", "output_mtok"), Line("openai/a", condition="input>200000")
Row = tuple[Any, ...]


def d(amount: str | int) -> Decimal:
    return Decimal(str(amount))


def day(number: float) -> Any:
    return hour(24 * number)


def ask(connection: psycopg.Connection, query: str) -> list[Row]:
    found = connection.execute(query).fetchall()  # type: ignore[call-overload]
    connection.commit()
    return found


def say(connection: psycopg.Connection, name: str, said: Said | list[Record], at: Any = NOW, **source: Any) -> None:
    """One look at a source's page."""
    found = said if isinstance(said, list) else records(said)
    load(connection, row(name, **source), [sight(at, found, f"https://{name}.test/")])


def moves(connection: psycopg.Connection, where: str = "true") -> list[Row]:
    return ask(connection, f"select kind, old_usd, new_usd from market.price_change where {where} order by changed_at, meter, condition")


# Kinds of moves


def yuan(usd: str, native: str, currency: str = "CNY") -> list[Record]:
    return [Offer("p", "a"), Quote("p", "a", "input_mtok", d(usd), currency=currency, native=d(native))]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (yuan("0.28", "2"), yuan("0.30", "2"), "currency"),
        (yuan("0.28", "2"), yuan("0.14", "1"), "cut"),
        (yuan("0.28", "2"), yuan("0.30", "2", "EUR"), "rise"),
    ],
)
def test_a_price_that_moved_in_dollars_only_is_currency(
    clean: psycopg.Connection, before: list[Record], after: list[Record], kind: str
) -> None:
    say(clean, "one", before, day(0))
    say(clean, "one", after, day(1))
    assert [move[0] for move in moves(clean)] == [kind]


def pointing(usd: str, model: str | None) -> list[Record]:
    return [Offer("router", "acme-latest", model=model), Quote("router", "acme-latest", "input_mtok", d(usd))]


def test_a_name_that_means_another_model_now_is_alias(clean: psycopg.Connection) -> None:
    say(clean, "one", pointing("2", "acme/one"), day(0))
    say(clean, "one", pointing("2", "acme/two"), day(1))
    assert moves(clean) == [], "no price moved"
    say(clean, "one", pointing("3", "acme/three"), day(2))
    say(clean, "one", pointing("4", "acme/three"), day(3))
    assert moves(clean) == [("alias", d(2), d(3)), ("rise", d(3), d(4))]


def test_a_tier_is_added_beside_a_price_only(clean: psycopg.Connection) -> None:
    say(clean, "one", {A: d(1)}, day(0))
    say(clean, "one", {A: d(1), TIER: d(2)}, day(1))
    say(clean, "one", {A: d(1), TIER: d(3)}, day(2))
    assert moves(clean) == [("tier_added", None, d(2)), ("rise", d(2), d(3))]


SLIPS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "nobody else lists it": ({}, [], ["rise", "cut"]),
    "another kept to the first price": ({}, ["2", "2", "2"], ["correction", "correction"]),
    "another went along": ({}, ["2", "5", "2"], ["rise", "cut"]),
    "another never had it": ({}, ["3", "3", "3"], ["rise", "cut"]),
    "a marketplace makes its own prices": ({"trust": 3}, ["2", "2", "2"], ["rise", "cut"]),
    "a copy is no witness": ({"family": "witness"}, ["2", "2", "2"], ["rise", "cut"]),
}


@pytest.mark.parametrize("case", SLIPS)
def test_a_tracker_that_goes_back_to_what_others_held_corrects_itself(clean: psycopg.Connection, case: str) -> None:
    source, witness, expected = SLIPS[case]
    for number, amount in enumerate(("2", "5", "2")):
        say(clean, "tracker", {A: d(amount)}, day(number), **source)
        if witness:
            say(clean, "witness", {A: d(witness[number])}, day(number + 0.5))
    assert [move[0] for move in moves(clean, "source = 'tracker'")] == expected


def test_a_price_that_comes_back_after_more_than_a_month_moved(clean: psycopg.Connection) -> None:
    for name in ("tracker", "witness"):
        say(clean, name, {A: d(2)}, day(0))
    for number, amount in ((1, "5"), (32, "2")):
        say(clean, "tracker", {A: d(amount)}, day(number))
    assert [move[0] for move in moves(clean)] == ["rise", "cut"]


def test_moves_as_kept_are_the_moves_as_told_anew(clean: psycopg.Connection) -> None:
    for number, amount in enumerate(("2", "5", "2", "4000", "1")):
        say(clean, "tracker", {A: d(amount), B: d(number + 1)} if number < 4 else {A: d(amount)}, day(number))
        say(clean, "witness", {A: d(2), OUT: d(3)}, day(number + 0.5))
    kept = ask(clean, "select * from ledger.move order by 1, 2, 3")
    assert kept
    clean.execute("delete from ledger.move")
    clean.execute("create temp table judged (thing text primary key) on commit drop")
    clean.execute("insert into judged select distinct thing from ledger.offer")
    moves_made.write(clean)
    assert ask(clean, "select * from ledger.move order by 1, 2, 3") == kept


def test_an_older_page_makes_news_of_what_the_first_one_listed(clean: psycopg.Connection) -> None:
    say(clean, "one", {A: d(1), B: d(1)}, day(1))
    assert moves(clean) == []
    say(clean, "one", {B: d(1)}, day(0))
    assert moves(clean) == [("new", None, d(1))]


# What providers ask


def test_what_the_providers_of_one_model_ask(clean: psycopg.Connection) -> None:
    asked = {"dear": "2.7", "cheap": "0.1", "middle": "0.5", "free": "0"}
    found: list[Record] = []
    for provider, amount in asked.items():
        found += [Offer(provider, "qwen/one"), Quote(provider, "qwen/one", "input_mtok", d(amount))]
    found += [Offer("cheap", "qwen/one", endpoint="eu"), Quote("cheap", "qwen/one", "input_mtok", d("0.9"), endpoint="eu")]
    found += [Offer("cheap", "qwen/one", plan="batch"), Quote("cheap", "qwen/one", "input_mtok", d("0.01"), plan="batch")]
    found += [Quote("dear", "qwen/one", "input_mtok", d(9), condition="input>200000")]
    say(clean, "router", found, trust=3)
    paid = sorted(Decimal(amount) for amount in asked.values() if Decimal(amount))
    assert ask(clean, "select * from market.provider_spread") == [
        ("qwen/one", "input_mtok", 3, paid[0], "cheap", paid[-1], "dear", paid[-1] / paid[0], paid[1])
    ]
    say(clean, "other", [Offer("fourth", "qwen/one"), Quote("fourth", "qwen/one", "input_mtok", d("0.7"))])
    assert ask(clean, "select providers, median_usd from market.provider_spread") == [(4, (d("0.5") + d("0.7")) / 2)]


# Who says otherwise


def test_what_independent_sources_state_otherwise_comes_with_the_money(clean: psycopg.Connection) -> None:
    say(clean, "page", {A: d(2), OUT: d(10), B: d(1)}, trust=1)
    say(clean, "copy", {A: d(9), B: d(9)}, family="page")
    say(clean, "tracker", {A: d(3), OUT: d(2), B: d(1), TIER: d(7)})
    say(clean, "zero", {A: d(0)})
    found = ask(
        clean,
        "select meter, believed_source, believed_usd, other_source, other_usd, ratio, money_usd from market.disagreement",
    )
    assert found == [
        ("output_mtok", "page", d(10), "tracker", d(2), d(5), d("0.25") * 8),
        ("input_mtok", "page", d(2), "zero", d(0), None, d("0.75") * 2),
        ("input_mtok", "page", d(2), "tracker", d(3), d("1.5"), d("0.75") * 1),
    ]
    clean.execute("update ledger.source set fail_after = '1 hour' where name = 'tracker'")
    clean.execute("update ledger.scope set last_seen_at = now() - interval '2 hours' where url like '%tracker%'")
    assert [other for (other,) in ask(clean, "select other_source from market.disagreement")] == ["zero"], "it is not read any more"


def test_a_tracker_of_openrouter_is_no_evidence_of_its_own(clean: psycopg.Connection) -> None:
    offered = Line("openrouter/qwen/one"), Line("groq/qwen/one")
    say(clean, "openrouter", {line: d(2) for line in offered}, trust=2)
    say(clean, "litellm", {line: d(2) for line in offered})
    assert dict(ask(clean, "select provider, agreement from market.price")) == {"openrouter": 1, "groq": 2}
    say(clean, "litellm", {line: d(3) for line in offered}, NOW + timedelta(seconds=1))
    assert ask(clean, "select provider, other_source from market.disagreement") == [("groq", "litellm")]
    known = ask(clean, "select provider from market.source_copy where known_copy and source = 'litellm'")
    assert known == [("openrouter",)]


# Who was how late


def test_who_showed_a_move_first_and_who_never(clean: psycopg.Connection) -> None:
    """`first` moves on day 10, `late` three days after, `never` not at all; `had_it` always had it, `new` came later."""
    days: dict[str, list[tuple[float, str]]] = {
        "first": [(0, "2"), (10, "1"), (39, "1")],
        "late": [(0, "2"), (12, "2"), (13, "1")],
        "never": [(0, "2"), (41, "2")],
        "had_it": [(0, "1"), (41, "1")],
        "new": [(20, "1"), (39, "1")],
        "unread": [(0, "2"), (10.5, "2")],
    }
    for name, looks in days.items():
        for at, amount in looks:
            say(clean, name, {A: d(amount)}, day(at) - timedelta(days=3), trust=3 if name == "first" else 4)
    rows = dict(ask(clean, "select source, lag_days from market.move_seen"))
    assert rows == {"first": 0, "late": 3, "never": None}
    league = ask(
        clean, "select source, moves_seen, first, median_lag_days, p90_lag_days, never from market.source_lag where provider = 'openai'"
    )
    assert sorted(league) == [("first", 1, 1, 0, 0, 0), ("late", 1, 0, 3, 3, 0), ("never", 0, 0, None, None, 1)]
    total = ask(clean, "select source, moves_seen from market.source_lag where provider is null")
    assert dict(total) == {"first": 1, "late": 1, "never": 0}


def test_a_move_that_one_source_alone_could_show_is_no_race(clean: psycopg.Connection) -> None:
    for at, amount in enumerate(("2", "1")):
        say(clean, "alone", {A: d(amount)}, day(at))
    assert ask(clean, "select source, lag_days from market.move_seen") == [("alone", 0)]
    assert ask(clean, "select * from market.source_lag") == []


# Who copies whom


def test_a_copy_has_equal_prices_that_move_together(clean: psycopg.Connection) -> None:
    names = [Line(f"p/m{number}") for number in range(4)]
    said = {line: d(number + 1) for number, line in enumerate(names)}
    for at in range(5):
        if at:
            said[names[at - 1]] *= 2
        say(clean, "whole", dict(said), day(at))
        say(clean, "copy", dict(said), day(at + 0.2))
        say(clean, "alone", {line: amount + (at % 2) for line, amount in said.items()}, day(at + 0.3))
    shares = {
        (source, other): found
        for source, other, *found in ask(
            clean,
            "select source, other, prices, equal_share, moves, together_share, known_copy from market.source_copy where provider = 'p'",
        )
    }
    assert shares["copy", "whole"] == [4, 1, 4, 1, False]
    assert shares["whole", "copy"] == [4, 1, 4, 1, False]
    assert shares["alone", "whole"][3] < 1
    load(clean, replace(row("copy"), family="whole"), [sight(day(6), records(said), "https://copy.test/")])
    assert ask(clean, "select known_copy from market.source_copy where source = 'copy' and other = 'whole'") == [(True,), (True,)]
