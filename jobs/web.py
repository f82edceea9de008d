"""The dashboard as a process: its port, its settings, and whether it answers."""

import argparse
import os
import socket
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from jobs.children import door
from market.errors import MarketError

LOOPBACK, FIRST_PORT = "127.0.0.1", 8501
SETTINGS = {
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",
    "global.developmentMode": "false",
}


class PortTaken(MarketError):
    """Another program listens on that port; name another with --port."""


def free_port(wanted: int | None, address: str = LOOPBACK) -> int:
    """The wanted port, by default the first free one from 8501.

    Raises:
        PortTaken: the wanted one, or each of a hundred, is in use.
    """
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                continue
        return port
    raise PortTaken(f"Another program listens on port {wanted}; name another with --port." if wanted else None)


def command(port: int, address: str = LOOPBACK) -> list[str]:
    """The command that serves the dashboard."""
    spec = find_spec("dashboard")
    app = Path(next(iter(spec.submodule_search_locations or [])) if spec else "dashboard") / "app.py"
    settings = {**SETTINGS, "server.port": str(port), "server.address": address}
    return door("streamlit", "run", str(app), *(f"--{name}={value}" for name, value in settings.items()))


def answers(port: int) -> bool:
    """Whether the dashboard on a port of this machine says that it is well."""
    try:
        with urlopen(f"http://{LOOPBACK}:{port}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def dashboard(asked: argparse.Namespace) -> int:
    """`modelmarket dashboard`: becomes the dashboard's process."""
    from db import schema

    schema.ensure()
    port = free_port(asked.port, asked.address)
    print(f"Dashboard: http://{asked.address}:{port}", flush=True)
    line = command(port, asked.address)
    os.execv(line[0], line)
