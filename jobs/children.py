"""How a process of ours is started so that it cannot outlive the one that started it."""

import contextlib
import os
import signal
import sys

GRACE = 5.0  # seconds a service has between SIGTERM and SIGKILL


def door(room: str, *arguments: str) -> list[str]:
    """The command that opens a room's door with this Python; `-P`, so that no folder of the user's shadows ours."""
    return [sys.executable, "-P", "-m", room, *arguments]


def leashed(command: list[str], grace: float) -> list[str]:
    """The command on a leash: start it in a session of its own with a pipe as standard input; closing that ends it."""
    return door("jobs.leash", str(grace), *command)


def deaf() -> None:
    """Lets no further signal cut the cleaning up short; only for work that is bounded in time."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def end_group(leader: int) -> None:
    """Kills at once what there is of a process group whose leader we started and have not waited for."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
