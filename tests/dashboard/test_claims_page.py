"""Claims in a real browser, over claims that were added and checked the real way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from house import LITELLM, Reader, Web, crawl, price_list, serving
from test_pages import cells, select

from jobs import cli

FILE = """
source: "<img src=x onerror=alert(1)>"
author: somebody
claims:
  - {id: price, statement: "Model 1 costs <b>nothing</b>", subject: qwen/model-1, predicate: price, metric: input_mtok, value: 0.01}
  - {id: right, statement: It costs what it costs, subject: qwen/model-1, predicate: price, metric: input_mtok, value: 0.3}
  - {id: floor, statement: It will be a cent, subject: chat input_mtok, predicate: floor, operator: <=, value: 0.01, by: 2999-12-31}
  - {id: sums, statement: It fell by 90%, predicate: arithmetic, sums: [{kind: fall, from: 2, to: 1, percent: 90}]}
"""


@pytest.fixture(scope="module")
def bare(database: Any) -> Iterator[str]:
    """A dashboard over a ledger that holds nothing."""
    with serving() as running:
        yield running


def test_no_claims_says_what_brings_them(bare: str, reader: Reader) -> None:
    with reader.open(f"{bare}/claims", 390) as page:
        assert "claims add article" in " ".join(page.locator(".mm-empty").all_inner_texts())
        assert page.locator('[data-testid="stDataFrame"], [data-testid="stException"]').count() == 0


@pytest.fixture(scope="module")
def address(bare: str, web: Web, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard after prices were read and four claims were added."""
    web.pages[LITELLM] = price_list()
    assert crawl(web, "litellm")["outcome"] == "complete"
    file = Path(tmp_path_factory.mktemp("claims")) / "mine.yaml"
    file.write_text(FILE)
    assert cli.main(["claims", "add", str(file)]) == 0
    with serving() as fresh:
        yield fresh


def test_the_lead_counts_and_the_worst_stand_first(address: str, reader: Reader, database: Any) -> None:
    reader.complaints.clear()
    with reader.open(f"{address}/claims") as page:
        lead = page.locator(".mm-lead").first.inner_text()
        assert lead == "4 claims: 1 supported, 2 contradicted, 1 open. 1 disagree with their own numbers."
        lines = cells(page, 0)
        assert [line[0] for line in lines] == ["contradicted", "contradicted", "open", "supported"]
        assert (lines[0][1], lines[0][2], lines[0][3]) == ("It fell by 90%", "disagree", "50%")
        assert [line[1] for line in cells(page, 1)] == ["2999-12-31"]
        with database.connect("dashboard") as connection:
            score = connection.execute("select claims, right_percent from market.claim_score").fetchone()
        assert cells(page, 2)[0][2:4] == [str(score[0]), str(score[1])]
        for width, scheme in ((1440, "dark"), (390, "light")):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= window.innerWidth")
    assert not reader.complaints


def test_a_claim_shows_its_evidence_and_foreign_words_stay_words(address: str, reader: Reader) -> None:
    reader.complaints.clear()
    with reader.open(f"{address}/claims?k_q=costs") as page:
        select(page, 0, 0)
        page.wait_for_selector(".mm-evidence table")
        told = page.locator(".mm-evidence").all_inner_texts()
        assert "Model 1 costs <b>nothing</b>" in told[0] and "contradicted" in told[0]
        assert "input mtok of qwen/model-1 at together" in told[1] and "litellm" in told[1]
        assert page.get_attribute(".mm-evidence a", "href", timeout=5_000) == f"https:/{LITELLM}"
        assert "same verdict at every check" in page.inner_text("body")
        assert page.locator("img[src=x]").count() == 0
    assert not reader.complaints


def test_a_pasted_article_becomes_proposals(address: str, reader: Reader) -> None:
    with reader.open(f"{address}/claims") as page:
        page.locator("textarea").fill("Model-1 was released in March 2026 under the MIT license.\n\nIt rained.")
        page.locator("textarea").press("Control+Enter")
        page.get_by_text("2 candidates").wait_for()
        told = page.locator('[data-testid="stCode"]').inner_text()
        assert "qwen/model-1" in told and "released_on" in told and "license_is" in told
        assert page.locator('[data-testid="stException"]').count() == 0
