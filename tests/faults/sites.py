"""Small web sites on loopback that misbehave, and a child process that crawls them as the collector does."""

import contextlib
import json
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response
from twisted.python.failure import Failure

from collector.guard import GuardedResolver
from collector.settings import settings

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Visit:
    """One request as the server saw it; `at` in seconds on the monotonic clock, `open` connections at that moment."""

    at: float
    host: str
    path: str
    headers: dict[str, str]
    open: int


@dataclass
class Site:
    """A server on loopback with its log; `answer` gets the request's handler and returns what to say, or None."""

    address: str = "127.0.0.1"
    port: int = 0
    answer: Callable[["Handler"], Answer | None] = lambda _: (200, {}, b"page")
    visits: list[Visit] = field(default_factory=list)
    open: int = 0

    def paths(self, start: str = "/") -> list[str]:
        """The paths asked for that begin with `start`, without robots.txt."""
        return [v.path for v in self.visits if v.path.startswith(start) and v.path != "/robots.txt"]

    def url(self, path: str, host: str = "site.test") -> str:
        """A page of this site under a made-up public name."""
        return f"http://{host}:{self.port}{path}"


class Handler(BaseHTTPRequestHandler):
    """Logs a request and says what its site answers."""

    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, format: str, *args: object) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        self.site.open += 1

    def finish(self) -> None:
        self.site.open -= 1
        with contextlib.suppress(OSError):
            super().finish()

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").partition(":")[0]
        self.site.visits.append(Visit(time.monotonic(), host, self.path, dict(self.headers), self.site.open))
        with contextlib.suppress(OSError):
            said = self.site.answer(self)
            if said is not None:
                self.say(*said)

    def say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving(answer: Callable[[Handler], Answer | None] | None = None, address: str = "127.0.0.1", port: int = 0) -> Iterator[Site]:
    """A site that is up inside the `with`."""
    site = Site(address) if answer is None else Site(address, answer=answer)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = 10 if ":" in address else 2

    server = Server((address, port), type("SiteHandler", (Handler,), {"site": site}))
    site.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


class FakeResolver(GuardedResolver):
    """The guard with a made-up DNS: FAKE_DNS maps a name to its successive answers, FAKE_PUBLIC lists `address:port`."""

    def lookup(self, host: str, port: int, *how: int) -> list[Any]:
        """The next made-up answer; the last one stays. Any other name is looked up as ever, numbers included."""
        answers = self._reactor.__dict__.setdefault("fake_dns", json.loads(os.environ.get("FAKE_DNS", "{}")))
        if host not in answers:
            return super().lookup(host, port, *how)
        found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [entry for address in [found] for entry in super(FakeResolver, self).lookup(address, port, *how)]

    def allowed(self, host: str, port: int, address: str) -> bool:
        """What the guard allows, and the sites that play the public web."""
        return f"{address}:{port}" in os.environ.get("FAKE_PUBLIC", "").split() or super().allowed(host, port, address)


def crawl(
    urls: list[str],
    *,
    sites: tuple[Site, ...] = (),
    dns: dict[str, list[str]] | None = None,
    mirror: str | None = None,
    stock: bool = False,
    headers: dict[str, str] | None = None,
    env: dict[str, str] | None = None,
    **overrides: Any,
) -> dict[str, Any]:
    """Fetch pages in a child process: `{pages: {url: outcome}, seconds, grown_mb, stderr}`.

    An outcome has `at` (seconds since the start), and `status, url, headers, body, flags` or `error, kinds`.
    `sites` play the public web; every name of `urls` that `dns` does not list leads to 127.0.0.1.
    """
    names = {url.split("/")[2].partition(":")[0] for url in urls if ".test" in url}
    task = {"urls": urls, "mirror": mirror, "stock": stock, "headers": headers or {}, "overrides": overrides}
    fake = {
        "FAKE_DNS": json.dumps({name: ["127.0.0.1"] for name in names} | (dns or {})),
        "FAKE_PUBLIC": " ".join(f"{site.address}:{site.port}" for site in sites),
    }
    # A server forks the children, so that Scrapy is imported once and not for every crawl.
    context = get_context("forkserver")
    extensions = [f"scrapy.extensions.{name}" for name in ("telnet", "remote_control", "feedexport", "throttle")]
    context.set_forkserver_preload(["sites", "scrapy.core.engine", "scrapy.downloadermiddlewares.cookies", *extensions])
    with tempfile.TemporaryDirectory() as folder:
        child = context.Process(target=run, args=(task, fake | (env or {}), folder))
        child.start()
        child.join(60)
        child.kill()
        stderr = Path(folder, "stderr").read_text()
        assert child.exitcode == 0, stderr
        return {**json.loads(Path(folder, "stdout").read_text()), "stderr": stderr}


class Visitor(Spider):
    """Asks for pages and writes down what became of each."""

    name = "visitor"
    task: dict[str, Any]
    pages: dict[str, dict[str, Any]]

    async def start(self) -> Any:
        for url in self.task["urls"]:
            meta = {"asked": url}
            yield Request(url, headers=self.task["headers"], meta=meta, callback=self.got, errback=self.lost)

    def got(self, response: Response) -> None:
        self.pages[response.meta["asked"]] = {
            "at": time.monotonic(),
            "status": response.status,
            "url": response.url,
            "headers": {k.decode(): v[0].decode() for k, v in response.headers.items()},
            "body": response.body[:200].decode("latin-1"),
            "flags": response.flags,
        }

    def lost(self, failure: Failure) -> None:
        kinds = [kind.__name__ for kind in type(failure.value).__mro__]
        page = {"at": time.monotonic(), "error": str(failure.value), "kinds": kinds}
        self.pages[failure.request.meta["asked"]] = page  # type: ignore[attr-defined]


def run(task: dict[str, Any], env: dict[str, str], folder: str) -> None:
    """Crawl what the task says and write what happened as JSON to `folder`/stdout, in a process made for it."""
    os.dup2(os.open(f"{folder}/stderr", os.O_CREAT | os.O_WRONLY), 2)
    for name in ("HF_ENDPOINT", "MODELMARKET_MIRROR", "MODELMARKET_TIMEOUT", "MODELMARKET_CONTACT"):
        os.environ.pop(name, None)
    os.environ.update(env)
    polite = {} if task["stock"] else settings(task["mirror"]) | {"TWISTED_DNS_RESOLVER": "sites.FakeResolver"}
    process = CrawlerProcess({"LOG_LEVEL": "WARNING"} | polite | task["overrides"])
    pages: dict[str, dict[str, Any]] = {}
    process.crawl(Visitor, task=task, pages=pages)
    memory, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    process.start()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    for page in pages.values():
        page["at"] -= began
    Path(folder, "stdout").write_text(json.dumps({"pages": pages, "seconds": time.monotonic() - began, "grown_mb": grown}))
