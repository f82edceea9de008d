"""The section *Run it ourselves* in a real browser: with nothing known, with prices only, and with a measured model for rent."""

import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from house import LITELLM, Reader, Web, crawl, price_list, serving
from measurements import measured

from dashboard import figures
from db import views
from market import selfhost

HOME = "/dstack-gpu-pricing.s3.eu-west-1.amazonaws.com/v3/runpod"
COLUMNS = "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot"


@pytest.fixture(scope="module")
def bare(database: Any) -> Iterator[str]:
    """A dashboard over a ledger that holds nothing."""
    with serving() as running:
        yield running


def section(page: Any) -> str:
    """The words of the section."""
    return str(page.inner_text("[data-testid=stMain]")).partition("Run it ourselves?")[2]


def test_nothing_known_says_what_brings_it(bare: str, reader: Reader) -> None:
    with reader.open(f"{bare}/choose", 390) as page:
        assert "modelmarket probe FILE --keep" in section(page)
        assert page.locator('[data-testid="stException"]').count() == 0


@pytest.fixture(scope="module")
def address(bare: str, web: Web) -> str:
    """The same dashboard, after prices, rentals and a measurement came in."""
    web.pages[LITELLM] = price_list(model_7="1e-08")
    assert crawl(web, "litellm")["outcome"] == "complete"
    rows = [f"big-{number},EU,{2 + number}.50,16,125,1,H100,80,False" for number in range(12)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("runpod.csv", "\n".join([COLUMNS, *rows]))
    web.pages |= {f"{HOME}/version": b"20260101-7\n", f"{HOME}/20260101-7/catalog.zip": packed.getvalue()}
    found = crawl(web, "gpuhunt")
    assert (found["outcome"], found["records"]) == ("complete", len(rows))
    measured("qwen/model-7")
    return bare


def test_a_measured_model_for_rent_is_answered_with_its_curve(address: str, reader: Reader) -> None:
    reader.complaints.clear()
    row = views.rows("select * from market.self_host_cost where utilisation = 1 order by usd_mtok limit 1")[0]
    assert row["model"] == "qwen/model-7"
    # What the empty page showed is kept for a while, so that a page is not asked for twice.
    for _ in range(30):
        with reader.open(f"{address}/choose", 1440) as page:
            told = section(page)
            if "a month for the machine" in told:
                assert page.locator(".vega-embed canvas, .vega-embed svg").count() >= 2
                for width, scheme in ((1440, "dark"), (390, "light")):
                    page.emulate_media(color_scheme=scheme)
                    page.set_viewport_size({"width": width, "height": 900})
                    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= window.innerWidth")
                assert page.locator('[data-testid="stException"]').count() == 0
                break
            page.wait_for_timeout(1000)
    assert figures.money(row["usd_mtok"]) in told
    assert figures.money(Decimal("2.5") * selfhost.HOURS_A_MONTH) in told
    assert not reader.complaints


def test_every_rental_leads_to_its_page(address: str) -> None:
    rows = views.rows("select distinct rental_url, rental_sha256, rental_source from market.self_host_cost")
    assert [row["rental_source"] for row in rows] == ["gpuhunt"]
    assert rows[0]["rental_url"].endswith("catalog.zip") and len(rows[0]["rental_sha256"]) == 64


def test_ones_own_speed_and_a_bought_machine_are_asked_for_before_anything_is_answered(address: str, reader: Reader) -> None:
    with reader.open(f"{address}/choose") as page:
        speed = page.locator(".st-key-own_speed input")
        speed.scroll_into_view_if_needed()
        page.wait_for_timeout(800)  # scrolling closes a list that has just opened
        speed.click()
        speed.press("ArrowDown")
        speed.press("Enter")
        page.get_by_text("how many tokens a second it makes").wait_for()
        page.get_by_label("Tokens a second").fill("1000")
        page.get_by_label("Tokens a second").press("Enter")
        page.get_by_text("a month for the machine").wait_for()
        page.get_by_role("radio", name="Bought").or_(page.get_by_role("button", name="Bought")).first.click()
        page.get_by_text("what the machine costs an hour").wait_for()
        page.get_by_label("Price, USD").fill("26298")
        page.get_by_label("Price, USD").press("Enter")
        page.get_by_text("a month for the machine").wait_for()
        reader.settle(page)
        hour = selfhost.bought(Decimal(26298), Decimal(3), Decimal(400), Decimal("0.2"))
        assert figures.money(hour * selfhost.HOURS_A_MONTH) in section(page)
        assert page.locator('[data-testid="stException"]').count() == 0
