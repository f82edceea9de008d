"""Licenses in a real browser, over cards that came the real way."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from house import Reader, Web, crawl, serving
from test_pages import cells

from collector.sources.huggingface import HuggingFace

CARDS = (
    ("meta-llama/Llama-3.1-8B", "llama3.1", (), "2024-07-23"),
    ("acme/Atlas", "apache-2.0", ("meta-llama/Llama-3.1-8B",), "2025-02-02"),
    ("acme/Atlas-GGUF", "apache-2.0", ("acme/Atlas",), "2025-05-02"),
    ("zebra/Plain", "mit", (), "2025-08-02"),
    ("zebra/Paper", "cc-by-nc-4.0", (), "2025-11-02"),
    ("zebra/Silent", None, (), "2026-02-02"),
    ("evil/<script>alert(1)</script>", "<img src=x>", (), "2026-02-03"),
)


def listing() -> bytes:
    entries = [
        {
            "id": key, "author": key.split("/")[0], "createdAt": f"{day}T00:00:00.000Z", "downloads": 10, "likes": 1,
            "tags": [*([f"license:{tag}"] if tag else []), *(f"base_model:finetune:{base}" for base in bases)],
        }
        for key, tag, bases, day in CARDS
    ]  # fmt: skip
    return json.dumps(entries).encode()


@pytest.fixture(scope="module")
def bare(database: Any) -> Iterator[str]:
    """A dashboard over a ledger that holds nothing."""
    with serving() as running:
        yield running


def test_nothing_on_record_says_what_brings_it(bare: str, reader: Reader) -> None:
    with reader.open(f"{bare}/licenses", 390) as page:
        told = " ".join(page.locator(".mm-empty").all_inner_texts())
        assert "collect huggingface" in told and "db upgrade" in told
        assert page.locator('[data-testid="stException"]').count() == 0


@pytest.fixture(scope="module")
def address(bare: str, web: Web) -> str:
    """The same dashboard, after the Hub was read."""
    for url in HuggingFace.start_urls:
        web.pages[url.removeprefix("https:/")] = listing()
    assert crawl(web, "huggingface")["outcome"] == "complete"
    return bare


def test_the_lead_says_what_may_be_done_and_what_needs_a_look(address: str, reader: Reader) -> None:
    # What the empty page showed is kept for a while, so that a page is not asked for twice.
    for _ in range(30):
        with reader.open(f"{address}/licenses") as page:
            if page.locator(".mm-lead").count():
                break
            page.wait_for_timeout(5000)
    reader.complaints.clear()
    for width in (1440, 390):
        with reader.open(f"{address}/licenses", width) as page:
            lead = page.locator(".mm-lead").first.inner_text()
            assert lead.startswith(f"Of {len(CARDS)} models") and "3 restricted use" in lead and "2 declare less than their lineage" in lead
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            page.locator('[data-testid="stVegaLiteChart"]').wait_for()
    assert reader.complaints == []


def test_the_table_shows_what_is_declared_and_what_holds(address: str, reader: Reader) -> None:
    with reader.open(f"{address}/licenses?l_q=atlas&l_look=true") as page:
        shown = cells(page, 1)
        assert [row[0] for row in shown] == ["acme/atlas", "acme/atlas-gguf"]
        assert all("threshold" in row and "apache-2.0" in row for row in shown)


@pytest.mark.parametrize(
    ("query", "verdict", "clause"),
    [
        ("l_license=MIT&l_users=800000000&l_hosting=true", "Allowed", "whole text"),
        ("l_model=acme/atlas&l_users=800000000", "Ask first", "2"),
        ("l_model=zebra/paper", "Not allowed", "2(a)(1)"),
        ("l_model=zebra/silent", "Unknown", ""),
        ("l_license=LicenseRef-llama-2&l_train=true&l_users=5", "Not allowed", "1.b.v"),
    ],
)
def test_may_i_use_it(address: str, reader: Reader, query: str, verdict: str, clause: str) -> None:
    with reader.open(f"{address}/licenses?{query}") as page:
        page.locator(".mm-lead").first.wait_for(timeout=60_000)
        leads = page.locator(".mm-lead").all_inner_texts()
        assert any(lead.startswith(verdict) for lead in leads), leads
        rows = cells(page, 0)
        assert any(verdict in row and clause in row for row in rows) and page.locator('[data-testid="stException"]').count() == 0


def test_a_model_s_own_page_shows_its_license_with_clause_and_card(address: str, reader: Reader) -> None:
    with reader.open(f"{address}/prices?model=acme/atlas") as page:
        page.get_by_role("heading", name="License", exact=True).wait_for(timeout=60_000)
        assert page.get_by_text("commercial use limited (clause 2)").count() == 1
        shown = [row for table in range(page.locator('[data-testid="stDataFrame"]').count()) for row in cells(page, table)]
        assert any("LicenseRef-llama-3.1" in row and "apache-2.0" in row and "meta-llama/llama-3.1-8b" in row for row in shown), shown
