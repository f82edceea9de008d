"""Scoreboards added on the command line: kept once, judged by what was measured, and again when something new was."""

import json
from pathlib import Path
from typing import Any

import pytest
from databases import Database
from measurements import H100, measured

from db import throughput, views
from jobs.cli import main

MADE = {
    "model_type": "small 1B Q4_K - Medium", "model_filename": "/x/small.gguf", "n_threads": 8, "n_gpu_layers": 99, "gpu_info": H100,
    "n_prompt": 0, "n_gen": 128,
}  # fmt: skip


def added(file: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["claims", "add", str(file), "--json", *words]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_scoreboard_is_kept_once_and_judged_again_after_a_measurement(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "board.json"
    file.write_text(json.dumps([MADE | {"avg_ts": 205.0}, MADE | {"avg_ts": 1e6, "gpu_info": "NVIDIA H200"}]))
    found = added(file, capsys, "--source", "https://board.example", "--model", "Acme/Small")
    assert found["added"]["rates"] == 2 and {row["verdict"] for row in found["rates"]} == {None}
    assert added(file, capsys, "--source", "https://board.example", "--model", "acme/small")["added"]["rates"] == 0
    measured()
    rows = {row["hardware"]: row for row in views.rows("select * from market.throughput_claim")}
    assert (rows[H100]["verdict"], rows["NVIDIA H200"]["verdict"]) == ("verified", "impossible")
    assert "190.0 to 210.0" in rows[H100]["reason"] and rows[H100]["checked_at"]
    with database.connect("collector") as connection:
        assert throughput.judge(connection) == 0, "nothing new, no verdict changes"
    probed = views.rows("select claimed_tps, verdict from market.probe where test = 'tg128'")
    assert [(row["claimed_tps"], row["verdict"]) for row in probed] == [(205.0, "verified")]


def test_a_file_known_by_name_gets_its_model(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "other.jsonl"
    file.write_text(json.dumps(MADE | {"avg_ts": 300.0}) + "\n" + json.dumps(MADE | {"avg_ts": 5000.0, "n_prompt": 512, "n_gen": 0}) + "\n")
    found = added(file, capsys)
    assert {(row["model"], row["source"], row["verdict"]) for row in found["rates"]} == {
        ("acme/small", "other.jsonl", "refuted"),
    }
    assert main(["claims", "add", str(file)]) == 0
    assert "0 of 2 rates were new" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("| model | test | t/s |\n|---|---|---|\n| a | pp512 | 5 ± 1 |", "give --hardware"),
        ('[{"avg_ts": 5, "n_gen": 128, "gpu_info": "x", "n_gpu_layers": 1}, {"avg_ts": "?", "n_gen": 128}]', "entry 2"),
        ('[{"what": 1}]', "board"),
    ],
)
def test_a_wrong_file_gets_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str) -> None:
    file = tmp_path / "board"
    file.write_text(text)
    assert main(["claims", "add", str(file)]) == 1
    told = capsys.readouterr().err.strip()
    assert says in told and "\n" not in told and "Traceback" not in told
