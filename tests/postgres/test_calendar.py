"""The calendar: every kind and status from hand-made pages, and the recordings against a count that knows none of our code."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
import recordings
from databases import Database
from icalendar import Calendar
from pages import NOW, START, Line, empty, hour, load, records, row, sight

from collector import history, pipelines, source
from collector.source import Page
from db import backfill, ledger
from jobs import calendar, cli
from market.records import Offer, Record

TODAY = NOW.date()
SOON, LATER = TODAY + timedelta(days=20), TODAY + timedelta(days=50)
PASSED = (START + timedelta(days=5)).date()
ATLAS = "acme/atlas-2"


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """The database, without what other tests loaded."""
    with database.connect() as opened:
        empty(opened)
        yield opened


def told(connection: psycopg.Connection, *pages: list[Record], every: float = 24) -> dict[tuple[str, date], tuple[Any, ...]]:
    """The calendar after pages seen a day apart: (kind, day) → (status, what else is said)."""
    for place, page in enumerate(pages):
        load(connection, row(), [sight(hour(every * place), page)])
    found = connection.execute(
        "select kind, due_on, status, days_left, replacement, says, moved_to, evidence from market.calendar"
    ).fetchall()
    connection.commit()
    assert all(days == (due - TODAY).days for _, due, _, days, *_ in found)
    assert all(evidence == "https://one.test/" for *_, evidence in found)
    assert len({(kind, due) for kind, due, *_ in found}) == len(found)
    return {(kind, due): (status, *rest[1:4]) for kind, due, status, *rest in found}


def listing(**terms: Any) -> list[Record]:
    return [Offer("acme", "atlas-2", **terms), Offer("acme", "atlas-3")]


def priced(usd: str, *dated: tuple[str, date], until: date | None = None) -> list[Record]:
    """A page with a price of today, and prices of days to come."""
    base = (Decimal(usd), midnight(until)) if until else Decimal(usd)
    return records({Line(ATLAS): base} | {Line(ATLAS, stated_from=midnight(day)): Decimal(amount) for amount, day in dated})


def test_a_retirement_is_announced_then_in_force(connection: psycopg.Connection) -> None:
    found = told(connection, listing(retires_on=SOON, replacement="atlas-3"))
    assert found == {("retirement", SOON): ("announced", "atlas-3", None, None)}
    empty(connection)
    found = told(connection, *[listing(retires_on=PASSED)] * 10)
    assert found == {("retirement", PASSED): ("in_force", None, None, None)}


def test_a_retirement_put_off_is_cancelled_and_says_for_when(connection: psycopg.Connection) -> None:
    found = told(connection, listing(retires_on=SOON), listing(retires_on=LATER))
    assert found == {("retirement", SOON): ("cancelled", None, None, LATER), ("retirement", LATER): ("announced", None, None, None)}


def test_a_retirement_taken_back_is_cancelled(connection: psycopg.Connection) -> None:
    found = told(connection, listing(retires_on=SOON), listing(), listing(name="Atlas"))
    assert found == {("retirement", SOON): ("cancelled", None, None, None)}


def test_a_word_taken_back_and_given_again_stands(connection: psycopg.Connection) -> None:
    found = told(connection, listing(retires_on=SOON), listing(), listing(retires_on=SOON))
    assert found == {("retirement", SOON): ("announced", None, None, None)}


def test_what_left_the_list_has_retired_and_not_been_cancelled(connection: psycopg.Connection) -> None:
    left = [Offer("acme", "atlas-3")]
    assert told(connection, listing(retires_on=SOON), left)["retirement", SOON][0] == "announced"
    for day in (2, 3):
        load(connection, row(), [sight(hour(24 * day), left)])
    assert connection.execute("select status from market.calendar").fetchall() == [("in_force",)]


def test_a_retirement_of_which_nobody_spoke_after_its_day_has_come(connection: psycopg.Connection) -> None:
    found = told(connection, listing(retires_on=PASSED), *[listing(retires_on=PASSED)] * 6, listing())
    assert found["retirement", PASSED][0] == "in_force"


def test_deprecated_without_a_day_is_dated_by_its_first_sight(connection: psycopg.Connection) -> None:
    found = told(connection, listing(), listing(status="deprecated"), listing(status="deprecated", name="Atlas"))
    assert found == {("retirement", hour(24).date()): ("in_force", None, None, None)}
    assert connection.execute("select due_on_basis from market.calendar").fetchall() == [("seen",)]
    connection.commit()
    empty(connection)
    found = told(connection, listing(status="deprecated"), listing(status="beta"))
    assert found == {("retirement", START.date()): ("cancelled", None, None, None)}


def test_a_name_that_leads_elsewhere_is_a_switch(connection: psycopg.Connection) -> None:
    found = told(connection, listing(alias_of="acme/atlas-1"), listing(alias_of="acme/atlas-1"), listing(alias_of="acme/atlas-3"))
    assert found == {("alias_switch", hour(48).date()): ("in_force", "acme/atlas-3", None, None)}


def test_a_price_is_announced_then_in_force(connection: psycopg.Connection) -> None:
    found = told(connection, priced("2"), priced("2", ("3", SOON), until=SOON))
    assert found == {("price", SOON): ("announced", None, "input_mtok 2 to 3 USD", None)}
    empty(connection)
    found = told(connection, *[priced("2", ("3", PASSED), until=PASSED)] * 8)
    assert found == {("price", PASSED): ("in_force", None, "input_mtok 2 to 3 USD", None)}


def test_a_price_dated_back_was_never_announced(connection: psycopg.Connection) -> None:
    assert told(connection, priced("2", ("3", START.date() - timedelta(days=3)))) == {}


def test_a_price_withdrawn_before_its_day_is_cancelled(connection: psycopg.Connection) -> None:
    found = told(connection, priced("2", ("3", SOON), until=SOON), priced("2"))
    assert found == {("price", SOON): ("cancelled", None, "input_mtok 2 to 3 USD", None)}


def test_a_price_put_off_says_for_when(connection: psycopg.Connection) -> None:
    found = told(connection, priced("2", ("3", SOON)), priced("2", ("3", LATER)))
    assert found["price", SOON] == ("cancelled", None, "input_mtok 2 to 3 USD", LATER)
    assert found["price", LATER][0] == "announced"


def test_a_price_gone_after_its_day_with_the_old_one_back_never_came(connection: psycopg.Connection) -> None:
    found = told(connection, priced("2", ("3", PASSED), until=PASSED), *[priced("2", ("3", PASSED), until=PASSED)] * 8, priced("2"))
    assert found["price", PASSED][0] == "cancelled"


def test_a_price_stated_without_its_day_once_it_came_is_in_force(connection: psycopg.Connection) -> None:
    found = told(connection, *[priced("2", ("3", PASSED), until=PASSED)] * 3, *[priced("3")] * 6)
    assert found["price", PASSED][0] == "in_force"


def test_a_price_never_seen_on_its_day_and_gone_since_is_cancelled(connection: psycopg.Connection) -> None:
    found = told(connection, priced("2", ("3", PASSED)), priced("1"), every=24 * 12)
    assert found["price", PASSED][0] == "cancelled"


def test_an_end_without_a_next_price_is_the_end_of_a_promotion(connection: psycopg.Connection) -> None:
    found = told(connection, priced("2", until=SOON))
    assert found == {("promotion_end", SOON): ("announced", None, "input_mtok 2 USD ends", None)}
    load(connection, row(), [sight(hour(24), priced("2", until=LATER))])
    found = connection.execute("select due_on, status, moved_to from market.calendar order by due_on").fetchall()
    assert found == [(SOON, "cancelled", LATER), (LATER, "announced", None)]
    connection.commit()
    empty(connection)
    assert told(connection, *[priced("2", until=PASSED)] * 8)["promotion_end", PASSED][0] == "in_force"


def test_plans_of_one_name_are_one_entry(connection: psycopg.Connection) -> None:
    found = told(connection, [Offer("acme", "atlas-2", plan=plan, retires_on=SOON) for plan in ("standard", "batch")])
    assert found == {("retirement", SOON): ("announced", None, None, None)}
    assert connection.execute("select plans from market.calendar").fetchall() == [(["batch", "standard"],)]


# The command


@pytest.fixture
def announced(connection: psycopg.Connection) -> None:
    """A retirement put off, and a price to come with a name that needs escaping."""
    odd = records({Line("acme/odd; name, \\ of 40 ü" + "ü" * 40): Decimal(2)})
    told(connection, listing(retires_on=SOON) + odd, listing(retires_on=LATER) + odd)
    rise = {Line(offer, stated_from=start): usd for offer in ("acme/odd; name, \\ of 40 ü" + "ü" * 40,) for start, usd in ((None, Decimal(2)), (midnight(SOON), Decimal(4)))}  # fmt: skip
    load(connection, row("two"), [sight(hour(1), records(rise), "https://two.test/")])


@pytest.mark.usefixtures("announced")
def test_the_command_prints_what_is_due(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["calendar", "--json", "--days", "30"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["days"] == 30
    assert {(entry["kind"], entry["status"], entry["days_left"]) for entry in document["entries"]} == {
        ("retirement", "cancelled", 20),
        ("price", "announced", 20),
    }
    assert cli.main(["calendar"]) == 0
    shown = capfd.readouterr().out
    assert "3 entries in the next 90 days" in shown
    assert cli.main(["calendar", "--days", "1"]) == 0
    assert capfd.readouterr().out == "Nothing is announced for the next 1 days.\n"
    assert cli.main(["calendar", "--json", "--ics"]) == 2
    with pytest.raises(SystemExit):
        cli.main(["calendar", "--days", "0"])


@pytest.mark.usefixtures("announced")
def test_the_icalendar_file_is_as_the_standard_has_it(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["calendar", "--ics"]) == 0
    written = capfdbinary.readouterr().out
    assert cli.main(["calendar", "--ics"]) == 0
    assert capfdbinary.readouterr().out == written, "asked twice, the same bytes and names"
    lines = written.split(b"\r\n")
    assert lines[-1] == b"" and b"\n" not in written.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() is not None for line in lines)
    assert b"odd\\; name\\, \\\\ of 40" in written.replace(b"\r\n ", b"")
    events = Calendar.from_ical(written).events
    assert {(str(event["STATUS"]), event.start, event.end) for event in events} == {
        ("CANCELLED", SOON, SOON + timedelta(days=1)),
        ("CONFIRMED", SOON, SOON + timedelta(days=1)),
        ("CONFIRMED", LATER, LATER + timedelta(days=1)),
    }
    assert len({str(event["UID"]) for event in events}) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}@modelmarket", str(event["UID"])) for event in events)
    assert b"DTSTART;VALUE=DATE:" + SOON.strftime("%Y%m%d").encode() in written
    assert all(event["DTSTAMP"].dt.tzinfo for event in events)


def test_an_empty_calendar_is_one_that_programs_read() -> None:
    assert Calendar.from_ical(calendar.icalendar([])).events == []


# The recordings


class Recorded:
    """The recorded pages of a source's start addresses, taken in as if they had been fetched at an instant."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection, self.sources = connection, source.find()

    def take(self, name: str, day: str, at: datetime) -> list[Page]:
        known = self.sources[name]
        intake = pipelines.Intake(self.connection, known, ledger.begin(self.connection, pipelines.row(known), at, None), lambda: at)
        pages = []
        for url in known.start_urls:
            file = recordings.recorded(url, day)
            assert file, url
            pages.append(Page(url, file.read_bytes(), at))
            intake.take(url, None, 200, pages[-1].body)
        assert intake.conclude().outcome == "complete"
        self.connection.execute("select pg_advisory_unlock_all()")
        self.connection.commit()
        return pages


def retirements_of(litellm: Page, openrouter: Page) -> set[tuple[str, str, date]]:
    """Every retirement day in two files, read by nothing but their keys; 2098 and later means never."""
    found = set()
    for key, entry in json.loads(litellm.body).items():
        if entry.get("deprecation_date") and key != "sample_spec":
            provider = entry["litellm_provider"]
            found.add(("litellm", f"{provider}/{key.removeprefix(f'{provider}/')}", date.fromisoformat(entry["deprecation_date"])))
    for entry in json.loads(openrouter.body)["data"]:
        if (said := entry.get("expiration_date")) and said < "2098":
            found.add(("openrouter", f"openrouter/{entry['id']}", date.fromisoformat(said[:10])))
    return found


def prices_of(genai: Page, on: date) -> set[tuple[str, date]]:
    """The models of genai-prices with a price that begins after a day."""
    return {
        (f"{provider['id']}/{model['id']}", day)
        for provider in json.loads(genai.body)
        for model in provider["models"]
        for entry in [*(model["prices"] if isinstance(model["prices"], list) else ()), *(model.get("price_variants") or ())]
        if (said := (entry.get("constraint") or {}).get("start_date")) and (day := date.fromisoformat(said)) > on
    }


@recordings.needed
def test_the_calendar_of_the_recordings_of_2026_10_27(connection: psycopg.Connection) -> None:
    at = datetime(2026, 10, 27, 12, tzinfo=UTC)
    web = Recorded(connection)
    (litellm,), (openrouter,) = (web.take(name, "2026-10-27", at) for name in ("litellm", "openrouter"))
    (genai,), (models_dev,) = (web.take(name, "2026-10-27", at) for name in ("genai_prices", "models_dev"))
    dated = retirements_of(litellm, openrouter)
    prices = prices_of(genai, at.date())
    deprecated = {
        ("models_dev", f"{provider}/{key}")
        for provider, about in json.loads(models_dev.body).items()
        for key, model in about["models"].items()
        if model.get("status") == "deprecated"
    }
    deprecated |= {
        ("genai_prices", f"{provider['id']}/{model['id']}")
        for provider in json.loads(genai.body) for model in provider["models"] if model.get("deprecated")
    }  # fmt: skip
    rows = connection.execute("select source, source_key, kind, due_on, due_on_basis, status from market.calendar").fetchall()
    assert {(s, key, due) for s, key, kind, due, basis, _ in rows if kind == "retirement" and basis == "stated"} == dated
    assert {(s, key) for s, key, kind, _, basis, _ in rows if kind == "retirement" and basis == "seen"} == deprecated
    assert {(key, due) for _, key, kind, due, *_ in rows if kind == "price"} == prices
    counted = Counter(kind for _, _, kind, *_ in rows)
    assert counted == {"retirement": len(dated) + len(deprecated), "price": len(prices)}
    assert sum(s == "litellm" for s, *_ in dated) > 900, "the recording has 944 ids with a day; some share provider and model"
    now = connection.execute("select (now() at time zone 'UTC')::date").fetchone()[0]
    assert all((due > now) == (status == "announced") for _, _, kind, due, basis, status in rows if basis == "stated" or kind == "price")
    end = at.date() + timedelta(days=90)
    soon = {(key, due) for _, key, _, due, basis, _ in rows if basis == "stated" and at.date() <= due < end}
    assert soon == {(key, due) for key, due in {d[1:] for d in dated} | prices if at.date() <= due < end}
    assert len(soon) > 200


@recordings.needed
def test_the_rise_of_2026_09_01_is_cancelled(connection: psycopg.Connection, tmp_path: Any) -> None:
    web = Recorded(connection)
    known = web.sources["genai_prices"]
    local = history.at_hand(str(recordings.SHARED / "data" / "git-scrapes" / "genai-prices.bundle"), tmp_path, "main")
    assert known.history
    walk = history.Walk(known, known.history, local)
    walk.run(history.commits(local, "main"))
    run = ledger.begin(connection, pipelines.row(known), datetime(2026, 8, 22, tzinfo=UTC), None)
    backfill.load_pasts(connection, run.source_id, run.run_id, list(walk.pasts.values()), "parser", "bundle")
    connection.commit()
    connection.execute("select pg_advisory_unlock_all()")
    web.take("genai_prices", "2026-11-15", datetime(2026, 11, 15, 12, tzinfo=UTC))
    rows = connection.execute(
        "select source_key, status, gone_at, says from market.calendar where kind = 'price' and due_on = '2026-09-01'"
    ).fetchall()
    assert {key: status for key, status, *_ in rows} == dict.fromkeys(
        (
            "anthropic/claude-sonnet-5",
            "aws/global.anthropic.claude-sonnet-5-v1:0",
            "aws/regional.anthropic.claude-sonnet-5-v1:0",
            "openrouter/anthropic/claude-sonnet-5",
        ),
        "cancelled",
    )
    assert all(gone == datetime(2026, 11, 15, 12, tzinfo=UTC) and "input_mtok" in says for *_, gone, says in rows)


@recordings.needed
def test_the_calendar_answers_before_a_reader_gives_up(connection: psycopg.Connection) -> None:
    Recorded(connection).take("litellm", "2026-10-27", datetime(2026, 10, 27, 12, tzinfo=UTC))
    connection.execute("analyze")
    connection.execute("set local statement_timeout = '30s'")
    assert connection.execute("select * from market.calendar").fetchall()
