"""A supervised process group: services that run until told to stop; one that dies is said and started again."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from jobs.children import GRACE, deaf, end_group, leashed

LONGEST_PAUSE = 30.0  # seconds before another start
STEADY = 60.0  # seconds of life after which earlier deaths are forgotten
LOG_BYTES = 5_000_000


class Service:
    """One service: its command, its log, and its process while it has one."""

    def __init__(self, name: str, command: list[str], logs: Path) -> None:
        self.name = name
        self.command = command
        self.log = logs / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths = 0
        self.began = self.again_at = time.monotonic()

    def start(self) -> None:
        """Starts it on a leash, its words going to its log."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                leashed(self.command, GRACE), stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.began = time.monotonic()

    def ended(self) -> bool:
        """Whether it has died; if so, whatever is left of it is killed and it is due again after a pause."""
        if self.process is None or os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        end_group(self.process.pid)
        self.process.wait()
        self._forget()
        self.deaths = 1 if time.monotonic() - self.began > STEADY else self.deaths + 1
        self.again_at = time.monotonic() + self.pause
        return True

    @property
    def pause(self) -> float:
        """Seconds to wait before it is started again."""
        return min(2.0 ** (self.deaths - 1), LONGEST_PAUSE)

    def let_go(self) -> None:
        """Asks it to end; its leash sees to it."""
        if self.process and self.process.stdin:
            self.process.stdin.close()

    def see_off(self, until: float) -> None:
        """Waits for its end, and makes one at the given monotonic time."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            end_group(self.process.pid)
            self.process.wait()
        self._forget()

    def _forget(self) -> None:
        if self.process and self.process.stdin:
            self.process.stdin.close()
        self.process = None


def keep_up(services: Sequence[Service], say: Callable[[str], None], each_time: Callable[[], None]) -> None:
    """Runs the services until an exception, such as a signal's, ends the waiting; then none of their processes is left."""
    try:
        while True:
            for service in services:
                if service.ended():
                    say(f"The {service.name} has ended; it is started again in {service.pause:.0f} s (its log: {service.log}).")
                if service.process is None and time.monotonic() >= service.again_at:
                    service.start()
            each_time()
            time.sleep(0.2)
    finally:
        deaf()
        for service in services:
            service.let_go()
        until = time.monotonic() + GRACE + 1
        for service in services:
            service.see_off(until)
