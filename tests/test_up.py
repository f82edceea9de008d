"""`modelmarket up` as a user has it: without network it still opens the market, and a signal ends all of it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from db.server import Server

DEADLINE = 200.0  # seconds; a quiet machine needs a tenth of it
MODELMARKET = [sys.executable, "-P", "-m", "jobs.cli"]


def dead_port() -> int:
    """A port of this machine on which nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Up:
    """A running `modelmarket up` with a home of its own and no way to the network."""

    def __init__(self, home: Path, *arguments: str, command: str = "up", mirror: str | None = None) -> None:
        self.home = home
        self.environment = {**os.environ, "MODELMARKET_HOME": str(home), "MODELMARKET_MIRROR": mirror or f"http://127.0.0.1:{dead_port()}"}
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [*MODELMARKET, command, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self, pattern: str, *, waiting: bool = False) -> str:
        """Waits for a line; returns what the pattern's group found in it."""
        until = time.monotonic() + (DEADLINE if waiting else 0.0)
        while True:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return found.group(1)
            assert time.monotonic() < until, f"{pattern} was not said: {self.lines}"
            time.sleep(0.1)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of the same user."""
        return subprocess.run([*MODELMARKET, *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=200)

    def others(self) -> list[psutil.Process]:
        """Every process that has this home in its environment, but for `up` itself and the database's."""
        return [process for process in psutil.process_iter() if process.pid != self.process.pid and self._ours(process)]

    def _ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("MODELMARKET_HOME") == str(self.home) and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def gone(self) -> bool:
        """Whether in the end nothing of it runs any more, the database included, which writes down all it has before it goes."""
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            if self.process.poll() is not None and not self.others() and not Server(self.home).running():
                return True
            time.sleep(0.1)
        return False


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    Server(tmp_path / "home").stop()


@contextlib.contextmanager
def running(home: Path, *arguments: str, **how: str) -> Iterator[Up]:
    up = Up(home, *arguments, **how)
    try:
        yield up
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(up.process.pid, signal.SIGKILL)
        up.process.wait()


@pytest.mark.timeout(600)
def test_up_without_network_shows_the_installed_prices_and_ends_on_a_signal(home: Path) -> None:
    with running(home) as up:
        address = up.said(r"^Dashboard: (http://127\.0\.0\.1:\d+)$", waiting=True)
        with urlopen(f"{address}/_stcore/health", timeout=60) as answer:
            assert answer.status == 200
        assert not any("Traceback" in line for line in up.lines)
        assert up.said(r"^genai_prices +complete .*genai-prices [\d.]+, newest stated price (20\d\d-\d\d-\d\d)")
        assert up.said(r"^On sale +([\d,]+) offers")

        second = up.run("up")
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert address in second.stderr

        victim = next(process for process in up.others() if process.cmdline()[-1:] == ["worker"])
        victim.kill()
        assert up.said(r"^The (worker) has ended; it is started again", waiting=True)

        up.process.send_signal(signal.SIGINT)
        assert up.gone(), (up.others(), up.lines)
        assert up.process.returncode == 0

    with running(home, "--no-collect") as again:
        again.said(r"^Dashboard: (http.*)$", waiting=True)
        assert again.said(r"^On sale +([\d,]+) offers")
        again.process.terminate()
        assert again.gone(), (again.others(), again.lines)
        assert again.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_collect_that_is_ended_leaves_no_crawl(home: Path, number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        mirror = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with running(home, command="collect", mirror=mirror) as collect:
            until = time.monotonic() + DEADLINE
            while not [each for each in collect.others() if "crawl" in each.cmdline()] and time.monotonic() < until:
                time.sleep(0.1)
            collect.process.send_signal(number)
            assert collect.gone(), collect.others()
            assert collect.process.returncode == (-9 if number == signal.SIGKILL else 130)
            assert not any("Traceback" in line for line in collect.lines)


def test_nothing_outlives_an_up_that_was_killed(home: Path) -> None:
    with running(home, "--no-collect") as up:
        up.said(r"^Dashboard: (http.*)$", waiting=True)
        up.process.kill()
        assert up.gone(), up.others()
