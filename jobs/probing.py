"""From new open models to jobs, and from a job to exactly one result in the ledger."""

import hashlib
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from db import probes as ledger
from db.engine import home
from db.turns import alone, probing
from jobs.children import door
from market.errors import MarketError
from market.probe_policy import Policy, policy
from probes import artifacts, gguf, llama, protocol, stream
from probes.artifacts import Remote
from probes.machine import Machine, machine
from probes.protocol import Measured, Plan
from probes.shape import shape


def mine() -> Policy:
    """The user's policy, ours where there is none."""
    own = home() / "probes.toml"
    return policy(own.read_text() if own.is_file() else None)


def planned(rules: Policy, here: Machine, today: date) -> Iterator[dict[str, Any]]:
    """What would be measured on this machine and what not, with the reason: one row per candidate."""
    done = ledger.measured(here.machine_id)
    for model in ledger.candidates()[: rules.candidates]:
        row = {"model": model["model"], "repository": model["repository"], "file": None, "gb": None, "minutes": None, "runs": False}
        why = rules.refuses(model, today)
        if why is None:
            try:
                parts, why = _choice(model["repository"], None, rules, here)
            except MarketError as error:
                why = str(error)
            else:
                first, size = parts[0], sum(part.size for part in parts)
                row |= {"file": first.file, "revision": first.revision, "gb": round(size / 1e9, 3), "minutes": round(rules.budget / 60, 1)}
                before = done.get((first.repository, first.revision, first.file))
                row["runs"] = before is None
                why = f"It was measured on {before:%Y-%m-%d}, on a machine like this." if before else why
        yield row | {"why": why}


def renew() -> int:
    """Queues what the policy lets through on this machine now; how many probes it would run that were not measured here yet.

    In a process of its own: a worker's connection to the queue is of another kind than the plan's.

    Raises:
        MarketError: the plan could not be made; the message is its own.
    """
    command = door("jobs.cli", "probe", "plan", "--queue", "--json")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return sum(row["runs"] for row in json.loads(done.stdout)["probes"])
    except ValueError:
        raise MarketError(done.stderr.strip() or f"The plan ended without a word (code {done.returncode}).") from None


def _choice(repository: str, revision: str | None, rules: Policy, here: Machine) -> tuple[list[Remote], str]:
    room = min(here.accelerator_bytes or here.memory_bytes, int(rules.gigabytes * 1e9 / 0.8))
    return artifacts.choose(artifacts.listed(repository, revision), None, room)


def run(repository: str, revision: str, file: str, budget: float, job: int | None, say: Callable[[str], None]) -> bool:
    """Fetches, measures and keeps; False where this job's result was there already.

    Raises:
        MarketError: it could not be fetched or measured.
    """
    here = machine()
    parts, why = artifacts.choose(artifacts.listed(repository, revision), file, here.memory_bytes)
    with probing(say), artifacts.Shelf(home() / "models").fetched(parts, why) as fetched:
        settings = llama.Settings(n_threads=stream.cores(), n_gpu_layers=999 if here.accelerators else 0)
        measured = protocol.measure(fetched.path, Plan(budget=budget), settings, say, alone=alone)
        return ledger.keep(told(measured, fetched.path, parts), job)


def told(measured: Measured, path: Path, parts: list[Remote]) -> ledger.Told:
    """A measurement in the ledger's words."""
    here, first = measured.machine, measured.tests[0]
    name = ", ".join(sorted(one.name for one in here.accelerators)) or f"{here.cpu}, {here.cores} cores"
    digests = [part.sha256 for part in parts] or [artifacts.digest(each) for each in gguf.parts(path)]
    size, chat = shape(gguf.read(path)), measured.chat or {}
    settings = ("n_threads", "n_gpu_layers", "n_batch", "n_ubatch", "flash_attn")
    return ledger.Told(
        machine={"machine_id": here.machine_id, "name": name, "described": asdict(here)},
        artifact={
            "sha256": digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest(),
            "repository": parts[0].repository if parts else None, "revision": parts[0].revision if parts else None,
            "file": parts[0].file if parts else path.name, "quantization": first["quantization"], "size": size.weights_bytes,
            "parameters": size.parameters, "token_bytes": size.token_bytes, "cache_bytes": size.cache_bytes,
            "token_weights": size.token_weights, "head_weights": size.head_weights,
        },
        probe={
            "build": first["build_commit"], "settings": {name: first[name] for name in settings},
            "bytes_per_s": measured.roof.bytes_per_s if measured.roof.bytes_per_s != float("inf") else None,
            "ttft_ms": chat.get("ttft_ms"), "itl_ms": chat.get("itl_ms"), "joules_per_token": measured.joules_per_token,
            "sessions": measured.sessions,
        },
        results=measured.tests,
    )  # fmt: skip
