"""Names in the ledger: each stands for one model, whoever sells it; a rebuild gives the same rows."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
from pages import Line, hour, load, records, row, sight

from db import identities
from market.records import Model, Offer, Record

PRICES = {
    Line("bedrock/us.anthropic.claude-opus-4-5-20251101-v1:0"): Decimal(5),
    Line("anthropic/claude-opus-4-5"): Decimal(5),
    Line("acme/who-knows"): Decimal(2),
    Line("acme/who-knows", meter="output_mtok"): Decimal(4),
    Line("hub/acme/Zebra-9B-v2"): Decimal(1),
}


def loaded(connection: psycopg.Connection, *more: Record, source: str = "one") -> None:
    load(connection, row(source), [sight(hour(1), [*records(PRICES), *more])])


def test_one_model_is_compared_across_providers(clean: psycopg.Connection) -> None:
    loaded(clean)
    found = clean.execute("select provider from market.price where resolved_model = 'anthropic/claude-opus-4.5' order by 1").fetchall()
    assert found == [("amazon-bedrock",), ("anthropic",)]
    history = clean.execute("select count(*) from market.quote_history where resolved_model = 'anthropic/claude-opus-4.5'").fetchone()
    assert history == (2,)
    assert clean.execute("select author, slug, version from ledger.model where slug like 'claude%'").fetchall() == [
        ("anthropic", "claude-opus-4.5", "4.5")
    ]


def test_what_is_not_resolved_is_listed_with_its_price(clean: psycopg.Connection) -> None:
    loaded(clean)
    assert clean.execute("select provider, name, sources, blend_3to1_usd from market.unresolved").fetchall() == [
        ("acme", "who-knows", 1, (3 * Decimal(2) + Decimal(4)) / 4)
    ]


def test_what_a_source_states_of_a_name_moves_it_and_a_rebuild_gives_the_same(clean: psycopg.Connection) -> None:
    loaded(clean)
    name = "select model, basis from market.alias where name = 'acme/Zebra-9B-v2'"
    assert clean.execute(name).fetchall() == [("acme/zebra-9b-v2", "author")]
    load(clean, row("two"), [sight(hour(2), [Model("acme/zebra", model="acme/zebra", hugging_face_id="acme/Zebra-9B-v2")])])
    assert clean.execute(name).fetchall() == [("acme/zebra", "stated")]
    tables = {table: f"select * from ledger.{table} order by 1, 2" for table in ("author", "model", "alias")}
    before = {table: clean.execute(query).fetchall() for table, query in tables.items()}
    for table in ("alias", "model", "author"):
        clean.execute(f"delete from ledger.{table}")
    identities.refresh(clean)
    assert {table: clean.execute(query).fetchall() for table, query in tables.items()} == before
    assert not clean.execute("select 1 from ledger.model where model = 'acme/zebra-9b-v2'").fetchall()


def test_an_alias_says_where_it_leads(clean: psycopg.Connection) -> None:
    loaded(clean, Offer("anthropic", "claude-opus-latest", mode="chat", alias_of="claude-opus-4-5"))
    found = clean.execute("select model, points_to, points_since from market.alias where name = 'claude-opus-latest'").fetchall()
    assert found == [("anthropic/claude-opus-latest", "claude-opus-4-5", hour(1))]


def test_releases_say_what_their_dates_rest_on(clean: psycopg.Connection) -> None:
    first, later = date(2025, 11, 24), date(2026, 11, 24)
    offers = [Offer("anthropic", "claude-opus-4-5", plan=plan, released_on=first, retires_on=later) for plan in ("batch", "flex")]
    repository = Model("acme/Zebra-9B-v2", created_at=hour(-5), hugging_face_id="acme/Zebra-9B-v2")
    elsewhere = Offer("reseller", "claude-opus-4-5", retires_on=first)
    loaded(clean, *offers, elsewhere, repository, source="huggingface")
    found = clean.execute(
        "select event, happened_on, basis from market.release where model = %s order by 1", ("anthropic/claude-opus-4.5",)
    )
    assert found.fetchall() == [("announced", first, "stated"), ("api", hour(1).date(), "seen"), ("retired", later, "stated")]
    found = clean.execute("select event, happened_on, basis from market.release where model = 'acme/zebra-9b-v2' order by 1")
    assert found.fetchall() == [("api", hour(1).date(), "seen"), ("weights", hour(-5).date(), "repository")]


def test_an_author_has_a_country_where_it_was_reviewed(clean: psycopg.Connection) -> None:
    loaded(clean)
    assert dict(clean.execute("select author, country from ledger.author").fetchall()) == {"anthropic": "US", "acme": None}


def test_cadence_is_the_mean_of_days_between_an_author_s_release_days(clean: psycopg.Connection) -> None:
    newest = datetime.now(UTC).date() - timedelta(10)
    days = [newest - timedelta(ago) for ago in (0, 20, 20, 50)]
    loaded(
        clean,
        *[Model(f"acme/open-{n}", model=f"acme/open-{n}", released_on=day, open_weights=True) for n, day in enumerate(days)],
        Model("acme/ahead", model="acme/ahead", released_on=newest + timedelta(40), open_weights=True),
        Model("acme/shut", model="acme/shut", released_on=newest, open_weights=False),
        Model("acme/silent", model="acme/silent", released_on=newest),
    )
    asked = "select open_weights, releases, models, first_on, last_on, days_between from market.cadence where author = 'acme' order by 1"
    assert clean.execute(asked).fetchall() == [
        (False, 1, 1, newest, newest, None),
        (True, 3, 4, min(days), newest, Decimal(25)),
    ]


def test_a_reviewed_author_s_model_is_closed_where_no_source_says_otherwise(clean: psycopg.Connection) -> None:
    told = Model("openai/gpt-5-told", model="openai/gpt-5-told", open_weights=True)
    loaded(clean, Model("openai/gpt-5-mini", model="openai/gpt-5-mini"), told, Model("acme/silent", model="acme/silent"))
    found = clean.execute("select model, open_weights from market.model").fetchall()
    assert {name: side for name, side in found if not name.startswith("anthropic")} == {
        "openai/gpt-5-mini": False, "openai/gpt-5-told": True, "acme/silent": None,
    }  # fmt: skip


def test_what_training_took_counts_for_the_model_that_a_name_says_and_no_other(clean: psycopg.Connection) -> None:
    took = {"Claude Opus 4.5": Decimal("1e26"), "Claude": Decimal(7), "Who Knows 3": Decimal(8)}
    loaded(clean, *[Model(name, training_flop=flop) for name, flop in took.items()], Model("GPT-4", training_datapoints=Decimal("4.9e12")))
    found = clean.execute("select model, training_flop, training_datapoints, model_key from market.training order by 1").fetchall()
    assert found == [
        ("anthropic/claude-opus-4.5", took["Claude Opus 4.5"], None, "Claude Opus 4.5"),
        ("openai/gpt-4", None, Decimal("4.9e12"), "GPT-4"),
    ]
