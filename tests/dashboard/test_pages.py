"""The rooms in a real browser, over data that came the real way; numbers on the page equal the SQL."""

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import quote

import pytest
from house import CHUTES, HOSTILE, LITELLM, Reader, Web, crawl, price_list, serving

from dashboard import figures

PAGES = ("/", "/prices", "/prices?model=qwen/model-1", "/data")


def cells(page, table: int = 0) -> list[list[str]]:
    """The text of a grid, line by line, as a screen reader gets it."""
    grid = page.locator("[data-testid=stDataFrame]").nth(table)
    grid.locator("canvas td").first.wait_for(state="attached")
    return grid.evaluate(
        "grid => [...grid.querySelectorAll('canvas tbody tr')].map(line => [...line.querySelectorAll('td')].map(cell => cell.textContent))"
    )


def select(page, table: int, row: int) -> None:
    """Selects a row of a grid by its box at the left."""
    grid = page.locator("[data-testid=stDataFrame] .dvn-scroller").nth(table)
    grid.evaluate("grid => grid.scrollIntoView({block: 'start'})")
    page.locator("[data-testid=stMain]").evaluate("main => main.scrollBy(0, -120)")
    grid.click(position={"x": 16, "y": 36 + 30 * row + 15})


@pytest.fixture(scope="module")
def address(database, web: Web) -> Iterator[str]:
    """A dashboard over two days of one source, the second with three moves, and one broken source."""
    web.pages[LITELLM] = price_list()
    web.pages[CHUTES] = b"<html>we are away</html>"
    assert crawl(web, "litellm")["outcome"] == "complete"
    web.pages[LITELLM] = price_list(model_1="1.5e-07", model_2="2e-07", model_3="9e-07")
    assert crawl(web, "litellm")["quotes"] == 3
    assert crawl(web, "chutes")["outcome"] in ("failed", "quarantined")
    with database.connect() as connection:
        connection.execute("analyze")  # as autovacuum does within a minute
    with serving() as running:
        yield running


@pytest.fixture
def told(reader: Reader) -> Iterator[Reader]:
    """A reader that may not have heard a complaint at the end."""
    reader.complaints.clear()
    yield reader
    assert not reader.complaints


@pytest.mark.parametrize("path", PAGES)
def test_opens_cleanly(told: Reader, address: str, path: str) -> None:
    with told.open(address + path) as page:
        assert "1 of 2 sources need a look" in page.inner_text(".mm-banner")
        for width, scheme in ((1440, "light"), (390, "light"), (390, "dark")):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(300)
            assert page.locator('[data-testid="stException"]').count() == 0
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= window.innerWidth")


def test_monday_tells_the_week(told: Reader, address: str, database) -> None:
    with database.connect("dashboard") as connection:
        size = connection.execute(
            "select count(distinct thing), count(distinct model), count(distinct provider) from market.price"
        ).fetchone()
        moves = dict(connection.execute("select kind, count(*) from market.price_change group by kind").fetchall())
    assert moves == {"cut": 2, "rise": 1}
    with told.open(address) as page:
        assert [figures.count(number) for number in size] == page.locator(".mm-value").all_inner_texts()[:3]
        assert "2 offers became cheaper and 1 dearer" in page.inner_text(".mm-lead")
        assert cells(page)[0][:4] == ["qwen/model-1", "0.5", "together-ai", "$0.30 → $0.15"]
        assert cells(page, 1)[0][:4] == ["qwen/model-3", "1.8", "together-ai", "$0.50 → $0.90"]


def test_a_move_leads_to_its_evidence(told: Reader, address: str, database) -> None:
    with database.connect("dashboard") as connection:
        where = "model = 'qwen/model-1' and kind = 'cut'"
        url, sha256 = connection.execute(f"select evidence_url, sha256 from market.price_change where {where}").fetchone()
    with told.open(address) as page:
        select(page, 0, 0)
        page.wait_for_selector(".mm-evidence")
        assert page.get_attribute(".mm-evidence a", "href") == url
        assert page.inner_text('[data-testid="stCode"] code') == sha256
        page.get_by_text("Price history and all offers of this model").click()
        page.wait_for_selector("h1.mm-name")
        assert page.inner_text("h1.mm-name") == "qwen/model-1"
        assert "model=qwen" in page.url


def test_the_board_equals_the_view(told: Reader, address: str, database) -> None:
    with database.connect("dashboard") as connection:
        rows = connection.execute(
            "select model, input_usd, output_usd, blend_3to1_usd from market.offer_wide where source_key ilike '%model-29%'"
        ).fetchall()
    with told.open(f"{address}/prices?q=MODEL-29") as page:
        shown = {line[0]: [Decimal(cell) for cell in (*line[1:3], line[4])] for line in cells(page)}
        assert len(rows) == 11
        assert shown == {model: prices for model, *prices in rows}
        assert "Offers 1 to 11 of 11" in page.inner_text("body")


def test_the_board_turns_pages(told: Reader, address: str) -> None:
    with told.open(f"{address}/prices?page=2&order=Name") as page:
        assert "Offers 31 to 60 of 301" in page.inner_text("body")
        assert len(cells(page)) == 30
    with told.open(f"{address}/prices?page=99999") as page:
        assert "Offers 1 to 30 of 301" in page.inner_text("body")


def test_a_row_of_the_board_opens_its_model(told: Reader, address: str) -> None:
    with told.open(f"{address}/prices?q=model-1&order=Cheapest+input") as page:
        assert cells(page)[0][0] == "qwen/model-1"
        select(page, 0, 0)
        page.wait_for_selector("h1.mm-name")
        told.settle(page)
        assert "model=qwen" in page.url
        assert "$0.15 per million tokens" in page.inner_text(".mm-evidence")
        assert page.locator('[data-testid="stVegaLiteChart"] canvas, [data-testid="stVegaLiteChart"] svg').count()
        page.get_by_text("All prices").click()
        page.wait_for_selector("h1:has-text('Prices')")


def test_hostile_names_are_text(told: Reader, address: str) -> None:
    with told.open(f"{address}/prices?q=evil") as page:
        name = cells(page)[0][0]
        assert "<script>alert(1)</script>**bold** :smile: $x$" in name
        select(page, 0, 0)
        page.wait_for_selector("h1.mm-name")
        told.settle(page)
        assert "<script>alert(1)</script>**bold** :smile: $x$ ![a]" in page.inner_text("h1.mm-name")
        assert "<script>alert(1)</script>" in page.inner_text(".mm-evidence")
        assert page.locator("h1 strong, h1 script, h1 img, .mm-evidence img").count() == 0
    assert HOSTILE.endswith(".png)")


@pytest.mark.parametrize("junk", ["'; drop table ledger.source; --<img src=x onerror=alert(1)>", "\0\ud7ff" + "x" * 5_000])
def test_junk_in_the_address_is_an_empty_state(told: Reader, address: str, junk: str) -> None:
    with told.open(f"{address}/prices?model={quote(junk)}&offer={quote(junk)}") as page:
        assert "Nothing is on sale under this name" in page.inner_text("body")
        assert page.locator('[data-testid="stException"], h1 img').count() == 0
    query = "&".join(f"{name}={quote(junk)}" for name in ("q", "plan", "provider", "page", "order", "open", "context"))
    with told.open(f"{address}/prices?{query}") as page:
        assert page.locator('[data-testid="stException"]').count() == 0
        assert "No offer fits these filters" in page.inner_text("body")


def test_data_shows_health_and_runs(told: Reader, address: str, database) -> None:
    with database.connect("dashboard") as connection:
        health = dict(connection.execute("select source, standing from market.source_health").fetchall())
        runs = connection.execute("select count(*) from market.run").fetchone()[0]
    with told.open(f"{address}/data") as page:
        shown = {line[0]: line[1] for line in cells(page)}
        assert shown == health
        assert len(cells(page, 1)) == runs
        assert "The clock is not running" in page.inner_text("body")


def test_money_is_written_for_people() -> None:
    written = {"0.27": "$0.27", "1.1": "$1.10", "0": "free or unpriced", "1e-7": "under $0.000001", "0.00045": "$0.00045", "1250": "$1,250"}
    assert {number: figures.money(Decimal(number)) for number in written} == written
    assert figures.money(None) == "unknown"
