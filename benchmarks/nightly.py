"""How long a first load and a night with nothing new take, and how much memory, beside merely parsing the same pages.

    .venv/bin/python benchmarks/nightly.py ROOT              # ROOT/HOST/PATH or ROOT/DAY/HOST/PATH, the newest day of each path
    .venv/bin/python benchmarks/nightly.py --mirror URL      # a replay web that runs already, URL/HOST/PATH

A path that is also a folder is stored as PATH@index; query strings are ignored. Everything happens in a temporary
home with an embedded PostgreSQL of its own, one source after the other, each in a process of its own as in production.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

NOBODY = "http://127.0.0.1:9"
PAGES = """
select distinct on (sc.id) s.name, sc.url, p.body
from ledger.scope sc join ledger.source s on s.id = sc.source_id
join ledger.sighting g on g.scope_id = sc.id join ledger.page p on p.sha256 = g.sha256
order by sc.id, g.seen_at desc
"""

# A small process between: a child of this one would begin with this one's peak memory as its own.
WATCH = """
import os, sys, time
began = time.perf_counter()
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, code, used = os.wait4(pid, 0)
print(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(code))
"""


@dataclass
class Measured:
    """Wall and processor seconds of all processes together, and the peak memory of the largest, MB."""

    wall: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    quotes: int = 0

    def add(self, command: list[str]) -> str:
        """Runs a command, measures it, and returns what it printed."""
        done = subprocess.run([sys.executable, "-I", "-S", "-c", WATCH, *command], stdout=subprocess.PIPE, text=True, check=True)
        said, _, numbers = done.stdout.rstrip().rpartition("\n")
        wall, processor, peak = map(float, numbers.split())
        self.wall += wall
        self.processor += processor
        self.peak = max(self.peak, peak / (1e6 if sys.platform == "darwin" else 1e3))
        return said


class Replay(BaseHTTPRequestHandler):
    """Answers from the recordings, with an ETag."""

    protocol_version = "HTTP/1.1"
    folders: tuple[Path, ...] = ()

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """The newest recording of a path."""
        path = unquote(urlsplit(self.path).path).lstrip("/")
        named = (folder / name for folder in self.folders for name in (path, f"{path}@index"))
        file = next((place for place in named if place.is_file()), None)
        body = b"User-agent: *\nAllow: /\n" if path.endswith("robots.txt") else file.read_bytes() if file else b""
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        status = 404 if not body else 304 if self.headers.get("If-None-Match") == tag else 200
        sent = body if status == 200 else b""
        self.send_response(status)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)


def replay(root: Path) -> str:
    """Serves the recordings from a thread; the address."""
    days = sorted((day for day in root.iterdir() if re.fullmatch(r"\d{4}-\d\d-\d\d", day.name)), reverse=True)
    Replay.folders = tuple(days) or (root,)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def crawl(names: Iterable[str], runs: dict[str, Any]) -> Measured:
    """Collects each source in a process of its own."""
    measured = Measured()
    for name in names:
        runs[name] = json.loads(measured.add([sys.executable, "-P", "-m", "collector", "crawl", name, "--json"]))
        measured.quotes += runs[name]["quotes"]
    return measured


def kept(folder: Path) -> dict[str, Path]:
    """Writes the newest page of every address to files; a list of (url, file) per source."""
    import zlib

    from db import engine

    lists: dict[str, list[tuple[str, str]]] = {}
    with engine.connect() as connection:
        for number, (source, url, body) in enumerate(connection.execute(PAGES)):
            file = folder / str(number)
            file.write_bytes(zlib.decompress(body))
            lists.setdefault(source, []).append((url, str(file)))
    for source, pages in lists.items():
        (folder / f"{source}.list").write_text(json.dumps(pages))
    return {source: folder / f"{source}.list" for source in lists}


def only(how: str, source: str, pages: str) -> None:
    """Parses a source's pages and nothing else: with json, with msgspec (exact decimals), or into records."""
    listed = [(url, Path(file)) for url, file in json.loads(Path(pages).read_text())]
    if how == "json":
        for _, file in listed:
            json.loads(file.read_bytes())
    elif how == "msgspec":
        import msgspec

        decoder = msgspec.json.Decoder(float_hook=Decimal)
        for _, file in listed:
            decoder.decode(file.read_bytes())
    else:
        from collector.source import Page, find

        reader = find()[source]
        for url, file in listed:
            list(reader.records(Page(url, file.read_bytes(), datetime.now(UTC))))


def table(rows: dict[str, Measured], base: str) -> str:
    """The rows as text, each beside the one named; by processor time, which other work on the machine disturbs least."""
    lines = [f"{'':<28}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}{'cpu ×':>9}{'peak ×':>9}{'quotes':>9}"]
    for name, row in rows.items():
        ratios = f"{row.processor / rows[base].processor:>9.1f}{row.peak / rows[base].peak:>9.1f}"
        lines.append(f"{name:<28}{row.wall:>9.2f}{row.processor:>9.2f}{row.peak:>9.0f}{ratios}{row.quotes or '':>9}")
    return "\n".join(lines)


WAYS = {
    "json": "json.loads, floats",
    "msgspec": "msgspec, exact decimals",
    "records": "into records, no database",
}


def report(names: list[str]) -> None:
    """Measures a first load, a quiet night and bare parsing of the same pages, and prints."""
    first: dict[str, Any] = {}
    again: dict[str, Any] = {}
    rows = {"first load": crawl(names, first)}
    there = [name for name in names if first[name]["outcome"] != "skipped"]
    rows["a night with nothing new"] = crawl(there, again)
    with tempfile.TemporaryDirectory() as folder:
        lists = kept(Path(folder))
        size = sum(file.stat().st_size for file in Path(folder).glob("*[0-9]"))
        for how, says in WAYS.items():
            rows[says] = Measured()
            for source, pages in lists.items():
                rows[says].add([sys.executable, "-P", __file__, "--only", how, source, str(pages)])
    for name in names:
        run = first[name]
        print(
            f"{name:<16}{run['outcome']:<12}{run['pages']:>5} pages {run['records']:>7,} records {run['quotes']:>7,} quotes"
            f"{run['seconds']:>8.2f} s, again {again.get(name, run)['outcome']}"
        )
    print(f"\n{sum(run['pages'] for run in first.values()):,} pages, {size / 1e6:.1f} MB, {len(lists)} sources\n")
    print(table(rows, WAYS["msgspec"]))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, nargs="?", help="folder of recorded pages")
    parser.add_argument("--mirror", help="address of a replay web that runs already")
    parser.add_argument("--only", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        return only(*asked.only)
    if not (asked.root or asked.mirror):
        parser.error("name a folder of recorded pages, or a mirror")
    with tempfile.TemporaryDirectory(prefix="modelmarket-bench-") as home:
        for name in ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE"):
            os.environ.pop(name, None)
        os.environ.update(MODELMARKET_HOME=home, PYTHONPYCACHEPREFIX=f"{home}/bytecode", MODELMARKET_MIRROR=NOBODY)
        from collector.source import find
        from db import engine, schema

        try:
            # From here on the server runs and all code is compiled, so that neither is measured.
            schema.upgrade()
            names = sorted(find())
            crawl(names[:1], {})
            os.environ["MODELMARKET_MIRROR"] = asked.mirror or replay(asked.root)
            report(names)
        finally:
            engine.release(patience=10)
    return None


if __name__ == "__main__":
    main()
