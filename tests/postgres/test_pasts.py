"""Pasts in the background: queued once by `up`, loaded by a worker from the public repository, never a bother."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest
from databases import Database
from repositories import Repository, hour

from collector.source import find
from db import queue, views
from jobs import past, tasks

HISTORY = find()["llm_prices"].history


@pytest.fixture(autouse=True)
def _empty(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODELMARKET_MIRROR", raising=False)
    database.empty()


def reach(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Has git find every public repository below a folder."""
    settings = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{folder}/.insteadOf", "GIT_CONFIG_VALUE_0": "https://github.com/"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def work_off() -> None:
    """Runs a worker until no job is left; one told not to wait would cut the loads off."""

    async def until_done() -> None:
        working = asyncio.create_task(tasks.work(install_signal_handlers=False, listen_notify=False, fetch_job_polling_interval=0.2))
        while (counts := await asyncio.to_thread(queue.counts)) and counts["todo"] + counts["doing"]:
            await asyncio.sleep(0.2)
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working

    asyncio.run(until_done())


def loaded() -> dict[str, int]:
    return {row["source"]: row["commits"] for row in past.pasts() if row["commits"]}


def test_what_is_missing_is_queued_once_and_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert HISTORY
    there = Repository(tmp_path / HISTORY.repository.removeprefix("https://github.com/"))
    entry = {"id": "one", "name": "One", "price_history": [{"input": 2, "output": 4, "from_date": None, "to_date": None}]}
    for at, amount in enumerate((2, 1)):
        entry["price_history"][0]["input"] = amount
        there.commit(at, {"data/openai.json": json.dumps({"vendor": "openai", "models": [entry]})})
    reach(monkeypatch, tmp_path)
    asked = [name for name, source in sorted(find().items()) if source.history]
    assert past.queue_missing() == asked
    past.queue_missing()
    assert queue.counts()["todo"] == len(asked), "each once, however often it is asked for"
    work_off()
    assert queue.counts()["failed"] == 0, "a repository that cannot be reached is no failure"
    assert loaded() == {"llm_prices": 2}
    prices = views.rows("select price_usd, seen_at from market.quote_history where source = 'llm_prices' and meter = 'input_mtok'")
    assert sorted((int(row["price_usd"]), row["seen_at"]) for row in prices) == [(1, hour(1)), (2, hour(0))]
    assert past.queue_missing() == [name for name in asked if name != "llm_prices"]


def test_behind_a_mirror_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELMARKET_MIRROR", "http://127.0.0.1:9")
    assert past.queue_missing() == []
    assert queue.counts()["todo"] == 0


def test_status_tells_of_pasts(capsys: pytest.CaptureFixture[str]) -> None:
    from argparse import Namespace

    from jobs.status import status

    assert status(Namespace(json=True)) == 0
    told = json.loads(capsys.readouterr().out)["pasts"]
    assert {row["source"] for row in told} == {name for name, source in find().items() if source.history}
    assert all(row["commits"] == 0 and row["since"] is None for row in told)
