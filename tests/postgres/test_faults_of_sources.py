"""One source misbehaves, in every way the replay web knows: what is believed stays, and the others finish."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from recordings import Replay, needed, replay

pytestmark = [needed, pytest.mark.timeout(600)]
FAULTS = {
    "scale:1000": "quarantined",
    "scale:0.001": "quarantined",
    "empty": "failed",
    "html": "failed",
    "truncate": "failed",
    "reset": "failed",
    "status:503": "failed",
    "garbage": "failed",
    "bomb": "failed",
}
BELIEVED = "select thing, meter, condition, price_usd, source from price order by 1, 2, 3"
STATED = "select source, source_key, endpoint, plan, meter, condition, price_usd, gone_at is null from quote_history order by 1, 2, 3, 4, 5, 6, 7"


def collect(web: Replay, home: Path, *names: str) -> tuple[int, dict[str, dict[str, Any]]]:
    environment = os.environ | {"MODELMARKET_MIRROR": web.url, "MODELMARKET_HOME": str(home), "MODELMARKET_TIMEOUT": "20"}
    done = subprocess.run(
        [sys.executable, "-m", "jobs.cli", "collect", *names, "--json"], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.stdout, done.stderr
    return done.returncode, {run["source"]: run for run in json.loads(done.stdout)["runs"]}


def rows(database: Any, query: str) -> list[Any]:
    with database.connect("analyst") as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def loaded(database: Any) -> Iterator[tuple[Any, Replay]]:
    with replay("2026-03-21") as web:
        code, runs = collect(web, database.home, "models_dev", "llm_prices")
        assert {run["outcome"] for run in runs.values()} == {"complete"}, runs
        yield database, web


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_no_belief_and_stops_nobody(loaded: Any, fault: str) -> None:
    database, web = loaded
    believed, stated = rows(database, BELIEVED), rows(database, STATED)
    web.control(f"fault=models.dev={fault}")
    try:
        code, runs = collect(web, database.home, "models_dev", "llm_prices")
    finally:
        web.control("faults=none")
    assert runs["models_dev"]["outcome"] == FAULTS[fault], runs["models_dev"]
    assert runs["models_dev"]["reason"] and "\n" not in runs["models_dev"]["reason"]
    assert runs["llm_prices"]["outcome"] == "unchanged"
    assert code == (3 if FAULTS[fault] == "quarantined" else 1)
    assert rows(database, BELIEVED) == believed
    assert rows(database, STATED) == stated
    told = rows(database, "select last_outcome, last_reason from source_health where source = 'models_dev'")
    assert told == [(FAULTS[fault], runs["models_dev"]["reason"])]


def test_a_healthy_run_afterwards_is_as_if_nothing_had_been(loaded: Any) -> None:
    database, web = loaded
    believed = rows(database, BELIEVED)
    code, runs = collect(web, database.home, "models_dev")
    assert (code, runs["models_dev"]["outcome"], runs["models_dev"]["quotes"]) == (0, "unchanged", 0)
    assert rows(database, BELIEVED) == believed


@pytest.mark.parametrize("fault", ["scale:1000", "scale:0.001"])
def test_a_scaled_first_page_is_held_by_what_others_believe(database: Any, fault: str) -> None:
    database.empty()
    with replay("2026-11-15") as web:
        assert collect(web, database.home, "genai_prices")[1]["genai_prices"]["outcome"] == "complete"
        web.control(f"fault=models.dev={fault}")
        assert collect(web, database.home, "models_dev")[1]["models_dev"]["outcome"] == "quarantined"
        assert rows(database, "select count(*) from quote_history where source = 'models_dev'") == [(0,)]
