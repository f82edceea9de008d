"""Where the recorded web lies, and a replay of it; tests that need it skip where it is not."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2] / "shared")
WEB = SHARED / "data" / "web"
needed = pytest.mark.skipif(not WEB.is_dir(), reason="the recorded web is not on this machine")


class Replay:
    """A replay web in a process of its own."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def control(self, query: str) -> None:
        """Moves the day, or sets and clears faults."""
        with urllib.request.urlopen(f"{self.url}/_control?{query}", timeout=10) as answer:
            answer.read()


@contextmanager
def replay(day: str) -> Iterator[Replay]:
    """The web as of a day."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, str(SHARED / "tools" / "mirror.py"), "--date", day, "--port", str(port)], stdout=subprocess.DEVNULL
    )
    try:
        web = Replay(port)
        for _ in range(200):
            try:
                web.control("")
                break
            except OSError:
                time.sleep(0.05)
        yield web
    finally:
        server.kill()
        server.wait()


def recorded(url: str, day: str) -> Path | None:
    """The newest recording of an address not younger than a day."""
    path = re.sub(r"\?.*", "", url).removeprefix("https://")
    for folder in sorted((d for d in WEB.iterdir() if d.name <= day), reverse=True):
        for name in (path, f"{path}@index"):
            if (folder / name).is_file():
                return folder / name
    return None
