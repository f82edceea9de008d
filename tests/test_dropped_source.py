"""A source file dropped into the folder is found, golden-tested and crawled with no other edit, in a copy of the tree."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = '{"models": [{"id": "tiny-1", "in": 0.1, "out": 0.3}, {"id": "tiny-2", "in": 0.2, "out": null}]}'
SOURCE = '''
from collector.source import Page, Source, Terms
from market.records import Offer, Quote
from market.units import usd


class Dropped(Source):
    """A price list of two models.

    Source: https://prices.example/v1/models
    Unit: USD per million tokens
    Grain: one model
    Lists: everything it sells
    """

    name = "dropped"
    start_urls = ("https://prices.example/v1/models",)
    trust = 2
    terms = Terms("CC0-1.0", "Prices: prices.example")

    def records(self, page: Page):
        for model in page.json["models"]:
            yield Offer("example", model["id"], mode="chat")
            for meter, key in (("input_mtok", "in"), ("output_mtok", "out")):
                if model[key] is not None:
                    yield Quote("example", model["id"], meter, usd(meter, model[key], per=1_000_000))
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    copy = tmp_path / "tree"
    for folder in ("market", "db", "migrations", "collector"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "test_sources.py", copy / "tests")
    (copy / "collector" / "sources" / "dropped.py").write_text(textwrap.dedent(SOURCE))
    page = copy / "tests" / "sources" / "dropped" / "page" / "prices.example" / "v1" / "models"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE)
    return copy


@pytest.fixture
def mirror(tree: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    folder = tree / "tests" / "sources" / "dropped" / "page"
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Quiet(*a, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def run(tree: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {"PYTHONPATH": str(tree)} | env
    return subprocess.run([sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True, timeout=180)


def test_a_dropped_source_is_found_and_golden_tested(tree: Path) -> None:
    pytest_ = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_sources.py", "-k", "dropped")
    first = run(tree, *pytest_)
    assert first.returncode == 1 and "read them" in first.stdout, first.stdout
    golden = tree / "tests/sources/dropped/golden/prices.example/v1/models.jsonl"
    assert sum('"Quote"' in line for line in golden.read_text().splitlines()) == 3
    second = run(tree, *pytest_)
    assert second.returncode == 0, second.stdout


def test_a_dropped_source_is_crawled(tree: Path, mirror: str, tmp_path: Path) -> None:
    home = {"MODELMARKET_HOME": str(tmp_path / "home"), "MODELMARKET_MIRROR": mirror}
    crawled = run(tree, "-m", "collector", "crawl", "dropped", "--json", **home)
    assert crawled.returncode == 0, crawled.stderr
    assert {"outcome": "complete", "quotes": 3, "records": 5}.items() <= json.loads(crawled.stdout).items()
    asked = "from db import views; print([str(r['price_usd']) for r in views.rows('select price_usd from market.price order by 1')])"
    believed = run(tree, "-c", asked, **home)
    assert believed.stdout.strip() == "['0.1', '0.2', '0.3']", believed.stderr
