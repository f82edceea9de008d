"""Announced ends and pages of another shape become events, each once, in the transaction of the run that saw them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from pages import empty, hour

from collector import pipelines
from collector.source import Page, Source, Terms
from db import ledger
from market.records import Offer, Record

START, MORE = "https://shop.test/list?page=1", "https://shop.test/more"
SUNSET = "Sat, 31 Dec 2033 23:59:59 GMT"


class Shop(Source):
    """A shop.

    Source: this test. Unit: none. Grain: an item. Lists: everything.
    """

    name = "shop"
    start_urls = (START,)
    terms = Terms("CC0-1.0", "a shop", "one a second")

    def records(self, page: Page) -> Iterator[Record]:
        for item in page.json["items"]:
            yield Offer("shop", item["id"])

    def links(self, page: Page) -> Iterator[str]:
        yield from page.json.get("more", ())


@pytest.fixture(scope="module")
def connection(database: Any) -> Iterator[psycopg.Connection]:
    with database.connect() as open_:
        yield open_


class Nights:
    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection, self.count = connection, 0

    def night(self, pages: dict[str, Any], **headers: str) -> ledger.Outcome:
        self.count += 1
        at = hour(24 * self.count)
        run = ledger.begin(self.connection, pipelines.row(Shop()), at, None)
        intake = pipelines.Intake(self.connection, Shop(), run, lambda: at)
        for url, page in pages.items():
            body = page if isinstance(page, bytes) else json.dumps(page).encode()
            intake.take(url, None if url == START else START, 200, body, announced=headers)
        outcome = intake.conclude()
        self.connection.execute("select pg_advisory_unlock_all()")
        self.connection.commit()
        return outcome

    def events(self) -> list[tuple[Any, ...]]:
        found = self.connection.execute(
            "select kind, what, detail, happened_at, run_id from market.source_event order by event_id"
        ).fetchall()
        self.connection.commit()
        return found


@pytest.fixture
def shop(connection: psycopg.Connection) -> Nights:
    connection.rollback()
    empty(connection)
    return Nights(connection)


def items(count: int, **more: Any) -> dict[str, Any]:
    return {"items": [{"id": f"m{place}", **more} for place in range(count)]}


def test_announced_ends_are_told_once_until_they_say_otherwise(shop: Nights) -> None:
    for _ in range(3):
        shop.night({START: items(3), MORE: items(1)}, Sunset=SUNSET, Deprecation="@1688169599")
    first = shop.connection.execute("select min(run_id) from market.run").fetchone()
    assert first
    assert shop.events() == [
        ("sunset", START, "https://shop.test/list says that it stops answering at 2033-12-31 23:59 UTC.", hour(24), first[0]),
        ("deprecation", START, "https://shop.test/list says that it is deprecated: 2023-06-30 23:59 UTC.", hour(24), first[0]),
    ]
    shop.night({START: items(3)}, Sunset="Sun, 01 Jan 2034 00:00:00 GMT", Deprecation="true")
    assert [(kind, detail.partition(" says that ")[2]) for kind, _, detail, *_ in shop.events()[2:]] == [
        ("sunset", "it stops answering at 2034-01-01 00:00 UTC."),
        ("deprecation", "it is deprecated: 'true'."),
    ]


@pytest.mark.parametrize("odd", ["", "@", "@99999999999999999999", "never\x00", "Sat, 99 Foo", "x" * 10_000])
def test_an_odd_header_is_no_failure(shop: Nights, odd: str) -> None:
    assert shop.night({START: items(3)}, Sunset=odd).outcome == "complete"
    assert all(len(detail) < 250 for _, _, detail, *_ in shop.events()) and len(shop.events()) == bool(odd)


def test_keys_that_come_go_and_turn_are_events(shop: Nights) -> None:
    shop.night({START: items(3)})
    assert shop.events() == []
    shop.night({START: items(4)})
    assert shop.events() == [], "another item is no other shape"
    shop.night({START: items(4, price=1)})
    shop.night({START: items(4, price=2)})
    shop.night({START: items(4, price="2")})
    shop.night({START: items(4)})
    shop.night({START: items(4, price="2")})
    kinds = [(kind, what, at) for kind, what, _, at, _ in shop.events()]
    path = "items[].price"
    assert kinds == [
        ("new_key", path, hour(24 * 3)),
        ("retyped_key", path, hour(24 * 5)),
        ("lost_key", path, hour(24 * 6)),
        ("new_key", path, hour(24 * 7)),
    ]


def test_an_optional_key_that_comes_and_goes_is_told_once(shop: Nights) -> None:
    page = items(40)
    rare = {"items": [*page["items"][:-1], {"id": "m39", "rare": True}]}
    for each in (page, rare, page, rare, page):
        shop.night({START: each})
    assert [(kind, what) for kind, what, *_ in shop.events()] == [("new_key", "items[].rare")]


def test_a_page_that_is_not_accepted_has_no_shape(shop: Nights) -> None:
    shop.night({START: items(9)})
    assert shop.night({START: b'{"error": "rate limited"}'}).outcome == "failed"
    assert shop.events() == []
    shop.night({START: items(9, price=1)})
    assert [(kind, at) for kind, _, _, at, _ in shop.events()] == [("new_key", shop.count * timedelta(days=1) + hour(0))]


def test_policy_and_robots_are_seen(shop: Nights) -> None:
    shop.night({START: items(3)})
    query = "select license, attribution, rate_limit, hosts, robots from market.source_policy"
    assert shop.connection.execute(query).fetchone() == ("CC0-1.0", "a shop", "one a second", ["shop.test"], "allows")
    run = ledger.begin(shop.connection, pipelines.row(Shop()), hour(99), None)
    intake = pipelines.Intake(shop.connection, Shop(), run, lambda: hour(99))
    from collector.failures import RobotsRefused

    intake.fail(START, None, RobotsRefused("robots.txt of shop.test forbids " + START))
    assert intake.conclude().outcome == "failed"
    shop.connection.execute("select pg_advisory_unlock_all()")
    assert shop.connection.execute(query).fetchone() == ("CC0-1.0", "a shop", "one a second", ["shop.test"], "forbids")
    shop.connection.commit()
