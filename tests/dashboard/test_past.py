"""A model's past and whom to believe, in a real browser: two trackers that disagree and follow each other."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from house import LITELLM, Reader, Web, crawl, serving
from test_pages import cells, select

from dashboard import figures

LLM_PRICES = "/www.llm-prices.com/historical-v1.json"
NAMES = [f"gpt-{number}" for number in range(320)]
MOVED, APART = NAMES[7], NAMES[9]


def litellm(**changed: str) -> bytes:
    """A LiteLLM file; `changed` gives other input prices per token, by number of the model."""
    entries: dict[str, Any] = {
        name: {
            "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": float(changed.get(name.replace("-", "_"), "2e-06")),
            "output_cost_per_token": 8e-06,
        }
        for name in NAMES
    }  # fmt: skip
    return json.dumps(entries).encode()


def llm_prices(**changed: int) -> bytes:
    rows = [
        {"id": name, "vendor": "openai", "name": name, "input": changed.get(name.replace("-", "_"), 2), "output": 8,
         "from_date": None, "to_date": None}
        for name in NAMES[:60]
    ]  # fmt: skip
    return json.dumps({"prices": rows}).encode()


@pytest.fixture(scope="module")
def address(database, web: Web) -> Iterator[str]:
    """A dashboard over two trackers: one price moves in one and then in the other, one stays apart; the first days are moved back."""
    web.pages[LITELLM], web.pages[LLM_PRICES] = litellm(), llm_prices(gpt_9=6)
    assert crawl(web, "litellm")["outcome"] == "complete"
    assert crawl(web, "llm_prices")["outcome"] == "complete"
    with database.connect() as connection:
        back = "set seen_at = seen_at - interval '10 days'"
        for table in ("statement", "standing", "listing", "listed", "sighting", "belief"):
            connection.execute(f"update ledger.{table} {back}")
        connection.execute("update ledger.standing set good_seen_at = seen_at")
        connection.execute(
            "update ledger.belief set known_from = known_from - interval '10 days', valid_from = valid_from - interval '10 days'"
            " where extract(year from valid_from) > 2000"
        )
        connection.commit()
    web.pages[LITELLM] = litellm(gpt_7="1e-06")
    assert crawl(web, "litellm")["quotes"] == 1
    web.pages[LLM_PRICES] = llm_prices(gpt_7=1, gpt_9=6)
    assert crawl(web, "llm_prices")["quotes"] == 1
    with serving() as running:
        yield running


@pytest.fixture
def told(reader: Reader) -> Iterator[Reader]:
    reader.complaints.clear()
    yield reader
    assert not reader.complaints


def test_changes_are_told_below_the_chart(told: Reader, address: str, database) -> None:
    with database.connect("dashboard") as connection:
        query = "select changed_at::date, kind, old_usd, new_usd, source, evidence_url from market.price_change where model = %s"
        ((day, kind, old, new, source, url),) = connection.execute(query, [f"openai/{MOVED}"]).fetchall()
    with told.open(f"{address}/prices?model=openai/{MOVED}") as page:
        page.wait_for_selector('[data-testid="stVegaLiteChart"] canvas, [data-testid="stVegaLiteChart"] svg')
        assert cells(page)[0] == [
            day.isoformat(),
            "openai",
            kind,
            figures.move(old, new),
            figures.change(new / old),
            source,
            day.isoformat(),
        ]
        select(page, 0, 0)
        page.wait_for_selector(".mm-evidence")
        assert page.get_attribute(".mm-evidence a", "href") == url
        page.get_by_text("sources of one").click()
        page.wait_for_selector("text=2 lines, one per source")


def test_a_model_as_known_on_a_day(told: Reader, address: str) -> None:
    day = (datetime.now(UTC) - timedelta(days=5)).date()
    with told.open(f"{address}/prices?model=openai/{MOVED}&known={day}") as page:
        assert f"As known at the end of {figures.day(day)}" in page.inner_text(".mm-banner")
        assert "On sale then" in page.inner_text("body")
        assert "This price has not changed since it was first seen" in page.inner_text("body")
        assert cells(page)[0][:3] == ["openai", "2", "8"]
    with told.open(f"{address}/prices?model=openai/{MOVED}&known=2001-01-01") as page:
        assert page.locator('[data-testid="stException"]').count() == 0


def test_disagreements_come_with_both_pages(told: Reader, address: str, database) -> None:
    with database.connect("dashboard") as connection:
        rows = connection.execute(
            "select money_usd, model, believed_usd, believed_source, other_usd, other_source from market.disagreement"
        ).fetchall()
    assert [row[1] for row in rows] == [f"openai/{APART}"]
    with told.open(f"{address}/data?part=Disagreements") as page:
        line = cells(page)[0]
        shown = (Decimal(line[0]), line[1], Decimal(line[4]), line[5], Decimal(line[6]), line[7])
        assert shown == rows[0]
        select(page, 0, 0)
        page.wait_for_selector(".mm-evidence")
        assert page.locator(".mm-evidence tbody tr").count() == 2


def test_who_is_late_and_who_copies(told: Reader, address: str, database) -> None:
    with database.connect("dashboard") as connection:
        league = connection.execute("select source, moves_seen, first from market.source_lag where provider is null").fetchall()
    with told.open(f"{address}/data?part=Who+is+late") as page:
        assert {(line[0], int(line[4]), int(line[5])) for line in cells(page)} == set(league)
    with told.open(f"{address}/data?part=Copies") as page:
        assert {tuple(line[:2]) for line in cells(page)} <= {("litellm", "llm_prices"), ("llm_prices", "litellm")}
        assert cells(page)


@pytest.mark.parametrize("part", ["Sources", "Held back", "Queue and events", "Terms", "junk"])
def test_every_part_of_data_opens(told: Reader, address: str, part: str) -> None:
    with told.open(f"{address}/data?part={part.replace(' ', '+')}", 390) as page:
        assert page.locator('[data-testid="stException"]').count() == 0
        assert "could not be drawn" not in page.inner_text("body")
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= window.innerWidth")
