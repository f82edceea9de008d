"""Use of models: days as sources count them, a past of a daily list, and what OpenRouter counts under dated names."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
import recordings
from databases import Database
from pages import empty, hour, load, row, sight
from repositories import Repository
from repositories import hour as commit_hour

from collector import backfill, history, source
from market.records import Adoption, Model, Offer, Record, Service

DAY = date(2026, 3, 1)
VIEW = "select day, model, metric, value, source, model_key from market.adoption order by source, metric, day, model_key"


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """The database, without what other tests loaded."""
    with database.connect() as opened:
        empty(opened)
        yield opened


def seen(connection: psycopg.Connection, query: str = VIEW) -> list[Any]:
    found = connection.execute(query).fetchall()
    connection.commit()
    return found


def test_a_count_belongs_to_the_day_that_is_stated_else_to_the_one_it_was_read(connection: psycopg.Connection) -> None:
    page: list[Record] = [Model("Acme/Atlas", hugging_face_id="Acme/Atlas"), Adoption("Acme/Atlas", "likes", 7)]
    load(connection, row(), [sight(hour(1), page)])
    later = hour(1) + timedelta(microseconds=1)
    load(connection, row(), [sight(later, [page[0], Adoption("Acme/Atlas", "likes", 9), Adoption("Acme/Atlas", "tokens", 5, DAY)])])
    assert seen(connection) == [
        (hour(1).date(), "acme/atlas", "likes", 7, "one", "Acme/Atlas"),
        (DAY, "acme/atlas", "tokens", 5, "one", "Acme/Atlas"),
    ]


def test_dated_names_are_brought_to_the_model_their_source_says_they_count_for(connection: psycopg.Connection) -> None:
    load(connection, row("listing"), [sight(hour(1), [Model("acme/atlas", model="acme/atlas", counted_as="acme/atlas-20260301")])])
    counted: list[Record] = [Model(key) for key in ("acme/atlas-20260301", "acme/atlas-20250101", "other")]
    counted += [Adoption(record.model_key, "tokens", 3, DAY) for record in counted if isinstance(record, Model)]
    load(connection, row("rankings"), [sight(hour(2), counted, "https://two.test/")])
    assert {key: model for _, model, _, _, _, key in seen(connection)} == {
        "acme/atlas-20260301": "acme/atlas",
        "acme/atlas-20250101": None,
        "other": None,
    }


def day_list(number: int, downloads: int, *, columns: bool = False) -> str:
    """A day of the trending list: a model that stays, and one that is there on even days."""
    mined = (commit_hour(24 * number).date()).strftime("%d-%m-%Y")
    entries = [{"id": "Acme/Embed", "author": "Acme", "downloads": downloads, "likes": number, "gated": False, "mined_date": mined}]
    if number % 2 == 0:
        entries.append({"id": "zebra/tiny", "author": "zebra", "downloads": 5, "likes": 0, "gated": False, "mined_date": mined})
    if columns:
        return json.dumps({name: {str(place): entry[name] for place, entry in enumerate(entries)} for name in entries[0]})
    return json.dumps(entries)


@pytest.mark.parametrize("columns", [False, True])
def test_two_years_of_a_daily_list_are_read_from_its_history(connection: psycopg.Connection, tmp_path: Any, columns: bool) -> None:
    repository = Repository(tmp_path / "trending")
    for number in range(4):
        repository.commit(24 * number, {"transformersjs.json": day_list(number, 1000 + number, columns=columns)})
    repository.commit(24 * 4, {"transformersjs.json": "[{"})
    document = backfill.backfill("huggingface", str(repository.folder))
    assert [skipped["path"] for skipped in document["skipped"]] == ["transformersjs.json"]
    days = [commit_hour(24 * number).date() for number in range(4)]
    found = seen(connection)
    assert [(day, int(value)) for day, model, metric, value, *_ in found if (model, metric) == ("acme/embed", "downloads")] == [
        (day, 1000 + number) for number, day in enumerate(days)
    ]
    assert [day for day, model, metric, *_ in found if (model, metric) == ("zebra/tiny", "likes")] == days[::2]
    backfill.backfill("huggingface", str(repository.folder))
    assert seen(connection) == found, "what is known is not written twice"


def test_service_is_kept_over_time(connection: psycopg.Connection) -> None:
    for number, uptime in enumerate((99, 97)):
        page: list[Record] = [Offer("acme", "atlas"), Service("acme", "atlas", tps_p50=40 + number, uptime_1d=uptime)]  # type: ignore[arg-type]
        load(connection, row(), [sight(hour(24 * number), page)])
    assert seen(
        connection, "select seen_at, provider, tps_p50, ttft_ms_p50, uptime_1d, source from market.endpoint_service order by 1"
    ) == [
        (hour(0), "acme", 40, None, 99, "one"),
        (hour(24), "acme", 41, None, 97, "one"),
    ]


@recordings.needed
def test_the_recorded_history_is_the_list_day_by_day(connection: psycopg.Connection, tmp_path: Any) -> None:
    bundle = recordings.SHARED / "data" / "git-scrapes" / "hf-trending.bundle"
    document = backfill.backfill("huggingface", str(bundle))
    local = history.at_hand(str(bundle), tmp_path, "main")
    commits = history.git(local, "log", "--format=%H", "main").decode().split()
    assert document["commits"] == len(commits)
    assert not document["skipped"]
    counted = {key: (int(days), int(total)) for key, days, total in seen(
        connection, "select model_key, count(*), sum(value) from market.adoption where metric = 'downloads' group by model_key"
    )}  # fmt: skip
    days, wanted = set(), 0
    for commit in commits[::90]:
        body = json.loads(history.git(local, "show", f"{commit}:transformersjs.json"))
        day, month, year = body[0]["mined_date"].split("-")
        days.add(on := date(int(year), int(month), int(day)))
        said = {entry["id"]: entry["downloads"] for entry in body if entry.get("downloads") is not None}
        found = dict(
            connection.execute(
                "select model_key, value::bigint from market.adoption where metric = 'downloads' and day = %s", (on,)
            ).fetchall()
        )
        assert found == said
        wanted += len(said)
    assert len(days) > 7 and wanted > 500 and len(counted) > 200
    first, last = seen(connection, "select min(day), max(day) from market.adoption")[0]
    assert last - first > timedelta(days=700)


def test_every_source_of_use_says_on_what_terms() -> None:
    rankings = source.find()["openrouter_rankings"]
    assert rankings.terms.license == "CC BY 4.0" and "openrouter.ai/rankings" in rankings.terms.attribution
    assert rankings.experimental and rankings.key_variable
