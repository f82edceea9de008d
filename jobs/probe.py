"""`modelmarket probe`: how many tokens a second a model file makes on this machine, and what share of the possible that is."""

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from db.engine import home
from jobs import output, probe_claim
from market.errors import Misused
from probes import artifacts, llama, protocol, stream
from probes.protocol import Plan, Trial

TEST = re.compile(r"(?P<kind>pp|tg)(?P<tokens>\d{1,6})(?:@d?(?P<depth>\d{1,6}))?")
SHOWN = ("test", "avg_ts", "ts_lo", "ts_hi", "limit_ts", "roofline_share", "verdict")


def tests(text: str) -> tuple[Trial, ...]:
    """Tests as the community writes them.

    Raises:
        Misused: one is not spelled that way.
    """
    found = []
    for word in text.lower().replace(" ", "").split(","):
        if not (said := TEST.fullmatch(word)) or not int(said["tokens"]):
            raise Misused(f"{word!r} is no test; write pp512, tg128 or tg128@d2048.")
        tokens = int(said["tokens"])
        found.append(Trial(tokens * (said["kind"] == "pp"), tokens * (said["kind"] == "tg"), int(said["depth"] or 0)))
    return tuple(found)


def _agree(asked: argparse.Namespace) -> None:
    """Refuses, before anything is measured, options that would have no effect or could not be answered afterwards."""
    if asked.queue:
        raise Misused("--queue goes with `modelmarket probe plan`; to measure a file, leave it out.")
    if asked.on and not asked.claimed:
        raise Misused("--on says of what hardware a rate is claimed; give the rate with --claimed N, too.")
    if asked.threads == 0:
        raise Misused("A model needs one thread at least; leave --threads out for the best number.")
    if asked.claimed:
        probe_claim.answerable(tests(asked.tests) if asked.tests else protocol.USUAL, asked.on)


def plan(asked: argparse.Namespace) -> Plan:
    """What a command line asks to measure."""
    _agree(asked)
    usual = Plan(budget=float(asked.budget), sessions=asked.sessions, repetitions=asked.repetitions)
    if not asked.sessions or not asked.repetitions:
        raise Misused("There must be one session and one repetition at least.")
    return replace(usual, tests=tests(asked.tests)) if asked.tests else usual


def probe(asked: argparse.Namespace) -> int:
    """Measures and prints; 1 where the result may not be published."""
    if asked.artifact == "plan":
        return _plan(asked)
    llama.build()
    wanted = plan(asked)
    settings = llama.Settings(n_threads=asked.threads or stream.cores(), n_gpu_layers=asked.n_gpu_layers)
    with _file(asked) as (path, parts):
        most = f"sessions of {wanted.repetitions} repetitions, {wanted.sessions} at least and more for up to {wanted.budget:.0f} s"
        _progress(f"Measuring {', '.join(test.name for test in wanted.tests)} of {path.name}: {most}.")
        measured = protocol.measure(path, wanted, settings, _progress, alone=_alone(asked.keep))
        if asked.keep:
            from db import probes as ledger
            from jobs.probing import told

            ledger.keep(told(measured, path, parts), None)
    claim = probe_claim.judged(measured, asked.claimed, asked.on) if asked.claimed else None
    if asked.json:
        output.document(document(measured) | {"claim": claim})
    else:
        _print(measured)
        if claim:
            print(f"\nClaimed: {claim['claimed_tps']:,.0f} tokens a second. {claim['verdict'] or 'undecided'}: {claim['reason']}")
    return int(any(test["verdict"] == "noisy" for test in measured.tests))


def _plan(asked: argparse.Namespace) -> int:
    """Prints what the policy would measure here, and queues it where `--queue` is given."""
    from datetime import UTC, datetime

    from jobs import probe_plan, probing
    from probes.machine import machine

    rules, here = probing.mine(), machine()
    rows = list(probing.planned(rules, here, datetime.now(UTC).date()))
    if asked.queue:
        probe_plan.queue([row for row in rows if row["runs"]], rules, here)
    running = [row for row in rows if row["runs"]]
    total = {"gb": round(sum(row["gb"] for row in running), 3), "minutes": sum(row["minutes"] for row in running)}
    if asked.json:
        output.document({"machine": here.described(), "probes": rows, **total})
        return 0
    names = ("model", "file", "gb", "minutes", "runs", "why")
    if not rows:
        print("No open model of the Hub is known yet; collect first.")
        return 0
    print(output.grid(names, [[row[name] for name in names] for row in rows]))
    print(f"\n{len(running)} would run: {total['gb']} GB to fetch and up to {total['minutes']} minutes.")
    return 0


@contextmanager
def _file(asked: argparse.Namespace) -> Iterator[tuple[Path, list[artifacts.Remote]]]:
    """The file asked for: one of this machine, or one of the Hub's, fetched and held meanwhile."""
    path = Path(asked.artifact).expanduser()
    if path.exists() or (path.suffix == ".gguf" and ":" not in asked.artifact):
        if asked.revision:
            raise Misused("--revision is of a repository on the Hub; for a file of this machine, leave it out.")
        yield path, []
        return
    from probes.machine import machine

    repository, _, file = asked.artifact.partition(":")
    here = machine()
    memory = here.accelerator_bytes if asked.n_gpu_layers and here.accelerators else here.memory_bytes
    parts, why = artifacts.choose(artifacts.listed(repository, asked.revision), file or None, memory)
    with artifacts.Shelf(home() / "models").fetched(parts, why) as fetched:
        _progress(f"{fetched.why} Revision {parts[0].revision}.")
        yield fetched.path, parts


def document(measured: Any) -> dict[str, Any]:
    """A measurement as one JSON document."""
    return {
        "tests": measured.tests,
        "chat": measured.chat,
        "machine": measured.machine.described(),
        "memory_bytes_per_s": measured.roof.bytes_per_s if measured.roof.bytes_per_s != float("inf") else None,
        "bytes_per_token": measured.shape.token_bytes,
        "joules_per_token": measured.joules_per_token,
        "sessions": measured.sessions,
    }


def _alone(keep: bool) -> protocol.Alone:
    """What keeps our other work out of a session: the database's locks, where a database is used at all."""
    if not keep:
        return protocol.nothing_else
    from db import schema, turns

    schema.ensure()
    return turns.alone


def _progress(words: str) -> None:
    if sys.stderr.isatty():
        print(words, file=sys.stderr)


def _print(measured: Any) -> None:
    first = measured.tests[0]
    print(
        f"{first['model_type']}, {first['quantization']}, {first['n_threads']} threads, {measured.machine.cpu} ({first['build_commit']})\n"
    )
    print(output.grid(SHOWN, [[_cell(test[name]) for name in SHOWN] for test in measured.tests]))
    for reason in dict.fromkeys(test["reason"] for test in measured.tests if test["reason"]):
        print(reason)
    if measured.chat:
        print(f"\nA short chat: first word after {measured.chat['ttft_ms']:.0f} ms, then one every {measured.chat['itl_ms']:.1f} ms.")


def _cell(value: Any) -> Any:
    return round(value, 3 if value < 2 else 1) if isinstance(value, float) else value
