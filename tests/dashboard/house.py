"""A small web in the mirror's layout, a dashboard over a database of the tests' own, and the system's Chromium."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LITELLM = "/raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
CHUTES = "/llm.chutes.ai/v1/models"
HOSTILE = "together_ai/evil/<script>alert(1)</script>**bold** :smile: $x$ ![a](https://evil.example/a.png)"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    f"--{name}"
    for name in (
        "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update",
        "disable-sync",
    )
]  # fmt: skip


class Web:
    """What the made-up sites answer, by the mirror's path; everything else is 404."""

    def __init__(self) -> None:
        """Starts to listen on a free port of loopback."""
        web = self
        self.pages: dict[str, bytes] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = web.pages.get(self.path)
                self.send_response(404 if page is None else 200)
                self.send_header("Content-Length", str(len(page or b"")))
                self.end_headers()
                self.wfile.write(page or b"")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def price_list(**changed: str) -> bytes:
    """A LiteLLM file of 300 ordinary models and a hostile one; `changed` gives other input prices per token, by slug."""
    entries: dict[str, Any] = {}
    for number in range(300):
        slug = f"model-{number}"
        entries[f"together_ai/qwen/{slug}"] = {
            "litellm_provider": "together_ai",
            "mode": "chat",
            "max_input_tokens": 131072,
            "input_cost_per_token": float(changed.get(slug.replace("-", "_"), f"{2 + number % 7}e-07")),
            "output_cost_per_token": 1.1e-06,
        }
    entries[HOSTILE] = {
        "litellm_provider": "together_ai", "mode": "chat", "max_input_tokens": 4096,
        "input_cost_per_token": 3e-07, "output_cost_per_token": 9e-07,
    }  # fmt: skip
    return json.dumps(entries).encode()


def crawl(web: Web, source: str) -> dict[str, Any]:
    """One run of one source through the real door; returns what it reports."""
    ran = subprocess.run(
        [sys.executable, "-m", "collector", "crawl", source, "--json"],
        cwd=ROOT, env={**os.environ, "MODELMARKET_MIRROR": web.address}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


@contextmanager
def serving(**environment: str) -> Iterator[str]:
    """The dashboard on a free port, from another folder than the project's, until the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "app.py"), "--server.port", str(port)]
    log = Path(os.environ["MODELMARKET_HOME"]) / "dashboard.log"
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=log.parent, env={**os.environ, **environment}, stdout=out, stderr=out)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                    break
            except OSError:
                assert server.poll() is None, log.read_text()
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)


class Reader:
    """A reader's browser; keeps every complaint of its console."""

    def __init__(self, browser: Any) -> None:
        """Takes a running browser."""
        self.window, self.complaints = browser.new_context(), list[str]()

    @contextmanager
    def open(self, address: str, width: int = 1440) -> Iterator[Any]:
        """The page at an address, fully drawn."""
        page = self.window.new_page()
        page.set_viewport_size({"width": width, "height": 1000})
        page.set_default_timeout(30_000)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)
        self.settle(page)
        yield page
        page.close()

    def settle(self, page: Any) -> None:
        """Waits until the script has run and the browser has drawn what came of it."""
        page.wait_for_selector("h1, .mm-empty")
        # A page that reads its address may run once more by itself; on a busy machine that begins late.
        done, still = '[data-testid="stApp"][data-test-script-state="notRunning"]', 0
        while still < 3:
            page.wait_for_selector(done)
            page.wait_for_timeout(200)
            still = still + 1 if page.query_selector(done) else 0

    def _hear(self, message: Any) -> None:
        # Opened below a path, Streamlit's own client first looks for its server below that path too; that 404 is its habit, not ours.
        if message.type == "error" and "/_stcore/" not in str(message.location.get("url")):
            self.complaints.append(message.text)
