"""`modelmarket up`: from nothing to a running market, and cleanly back."""

import argparse
import fcntl
import signal
import time
from pathlib import Path

from jobs import brief, collect, group, schedule, web
from jobs.children import deaf, door
from market.errors import MarketError

SLOW = 60.0  # seconds after which a silent dashboard is worth a word
STOPPING = 4.0  # seconds the embedded database may take to stop after the services


class AlreadyUp(MarketError):
    """modelmarket is up already."""


class Place:
    """The one place of `up` in a home folder: held until this process ends; the next comer reads the address in it."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.file = (home / "up.lock").open("a+")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.file.seek(0)
            raise AlreadyUp(f"modelmarket is up already: {self.file.read().strip() or 'it is just starting'}") from None
        self.write("")

    def write(self, address: str) -> None:
        """Leaves the address for the next comer."""
        self.file.truncate(0)
        self.file.write(address)
        self.file.flush()


def say(line: str) -> None:
    """Prints at once, also into a pipe."""
    print(line, flush=True)


def up(asked: argparse.Namespace) -> int:
    """Upgrades, collects what is due, tells the market in ten lines, and serves until a signal; 0 after a clean stop."""
    from db import engine, schema

    signal.signal(signal.SIGHUP, signal.default_int_handler)
    place = Place(engine.home())
    port = web.free_port(asked.port)
    try:
        if engine.embedded():
            say(f"Starting the database in {engine.home()} …")
            schema.upgrade()
        else:
            schema.ensure()
        if not asked.no_collect:
            _collect_due()
        say("\n" + brief.brief() + "\n")
        _queue_pasts()
        return _serve(place, port, engine.home() / "logs")
    finally:
        deaf()
        engine.release(STOPPING)


def _collect_due() -> None:
    """Collects the sources whose last tick nobody answered: all of them at first, few or none later in the day."""
    from db import queue

    missed = list(schedule.due(schedule.cadences(), queue.now()))
    if not missed:
        say("Every source was asked since its last tick; nothing to collect now.")
        return
    say(f"Collecting from {len(missed)} sources …")
    for run in collect.run_all(missed):
        say(collect.line(run))


def _queue_pasts() -> None:
    """Has the pasts of sources loaded in the background, once."""
    from jobs import past

    if missing := past.queue_missing():
        say(f"The past of {len(missing)} sources is loaded in the background, where their repositories can be reached.")


def _serve(place: Place, port: int, logs: Path) -> int:
    """Runs clock, worker and dashboard until a signal."""
    logs.mkdir(parents=True, exist_ok=True)
    address = f"http://{web.LOOPBACK}:{port}"
    commands = {"scheduler": door("jobs.cli", "scheduler"), "worker": door("jobs.cli", "worker"), "dashboard": web.command(port)}
    services = [group.Service(name, command, logs) for name, command in commands.items()]
    awaited = [time.monotonic() + SLOW]

    def greet() -> None:
        if awaited and web.answers(port):
            awaited.clear()
            place.write(f"Dashboard: {address}")
            say(f"Dashboard: {address}\nCtrl-C stops everything.")
        elif awaited and time.monotonic() > awaited[0]:
            awaited[0] += SLOW
            say(f"The dashboard does not answer yet; {logs / 'dashboard.log'} says why.")

    try:
        group.keep_up(services, say, greet)
    except KeyboardInterrupt:
        say("Stopped.")
    return 0
