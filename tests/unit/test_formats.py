"""What several sources share: lists that are none, prices that are none, and odd values."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from collector import formats
from collector.formats import Catalog
from collector.source import Page
from collector.sources.openrouter import OpenRouter
from market.errors import SourceChanged
from market.records import Offer, Quote, UnknownKey


def page(body: bytes) -> Page:
    return Page("https://host.example/models", body, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("body", [b'{"error": {"message": "slow down", "code": 429}}', b'{"data": null}', b'"hello"', b"{}", b"<html>"])
def test_a_page_that_is_no_list_is_a_changed_source(body: bytes) -> None:
    with pytest.raises(SourceChanged, match=r"https://host\.example/models"):
        formats.listed(page(body))


@pytest.mark.parametrize("body", [b'{"data": {"id": "a/b"}}', b'{"data": {"endpoints": []}}', b'{"data": {"id": "a/b", "endpoints": {}}}'])
def test_an_endpoints_page_without_its_list_is_a_changed_source(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        list(OpenRouter().records(page(body)))


@pytest.mark.parametrize("said", ["", "free", "NaN", "Infinity", "1e999999", True, [], {"usd": 1}])
def test_what_is_no_number_is_reported_and_not_quoted(said: Any) -> None:
    read = formats.prices({"prompt": said}, lambda key, _: "input_mtok")
    assert read == formats.Prices(unknown=("prompt is not a price",))


def test_prices_are_exact_per_million() -> None:
    read = formats.prices({"prompt": "0.00000008333333333333334"}, lambda key, _: "input_mtok")
    assert read.amounts == {("input_mtok", None): Decimal("0.08333333333333334")}
    assert formats.prices({"input": 3}, lambda key, _: "input_mtok", per=1_000_000).amounts == {("input_mtok", None): Decimal(3)}


@pytest.mark.parametrize(
    ("outputs", "mode"),
    [((), None), (("text",), "chat"), (("image", "text"), "image"), (("embeddings",), "embedding"), (("smell",), "other")],
)
def test_the_mode_is_what_is_made_besides_text(outputs: tuple[str, ...], mode: str | None) -> None:
    assert formats.mode(outputs) == mode


@pytest.mark.parametrize("said", [None, "soon", "2026-01-01T00:00:00", 10**30, True, "0001-01-01T00:00:00+14:00"])
def test_an_instant_is_never_guessed(said: Any) -> None:
    assert formats.instant(said) is None


def test_a_free_variant_sells_its_endpoints_under_the_free_plan() -> None:
    body = b"""{"data": {"id": "acme/atlas-2:free", "endpoints": [{"tag": "acme", "service_tier": "flex", "pricing": {"prompt": "0"}}]}}"""
    quotes = [r for r in OpenRouter().records(page(body)) if isinstance(r, Quote)]
    assert [(q.model_key, q.endpoint, q.plan, q.usd) for q in quotes] == [("acme/atlas-2:free", "acme", "free", Decimal(0))]


CATALOG = Catalog(
    "acme",
    {"in": "input_mtok", "out": "output_mtok"},
    1_000_000,
    "spec.cost",
    "usd",
    ("note",),
    ("spec.window", "window"),
    ("most",),
    "makes_output",
)


def test_a_catalog_finds_what_an_entry_says_wherever_it_lies() -> None:
    cost = {"in": {"usd": 3, "eur": 2}, "out": 15, "note": "cheap", "smell": {"usd": 1}}
    entry = {"id": "a/b", "display_name": "B", "spec": {"window": 0, "cost": cost}, "window": 8, "makes_output": ["image"], "most": "4"}
    offer, *rest = CATALOG.model(entry)
    assert offer == Offer("acme", "a/b", name="B", mode="image", context_tokens=8, max_output_tokens=4, output_modalities=("image",))
    assert [(r.meter, r.usd) for r in rest if isinstance(r, Quote)] == [("input_mtok", Decimal(3)), ("output_mtok", Decimal(15))]
    assert [r for r in rest if isinstance(r, UnknownKey)] == [UnknownKey("smell")]


@pytest.mark.parametrize("entry", [{}, {"spec": None}, {"spec": {"cost": []}}, {"spec": {"cost": {"in": {"eur": 2}}}}, {"spec": "a.b"}])
def test_a_catalog_makes_no_price_of_what_is_none(entry: dict[str, Any]) -> None:
    assert not CATALOG.prices({"id": "a/b", **entry}).amounts


def test_a_catalog_whose_entry_is_the_table_reads_only_what_it_knows() -> None:
    flat = Catalog("acme", {"in": "input_mtok"}, 10_000 * 1_000_000, pricing="")
    assert flat.prices({"id": "a/b", "in": 2690, "age": 7}) == formats.Prices({("input_mtok", None): Decimal("0.269")})
