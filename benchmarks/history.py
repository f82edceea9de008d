"""How long histories take to load, beside the public tool that does the like, and how fast the past is asked afterwards.

    .venv/bin/python benchmarks/history.py FOLDER            # FOLDER holds git bundles or repositories, named as in PAST
    .venv/bin/python benchmarks/history.py FOLDER --peer git-history     # a git-history command on this machine, else it is left out

Whole processes are measured: Python's start, PostgreSQL with fsync, and for the first one also the making of the database.
Everything happens in a temporary home.
"""

import argparse
import gc
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PAST = {
    "litellm": ("litellm-prices", "daily"),
    "models_dev": ("models-dev", None),
    "genai_prices": ("genai-prices", None),
    "openrouter": ("openrouter-models", None),
    "model_price_hub": ("model-price-hub", None),
}
FILE = "tokencost/model_prices.json"
# What the public tool is to keep of an entry: its prices, or all it says, as we do.
PEERS = {
    "git-history, litellm's price fields into SQLite": '"cost" in field',
    "git-history, litellm's whole entries into SQLite": "True",
}
CONVERT = """
for key, entry in json.loads(content).items():
    if isinstance(entry, dict):
        yield {{"key": key, **{{field: value for field, value in entry.items() if {kept}}}}}
"""
ROUNDS = 3
AGAIN = "litellm, into a database that is there"
SIZE = "select sum(pg_total_relation_size(c.oid))::bigint from pg_class c where c.relnamespace = 'ledger'::regnamespace and c.relkind = 'r'"


@contextmanager
def measured(name: str, told: dict[str, tuple[float, float]]) -> Iterator[None]:
    """Notes wall seconds and processor seconds of child processes."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    yield
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told[name] = (time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def ours(source: str, repository: Path, ref: str | None) -> dict[str, Any]:
    """One backfill as a user runs it; its document."""
    door = str(Path(sys.executable).with_name("modelmarket"))
    command = [door, "backfill", source, str(repository), "--json", *(("--ref", ref) if ref else ())]
    return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))


def peer(command: str, clone: Path, database: Path, ref: str, kept: str) -> None:
    """The public tool on the same file; `kept` says of a field whether it is kept."""
    convert = CONVERT.format(kept=kept)
    subprocess.run(
        [command, "file", str(database), FILE, "--branch", ref, "--id", "key", "--import", "json", "--convert", convert],
        cwd=clone,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


def blobs(repository: Path, ref: str, folder: Path) -> tuple[float, float]:
    """Merely reading every version of the file, and walking it as we do without a database; seconds."""
    from collector import history, source

    bare = folder / "bare.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(repository), str(bare)], check=True)
    listed = subprocess.run(
        ["git", "-C", str(bare), "log", "--first-parent", "-m", "--raw", "--no-abbrev", "--format=", ref, "--", FILE],
        stdout=subprocess.PIPE,
        check=True,
    )
    names = "".join(line.split()[3].decode() + "\n" for line in listed.stdout.splitlines() if line.split()[4] != b"D")
    began = time.perf_counter()
    subprocess.run(["git", "-C", str(bare), "cat-file", "--batch", "--buffer"], input=names.encode(), stdout=subprocess.DEVNULL, check=True)
    reading = time.perf_counter() - began
    wanted = source.find("litellm")["litellm"]
    assert wanted.history
    gc.disable()  # as the command does
    began = time.perf_counter()
    history.Walk(wanted, wanted.history, bare).run(history.commits(bare, ref))
    walking = time.perf_counter() - began
    gc.enable()
    return reading, walking


def times(ask: Callable[[int], object], rounds: int) -> tuple[float, float]:
    """Median and 95th percentile of a question, milliseconds."""
    taken = []
    for number in range(rounds):
        began = time.perf_counter()
        ask(number)
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken), sorted(taken)[int(0.95 * rounds)]


def questions(rows: list[tuple[str, float, float]]) -> None:
    """What the past is asked."""
    from db import engine

    chance = random.Random(3)
    with engine.connect("dashboard") as connection:
        connection.autocommit = True

        def ask(query: str) -> Callable[[int], object]:
            return lambda _: connection.execute(query.format(at=_instant(chance)), prepare=False).fetchall()

        def inside(query: str) -> tuple[float, float]:
            def run(_: int) -> float:
                plan = connection.execute("explain (analyze, timing off, format json) " + query.format(at=_instant(chance))).fetchone()
                assert plan
                return float(plan[0][0]["Execution Time"])

            taken = [run(number) for number in range(40)]
            return statistics.median(taken), sorted(taken)[38]

        board = "select * from market.price_as_of('{at}', '{at}')"
        narrow = board.replace("*", "model, provider, plan, meter, condition, price_usd, source, agreement")
        rows.append(("whole board as of any instant, eight columns, in the server", *inside(narrow)))
        rows.append(("the same, all columns with their evidence, in the server", *inside(board)))
        rows.append(("the same, rows fetched into Python", *times(ask(board), 40)))
        rows.append(("its first 50 rows, in the server", *inside(board + " limit 50")))
        rows.append(("the same, planned and fetched into Python", *times(ask(board + " limit 50"), 40)))
        rows.append(("the board now", *times(ask("select * from market.price"), 20)))
        models = [name for (name,) in connection.execute("select distinct model from market.price where model is not null limit 400")]
        one = "select * from market.quote_history where model = %s"
        rows.append(("one model's full history", *times(lambda n: connection.execute(one, (models[n * 7 % len(models)],)).fetchall(), 50)))


def _instant(chance: random.Random) -> str:
    return (datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(600 * 1440))).isoformat()


def storage() -> tuple[int, int, int, int]:
    """Bytes of the ledger and statements in it; and the bytes after 365 nights that bring nothing new, once compacted."""
    from db import engine

    with engine.connect(None) as connection:
        connection.autocommit = True
        connection.execute("vacuum full analyze")
        size = connection.execute(SIZE).fetchone()
        count = connection.execute("select count(*) from ledger.statement").fetchone()
        # What such a night writes: a run, a fetch and a sighting for each page.
        connection.execute(
            "insert into ledger.run (source_id, started_at, finished_at, outcome, pages, records, quotes, withdrawn, quarantined, seconds)"
            " select s.id, now() + n * interval '1 day', now() + n * interval '1 day', 'unchanged', 1, 0, 0, 0, 0, 1"
            " from ledger.source s, generate_series(1, 365) n"
        )
        connection.execute(
            "insert into ledger.fetch (run_id, url, fetched_at, status, etag, verdict)"
            " select r.id, c.url, r.started_at, 304, 'W/\"0123456789abcdef\"', 'unchanged'"
            " from ledger.run r inner join ledger.scope c on c.source_id = r.source_id where r.outcome = 'unchanged'"
        )
        connection.execute(
            "insert into ledger.sighting (scope_id, seen_at, sha256, complete, parser, records, run_id)"
            " select c.id, r.started_at, null, true, 'parser', 0, r.id"
            " from ledger.run r inner join ledger.scope c on c.source_id = r.source_id where r.outcome = 'unchanged'"
        )
        connection.execute("vacuum full analyze")
        later = connection.execute(SIZE).fetchone()
        scopes = connection.execute("select count(*) from ledger.scope").fetchone()
    assert size and count and later and scopes
    return size[0], count[0], later[0], scopes[0]


def beside(command: str | None, bundles: dict[str, tuple[Path, str | None]], told: dict[str, tuple[float, float]]) -> None:
    """LiteLLM's past into a database that is there, in turn with the public tool; the middle one of some rounds."""
    litellm, ref = bundles["litellm"]
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(ROUNDS):
        each: dict[str, tuple[float, float]] = {}
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, tempfile.TemporaryDirectory() as aside:
            os.environ["MODELMARKET_HOME"] = home
            ours("model_price_hub", *bundles["model_price_hub"])
            with measured(AGAIN, each):
                ours("litellm", litellm, ref)
            clone = Path(aside) / "clone"
            subprocess.run(["git", "clone", "--quiet", "-b", ref or "main", str(litellm), str(clone)], check=True)
            for number, (name, kept) in enumerate(PEERS.items() if command else ()):
                with measured(name, each):
                    peer(command or "", clone, Path(aside) / f"{number}.db", ref or "main", kept)
        for name, seconds in each.items():
            taken[name].append(seconds)
    told |= {name: sorted(times)[len(times) // 2] for name, times in taken.items()}


def main() -> None:
    """Measures and prints a table."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--peer", help="a git-history command")
    given = asked.parse_args()
    told: dict[str, tuple[float, float]] = {}
    rows: list[tuple[str, float, float]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ |= {"MODELMARKET_HOME": home}
        os.environ.pop("DATABASE_URL", None)
        bundles = {source: (given.folder / f"{name}.bundle", ref) for source, (name, ref) in PAST.items()}
        litellm, ref = bundles["litellm"]
        with measured("litellm, into a new database (initdb and schema included)", told):
            ours("litellm", litellm, ref)
        for source, (bundle, branch) in bundles.items():
            if source != "litellm":
                with measured(source, told):
                    ours(source, bundle, branch)
        questions(rows)
        size, count, later, scopes = storage()
        with tempfile.TemporaryDirectory() as aside:
            reading, walking = blobs(litellm, ref or "main", Path(aside))
    beside(given.peer, bundles, told)
    print("| whole process | wall s | cpu s |\n|---|---|---|")
    for name, (wall, processor) in told.items():
        print(f"| {name} | {wall:.2f} | {processor:.2f} |")
    print(f"\nReading litellm's blobs {reading:.3f} s; reading, parsing and diffing them {walking:.3f} s: {walking / reading:.1f} times.")
    for name in PEERS if given.peer else ():
        theirs, mine = told[name], told[AGAIN]
        print(f"{name}: {theirs[0] / mine[0]:.1f} times our wall time and {theirs[1] / mine[1]:.1f} times our processor time.")
    print("\n| question | median ms | p95 ms |\n|---|---|---|")
    for question, median, worst in rows:
        print(f"| {question} | {median:.1f} | {worst:.1f} |")
    grown = (later - size) / 365 / scopes
    print(f"\n{size / 2**20:.1f} MB for {count} statements: {size / count:.0f} bytes each, all indexes and the belief included.")
    print(f"365 nights with nothing new add {(later - size) / 2**20:.2f} MB: {grown:.0f} bytes a page and night.")


if __name__ == "__main__":
    main()
