"""A model is measured for real: synthetic ones in seconds, and the real small one from a Hub of ours to the ledger."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from models import needs_gguf, needs_llama, synthetic

from jobs import probe_claim, tasks
from market.errors import BadArtifact, Misused
from market.roofline import SLACK, Roof, Shape
from probes import gguf, protocol, stream
from probes.llama import Llama, Settings
from probes.machine import Machine, Nvml, Readings, machine
from probes.protocol import Plan, Trial
from probes.shape import shape

NAMES = {"build_commit", "cpu_info", "gpu_info", "model_filename", "model_type", "model_size", "model_n_params", "n_batch", "n_ubatch"} | {
    *("n_threads", "type_k", "type_v", "n_gpu_layers", "flash_attn", "n_prompt", "n_gen", "n_depth", "test_time"),
    *("avg_ns", "stddev_ns", "avg_ts", "stddev_ts", "samples_ns", "samples_ts"),
}
OURS = {"ts_lo", "ts_hi", "roofline_share", "machine", "verdict"}
SHORT = Plan((Trial(32, 0), Trial(0, 8), Trial(0, 8, 64)), sessions=1, repetitions=3, budget=0, stream_seconds=0.1)


def measured(path: Path, plan: Plan = SHORT) -> protocol.Measured:
    return protocol.measure(path, plan, Settings(n_threads=1), lambda _: None)


@needs_llama
@needs_gguf
def test_the_command_measures_a_file_alone_and_prints_llama_benchs_names(tmp_path: Path) -> None:
    path = synthetic(tmp_path / "m.gguf")
    command = [sys.executable, "-m", "jobs.cli", "probe", str(path), "--json", "--tests", "pp32,tg8,tg8@d64", "--threads", "1"]
    home = {**os.environ, "MODELMARKET_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [*command, "--sessions", "1", "--repetitions", "3", "--budget", "0"], env=home, capture_output=True, text=True, check=False
    )
    said = json.loads(done.stdout)
    assert done.returncode == int(any(test["verdict"] == "noisy" for test in said["tests"])), done.stderr
    assert [test["test"] for test in said["tests"]] == ["pp32", "tg8", "tg8 @ d64"]
    for test in said["tests"]:
        assert set(test) >= NAMES | OURS
        assert test["ts_lo"] <= test["avg_ts"] <= test["ts_hi"] and len(test["samples_ns"]) == 3
        assert test["avg_ts"] == pytest.approx(sum(test["samples_ts"]) / 3)
        assert test["model_n_params"] == shape(gguf.read(path)).parameters
        assert test["verdict"] in ("imprecise", "noisy") and test["reason"], "one session is never published as precise"
    assert said["chat"]["ttft_ms"] > 0 and said["chat"]["itl_ms"] > 0
    assert not (tmp_path / "home").exists(), "no database was needed"
    assert said["claim"] is None


def decoded(low: float, high: float, most: float, size: int, verdict: str = "measured") -> protocol.Measured:
    test = {"test": "tg128", "n_gen": 128, "n_depth": 0, "ts_lo": low, "ts_hi": high, "limit_ts": most, "verdict": verdict}
    return protocol.Measured([test], None, machine(), shape_of(size), Roof(1e10))


@pytest.mark.parametrize(
    ("claimed", "on", "verdict"),
    [
        (100, None, "verified"),
        (107, None, "within_noise"),
        (150, None, "refuted"),
        (300, None, "impossible"),
        (100, "RTX 4090", "possible"),
        (245, "RTX 4090", "implausible"),
        (400, "RTX 4090", "impossible"),
    ],
)
def test_a_claim_is_judged_by_the_measurement_here_and_by_the_limit_elsewhere(claimed: float, on: str | None, verdict: str) -> None:
    said = probe_claim.judged(decoded(98, 102, 200, 4_000_000_000), claimed, on)
    assert (said["verdict"], said["reason"][-1]) == (verdict, ".")


def test_what_does_not_fit_is_impossible_and_what_was_noisy_judges_nothing() -> None:
    assert probe_claim.judged(decoded(1, 2, 3, 40_000_000_000), 1, "RTX 4090")["verdict"] == "impossible"
    assert probe_claim.judged(decoded(98, 102, 200, 10, "noisy"), 150, None)["verdict"] is None
    with pytest.raises(Misused, match="Abacus"):
        probe_claim.judged(decoded(1, 2, 3, 10), 1, "Abacus")


SHAPES: list[dict[str, int]] = [
    {"layers": 2, "width": 512, "hidden": 2048},
    {"layers": 8, "width": 512, "hidden": 2048},
    *({"layers": 2, "width": 512, "hidden": 2048, "experts": 8, "used": used} for used in (1, 3, 8)),
]


@needs_llama
@needs_gguf
def test_no_model_reads_faster_than_the_machine_and_more_bytes_take_longer(tmp_path: Path) -> None:
    files = [synthetic(tmp_path / f"{at}.gguf", **one) for at, one in enumerate(SHAPES)]
    sizes = [shape(gguf.read(file)) for file in files]
    fastest, widest = [0.0] * len(files), [0.0] * len(files)
    with ExitStack() as open_:
        loaded = [open_.enter_context(Llama(str(file), 64, Settings(n_threads=1))) for file in files]
        # In turns, and the best of each: whatever else the machine does falls on both sides, and on none of them all the time.
        for _ in range(8):
            for at, (one, size) in enumerate(zip(loaded, sizes, strict=True)):
                widest[at] = max(widest[at], stream.bandwidth(size.token_bytes, 1, 0.08))
                fastest[at] = max(fastest[at], 8 / one.time(0, 8, 0) * 1e9)
    for rate, speed, size in zip(fastest, widest, sizes, strict=True):
        assert rate * size.token_bytes <= speed * SLACK
    for one, other in permutations(range(len(files)), 2):
        if sizes[one].token_bytes * 1.5 < sizes[other].token_bytes:
            assert fastest[one] > fastest[other], (SHAPES[one], SHAPES[other])
    sparse = sizes[2]
    assert fastest[2] * sparse.weights_bytes > widest[2], "were all experts counted, the first assertion would fail"


@needs_llama
@needs_gguf
def test_fault_38_a_hostile_chat_template_is_never_run(tmp_path: Path) -> None:
    path = synthetic(tmp_path / "m.gguf", template="{% for i in range(10**9) %}{{ ''.__class__.__mro__ }}{% endfor %}")
    assert "__mro__" in str(gguf.read(path).keys["tokenizer.chat_template"])
    assert measured(path).chat


@needs_llama
@needs_gguf
@pytest.mark.parametrize("share", [0.1, 0.6, 0.99])
def test_fault_37_a_file_that_was_cut_short_is_refused_in_a_sentence(share: float, tmp_path: Path) -> None:
    whole = synthetic(tmp_path / "m.gguf").read_bytes()
    (tmp_path / "cut.gguf").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(BadArtifact, match=r"\.$|refuses"):
        measured(tmp_path / "cut.gguf")


def test_few_sessions_are_never_precise_however_well_they_agree() -> None:
    def verdict(sessions: int, repetitions: int) -> str:
        used = [protocol.Session([[10**9 + at for at in range(repetitions)]]) for _ in range(sessions)]
        said = protocol._test(0, Trial(0, 128), used, True, (shape_of(10), Roof(1e10)), [])
        return str(said["verdict"])

    assert (verdict(1, 40), verdict(3, 9), verdict(3, 10)) == ("imprecise", "imprecise", "measured")


@needs_llama
@needs_gguf
def test_a_file_that_only_llama_refuses_ends_in_a_sentence_with_its_last_words(tmp_path: Path) -> None:
    path = synthetic(tmp_path / "m.gguf", architecture_says="nosucharchitecture")
    with pytest.raises(BadArtifact, match="refuses to load.*nosucharchitecture"):
        measured(path)


def test_wrong_numbers_of_threads_and_models_too_large_are_said_before_anything_runs(tmp_path: Path) -> None:
    size = shape_of(10**15)
    with pytest.raises(Misused, match="threads"):
        protocol._fits(size, machine(), Settings(n_threads=10_000), SHORT)
    with pytest.raises(protocol.ProbeInvalid, match="GB and this machine has"):
        protocol._fits(size, machine(), Settings(n_threads=1), SHORT)


def shape_of(size: int) -> Any:
    return Shape(1, size, size, 1, 0, 0)


HEADER: Any = SimpleNamespace(quantization="Q4_K")


class Recorded:
    """NVML's answers as its documentation has them, for one card; no real card ever gave these."""

    class NVMLError(Exception):
        pass

    reasons = 0

    nvmlInit = staticmethod(lambda: None)
    nvmlDeviceGetCount = staticmethod(lambda: 1)
    nvmlDeviceGetHandleByIndex = staticmethod(lambda at: at)
    nvmlDeviceGetName = staticmethod(lambda _: "NVIDIA GeForce RTX 4090")
    nvmlDeviceGetMemoryInfo = staticmethod(lambda _: SimpleNamespace(total=25_757_220_864))
    nvmlSystemGetDriverVersion = staticmethod(lambda: "580.1")
    nvmlDeviceGetPowerUsage = staticmethod(lambda _: 350_000)
    nvmlDeviceGetTemperature = staticmethod(lambda *_: 61)
    nvmlDeviceGetClockInfo = staticmethod(lambda *_: 2_520)
    nvmlDeviceGetTotalEnergyConsumption = staticmethod(lambda _: 5_000)

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, _: int) -> int:
        return self.reasons


def test_an_accelerator_is_part_of_the_fingerprint_and_a_slowed_one_makes_a_session_invalid() -> None:
    library = Recorded()
    cards = Nvml(library)
    with_card, without = machine(cards), machine(SimpleNamespace(accelerators=tuple, driver=str))  # type: ignore[arg-type]
    assert with_card.accelerators[0].name == "NVIDIA GeForce RTX 4090" and with_card.machine_id != without.machine_id
    roof = protocol._roof([], with_card)
    assert (roof.bytes_per_s, roof.memory_bytes) == (1008e9, 25_757_220_864)
    reading = cards.reading()
    assert reading and (reading.watts, reading.celsius, reading.throttled) == (350.0, 61.0, False)
    library.reasons = 0x40
    slowed = cards.reading()
    assert slowed and slowed.throttled
    assert protocol._why_not(protocol.Session([[1]]), (Trial(0, 1),), slowed) == "The accelerator was slowed down (61 °C)."
    assert cards.joules() == 5.0


def test_an_accelerator_that_was_slowed_for_a_moment_of_a_session_was_slowed() -> None:
    library = Recorded()
    with Readings(Nvml(library), every=0.01) as seen:
        for library.reasons in (0x01, 0x40, 0x01):  # idle, hot, idle
            before = len(seen.taken)
            while len(seen.taken) < before + 2:
                time.sleep(0.005)
    together = seen.together()
    assert together and (together.throttled, together.watts, together.megahertz) == (True, 350.0, 2520)
    assert [seen.taken[at].throttled for at in (0, -1)] == [False, False], "looked at before or after, it was not"
    with Readings(Nvml(SimpleNamespace(nvmlInit=lambda: None, nvmlDeviceGetCount=lambda: 0, NVMLError=Exception))) as nothing:
        pass
    assert nothing.together() is None


def test_what_ran_on_the_processor_is_never_said_of_the_accelerator() -> None:
    both, alone = machine(Nvml(Recorded())), machine(SimpleNamespace(accelerators=tuple, driver=str))  # type: ignore[arg-type]
    offloaded = Settings(n_threads=1, n_gpu_layers=99)
    assert protocol.ran_on(both, offloaded, {"gpu_offload": True}) == both
    for settings, said in ((offloaded, {"gpu_offload": False}), (Settings(n_threads=1), {"gpu_offload": True})):
        found = protocol.ran_on(both, settings, said)
        assert found.machine_id == alone.machine_id and protocol._facts(Path("m.gguf"), HEADER, settings, found, said)["backends"] == "CPU"
        assert protocol._facts(Path("m.gguf"), HEADER, settings, found, said)["n_gpu_layers"] == 0


def test_a_card_that_fails_is_left_out_and_stops_nothing() -> None:
    def fails(_: int) -> str:
        raise Recorded.NVMLError

    library = Recorded()
    library.nvmlDeviceGetName = fails  # type: ignore[method-assign]
    assert machine(Nvml(library)).accelerators == ()


def test_a_machine_without_accelerators_says_so() -> None:
    here = machine(SimpleNamespace(accelerators=tuple, driver=str))  # type: ignore[arg-type]
    assert here.accelerators == () and here.accelerator_bytes == 0 and len(here.machine_id) == 12


def test_probes_are_run_by_workers_that_were_told_to_and_of_their_own_machine_only() -> None:
    assert "probe" not in tasks.queues(None) and "collect" in tasks.queues(None)
    assert tasks.queues(["probe"]) == [f"probe {machine().machine_id}"]
    assert isinstance(machine(), Machine)
