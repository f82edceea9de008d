"""What models' licenses come to in the ledger: evidence, lineage, changes, and the columns that others show."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from databases import Database
from pages import Line as PriceLine
from pages import empty, hour, load, records, row, sight

from db import ledger, licenses
from market import license_lineage
from market.licenses import CLASSES
from market.records import Model, Record

VIEW = "select model, license_id, license_class, basis, effective_class, commercial_use, comes_from, conflict from market.model_license order by model"


def card(key: str, tag: str | None, *bases: str) -> Model:
    return Model(key, license_tag=tag, base_models=bases, hugging_face_id=key)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """The database, without what other tests loaded."""
    with database.connect() as opened:
        empty(opened)
        yield opened


def test_the_registry_is_published_by_the_upgrade_and_by_the_next_run(connection: psycopg.Connection) -> None:
    connection.execute("delete from ledger.license")
    connection.commit()
    load(connection, row("hub"), [sight(hour(1), [card("Acme/Atlas", "mit")])])
    found = connection.execute("select license_id, license_class, commercial_use, accessibility, texts from market.license").fetchall()
    assert {one[0]: one[1:3] for one in found} == {
        one.license_id: (one.license_class, one.term("commercial_use").value) for one in licenses.registry()
    }
    assert {one[1] for one in found} <= set(CLASSES) and all(one[4] for one in found)
    assert licenses.publish(connection) is False


def test_runs_that_end_at_once_publish_the_registry_once(connection: psycopg.Connection, database: Database) -> None:
    connection.execute("delete from ledger.license")
    connection.commit()
    nothing = ledger.Outcome("skipped", "no key", 0, 0, [], 0.0)

    def end(other: psycopg.Connection, name: str) -> None:
        ledger.finish(other, ledger.begin(other, row(name), hour(1), None), nothing)

    with database.connect() as first, database.connect() as second, ThreadPoolExecutor(1) as thread:
        end(first, "one")
        later = thread.submit(end, second, "two")
        while not connection.execute("select 1 from pg_locks where not granted and pid = %s", (second.info.backend_pid,)).fetchone():
            assert not later.done(), later.result()
            connection.rollback()
        first.commit()
        later.result()
        second.commit()
    assert connection.execute("select count(*) from ledger.license").fetchone() == (len(licenses.registry()),)
    assert connection.execute("select count(*) from ledger.run where outcome = 'skipped'").fetchone() == (2,)


def test_fault_24_a_llama_child_that_says_apache_is_flagged_and_its_quantizations_inherit(connection: psycopg.Connection) -> None:
    page: list[Record] = [
        card("Acme/Atlas", "apache-2.0", "meta-llama/Llama-3.1-8B"),
        card("Acme/Atlas-GGUF", None, "Acme/Atlas"),
        card("you/atlas-q4", "apache-2.0", "acme/atlas-gguf"),
        card("you/lost", "mit", "gone/base"),
        card("you/a", "mit", "you/b"),
        card("you/b", "mit", "you/a"),
        card("zebra/plain", "apache-2.0"),
    ]
    load(connection, row("hub"), [sight(hour(1), page)])
    found = {model: rest for model, *rest in connection.execute(VIEW).fetchall()}
    base = "meta-llama/llama-3.1-8b"
    assert found["acme/atlas"] == [
        "Apache-2.0",
        "osi_open",
        "tag_only",
        "threshold",
        "limited",
        base,
        "laundering_suspect, naming_duty_unmet",
    ]
    assert found["acme/atlas-gguf"][1:] == ["unknown", "nothing", "threshold", "limited", base, "naming_duty_unmet"]
    assert found["you/atlas-q4"][-1] is not None and "laundering_suspect" in found["you/atlas-q4"][-1]
    assert found["you/lost"][3:] == ["unknown", "unknown", "gone/base", "base_unknown"]
    assert {found[name][-1] for name in ("you/a", "you/b")} == {"lineage_cycle"}
    assert found["zebra/plain"] == ["Apache-2.0", "osi_open", "tag_only", "osi_open", "yes", "zebra/plain", None]


def test_model_and_offers_carry_the_class_in_effect(connection: psycopg.Connection) -> None:
    load(connection, row("hub"), [sight(hour(1), [card("qwen/atlas", "apache-2.0", "google/gemma-2-9b"), card("qwen/none", None)])])
    said = {
        PriceLine(f"together/{name}", meter): Decimal("0.000001")
        for name in ("qwen/atlas", "qwen/none")
        for meter in ("input_mtok", "output_mtok")
    }
    load(connection, row("prices"), [sight(hour(2), records(said), "https://two.test/")])
    for view in ("model", "offer_wide"):
        assert dict(connection.execute(f"select model, license_class from market.{view} order by 1").fetchall()) == {
            "qwen/atlas": "use_restricted",
            "qwen/none": None,
        }


def test_the_views_order_of_classes_is_the_rules(database: Database) -> None:
    with database.connect("analyst") as connection:
        row_ = connection.execute("select pg_get_viewdef('market.model'::regclass)").fetchone()
        assert row_ and "{" + ",".join(CLASSES) + "}" in row_[0]
    assert list(license_lineage.RANK) == list(CLASSES)


def test_a_changed_tag_is_an_event(connection: psycopg.Connection) -> None:
    for number, tag in enumerate(("mit", "mit", "cc-by-nc-4.0", None)):
        load(connection, row("hub"), [sight(hour(number), [card("Acme/Atlas", tag)])])
    found: list[Any] = connection.execute("select model, changed_at, old_tag, new_tag from market.license_change order by 2").fetchall()
    assert found == [("acme/atlas", hour(2), "mit", "cc-by-nc-4.0"), ("acme/atlas", hour(3), "cc-by-nc-4.0", None)]
    held = connection.execute("select license_class, basis from market.model_license").fetchall()
    assert held == [("unknown", "nothing")]


def test_a_license_of_another_name_is_a_change_though_both_are_other(connection: psycopg.Connection) -> None:
    names = ("other (acme-1)", "other (acme-1)", "other (nvidia-open-model-license)")
    for at, tag in enumerate(names, 1):
        load(connection, row("hub"), [sight(hour(at), [card("Acme/Atlas", tag)])])
    assert connection.execute("select changed_at, old_tag, new_tag from market.license_change").fetchall() == [(hour(3), *names[1:])]
    found = connection.execute("select declared, license_id from market.model_license").fetchall()
    assert found == [(names[2], licenses.tags().classify("nvidia-open-model-license").license_id)]
