"""License texts: milliseconds and megabytes to recognize one, and how many mutants are taken for the original.

Usage: `.venv/bin/python benchmarks/licenses.py FOLDER_OF_TEXTS`; without a folder only the made-up license of the tests is used.
"""

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / "unit"), str(Path(__file__).parents[1] / "tests")]

import license_texts  # noqa: E402

from db import licenses  # noqa: E402
from market.license_text import Print, Reading  # noqa: E402
from market.licenses import License, Match, judge  # noqa: E402

ROUNDS = 20


def milliseconds(work: Callable[[], object]) -> float:
    """Median time of a call."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return median(times)


def megabytes() -> float:
    """The most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(folder: str | None) -> None:
    """Prints two Markdown tables."""
    before, start = megabytes(), time.perf_counter()
    known = licenses.registry()
    loading, after = 1000 * (time.perf_counter() - start), megabytes()
    files = sorted(Path(folder).iterdir()) if folder else []
    texts = {file.name: file.read_text(encoding="utf-8") for file in files} or {"made-up": license_texts.MADE_UP}
    if not folder:
        known = (*known, License("LicenseRef-zebra-1", "Zebra", prints=(Print.of(Reading(license_texts.MADE_UP)),)))
    print(f"{len(known)} licenses, read in {loading:.0f} ms; {len(texts)} texts. Memory: {before:.0f} MB before, {after:.0f} MB after.\n")
    print("| rendering | outcome | ms, median of texts | ms, slowest text |\n|---|---|---|---|")
    for kind in license_texts.renderings(next(iter(texts.values()))):
        rendered = [license_texts.renderings(text)[kind] for text in texts.values()]
        outcomes = Counter(judge(Reading(text), known).match for text in rendered)
        times = [milliseconds(lambda text=text: judge(Reading(text), known)) for text in rendered]
        told = ", ".join(f"{number} {name}" for name, number in outcomes.items())
        print(f"| {kind} | {told} | {median(times):.2f} | {max(times):.2f} |")
    _mutants(texts, known)
    print(f"\nMost memory: {megabytes():.0f} MB.")


def _mutants(texts: dict[str, str], known: tuple[License, ...]) -> None:
    outcomes: dict[str, list[tuple[Match, str | None]]] = {}
    for seed, text in enumerate(texts.values()):
        own = judge(Reading(license_texts.body(text)), known).license
        for kind, changed in license_texts.mutants(text, seed):
            outcomes.setdefault(kind, []).append((judge(Reading(changed), known), own and own.license_id))
    print("\n| mutant | made | identical | accepted | another's id |\n|---|---|---|---|---|")
    for kind, judged in outcomes.items():
        identical = sum(one.match == "identical" for one, _ in judged)
        accepted = sum(one.license is not None for one, _ in judged)
        wrong = sum(one.nearest is None or one.nearest.license_id != own for one, own in judged)
        print(f"| {kind} | {len(judged)} | {identical} | {accepted} | {wrong} |")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
