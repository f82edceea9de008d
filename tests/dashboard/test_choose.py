"""The room Choose in a real browser: its numbers are those of the view and of the bills, and its address reproduces it."""

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import quote

import pytest
from house import LITELLM, Reader, Web, crawl, price_list, serving

from dashboard import choose, figures
from db import views


def cells(page) -> list[list[str]]:
    """The text of the grid, line by line, as a screen reader gets it."""
    grid = page.locator("[data-testid=stDataFrame]").first
    grid.locator("canvas td").first.wait_for(state="attached")
    return grid.evaluate(
        "grid => [...grid.querySelectorAll('canvas tbody tr')].map(line => [...line.querySelectorAll('td')].map(cell => cell.textContent))"
    )


@pytest.fixture(scope="module")
def address(database, web: Web) -> Iterator[str]:
    """A dashboard over one day of one source."""
    web.pages[LITELLM] = price_list(model_7="1e-08")
    assert crawl(web, "litellm")["outcome"] == "complete"
    with database.connect() as connection:
        connection.execute("analyze")
    with serving() as running:
        yield running


@pytest.mark.parametrize("path", ["/choose", "/choose?mix=Your+own+numbers&input=1000&output=100&cached=50", "/choose?mix=Your+own+file"])
def test_opens_cleanly(reader: Reader, address: str, path: str) -> None:
    reader.complaints.clear()
    with reader.open(address + path) as page:
        for width, scheme in ((1440, "light"), (390, "dark")):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(300)
            assert page.locator('[data-testid="stException"]').count() == 0
            assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= window.innerWidth")
    assert not reader.complaints


def test_the_ranking_equals_the_view(reader: Reader, address: str, database) -> None:
    with database.connect("dashboard") as connection:
        rows = connection.execute(
            "select coalesce(model, source_key), effective_usd from market.effective_price"
            " where profile = 'agent' and paid and coalesce(fits, true) order by effective_usd limit 3"
        ).fetchall()
        chat = connection.execute(
            "select effective_usd from market.effective_price where profile = 'chat' and model = 'qwen/model-7'"
        ).fetchone()
    assert not rows, "no context here holds an agent's long prompts"
    with reader.open(f"{address}/choose?mix=Agent+with+long+context") as page:
        assert "Take a filter away" in page.inner_text("body")
    with reader.open(f"{address}/choose?mix=Chat&requests=1000000") as page:
        first = cells(page)[0]
        assert first[0] == "qwen/model-7"
        assert Decimal(first[1]) == chat[0]
        month = chat[0] * views.profile("chat").tokens()
        assert figures.money(month) in page.inner_text(".mm-lead")


def test_own_numbers_in_the_address_are_billed(reader: Reader, address: str) -> None:
    with reader.open(f"{address}/choose?mix=Your+own+numbers&input=3000&output=1000&requests=1000&c_q=model-7") as page:
        shown = {line[0]: Decimal(line[1]) for line in cells(page)}
        assert shown["qwen/model-7"] == (3 * Decimal("0.01") + Decimal("1.1")) / 4
        assert all("model-7" in name for name in shown)


def test_a_file_in_the_address_is_billed(reader: Reader, address: str) -> None:
    word = choose.packed("[[request]]\ninput_tokens = 1000\noutput_tokens = 0\n")
    with reader.open(f"{address}/choose?mix=Your+own+file&file={word}") as page:
        assert cells(page)[0][:2] == ["qwen/model-7", "0.01"]


@pytest.mark.parametrize("junk", ["nothing", "'; drop table ledger.source; --", "eNpLBAAAYgBi"])
def test_junk_in_the_address_is_told(reader: Reader, address: str, junk: str) -> None:
    with reader.open(f"{address}/choose?mix=Your+own+file&file={quote(junk)}") as page:
        assert page.locator('[data-testid="stException"]').count() == 0
        assert "This is no mix of requests" in page.inner_text(".mm-empty") or "request" in page.inner_text(".mm-empty")


def test_four_bits_are_said_with_what_more_bits_cost() -> None:
    row = {"four_bit": True, "fuller_usd": Decimal("0.4"), "fuller_at": "acme", "fuller_bits": "bf16", "note": None, "context_tokens": 1}
    assert choose.remark(row) == "4-bit weights; bf16 from $0.40 at acme"
    assert choose.remark({**row, "four_bit": False, "context_tokens": None, "note": "odd"}) == "context unknown; odd"


def test_without_results_of_tests_nothing_is_chosen(reader: Reader, address: str) -> None:
    with reader.open(f"{address}/choose") as page:
        assert "No test results yet" in page.inner_text("body")
