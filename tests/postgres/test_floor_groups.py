"""Floors of groups: who competes by name, license and recorded score; kept up run by run, they are those made anew."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pages import NOW, load, row, sight

from db import engine, floor_days, floor_groups, floors
from db.floors import Grouped
from market.errors import Misused
from market.records import Model, Offer, Quote, Record, Score

NAMED, RIVAL = "openai/gpt-4-0314", "anthropic/claude-3-opus"
METERS = ("input_mtok", "output_mtok")


def page(prices: dict[str, str]) -> list[Record]:
    """What three providers ask for models, by model: the amount and two that are a little dearer."""
    found: list[Record] = []
    for model, usd in prices.items():
        for place, provider in enumerate(("north", "south", "west")):
            found.append(Offer(provider, model, model=model, mode="chat"))
            found += [Quote(provider, model, meter, Decimal(usd) + place) for meter in METERS]
    return found


def scores(**points: int) -> list[Record]:
    """Results in the arena, by the end of a model's name."""
    names = {"named": NAMED, "rival": RIVAL}
    made = [(Model(names[name], model=names[name]), Score(names[name], "arena_text", Decimal(value))) for name, value in points.items()]
    return [one for pair in made for one in pair]


def now(connection: psycopg.Connection, like: str) -> dict[str, Decimal]:
    found = connection.execute(
        "select distinct on (series) series, floor_usd from market.floor_move where series ~ %s order by series, from_on desc", (like,)
    ).fetchall()
    return {series: usd for series, usd in found if usd is not None}


def told(connection: psycopg.Connection) -> Sequence[tuple[Any, ...]]:
    return connection.execute("select * from ledger.floor_day order by series, day").fetchall()


def night(number: int) -> Any:
    return NOW - timedelta(days=20 - number)


def test_kept_up_they_are_those_made_anew_and_the_level_is_the_recorded_score(clean: psycopg.Connection) -> None:
    usual = {NAMED: "8", RIVAL: "4", "anthropic/claude-3-haiku": "1", "meta-llama/llama-3-8b-instruct": "0.5"}
    load(clean, row("arena"), [sight(night(1), scores(named=1200, rival=1100), "https://arena.test/")])
    load(clean, row(), [sight(night(2), page(usual))])
    assert now(clean, "^like-gpt-4 input") == {"like-gpt-4 input_mtok": 8}, "what scored lower is no rival, however cheap"
    assert now(clean, "^family:(claude|gpt) input") == {"family:claude input_mtok": 1, "family:gpt input_mtok": 8}
    assert now(clean, "^small-closed input") == {"small-closed input_mtok": 1}
    load(clean, row(), [sight(night(4), page({**usual, RIVAL: "3"}))])
    load(clean, row("arena"), [sight(night(6), scores(named=1200, rival=1200), "https://arena.test/")])
    assert now(clean, "^like-gpt-4 input") == {"like-gpt-4 input_mtok": 3}
    load(clean, row(), [sight(night(8), page({**usual, RIVAL: "3", "anthropic/claude-3-haiku": "0.75"}))])
    assert now(clean, "^(family:claude|small-closed) output") == {
        "family:claude output_mtok": Decimal("0.75"), "small-closed output_mtok": Decimal("0.75"),
    }  # fmt: skip
    kept = told(clean)
    floor_days.refresh(clean, whole=True)
    assert told(clean) == kept


def test_a_model_without_a_recorded_score_sets_no_level(clean: psycopg.Connection) -> None:
    load(clean, row("arena"), [sight(night(1), scores(rival=1100), "https://arena.test/")])
    load(clean, row(), [sight(night(2), page({RIVAL: "4"}))])
    assert now(clean, "^like-") == {} and now(clean, "^chat input") == {"chat input_mtok": 4}


def test_a_class_of_licenses_is_that_of_the_cards(clean: psycopg.Connection) -> None:
    key = "acme/open-7b"
    cards = [Model(key, model=key, hugging_face_id=key, open_weights=True, license_tag="apache-2.0")]
    load(clean, row("huggingface"), [sight(night(1), list(cards), "https://hub.test/")])
    load(clean, row(), [sight(night(2), page({key: "2", RIVAL: "1"}))])
    classes = clean.execute("select effective_class from ledger.model_license").fetchall()
    assert now(clean, "^license:.* input") == {f"license:{name} input_mtok": 2 for (name,) in classes if name not in ("unknown", "none")}


@pytest.mark.parametrize(
    ("rule", "model", "belongs"),
    [
        (Grouped(families=("gpt",)), "openai/gpt-4o", True),
        (Grouped(families=("o1",)), "acme/o1-large", True),
        (Grouped(families=("nova",)), "acme/novalis-1", False),
        (Grouped(families=("gpt",), words=("mini",)), "openai/gpt-5-mini", True),
        (Grouped(families=("gpt",), words=("mini",)), "openai/gpt-5", False),
        (Grouped(words=("mini",)), "acme/gemini-pro", False),
        (Grouped(families=("gpt",), words=("fast",), without=("oss",)), "openai/gpt-oss-fast", False),
    ],
)
def test_a_name_belongs_by_its_beginning_and_by_whole_words(rule: Grouped, model: str, belongs: bool) -> None:
    assert floor_groups.named(rule, model) is belongs


@pytest.mark.parametrize("wrong", ['as_good_as = "a/b"', 'per = "license_class"\nweights = "open"', 'per = "author"', 'colour = "red"'])
def test_a_group_that_is_not_described_is_told(database: object, wrong: str) -> None:
    file: Path = engine.home() / "series.toml"
    try:
        file.write_text(f'[mine]\nsays = "mine"\nmeters = ["input_mtok"]\n{wrong}\n')
        with pytest.raises(Misused, match="does not describe series"):
            floors.series()
    finally:
        file.unlink()
