"""docs/costs.md is true: its examples cost what it says, its tables are those of the code and of the packages."""

import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from databases import Database
from recordings import needed, recorded

from collector.source import Page
from collector.sources.litellm import LiteLLM
from db import ledger
from jobs import cli
from market.records import Offer, Quote, Record, UnknownKey

TEXT = (Path(__file__).parents[1] / "docs" / "costs.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without marks."""
    part = TEXT.split(f"## {heading}\n")[1]
    table = re.search(r"(?:^\|.*\n)+", part, re.MULTILINE)
    assert table
    return [[cell.strip().strip("`") for cell in line.strip("|\n").split("|")] for line in table[0].splitlines()[2:]]


@pytest.fixture(scope="module")
def _priced(database: Database) -> None:
    """The examples' prices in the ledger."""
    found: list[Record] = []
    for offer, plan, meter, condition, usd in rows("Worked examples"):
        provider, model = offer.split("/")
        found.append(Quote(provider, model, meter, Decimal(usd), plan=plan, condition=condition or None))
    for provider, model, plan in sorted({(q.provider, q.model_key, q.plan) for q in found if isinstance(q, Quote)}):
        found.append(Offer(provider, model, plan=plan, mode="chat"))
    with database.connect() as connection:
        row = ledger.SourceRow(
            "one", 1, "one", True, "17 3 * * *", *[datetime(2026, 1, 3) - datetime(2026, 1, 2)] * 2, False, "MIT", "", ""
        )
        run = ledger.begin(connection, row, datetime.now(UTC), None)
        connection.execute("insert into ledger.page (sha256, size, body) values ('x', 0, '')")
        ledger.commit_sights(connection, run, [ledger.Sight("https://one.test/", None, datetime.now(UTC), b"x", True, "", found)])
        ledger.finish(connection, run, ledger.Outcome("complete", None, 0, 0, [], 0.0))


EXAMPLES = re.findall(r"\*\*([\d.]+)\*\* USD[^`]*```sh\nmodelmarket (.+)\n```", TEXT)


@pytest.mark.usefixtures("_priced")
@pytest.mark.parametrize(("usd", "command"), EXAMPLES)
def test_a_worked_example_costs_what_it_says(usd: str, command: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert len(EXAMPLES) == len(re.findall(r"^modelmarket ", TEXT, re.MULTILINE)) >= 6
    assert cli.main([*shlex.split(command), "--json"]) == 0
    assert Decimal(json.loads(capfd.readouterr().out)["cost_usd"]) == Decimal(usd)


def read(name: str) -> list[Record]:
    """What the source makes of an entry with one field."""
    value: Any = {"search_context_size_low": 0.001} if name == "search_context_cost_per_query" else 0.001
    body = json.dumps({"m": {"litellm_provider": "p", "mode": "chat", name: value}}).encode()
    return list(LiteLLM().records(Page("https://one.test/", body, datetime.now(UTC))))


def test_every_field_is_read_as_the_table_says() -> None:
    for name, meter, plan, condition in rows("The cost fields of LiteLLM's file"):
        records = read(name)
        quotes = [(q.meter, q.plan, q.condition or "") for q in records if isinstance(q, Quote)]
        if meter.startswith("not modeled: "):
            assert not quotes and UnknownKey(name) in records and len(meter) > 30
        else:
            assert quotes == [(meter, plan, condition)], name


@needed
def test_every_field_of_the_recording_is_in_the_table() -> None:
    file = recorded(LiteLLM.start_urls[0], "2026-10-27")
    assert file
    fields = {key for entry in json.loads(file.read_bytes()).values() for key in entry if "cost" in key}
    assert len(fields) == 164
    assert {row[0] for row in rows("The cost fields of LiteLLM's file")} == fields


def test_what_genai_prices_bills_at_nothing_is_listed() -> None:
    from genai_usages import UNITS, models

    without, total = Counter[str](), 0
    listed = dict(rows("Beside genai-prices"))
    for _, model in models():
        priced = {
            UNITS[key].usage_key for key, price in model.get_prices(datetime(2026, 11, 1, tzinfo=UTC)).__dict__.items() if price is not None
        }
        if "input_tokens" in priced:
            total += 1
            without.update(name for name in listed if name not in priced)
    assert {name: said.partition(" (")[0] for name, said in listed.items()} == {name: f"{without[name]:,} of {total:,}" for name in listed}


@pytest.fixture(scope="module")
def differences() -> Iterator[Counter[str | None]]:
    """How many usages differ from LiteLLM's own cost, by reason."""
    before = dict(os.environ)
    from litellm_usages import PLANS, USAGES, compared, file, sold, why

    found = Counter[str | None]()
    for one in sold(file()):
        for plan in PLANS.keys() & one.plans.keys():
            for usage in USAGES:
                same = compared(one, plan, usage)
                found["none" if same.same else why(same)] += 1
    yield found
    os.environ.clear()
    os.environ.update(before)


def test_every_difference_from_litellm_is_explained(differences: Counter[str | None]) -> None:
    assert None not in differences
    assert {reason: int(number.replace(",", "")) for reason, number, _ in rows("Beside LiteLLM")} == differences
    assert differences["none"] >= 10_000
