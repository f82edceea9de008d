"""docs/price-paths.md: its queries, run on the recorded pasts, print the tables that stand there."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector import backfill, crawl, pipelines
from db import engine, ledger, views

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
BUNDLES = {"litellm": "litellm-prices", "models_dev": "models-dev", "genai_prices": "genai-prices", "model_price_hub": "model-price-hub"}
READ_ON = "2026-02-01"
if not all((SHARED / "data" / "git-scrapes" / f"{name}.bundle").is_file() for name in BUNDLES.values()):
    pytest.skip(f"no recorded pasts under {SHARED}", allow_module_level=True)

PAGE = Path(__file__).parents[2] / "docs" / "price-paths.md"
QUERY = re.compile(r"(^```sql\n(.*?)^```\n)(\n(?:\|[^\n]*\n)+)?", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def _loaded(database: object) -> None:
    """The recorded pasts, and llm-prices' list as it was recorded, at the time it was."""
    del database
    for source, name in BUNDLES.items():
        backfill.backfill(source, str(SHARED / "data" / "git-scrapes" / f"{name}.bundle"))
    wanted = crawl.named("llm_prices")
    (url,) = wanted.start_urls
    body = (SHARED / "data" / "web" / READ_ON / url.removeprefix("https://")).read_bytes()
    with engine.connect("collector") as connection:
        run = ledger.begin(connection, pipelines.row(wanted), ledger.clock(connection)(), None)
        intake = pipelines.Intake(connection, wanted, run, lambda: datetime.fromisoformat(READ_ON).replace(tzinfo=UTC))
        intake.take(url, None, 200, body)
        assert intake.conclude().quotes


def table(query: str) -> str:
    """What a query answers, as a table of Markdown."""
    names, rows = views.answer(query)
    lines = [names, ["---"] * len(names), *([("" if cell is None else str(cell)) for cell in row] for row in rows)]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


@pytest.mark.usefixtures("_loaded")
def test_the_page_prints_what_the_queries_answer() -> None:
    page = PAGE.read_text()
    made = QUERY.sub(lambda found: found[1] + table(found[2]), page)
    if made != page:
        PAGE.write_text(made)
        pytest.fail("docs/price-paths.md was stale and is written anew: read it, and run again when it is right")
    assert "| llm_prices | 2025-02-08 | stated |" in page
