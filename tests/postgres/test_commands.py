"""The commands that ask the database, as a user calls them: documents, exit codes, and nothing that writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from databases import Database

from db import schema
from jobs import cli, crawl


@pytest.fixture(autouse=True)
def _ready(database: Database) -> None:
    """The database exists before a command asks."""


@pytest.mark.parametrize(
    "query",
    [
        "update ledger.run set pages = 1",
        "delete from market.price",
        "create table x (a int)",
        "create temporary table x (a int)",
        "drop view market.price",
        "select 1; select 2",
        "select 1; drop schema market cascade",
        "set default_transaction_read_only = off; create table x (a int)",
        "select * from ledger.page",
        "select * from queue.procrastinate_jobs",
        "select pg_read_file('/etc/passwd')",
        "copy (select 1) to program 'true'",
        "select frobnicate",
        " ; ",
    ],
)
def test_sql_refuses_what_is_not_one_select_on_the_market(query: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sql", query, "--format", "json"]) == 2
    said = capfd.readouterr()
    assert not said.out
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("json", '[{"a": "1.50", "b": "=1+1"}]\n'),
        ("csv", "a,b\n1.50,'=1+1\n"),
        ("table", "  a  b\n---  ----\n1.5  =1+1\n(1 row)\n"),
    ],
)
def test_sql_answers_in_the_form_asked_for(form: str, expected: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sql", "select 1.50 as a, '=1+1' as b", "--format", form]) == 0
    assert capfd.readouterr().out == expected


def test_sql_has_no_row_limit_in_json(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sql", "select generate_series(1, 20000) as n", "--format", "json"]) == 0
    assert len(json.loads(capfd.readouterr().out)) == 20_000


def test_an_empty_answer_still_has_its_columns(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from pyarrow.parquet import read_table

    query = "select source, price_usd from price where false"
    assert cli.main(["sql", query, "--format", "csv"]) == 0
    assert capfd.readouterr().out == "source,price_usd\n"
    file = tmp_path / "empty.parquet"
    assert cli.main(["sql", query, "--format", "parquet", "--output", str(file)]) == 0
    assert read_table(file).column_names == ["source", "price_usd"]


def test_an_output_that_cannot_be_written_is_one_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sql", "select 1", "--output", str(tmp_path / "no" / "where")]) == 1
    assert capfd.readouterr().err.count("\n") == 1


def test_status_names_every_source_the_queue_and_the_database(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--json"]) == 0
    said = capfd.readouterr()
    found = json.loads(said.out)
    assert not said.err
    assert {"sources", "queue", "database"} <= set(found)
    assert {row["standing"] for row in found["sources"]} == {"never"}
    assert all(row["next_at"] for row in found["sources"])
    assert found["database"]["revision"] == found["database"]["revision_wanted"]
    assert found["queue"]["todo"] == 0
    assert cli.main(["status"]) == 0
    shown = capfd.readouterr().out
    assert all(row["source"] in shown for row in found["sources"])


def test_nothing_known_is_said_and_not_shown_as_an_empty_table(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["price", "openai/gpt-5", "--json"]) == 1
    said = capfd.readouterr()
    assert not said.out
    assert "modelmarket collect" in said.err
    assert cli.main(["review", "list", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == {"items": []}
    assert cli.main(["review", "accept", "S1.1"]) == 2
    assert cli.main(["review", "reject", "P1"]) == 2
    assert cli.main(["review", "accept", "frob"]) == 2
    assert capfd.readouterr().err.count("\n") == 3


def test_the_newest_revision_is_alembic_s() -> None:
    assert schema.head() == ScriptDirectory.from_config(schema.config()).get_current_head()


def test_the_doctor_finds_a_well_machine_well(capfd: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["doctor", "--json"])
    checks = {check["name"]: check["good"] for check in json.loads(capfd.readouterr().out)["checks"]}
    assert code == (0 if all(checks.values()) else 1)
    assert checks["database"]
    assert checks["schema"]


def test_collect_prints_one_document_in_the_order_of_names(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    async def pretend(source: str, scheduled_for: object = None, told: crawl.Told | None = None) -> crawl.Run:
        assert told
        told(1, 1)
        held = 1 if source == "litellm" else 0
        return {**crawl.EMPTY, "source": source, "outcome": "complete", "quarantined": held, "seconds": 1.0, "reason": None}

    monkeypatch.setattr(crawl, "crawl", pretend)
    assert cli.main(["collect", "models_dev", "litellm", "--json"]) == 3
    said = capfd.readouterr()
    assert [run["source"] for run in json.loads(said.out)["runs"]] == ["litellm", "models_dev"]
    assert not said.err


def test_what_is_backed_up_comes_back(database: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "market.backup"
    with database.connect() as connection:
        connection.execute("insert into queue.ring (source, scheduled_for) values ('a', '2026-03-21 03:17+00')")
    assert cli.main(["db", "backup", str(file)]) == 0
    assert not list(tmp_path.glob("*.unfinished"))
    elsewhere = {**os.environ, "MODELMARKET_HOME": str(tmp_path / "elsewhere")}

    def there(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "jobs.cli", *arguments]
        return subprocess.run(command, env=elsewhere, capture_output=True, text=True, check=False)

    restored = there("db", "restore", str(file))
    assert restored.returncode == 0, restored.stderr
    checked = there("db", "check", "--json")
    assert json.loads(checked.stdout)["good"] is True
    asked = there("sql", "select count(*) as n from source_health", "--format", "csv")
    assert asked.stdout == "n\n0\n", asked.stderr
    missing = there("db", "restore", str(tmp_path / "missing"))
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
