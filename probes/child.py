"""The measuring process: `python -m probes.child`, a request as JSON on standard input, one JSON line per answer on standard output.

It is confined before anything of the model is touched, loads it, warms up until repetitions agree, and times.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from market.errors import MarketError
from probes.confine import confine

STEADY, MOST_WARMING = 0.05, 6
"""Two repetitions in a row that differ by less than this are warm; after so many it goes on in any case."""


def _say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _warm(llama: Any, test: tuple[int, int, int]) -> None:
    before = llama.time(*test)
    for _ in range(MOST_WARMING):
        now = llama.time(*test)
        if abs(now - before) < STEADY * before:
            return
        before = now


def measure(asked: dict[str, Any]) -> None:
    """One session: bandwidth, then every test so often, in turns, then bandwidth again.

    Raises:
        MarketError: the file cannot be loaded or run.
    """
    from probes import stream
    from probes.llama import Llama, Settings

    settings = Settings(**asked["settings"])
    tests = [(test["n_prompt"], test["n_gen"], test["n_depth"]) for test in asked["tests"]]
    context = max([sum(test) for test in tests] + [512 if asked["chat"] else 0]) + 16
    before = stream.bandwidth(asked["token_bytes"], settings.n_threads, asked["stream_seconds"])
    _say(event="stream", bytes_per_s=before, flops=stream.operations(asked["stream_seconds"]))
    with Llama(asked["path"], context, settings) as llama:
        _say(event="loaded", **llama.described())
        for test in tests:
            _warm(llama, test)
        for _ in range(asked["repetitions"]):
            for at, test in enumerate(tests):
                _say(event="sample", test=at, ns=llama.time(*test))
        if asked["chat"]:
            llama.chat()
            first, between = llama.chat()
            _say(event="chat", ttft_ns=first, itl_ns=between)
    _say(event="stream", bytes_per_s=stream.bandwidth(asked["token_bytes"], settings.n_threads, asked["stream_seconds"]), flops=0.0)
    _say(event="done")


def main() -> int:
    """Confines itself, measures, and says on standard output what came of it."""
    asked = json.load(sys.stdin)
    held = confine([Path(file) for file in asked["files"]], asked["memory"], asked["seconds"], asked["parent"])
    _say(event="confined", held=held, pid=os.getpid())
    try:
        measure(asked)
    except MarketError as error:
        _say(event="refused", reason=str(error), kind=type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
