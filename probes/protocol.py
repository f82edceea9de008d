"""How a measurement is taken: spaced sessions of quiet repetitions until the interval is narrow or the budget ends."""

import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from market import roofline, timing
from market.errors import BadArtifact, Misused, ProbeInvalid
from market.roofline import Roof, Shape
from probes import gguf, llama, session
from probes.llama import Settings
from probes.machine import Machine, Nvml, Reading, Readings, machine
from probes.noise import noisy
from probes.session import Session
from probes.shape import shape
from probes.stream import narrowing

OVERHEAD = 3_000_000_000
"""Bytes of address space that Python and the libraries take beside the model."""
MOST_FAILED = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """One test in llama-bench's terms; `pp512` is a prompt of 512, `tg128` is 128 generated, `@ d` behind so many."""

    n_prompt: int
    n_gen: int
    n_depth: int = 0

    @property
    def name(self) -> str:
        """Its name as the community writes it."""
        what = f"tg{self.n_gen}" if self.n_gen else f"pp{self.n_prompt}"
        return f"{what} @ d{self.n_depth}" if self.n_depth else what


USUAL = (Trial(512, 0), Trial(0, 128), Trial(0, 128, 2048))


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        budget: seconds for all sessions; at least one is always taken.
        pause: seconds between sessions, so that one slow moment does not colour them all.
        deadline: seconds after which one session is ended by force.
    """

    tests: tuple[Trial, ...] = USUAL
    sessions: int = timing.SESSIONS
    repetitions: int = 10
    budget: float = 600.0
    pause: float = 5.0
    deadline: float = 600.0
    stream_seconds: float = 1.0
    chat: bool = True


@dataclass(slots=True)
class Measured:
    """All that came of measuring one artifact.

    Attributes:
        tests: one document per test, llama-bench's names and ours.
        sessions: one record per session, the failed and noisy ones included.
    """

    tests: list[dict[str, Any]]
    chat: dict[str, Any] | None
    machine: Machine
    shape: Shape
    roof: Roof
    sessions: list[dict[str, Any]] = field(default_factory=list)
    joules_per_token: float | None = None


def request(path: Path, files: list[Path], size: Shape, plan: Plan, settings: Settings) -> dict[str, Any]:
    """What probes.child is asked for: a session of a plan, and the memory and seconds it may take."""
    longest = max(test.n_prompt + test.n_gen + test.n_depth for test in plan.tests) + 512
    # Weights mapped and once more rearranged, the cache, and one batch of scores for every word.
    memory = None if settings.n_gpu_layers else 3 * size.weights_bytes + 2 * size.memory(longest) + OVERHEAD
    return {
        "path": str(path), "files": [str(file) for file in files], "tests": [asdict(test) for test in plan.tests],
        "repetitions": plan.repetitions, "settings": asdict(settings), "chat": plan.chat, "token_bytes": size.token_bytes,
        "stream_seconds": plan.stream_seconds, "memory": memory,
        "seconds": int(plan.deadline * (settings.n_threads + 1)) + 1,
    }  # fmt: skip


def _why_not(found: Session, tests: tuple[Trial, ...], reading: Reading | None) -> str | None:
    """Why a session's timings are not to be used; None where they are."""
    if found.reason:
        return found.reason
    if reading and reading.throttled:
        return f"The accelerator was slowed down ({reading.celsius:.0f} °C)." if reading.celsius else "The accelerator was slowed down."
    assert found.load
    for test, samples in zip(tests, found.samples, strict=True):
        if said := noisy(found.load, samples):
            return f"{test.name}: {said}"
    return None


def _record(found: Session, why: str | None, reading: Reading | None) -> dict[str, Any]:
    return {
        "valid": why is None, "reason": why, "exit_code": found.code, "last_words": found.words[-500:] or None,
        "seconds": round(found.seconds, 3), "confined_by": found.held, "load": asdict(found.load) if found.load else None,
        "bytes_per_s": max((speed for speed, _ in found.streams), default=None), "accelerators": asdict(reading) if reading else None,
    }  # fmt: skip


def _rates(good: list[Session], at: int, test: Trial) -> list[list[float]]:
    tokens = test.n_prompt + test.n_gen
    return [[tokens / ns * 1e9 for ns in found.samples[at]] for found in good]


def _done(good: list[Session], plan: Plan) -> bool:
    least = plan.sessions * plan.repetitions
    return all(timing.enough(_rates(good, at, test), plan.sessions, least) for at, test in enumerate(plan.tests))


Say = Callable[[str], None]
Alone = Callable[[Say], AbstractContextManager[None]]


def _session(asked: dict[str, Any], plan: Plan, cards: Nvml, say: Say, alone: Alone) -> tuple[Session, Reading | None, float]:
    """One session, what accelerators did meanwhile, and how many seconds it waited for its turn."""
    began = time.monotonic()
    with alone(say):
        waited = time.monotonic() - began
        with Readings(cards) as seen:
            found = session.run(asked, plan.deadline)
    return found, seen.together(), waited


def nothing_else(_: Say) -> AbstractContextManager[None]:
    """Begins a session at once, whatever else the machine does."""
    return nullcontext()


def measure(path: Path, plan: Plan, settings: Settings, say: Say, nvml: Nvml | None = None, alone: Alone = nothing_else) -> Measured:
    """Measures a model file.

    Args:
        alone: what keeps other work of this machine out while a session runs; waiting for it is not of the budget.

    Raises:
        BadArtifact: it is no model, or the library refuses it.
        ProbeInvalid: it does not fit, or no session came to its end.
    """
    cards = nvml or Nvml()
    here, header = machine(cards), gguf.read(path)
    size = shape(header)
    _fits(size, here, settings, plan)
    asked = request(path, gguf.parts(path), size, plan, settings)
    good, noisy_ones, records, failed = list[Session](), list[Session](), list[dict[str, Any]](), 0
    end, joules = time.monotonic() + plan.budget, cards.joules()
    while not records or (time.monotonic() < end and not _done(good, plan)):
        if records:
            time.sleep(plan.pause)
        found, reading, waited = _session(asked, plan, cards, say, alone)
        end += waited
        why = _why_not(found, plan.tests, reading)
        records.append(_record(found, why, reading))
        say(f"session {len(records)}: {why or 'quiet'} ({found.seconds:.1f} s)")
        if found.refused:
            raise BadArtifact(f"{found.reason} {found.words.strip()[-300:]}".strip())
        failed += bool(found.reason)
        if failed >= MOST_FAILED:
            break
        (good if why is None else noisy_ones if found.reason is None else []).append(found)
    used = good or noisy_ones
    if not used:
        raise ProbeInvalid(f"{records[-1]['reason']} {(records[-1]['last_words'] or '').strip()[-300:]}".strip())
    here = ran_on(here, settings, used[0].facts)
    roof = _roof(used, here)
    spent, after = None, cards.joules()
    if here.accelerators and joules is not None and after is not None:
        spent = (after - joules) / max(1, sum((t.n_prompt + t.n_gen) * len(s.samples[at]) for s in used for at, t in enumerate(plan.tests)))
    tests = [_test(at, test, used, bool(good), (size, roof), records) for at, test in enumerate(plan.tests)]
    facts = _facts(path, header, settings, here, used[0].facts)
    return Measured([facts | test for test in tests], _chat(used), here, size, roof, records, spent)


def _fits(size: Shape, here: Machine, settings: Settings, plan: Plan) -> None:
    if settings.n_threads < 1 or settings.n_threads > 4 * here.cores:
        raise Misused(f"{settings.n_threads} threads make no sense on {here.cores} cores; leave --threads out for the best number.")
    memory = here.memory_bytes + (here.accelerator_bytes if settings.n_gpu_layers else 0)
    longest = max(test.n_prompt + test.n_gen + test.n_depth for test in plan.tests)
    if size.memory(longest) > memory:
        raise ProbeInvalid(f"The model needs {size.memory(longest) / 1e9:.1f} GB and this machine has {memory / 1e9:.1f} GB.")


def ran_on(here: Machine, settings: Settings, said: Mapping[str, Any]) -> Machine:
    """The part of a machine that did the work: without its accelerators where no layer was theirs, or the library cannot use them."""
    return here if settings.n_gpu_layers and said.get("gpu_offload") else replace(here, accelerators=(), driver="")


def _roof(used: list[Session], here: Machine) -> Roof:
    """The machine's edges: data sheet values for a known accelerator that holds the whole model, else the best of our small tests."""
    from market import accelerators

    if here.accelerators:
        known = accelerators.named(here.accelerators[0].name)
        if known:
            return Roof(
                known.bytes_per_s * len(here.accelerators), (known.flops or 0) * len(here.accelerators) or None, here.accelerator_bytes
            )
        return Roof(float("inf"), None, here.accelerator_bytes)
    speed = max(speed for found in used for speed, _ in found.streams)
    flops = max(flops for found in used for _, flops in found.streams)
    return Roof(speed, flops * narrowing(set(here.flags)), here.memory_bytes)


def _test(
    at: int, test: Trial, used: list[Session], quiet: bool, bounds: tuple[Shape, Roof], records: list[dict[str, Any]]
) -> dict[str, Any]:
    rates = _rates(used, at, test)
    flat = [each for session_rates in rates for each in session_rates]
    times = [ns for found in used for ns in found.samples[at]]
    mean = timing.rate(rates)
    most = roofline.limit(*bounds, test.n_prompt, test.n_gen, test.n_depth)
    known = most != float("inf")
    verdict: timing.Outcome = "noisy" if not quiet else "measured" if timing.enough(rates) else "imprecise"
    reasons = {
        "noisy": next((record["reason"] for record in records if record["reason"]), None),
        "imprecise": f"It ended after {len(rates)} sessions and {len(flat)} repetitions at ±{mean.half_width:.1%};"
        f" {timing.SESSIONS} sessions, {timing.REPETITIONS} repetitions and ±{timing.WITHIN:.0%} are precise.",
    }
    return {
        **asdict(test), "test": test.name, "avg_ns": round(statistics.fmean(times)), "stddev_ns": round(statistics.pstdev(times)),
        "avg_ts": mean.tps, "stddev_ts": statistics.pstdev(flat), "samples_ns": times, "samples_ts": flat,
        "ts_lo": mean.low, "ts_hi": mean.high, "sessions": len(rates), "repetitions": len(flat),
        "limit_ts": most if known else None, "roofline_share": mean.tps / most if known else None,
        "verdict": verdict, "reason": reasons.get(verdict),
    }  # fmt: skip


def _facts(path: Path, header: gguf.Header, settings: Settings, here: Machine, said: Mapping[str, Any]) -> dict[str, Any]:
    cards = ", ".join(one.name for one in here.accelerators)
    return {
        "build_commit": llama.build(), "cpu_info": here.cpu, "gpu_info": cards,
        "backends": "GPU" if cards else "CPU", "model_filename": path.name, "model_type": said.get("model_type"),
        "model_size": said.get("model_size"), "model_n_params": said.get("model_n_params"), "quantization": header.quantization,
        **asdict(settings), **({} if cards else {"n_gpu_layers": 0}), "type_k": "f16", "type_v": "f16",
        "test_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": here.described(),
    }  # fmt: skip


def _chat(used: list[Session]) -> dict[str, Any] | None:
    chats = [found.chat for found in used if found.chat]
    if not chats:
        return None
    return {
        "ttft_ms": statistics.median(first for first, _ in chats) / 1e6,
        "itl_ms": statistics.median(ns for _, between in chats for ns in between) / 1e6,
        "sessions": len(chats),
    }
