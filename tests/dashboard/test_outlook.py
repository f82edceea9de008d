"""Outlook, the strip on Monday and how a model is served, in a real browser over pages that came the real way."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from house import LITELLM, Reader, Web, crawl, price_list, serving
from test_pages import cells, select

from dashboard import figures
from db import forecasts

RANKINGS = "/openrouter.ai/api/v1/datasets/rankings-daily"
ROUTER = "/router.huggingface.co/v1/models"
TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=9)


def ranked() -> bytes:
    """Three weeks of tokens of two models and the rest."""
    days = [(TODAY - timedelta(days=back)).isoformat() for back in range(21, 0, -1)]
    rows = [
        {"date": day, "model_permaslug": key, "total_tokens": str(tokens)}
        for day in days
        for key, tokens in (("qwen/model-1", 3_000), ("zebra/tiny", 1_000), ("other", 4_000))
    ]
    return json.dumps({"data": rows}).encode()


def retiring() -> bytes:
    """The price list, in which one model is about to go."""
    entries: dict[str, Any] = json.loads(price_list())
    entries["together_ai/qwen/model-7"] |= {"deprecation_date": SOON.isoformat(), "metadata": {"successor": "qwen/model-8"}}
    return json.dumps(entries).encode()


def served() -> bytes:
    provider = {
        "provider": "together",
        "status": "live",
        "pricing": {"input": 1, "output": 2},
        "throughput": 81.5,
        "first_token_latency_ms": 240,
    }
    return json.dumps({"data": [{"id": "Qwen/model-1", "owned_by": "Qwen", "providers": [provider]}]}).encode()


@pytest.fixture(scope="module")
def bare(database: Any) -> Iterator[str]:
    """A dashboard over a ledger that holds nothing."""
    with serving() as running:
        yield running


def test_nothing_counted_says_what_brings_it(bare: str, reader: Reader) -> None:
    with reader.open(f"{bare}/outlook", 390) as page:
        told = page.locator(".mm-empty").all_inner_texts()
        words = ["modelmarket up", "modelmarket backtest", "openrouter_rankings", "backfill huggingface", "github_stars"]
        assert [word for word in words if any(word in one for one in told)] == words
        assert page.locator('[data-testid="stDataFrame"], [data-testid="stException"]').count() == 0


@pytest.fixture(scope="module")
def address(bare: str, web: Web) -> str:
    """The same dashboard, after the sources were read."""
    web.pages |= {LITELLM: retiring(), RANKINGS: ranked(), ROUTER: served()}
    for source in ("litellm", "openrouter_rankings", "hf_router", "hf_router"):
        assert crawl(web, source)["outcome"] in ("complete", "unchanged")
    return bare


def floor_of(database: Any) -> Any:
    with database.connect("dashboard") as connection:
        query = "select floor_usd, second_usd from market.price_floor where series = 'chat output_mtok' order by day desc limit 1"
        return connection.execute(query).fetchone()


def test_a_floor_without_a_past_is_shown_and_nothing_is_said_of_its_future(address: str, reader: Reader, database: Any) -> None:
    with reader.open(f"{address}/outlook", 390) as page:
        page.wait_for_selector("canvas")
        words = page.inner_text("body")
        assert "nothing is said of the future" in words and "No forecast of this floor has come due yet" in words
        assert [figures.money(usd) for usd in floor_of(database)] == page.locator(".mm-value").all_inner_texts()[:2]
        assert page.locator('[data-testid="stException"]').count() == 0


@pytest.fixture(scope="module")
def nights(address: str, database: Any) -> str:
    """A forecast made tonight and one that came due yesterday, and a backtest in which nobody beats no change."""
    now, usd = datetime.now(UTC), floor_of(database)[0]
    with database.connect() as connection:
        for made, days in ((now, 28), (now, 91), (now, 182), (now - timedelta(days=29), 28)):
            shares = ("0.4", "0.5", "0.9", "1", "1", "1.1", "1.2")
            told = (made, made, made.date() + timedelta(days=days), days, usd, [usd * Decimal(share) for share in shares])
            connection.execute(
                "insert into ledger.forecast (series, made_at, known_at, target_on, horizon_days, method, titled, start_usd, values_usd,"
                " p_lower, p_same, p_higher) values ('chat output_mtok', %s, %s, %s, %s, 'no_change', true, %s, %s, 0.31, 0.6, 0.09)",
                told,
            )
        forecasts.score(connection, now)
        for method in ("no_change", "event_rates"):
            connection.execute(
                "insert into ledger.forecast_trial (tried_on, floors, series, horizon_days, method, titled, n, n_series, mae_log, pinball,"
                " coverage_80, width_80, error_ratio, error_ratio_low, error_ratio_high)"
                " select %s, 'believed', 'family', days, %s, %s = 'no_change', 277, 10, 0.07, 0.04, 0.92, 0.6, 1.02, 1.01, 1.03"
                " from unnest(array[28, 91, 182]) as days",
                (now.date(), method, method),
            )
        connection.commit()
    return address


def test_outlook_says_plainly_that_nothing_beats_no_change(nights: str, reader: Reader, database: Any) -> None:
    reader.complaints.clear()
    usd = floor_of(database)[0]
    with serving() as fresh, reader.open(f"{fresh}/outlook") as page:
        page.wait_for_selector("canvas")
        page.get_by_text("No method beats no change at 28, 91 or 182 days").wait_for()
        shown = page.locator(".mm-value").all_inner_texts()
        assert shown[2:4] == [f"{figures.money(usd / 2)} to {figures.money(usd * Decimal('1.1'))}"] * 2
        words = page.inner_text("body")
        assert "31% that it falls" in words and "unverified" in words and "scenarios and no forecasts" in words
        came, skill = cells(page, 0), cells(page, 1)
        # The floor of this ledger is a day old: on the day forecast a month ago nothing was for sale yet.
        assert [line[1] for line in came] == ["28"]
        assert [(line[2], line[6]) for line in skill] == [(days, "1.02 (1.01 to 1.03)") for days in ("28", "91", "182")]
        for width, scheme in ((1440, "dark"), (390, "light")):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= window.innerWidth")
        assert page.locator('[data-testid="stException"]').count() == 0
    assert not reader.complaints


def test_tokens_are_shown_with_their_tokenizers_and_terms(address: str, reader: Reader, database: Any) -> None:
    reader.complaints.clear()
    with database.connect("dashboard") as connection:
        week = dict(
            connection.execute(
                "select model_key, sum(value) from market.adoption where day > (select max(day) - 7 from market.adoption) group by model_key"
            ).fetchall()
        )
    with reader.open(f"{address}/outlook") as page:
        page.wait_for_selector("[data-testid=stDataFrame]")
        last = page.locator("[data-testid=stDataFrame]").count() - 1
        shown = {line[0]: int(line[1]) for line in cells(page, last)}
        assert shown == {"all others together": week["other"], "qwen/model-1": week["qwen/model-1"], "zebra/tiny": week["zebra/tiny"]}
        words = page.inner_text("body")
        assert "own author's tokenizer" in words and "CC BY 4.0" in words
        for width, scheme in ((1440, "dark"), (390, "light")):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= window.innerWidth")
        assert page.locator('[data-testid="stException"]').count() == 0
    assert not reader.complaints


def test_monday_says_what_is_coming_and_who_says_so(address: str, reader: Reader) -> None:
    with reader.open(address) as page:
        assert "0 models with a new price; 1 retirement." in page.inner_text("body")
        place = next(n for n in range(page.locator("[data-testid=stDataFrame]").count()) if "qwen/model-7" in cells(page, n)[0])
        assert cells(page, place)[0] == ["9 days", "qwen/model-7", "Retirement", "together-ai", "then qwen/model-8", SOON.isoformat()]
        select(page, place, 0)
        page.wait_for_selector(".mm-evidence")
        assert "litellm" in page.inner_text(".mm-evidence")
        assert page.get_attribute(".mm-evidence a", "href", timeout=30_000) == f"https:/{LITELLM}"


def test_a_model_says_how_it_is_served(address: str, reader: Reader) -> None:
    with reader.open(f"{address}/prices?model=qwen/model-1") as page:
        page.get_by_text("How it is served").wait_for()
        reader.settle(page)
        tables = [cells(page, place) for place in range(page.locator("[data-testid=stDataFrame]").count())]
        assert [[(line[1:3], line[-1]) for line in table] for table in tables].count([(["81.5", "240"], "hf_router")]) == 1
        assert "Fastest first" in page.inner_text("body")
        assert "qwen/model-1 is known under" in page.inner_text("body")
