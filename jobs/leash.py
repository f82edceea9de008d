"""Runs a command that ends when its starter does: `python -m jobs.leash SECONDS COMMAND…`, standard input the leash.

Both stand in one process group, led by this process. When standard input ends, because the starter let go or was
killed, the group gets SIGTERM, SECONDS to finish in, then SIGKILL. Otherwise the exit code is the command's.
"""

import os
import signal
import subprocess
import sys
import threading
import time

let_go = threading.Event()


def _hold(grace: float) -> None:
    """Waits for the end of standard input, then ends the whole group, this process included."""
    while os.read(0, 4096):
        continue
    let_go.set()
    os.killpg(0, signal.SIGTERM)
    time.sleep(grace)
    os.killpg(0, signal.SIGKILL)


def main() -> int:
    """Runs the command to its end; one that a signal ended gives 128 plus its number, as in a shell."""
    if os.getpgid(0) != os.getpid():
        os.setsid()
    # Handlers that do nothing: an ignored signal would stay ignored in the command.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_hold, args=(float(sys.argv[1]),), daemon=True).start()
    code = child.wait()
    if let_go.is_set():
        os.killpg(0, signal.SIGKILL)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
