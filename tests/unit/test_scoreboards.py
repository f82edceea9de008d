"""Published rates read from files in the shapes their makers publish, and what our measurements and data sheets say of them."""

import csv
import io
import json

import pytest

from market import accelerators, roofline, scoreboards, throughput
from market.roofline import Shape
from market.scoreboards import BadScoreboard
from market.throughput import Claimed, Weighed

CARD = "NVIDIA GeForce RTX 4090"
BENCH = {
    "build_commit": "abc", "cpu_info": "A CPU", "gpu_info": CARD, "model_filename": "models/tiny-Q4_K_M.gguf",
    "model_type": "gemma3 270M Q4_K - Medium", "n_threads": 8, "n_gpu_layers": 99, "n_prompt": 512, "n_gen": 0, "n_depth": 0,
    "avg_ts": 12345.5, "stddev_ts": 1.0,
}  # fmt: skip
DECODE = BENCH | {"n_prompt": 0, "n_gen": 128, "n_depth": 2048, "avg_ts": 321.25}
BOTH = BENCH | {"n_gen": 128}
TABLE = """Some words before.

| model | size | params | backend | ngl | test | t/s |
| ----- | ---: | -----: | ------- | --: | ---: | ---: |
| gemma3 270M Q4_K - Medium | 1 GiB | 1 B | CUDA | 99 | pp512 | 5765.41 ± 20.55 |
| gemma3 270M Q4_K - Medium | 1 GiB | 1 B | CUDA | 99 | tg128 @ d4096 | 197.71 ± 0.81 |
| gemma3 270M Q4_K - Medium | 1 GiB | 1 B | CUDA | 99 | pp512+tg128 | 400.00 ± 0.81 |
"""


def commas(rows: list[dict[str, object]]) -> str:
    told = io.StringIO()
    writer = csv.DictWriter(told, list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return told.getvalue()


@pytest.mark.parametrize("write", [json.dumps, commas, lambda rows: "\n".join(map(json.dumps, rows))], ids=["json", "csv", "jsonl"])
def test_llama_bench_reads_alike_in_every_format(write) -> None:
    found = scoreboards.read(write([BENCH, DECODE, BOTH]), "file")
    assert found is not None
    assert [(one.test, one.tps, one.hardware, one.quantization, one.file) for one in found] == [
        ("pp512", 12345.5, CARD, "Q4_K", "tiny-Q4_K_M.gguf"),
        ("tg128 @ d2048", 321.25, CARD, "Q4_K", "tiny-Q4_K_M.gguf"),
    ]


def test_without_layers_on_a_card_the_processor_made_it() -> None:
    found = scoreboards.read(json.dumps([DECODE | {"n_gpu_layers": 0}]), "file")
    assert found and found[0].hardware == "A CPU, 8 cores"


def test_a_table_in_a_text_needs_to_be_told_the_hardware() -> None:
    with pytest.raises(BadScoreboard, match="give --hardware"):
        scoreboards.read(TABLE[TABLE.index("|") :], "file")
    found = scoreboards.read(TABLE, "file", "acme/tiny", "RTX 4090")
    assert found and [(one.model, one.hardware, one.test, one.tps) for one in found] == [
        ("acme/tiny", CARD, "pp512", 5765.41),
        ("acme/tiny", CARD, "tg128 @ d4096", 197.71),
    ]


def test_localscore_tells_means_over_lengths() -> None:
    told = {"avg_prompt_tps": "900.5", "avg_gen_tps": 44.0, "avg_ttft": 1, "accelerator": {"name": CARD, "memory_gb": "24"}}
    page = json.dumps([{"model": {"name": "Tiny", "quant": "Q4_K - Medium"}, "results": [told]}])
    found = scoreboards.read(page, "file")
    assert found and [(one.model, one.test, one.tps, one.quantization) for one in found] == [
        ("Tiny", "pp", 900.5, "Q4_K"),
        ("Tiny", "tg", 44.0, "Q4_K"),
    ]


def test_inference_x_tells_what_each_accelerator_makes_for_all_answers() -> None:
    entry = {
        "hw": "h200-nb",
        "tp": 8,
        "conc": 64,
        "model": "acme/large",
        "precision": "fp8",
        "tput_per_gpu": 900.0,
        "output_tput_per_gpu": 100.0,
    }
    found = scoreboards.read(json.dumps(entry), "file")
    assert found and (found[0].hardware, found[0].tps, found[0].streams, found[0].quantization) == ("8 × NVIDIA H200", 800.0, 64, "FP8")


@pytest.mark.parametrize("text", ["", "claims: []", "[]", "{}", "[1, 2]", '{"a": 1}', "a,b\n1,2", "| a | b |", "{broken"])
def test_what_is_no_scoreboard_is_left_to_others(text: str) -> None:
    assert scoreboards.read(text, "file") is None


@pytest.mark.parametrize(
    "changed", [{"avg_ts": "fast"}, {"avg_ts": -1}, {"avg_ts": None}, {"avg_ts": "nan"}, {"n_prompt": "x"}, {"n_gpu_layers": [1]}]
)
def test_a_wrong_entry_is_named_in_a_sentence(changed: dict[str, object]) -> None:
    with pytest.raises(BadScoreboard, match=r"file: entry 2 is not as the others are"):
        scoreboards.read(json.dumps([DECODE, BENCH | changed]), "file")


SHAPE = Shape(parameters=10**9, weights_bytes=10**9, token_bytes=10**9, token_weights=10**9, head_weights=0, cache_bytes=0)
KNOWN = [Weighed("acme/tiny", "tiny.gguf", "Q4_K", SHAPE, {("A CPU, 8 cores", "tg128"): (90.0, 110.0)})]


def verdict(tps: float, hardware: str = CARD, test: str = "tg128", streams: int = 1, quantization: str | None = "Q4_K") -> str | None:
    return throughput.judged(Claimed("acme/tiny", quantization, hardware, test, streams, tps), KNOWN).verdict


def test_on_the_same_hardware_the_interval_decides() -> None:
    assert [verdict(tps, "a cpu, 8 cores") for tps in (100.0, 115.0, 200.0)] == ["verified", "within_noise", "refuted"]


def test_on_other_hardware_only_the_limit_does_and_never_verifies() -> None:
    card = accelerators.named("RTX 4090")
    assert card
    most = roofline.decode_limit(SHAPE, card.roof, 63.5)
    assert [verdict(most * share) for share in (0.5, 0.95, 1.2)] == ["possible", "implausible", "impossible"]
    assert verdict(most * 1.9, f"2 × {CARD}") == "implausible", "two cards can do twice as much"
    assert verdict(most * 5, streams=16) == "possible", "answers made together share the reading"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"model": "acme/other"}, "No file of acme/other"),
        ({"quantization": "Q8_0"}, "in Q8_0"),
        ({"hardware": "a toaster"}, "No data sheet"),
        ({"test": "pp"}, "no one limit"),
    ],
)
def test_what_nothing_decides_stays_open_with_a_reason(changed: dict[str, str], says: str) -> None:
    said = {"model": "acme/tiny", "quantization": "Q4_K", "hardware": CARD, "test": "tg128", "streams": 1, "tps": 1.0} | changed
    found = throughput.judged(Claimed(**said), KNOWN)  # type: ignore[arg-type]
    assert found.verdict is None and says in found.reason


def test_a_model_that_does_not_fit_is_impossible() -> None:
    large = Shape(10**12, 10**12, 10**9, 10**9, 0, 0)
    found = throughput.judged(Claimed("acme/tiny", None, CARD, "tg128", 1, 1.0), [Weighed("acme/tiny", "l.gguf", "F16", large, {})])
    assert found.verdict == "impossible" and "do not fit" in found.reason
