"""Claims in the ledger: added once, checked against what is on record, checked again, and told when a verdict flips."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pages import NOW, empty, load, row, sight

from db import claims, queue
from jobs import cli, schedule, tasks
from market import claims as rules
from market.records import Model, Offer, Quote, Record, Score

FILE = """
source: a blog
author: somebody
claims:
  - {id: price, statement: Tiny costs a dollar, subject: lab/tiny, predicate: price, metric: input_mtok, value: 1.00}
  - {id: floor, statement: It will be a cent, subject: chat input_mtok, predicate: floor, operator: <=, value: 0.01, by: 2999-12-31}
  - {id: size, statement: Tiny has 7 billion weights, subject: lab/tiny, predicate: parameters, value: 7, unit: billion}
  - {id: taste, statement: Tiny is nice, predicate: opinion, why: It is taste.}
  - id: sums
    statement: It fell by 90% from 2 dollars to 1
    subject: lab/tiny
    predicate: arithmetic
    sums: [{kind: fall, from: 2, to: 1, percent: 90}]
"""
FACT = "facts: [{subject: lab/tiny, metric: parameters, value: 7, unit: billion, url: 'https://lab.test/tiny', says: Lab}]"


def asking(usd: str) -> list[Record]:
    return [
        Offer("lab", "tiny", model="lab/tiny", mode="chat"),
        *(Quote("lab", "tiny", meter, Decimal(usd)) for meter in ("input_mtok", "output_mtok")),
    ]


@pytest.fixture(scope="module")
def connection(database: Any) -> Iterator[psycopg.Connection]:
    """A ledger in which one model is sold for a dollar."""
    with database.connect() as open_:
        open_.execute("set synchronous_commit = off")
        empty(open_)
        for name in ("one", "two"):
            load(open_, row(name), [sight(NOW - timedelta(days=3), asking("1"), f"https://{name}.test/")])
        yield open_
        open_.rollback()
        empty(open_)


@pytest.fixture
def nothing(clean: psycopg.Connection) -> psycopg.Connection:
    """The same with no price and no claim in it."""
    clean.execute("truncate ledger.claim, ledger.fact, ledger.claim_verdict")
    clean.commit()
    return clean


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert cli.main(["claims", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def verdicts(connection: psycopg.Connection) -> dict[str, str]:
    connection.rollback()
    return dict(connection.execute("select claim_id, verdict from market.claim").fetchall())


def test_a_file_is_judged_and_not_kept(connection: psycopg.Connection, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "check", file)["claims"]
    assert {one["claim_id"]: (one["verdict"], one["inconsistent"]) for one in told} == {
        "price": ("supported", False), "floor": ("open", False), "size": ("undecidable", False),
        "taste": ("opinion", False), "sums": ("contradicted", True),
    }  # fmt: skip
    assert {"claim_id", "verdict", "inconsistent", "reason", "computed_value", "evidence"} <= set(told[0])
    assert {line["source"] for line in told[0]["evidence"]} <= {"one", "two"} and told[0]["evidence"]
    assert "100 times" in told[1]["reason"]
    assert verdicts(connection) == {}


def test_added_once_checked_and_shown(connection: psycopg.Connection, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "add", file)["added"] == {"claims": 5, "facts": 0}
    assert run(capsys, "add", file)["added"] == {"claims": 0, "facts": 0}
    assert verdicts(connection)["size"] == "undecidable"
    score = connection.execute("select claims, supported, contradicted, open, right_percent from market.claim_score").fetchone()
    assert score == (5, 1, 1, 1, 50)
    connection.rollback()


def test_a_cited_fact_decides_and_the_flip_is_told(
    connection: psycopg.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = tmp_path / "facts.yaml"
    facts.write_text(FACT)
    told = run(capsys, "add", str(facts))
    assert told["added"] == {"claims": 0, "facts": 1} and len(told["flips"]) == 1 and "size was undecidable" in told["flips"][0]
    assert run(capsys, "add", str(facts))["added"] == {"claims": 0, "facts": 0}
    assert verdicts(connection)["size"] == "supported"
    assert cli.main(["status", "--json"]) == 0
    events = json.loads(capsys.readouterr().out)["events"]
    assert [(event["source"], event["kind"]) for event in events] == [("claim size", "flipped")]


def test_a_nightly_check_sees_the_price_move_and_keeps_every_verdict(connection: psycopg.Connection) -> None:
    before = connection.execute("select count(*) from market.claim_verdict").fetchone()
    for name in ("one", "two"):
        load(connection, row(name), [sight(NOW - timedelta(hours=1), asking("5"), f"https://{name}.test/")])
    connection.commit()
    flips = claims.check(connection)[1]
    assert [flip.partition(" was ")[0] for flip in flips] == ["Claim price"]
    assert connection.execute("select flipped, was, verdict from market.claim_verdict where claim_id = 'price' order by checked_at desc limit 1"
                              ).fetchone() == (True, "supported", "contradicted")  # fmt: skip
    after = connection.execute("select count(*) from market.claim_verdict").fetchone()
    assert before and after and after[0] == before[0] + 5
    assert claims.check(connection)[1] == []
    connection.rollback()


def test_verdicts_are_only_inserted(database: Any, connection: psycopg.Connection) -> None:
    for table in ("claim", "fact", "claim_verdict"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.connect("collector") as collector:
            collector.execute(f"delete from ledger.{table}")


def test_plain_statements_are_joined_to_what_ships_by_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], connection: psycopg.Connection
) -> None:
    plain = tmp_path / "article.yaml"
    plain.write_text(
        "as_of: 2026-03-31\nclaims: [{id: article-35, group: prices, statement: Gemini fell}, {id: mine, statement: Nobody knows}]"
    )
    gemini, mine = run(capsys, "check", str(plain))["claims"]
    assert (gemini["statement"], gemini["verdict"], gemini["inconsistent"], gemini["computed_value"][:3]) == (
        "Gemini fell",
        "contradicted",
        True,
        "95%",
    )
    assert mine["verdict"] == "undecidable" and "docs/claims.md" in mine["reason"]


def test_the_example_is_judged_without_any_price(nothing: psycopg.Connection, capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "check", "article")["claims"]
    known = {one.claim_id for one in claims.shipped().claims}
    assert {one["claim_id"] for one in told} == known
    assert all(one["evidence"] for one in told if one["verdict"] in ("supported", "mixed"))
    assert sum(one["inconsistent"] for one in told) >= 5


def test_a_wrong_call_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], nothing: psycopg.Connection) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(b"\xff")
    for name, code, says in ((str(tmp_path / "none.yaml"), 2, "cannot be read"), (str(bad), 2, "no text in UTF-8")):
        assert cli.main(["claims", "check", name]) == code
        assert says in capsys.readouterr().err
    assert cli.main(["claims", "check"]) == 0
    assert "claims add" in capsys.readouterr().out


def test_a_draft_of_an_article_can_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str], nothing: psycopg.Connection) -> None:
    article = tmp_path / "article.txt"
    article.write_text("DeepSeek-V3 has 671 billion parameters. GLM-5.1 was released in February 2026 under the MIT license.")
    assert cli.main(["claims", "draft", str(article)]) == 0
    drafts = tmp_path / "drafts.yaml"
    drafts.write_text(capsys.readouterr().out)
    found = {(one["statement"][:7], one["verdict"]) for one in run(capsys, "check", str(drafts))["claims"]}
    assert found == {("DeepSee", "supported"), ("GLM-5.1", "contradicted"), ("GLM-5.1", "supported")}


def test_the_clock_rings_for_the_claims_and_a_worker_checks_them(nothing: psycopg.Connection) -> None:
    at = queue.now()
    claims.add(nothing, rules.read(FILE))
    nothing.commit()
    schedule.catch_up({schedule.CLAIMS: schedule.NIGHTLY[schedule.CLAIMS]}, at)
    asyncio.run(tasks.work(wait=False, install_signal_handlers=False, listen_notify=False))
    with queue.connect() as connection:
        query = "select task_name, status::text from queue.procrastinate_jobs"
        assert connection.execute(query).fetchall() == [("claims_night", "succeeded")]
    assert set(verdicts(nothing)) == {one.claim_id for one in rules.read(FILE).claims}


def test_a_result_on_record_decides_where_one_source_tells_of_both(
    nothing: psycopg.Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"lab/tiny": ("60", "64"), "lab/huge": ("70", "90")}
    for place, name in enumerate(("board", "other")):
        found = [one for key in told for one in (Model(key, model=key), Score(key, "arena_text", Decimal(told[key][place])))]
        load(nothing, row(name), [sight(NOW - timedelta(days=3), found[: None if name == "board" else 2], f"https://{name}.test/")])
    nothing.commit()
    file = tmp_path / "scores.yaml"
    file.write_text(
        "source: a blog\nclaims:\n"
        "  - {id: own, statement: Tiny has 64, subject: lab/tiny, predicate: score, metric: arena_text, value: 64}\n"
        "  - {id: more, statement: Huge is better by far, subject: lab/huge, against: [lab/tiny], predicate: score_comparison,"
        " metric: arena_text, operator: '>', value: 5}\n"
    )
    judged = {one["claim_id"]: one for one in run(capsys, "check", str(file))["claims"]}
    assert {name: one["verdict"] for name, one in judged.items()} == {"own": "mixed", "more": "supported"}
    assert {line["source"] for line in judged["more"]["evidence"]} == {"board"} and "10 points" in judged["more"]["reason"]
