"""Screening on real histories: the known slips are held, their corrections and the dearest real prices are not."""

import os
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from databases import Database

from collector import backfill
from db import floor_days

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
BUNDLES = SHARED / "data" / "git-scrapes"
if not BUNDLES.is_dir():
    pytest.skip(f"no histories under {BUNDLES}", allow_module_level=True)

# Source, provider and model as the source spells them, meter, price, and the day on which it was first said.
HELD = [
    ("models_dev", "cloudflare-ai-gateway", "workers-ai/deepseek-r1-distill-qwen-32b", "output_mtok", "4880000", "2025-12-13"),
    ("models_dev", "openrouter", "openai/gpt-5.4-mini", "input_mtok", "0.00000075", "2026-03-20"),
    ("models_dev", "openrouter", "openai/gpt-5.4-nano", "output_mtok", "0.00000125", "2026-03-20"),
    ("models_dev", "helicone", "mistral-small", "input_mtok", "75", "2025-12-08"),
    ("models_dev", "anthropic", "claude-sonnet-4-20250514", "cache_read_mtok", "3.75", "2025-06-04"),
    ("models_dev", "moark", "MiniMax-M2.1", "output_mtok", "8.4", "2026-01-25"),
    ("litellm", "vertex_ai-language-models", "gemini-1.5-flash-001", "output_mtok", "0.0046875", "2024-10-17"),
    ("litellm", "vertex_ai-language-models", "gemini-1.5-pro", "input_mtok", "0.078125", "2024-10-17"),
    ("litellm", "openrouter", "bytedance/ui-tars-1.5-7b", "input_mtok", "100000", "2025-07-26"),
    ("litellm", "openrouter", "qwen/qwen-vl-plus", "output_mtok", "630", "2025-07-24"),
    ("litellm", "azure_ai", "jais-30b-chat", "input_mtok", "3200", "2025-07-19"),
    ("litellm", "watsonx", "ibm/granite-3-8b-instruct", "input_mtok", "200", "2025-05-07"),
    ("litellm", "oci", "xai.grok-4", "output_mtok", "0.15", "2025-08-08"),
]
BELIEVED = [
    ("models_dev", "openai", "o1-pro", "output_mtok", "600", "2025-06-11"),
    ("litellm", "openai", "o1-pro", "output_mtok", "600", "2025-03-21"),
    ("litellm", "vertex_ai-language-models", "gemini-1.5-pro-preview-0514", "input_mtok", "5", "2024-07-01"),
    ("litellm", "aleph_alpha", "luminous-supreme-control", "output_mtok", "240.625", "2024-03-25"),
    ("litellm", "groq", "llama-3.1-8b-instant", "input_mtok", "0.05", "2024-10-17"),
    ("litellm", "cohere_chat", "command-light", "input_mtok", "0.3", "2024-10-14"),
]
SAID = """
select q.rule from ledger.statement as s
inner join ledger.price_line as l on l.id = s.line_id
inner join ledger.offer as o on o.id = l.offer_id
inner join ledger.source as src on src.id = o.source_id
left join ledger.quarantine as q on q.line_id = s.line_id and q.seen_at = s.seen_at and q.scope_id = s.scope_id
where (src.name, o.provider, o.model_key, l.meter, s.usd, s.seen_at::date) = (%s, %s, %s, %s, %s, %s)
    and l.condition is null and o.plan = 'standard' and not s.gone
"""


@pytest.fixture(scope="module")
def loaded(database: Database) -> Database:
    """The two longest histories."""
    backfill.backfill("litellm", str(BUNDLES / "litellm-prices.bundle"), "daily")
    backfill.backfill("models_dev", str(BUNDLES / "models-dev.bundle"))
    return database


def rule(database: Database, case: tuple[str, ...]) -> str | None:
    source, provider, model, meter, usd, day = case
    with database.connect() as connection:
        found = connection.execute(SAID, (source, provider, model, meter, Decimal(usd), date.fromisoformat(day))).fetchall()
    assert found, f"the history does not have {case}"
    assert len(set(found)) == 1, found
    return found[0][0]


@pytest.mark.parametrize("case", HELD, ids=lambda case: f"{case[2]} {case[4]}")
def test_known_slips_are_held(loaded: Database, case: tuple[str, ...]) -> None:
    assert rule(loaded, case) is not None


@pytest.mark.parametrize("case", BELIEVED, ids=lambda case: f"{case[2]} {case[4]}")
def test_real_prices_pass(loaded: Database, case: tuple[str, ...]) -> None:
    assert rule(loaded, case) is None


def test_free_prices_pass_and_few_prices_are_held(loaded: Database) -> None:
    with loaded.connect() as connection:
        free, held, all_ = connection.execute(
            "select count(*) filter (where s.usd = 0 and q.rule <> 'not_chat'), count(q.rule), count(*) from ledger.statement as s"
            " left join ledger.quarantine as q on q.line_id = s.line_id and q.seen_at = s.seen_at and q.scope_id = s.scope_id"
        ).fetchone() or (0, 0, 0)
    assert free == 0
    assert 200 < held < all_ / 50


def test_no_slip_ever_set_a_floor_and_those_that_would_have_are_listed(loaded: Database) -> None:
    (query,) = re.findall(r"^```sql\n(.*?)^```", (ROOT / "docs" / "forecasts.md").read_text(), re.MULTILINE | re.DOTALL)
    named = ("jais-30b-chat", "ui-tars-1.5-7b", "flux", "gpt-5.4-nano", "gpt-5.4-mini", "gemini-1.5-flash")
    with loaded.connect() as connection:
        told = connection.execute("select thing, floor_usd, day from ledger.floor_day where thing ~ any(%s)", (list(named),)).fetchall()
        listed = {row[1] for row in connection.execute("set local search_path = market").execute(query).fetchall()}
    slips = {
        ("gpt-5.4-nano", "0.00002"),
        ("gpt-5.4-mini", "0.00002"),
        ("gemini-1.5-flash", "0.0047"),
        ("flux", "1000000"),
        ("jais", "1000000"),
    }
    assert not [row for row in told if any(name in row[0] and row[1] is not None and row[1] <= Decimal(usd) for name, usd in slips)]
    assert not [row for row in told if "ui-tars" in row[0] and row[1] is not None and row[1] >= 1000]
    would = {"openrouter/openai/gpt-5.4-nano", "openrouter/openai/gpt-5.4-mini", "vertex_ai-language-models/gemini-1.5-flash-001"}
    assert would <= listed


def test_on_real_histories_floors_kept_up_are_those_made_anew(loaded: Database) -> None:
    query = "select * from ledger.floor_day order by series, day"
    with loaded.connect() as connection:
        kept = connection.execute(query).fetchall()
        floor_days.refresh(connection, whole=True)
        assert connection.execute(query).fetchall() == kept
        assert {series.split(":")[0] for series, *_ in kept} >= {"family", "small-closed input_mtok"}
        connection.rollback()
