"""A model's whole way: the Hub's listing, the plan, the queue, a worker, the download, the child, the ledger, the page Choose."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from databases import Database
from hub import COMMIT, Hub
from models import gemma, needs_gemma, needs_llama
from streamlit.testing.v1 import AppTest

from db import queue, views
from jobs import cli, probing, tasks
from market.errors import MarketError
from probes.protocol import Plan, Trial

REPOSITORY, BASE = "acme/small-GGUF", "acme/small"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub()
    server.files = {REPOSITORY: {"small.gguf": gemma(tmp_path).read_bytes(), "run.py": b"x"}, BASE: {}, "acme/unloved": {}}
    server.downloads["acme/unloved"] = 3
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    yield server
    server.close()


def discover() -> str:
    """Reads the Hub's listing once; the outcome of the run."""
    ran = subprocess.run(
        [sys.executable, "-m", "collector", "crawl", "huggingface", "--json"], env=os.environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return str(json.loads(ran.stdout)["outcome"])


def plan(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert cli.main(["probe", "plan", "--queue", "--json"]) == 0
    return {row["repository"]: row for row in json.loads(capsys.readouterr().out)["probes"]}


def choose() -> str:
    """What Choose's section says, drawn by Streamlit itself."""

    def page() -> None:
        from dashboard import probed

        probed.section()

    st.cache_data.clear()  # a page keeps an answer about the present for a minute
    ours = sys.modules["__main__"]
    try:
        drawn = AppTest.from_function(page).run(timeout=30)
    finally:
        sys.modules["__main__"] = ours  # Streamlit leaves the page's script there, which children of this process would run
    assert not drawn.exception
    said = [str(element.proto) for element in drawn.get("html")]
    frames = [" ".join(map(str, frame.value.to_numpy().ravel())) for frame in drawn.dataframe]
    return "\n".join(said + frames)


@needs_llama
@needs_gemma
def test_the_real_model_goes_from_the_hubs_listing_to_choose_once(
    database: Database, hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (database.home / "probes.toml").write_text("budget = 0\n")
    monkeypatch.setattr(probing, "Plan", lambda budget: Plan((Trial(16, 0), Trial(0, 4)), 1, 2, budget, stream_seconds=0.1, chat=False))
    monkeypatch.setattr(probing.stream, "cores", lambda: 1)  # threads that wait for each other take long beside other tests
    assert "Nothing is measured yet" in choose()
    assert discover() == "complete"
    rows = plan(capsys)
    assert {name: row["runs"] for name, row in rows.items()} == {REPOSITORY: True, BASE: False, "acme/unloved": False}
    assert rows[REPOSITORY]["revision"] == COMMIT and rows[REPOSITORY]["gb"] > 0
    assert "gguf" in rows[BASE]["why"].lower() and "3 times" in rows["acme/unloved"]["why"]
    plan(capsys)
    assert queue.counts()["todo"] == 1, "asked for twice, queued once"
    asyncio.run(tasks.work(queues=tasks.queues(["probe"]), concurrency=1, wait=False, install_signal_handlers=False, listen_notify=False))
    assert queue.counts()["succeeded"] == 1
    assert {asked for asked, _ in hub.asked if "/resolve/" in asked} == {f"/{REPOSITORY}/resolve/{COMMIT}/small.gguf"}
    with database.connect() as connection:
        kept = connection.execute(
            "select r.test, r.tps, p.sessions, p.job from ledger.probe_result r join ledger.probe p on p.id = r.probe_id"
        ).fetchall()
        assert sorted(row[0] for row in kept) == ["pp16", "tg4"] and all(row[1] > 0 for row in kept)
        assert kept[0][2][0]["exit_code"] == 0
        connection.execute("update ledger.probe_result set verdict = 'measured'")  # one short session beside other tests never is
        connection.execute(
            "insert into ledger.throughput_claim (model, quantization, hardware, test, streams, tps, source)"
            " select %s, quantization, m.name, 'tg4', 1, 1e6, 'https://a.example' from ledger.artifact, ledger.machine m",
            (BASE,),
        )
    shown = {row["test"]: row for row in views.rows("select * from market.probe")}
    assert shown["tg4"]["model"] == BASE, "the model that the repository says it comes from"
    assert 0 < shown["tg4"]["roofline_share"] < 1.03
    assert (shown["tg4"]["verdict"], shown["pp16"]["verdict"], shown["tg4"]["claimed_tps"]) == ("refuted", "measured", 1e6)
    told = choose()
    assert BASE in told and f"{shown['tg4']['roofline_share']:.0%} of the possible" in told and "a claim of 1,000,000 is refuted" in told
    again = probing.run(REPOSITORY, COMMIT, "small.gguf", 0, kept[0][3], lambda _: None)
    assert not again, "a job that is done a second time leaves one result"
    assert len(views.rows("select * from market.probe")) == 2
    assert (plan(capsys)[REPOSITORY]["runs"], queue.counts()["todo"]) == (False, 0), "what was measured here is not measured again"
    with database.connect() as connection:
        connection.execute("update ledger.probe_result set verdict = 'noisy'")
    assert "Nothing is measured yet" in choose(), "a noisy result is never shown"
    assert plan(capsys)[REPOSITORY]["runs"], "and is worth another attempt"


def test_what_a_worker_that_probes_queues_each_day_by_the_policy_is_queued_once(database: Database, hub: Hub) -> None:
    assert discover() in ("complete", "unchanged"), "the test before has read it, if there was one"
    before = queue.counts()["todo"]
    assert [probing.renew() for _ in range(2)] == [1, 1] and queue.counts()["todo"] == before + 1
    (database.home / "probes.toml").write_text("candidates = 0\n")
    assert probing.renew() == 0
    (database.home / "probes.toml").write_text("candidates = many\n")
    with pytest.raises(MarketError, match="probes.toml is no TOML"):
        probing.renew()
