"""What the command line promises: codes, sentences, and documents with nothing beside them."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jobs import cli, collect, crawl, output


def run(**facts: Any) -> crawl.Run:
    return {"source": "a", "outcome": "complete", **crawl.EMPTY, "seconds": 1.5, "reason": None, **facts}


@pytest.mark.parametrize(
    ("runs", "code"),
    [
        ([], 0),
        ([run(), run(outcome="unchanged"), run(outcome="skipped")], 0),
        ([run(reason="the network has none; read from the installed package")], 0),
        ([run(quarantined=1)], 3),
        ([run(outcome="quarantined"), run()], 3),
        ([run(outcome="quarantined"), run(outcome="failed")], 1),
        ([run(outcome="partial"), run(quarantined=4)], 1),
        ([run(outcome="aborted")], 1),
    ],
)
def test_the_exit_code_says_the_worst_that_happened(runs: list[crawl.Run], code: int) -> None:
    assert crawl.verdict(runs) == code


@pytest.mark.parametrize(
    "arguments",
    [[], ["frobnicate"], ["price"], ["sql"], ["collect", "--frob"], ["up", "--port", "x"], ["sql", "--format", "xml", "select 1"], ["db"]],
)
def test_a_wrong_call_is_one_sentence_and_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert not said.out
    assert said.err.count("\n") == 1
    assert "--help" in said.err


def test_an_unknown_source_is_named_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["collect", "nosuch", "--json"]) == 2
    said = capsys.readouterr()
    assert not said.out
    assert "nosuch" in said.err
    assert all(name in said.err for name in collect.known())


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), 130), (BrokenPipeError(), 141), (ValueError("of this kind"), 1)],
)
def test_no_error_becomes_a_traceback(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(collect, "collect", fail)
    monkeypatch.setattr("os.dup2", lambda *_: None)
    assert cli.main(["collect"]) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert said.err.count("\n") == (1 if code == 1 else 0)


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, jobs.cli; jobs.cli.parser(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "psycopg",
        "sqlalchemy",
        "alembic",
        "scrapy",
        "twisted",
        "pandas",
        "streamlit",
        "rich",
        "procrastinate",
        "apscheduler",
        "asyncio",
    }
    assert not heavy & {name.partition(".")[0] for name in loaded}


def test_the_version_is_the_package_s() -> None:
    said = subprocess.run([sys.executable, "-P", "-m", "jobs.cli", "--version"], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["modelmarket", "0.1.0"]


def test_json_keeps_money_exact_and_time_aware() -> None:
    value = {
        "price": Decimal("0.00000015"),
        "at": datetime(2026, 3, 21, 5, tzinfo=UTC),
        "age": timedelta(hours=1),
        "count": 3,
        "tps": 61.25,
        "hash": b"\xab",
        "odd": [float("nan"), Decimal("1E+3")],
    }
    assert json.loads(output.as_json(value)) == {
        "price": "0.00000015",
        "at": "2026-03-21T05:00:00+00:00",
        "age": 3600.0,
        "count": 3,
        "tps": 61.25,
        "hash": "ab",
        "odd": ["nan", "1000"],
    }


@pytest.mark.parametrize("text", ["=1+1", "+1 x", "-cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", '=HYPERLINK("x")'])
def test_csv_is_run_by_no_spreadsheet(text: str) -> None:
    written = output.as_csv(["=name"], [[text]])
    assert list(csv.reader(io.StringIO(written, newline=""))) == [["'=name"], ["'" + text.replace("\r", "\n")]]


def test_csv_leaves_numbers_alone() -> None:
    assert output.as_csv(["a", "b", "c"], [[Decimal("-1.50"), -2, None]]) == "a,b,c\n-1.50,-2,\n"


def test_a_grid_says_nothing_that_a_terminal_obeys() -> None:
    shown = output.grid(["name", "price"], [["evil\x1b[31m\u202ename", Decimal("1.50")], ["plain", Decimal("10")]])
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert [line.split()[-1] for line in shown.splitlines()[2:]] == ["1.5", "10"]


def test_parquet_keeps_decimals_exact(tmp_path: Path) -> None:
    from pyarrow.parquet import read_table

    file = tmp_path / "x.parquet"
    with file.open("wb") as to:
        output.parquet(["usd", "mixed"], [[Decimal("0.00000015"), 1], [Decimal("600"), "one"]], to)
    assert read_table(file).column("usd").to_pylist() == [Decimal("0.00000015"), Decimal("600")]
    assert read_table(file).column("mixed").to_pylist() == ["1", "one"]


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=5), "5 s"),
        (timedelta(minutes=7), "7 min"),
        (timedelta(hours=3, minutes=1), "3 h 1 min"),
        (timedelta(days=2), "2 d"),
    ],
)
def test_a_span_is_said_in_its_largest_units(length: timedelta, said: str) -> None:
    assert output.span(length) == said
