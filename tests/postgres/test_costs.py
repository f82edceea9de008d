"""Costs from the ledger: equal to what genai-prices makes of its own table, and told line by line."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from databases import Database
from genai_usages import UNITS, Case, cases, models, source_of
from pages import NOW, Line, hour, load, records, row, sight

from collector.sources.genai_prices import GenaiPrices
from db import costs, effective
from jobs import cli
from market.cost import Unpriced
from market.errors import MarketError
from market.workload import NAMES, Usage

SLOW = bool(os.environ.get("MODELMARKET_SLOW"))
NUMBER = 60_000 if SLOW else 4_000


@pytest.fixture(scope="module")
def _table(database: Database) -> None:
    """The package's own table in the ledger, first seen 40 days ago."""
    source = GenaiPrices()
    with database.connect() as connection:
        assert not isinstance(load(connection, row("genai_prices"), [sight(hour(0), list(source.records(source.installed())))]), str)


def asked(case: Case) -> costs.Asked:
    return costs.Asked(case.provider.id, case.model.id, case.plan, None, "genai_prices")


def answers(wanted: list[Case]) -> Iterator[tuple[Case, Decimal | MarketError]]:
    """Each case with what we make of it: a cost or an error."""
    offered = costs.offers(map(asked, wanted))
    for case in wanted:
        one = offered[asked(case)]
        try:
            if isinstance(one, MarketError):
                raise one
            yield case, one.sheet(case.at).bill(Usage.of(case.usage), case.at, case.choices).usd
        except MarketError as error:
            yield case, error


@pytest.mark.usefixtures("_table")
def test_costs_equal_those_of_genai_prices() -> None:
    wanted = list(cases(NUMBER, seed=1))
    assert len({(case.provider.id, case.model.id) for case in wanted}) >= 0.95 * len(models())
    assert any(case.at < hour(0) for case in wanted) and any(case.at > hour(0) for case in wanted)
    differ = [(case, ours) for case, ours in answers(wanted) if ours != case.theirs()]
    kinds = Counter((case.provider.id, case.model.id, str(case.context), str(ours)[:90]) for case, ours in differ)
    assert not kinds, f"{len(differ)} of {len(wanted)} differ: {kinds.most_common(20)}"


@pytest.mark.usefixtures("_table")
def test_what_genai_prices_bills_at_nothing_is_an_error() -> None:
    silent = Counter[str]()
    wanted = [case for case in cases(len(models()), seed=2) if not case.context]
    offered = costs.offers(map(asked, wanted))
    for case in wanted:
        priced = {UNITS[key].usage_key for key, price in case.model.get_prices(case.at).__dict__.items() if price is not None}
        one = offered[asked(case)]
        assert not isinstance(one, MarketError)
        for name in ("output_tokens", "web_searches", "cache_write_tokens", "input_audio_tokens"):
            if name not in priced and "input_tokens" in priced:
                usage = {"input_tokens": 1000, name: 10}
                with pytest.raises(Unpriced, match=NAMES[name]):
                    one.sheet(case.at).bill(Usage.of(usage), case.at)
                silent[name] += 1
    assert silent["web_searches"] > silent["output_tokens"] > 0


@pytest.mark.usefixtures("_table")
def test_a_file_of_usages_is_answered_line_by_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    wanted = list(cases(300, seed=3))
    odd = [
        ("no such model", {"provider": "openai", "model": "gpt-none", "usage": {"input_tokens": 1}}),
        ("parts", {"provider": "openai", "model": "gpt-4o", "usage": {"input_tokens": 1, "cache_read_tokens": 2}}),
        ("unknown usage", {"provider": "openai", "model": "gpt-4o", "usage": {"frobs": 2}}),
        ("negative", {"provider": "openai", "model": "gpt-4o", "usage": {"input_tokens": -2}}),
        ("instant", {"provider": "openai", "model": "gpt-4o", "at": "soon", "usage": {"input_tokens": 2}}),
        ("nothing", {"provider": "openai", "model": "gpt-4o", "usage": {}}),
    ]
    lines = [json.dumps({"id": place, **source_of(case)}) for place, case in enumerate(wanted)]
    lines += [json.dumps({"id": name, **entry}) for name, entry in odd] + ["not json", "[1]"]
    file = tmp_path / "usages.jsonl"
    file.write_text("\n".join(lines) + "\n")
    assert cli.main(["cost", "--batch", str(file)]) == 0
    answered = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [one["id"] for one in answered] == [*range(len(wanted)), *(name for name, _ in odd), None, None]
    for case, one in zip(wanted, answered, strict=False):
        assert Decimal(one["cost_usd"]) == case.theirs() == sum((Decimal(line["cost_usd"]) for line in one["lines"]), Decimal(0))
        assert all(line["source"] == "genai_prices" and line["evidence_url"] and line["valid_from_basis"] for line in one["lines"])
    assert all(set(one) == {"id", "error"} and one["error"] for one in answered[len(wanted) :])


def test_one_offer_is_costed_and_told(database: Database, capfd: pytest.CaptureFixture[str]) -> None:
    database.empty()
    mine = {Line("acme/big"): Decimal("2"), Line("acme/big", "output_mtok"): Decimal("8")}
    with database.connect() as connection:
        load(connection, row("one"), [sight(hour(0), records(mine))])
    ask = ["cost", "big", "--provider", "acme", "--input", "1000000", "--cache-read", "400000", "--output", "500000"]
    assert cli.main([*ask, "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["cost_usd"] == "6"
    read = next(line for line in said["lines"] if line["meter"] == "cache_read_mtok")
    assert (read["cost_usd"], read["note"]) == ("0.8", "no price for cached input: billed as input")
    assert cli.main([*ask, "--at", (NOW - timedelta(days=300)).isoformat(), "--json"]) == 0
    assert {line["valid_from_basis"] for line in json.loads(capfd.readouterr().out)["lines"]} == {"assumed"}
    assert cli.main(ask) == 0
    assert "6 USD" in capfd.readouterr().out
    assert cli.main([*ask, "--use", "web_searches=2"]) == 1
    assert "web_searches_kcount" in capfd.readouterr().err
    assert cli.main([*ask, "--plan", "batch"]) == 1
    assert "its plans are standard" in capfd.readouterr().err
    assert cli.main(["cost", "big"]) == 1


def test_hours_count_only_beside_the_ordinary_price_of_their_teller(database: Database) -> None:
    """One teller calls the night ordinary and the day dear, another, believed first, the day ordinary."""
    database.empty()
    night = {Line("acme/big"): Decimal("1"), Line("acme/big", condition="utc 08:00-20:00"): Decimal("2")}
    day = {Line("acme/big"): Decimal("2"), Line("acme/big", condition="utc 20:00-08:00"): Decimal("1")}
    with database.connect() as connection:
        load(connection, row("tracker"), [sight(hour(0), records(night), "https://one.test/")])
        load(connection, row("page", trust=1), [sight(hour(0), records(day), "https://two.test/")])
    wanted = costs.Asked("acme", "big")
    one = costs.offers([wanted])[wanted]
    assert not isinstance(one, MarketError)
    for clock, usd in ((3, 1), (12, 2), (22, 1)):
        at = NOW.replace(hour=clock)
        assert one.sheet(at).bill(Usage.of({"input_tokens": 1_000_000}), at).usd == usd


def test_the_effective_price_follows_the_prices(database: Database) -> None:
    database.empty()
    mine = {
        Line("acme/big"): Decimal("2"), Line("acme/big", "output_mtok"): Decimal("8"), Line("acme/big", "cache_read_mtok"): Decimal("0.5"),
        Line("acme/big", condition="utc 00:00-12:00"): Decimal("1"),
    }  # fmt: skip

    def asked_now() -> dict[str, Decimal]:
        with database.connect("dashboard") as connection:
            return dict(connection.execute("select profile, effective_usd from market.effective_price where provider = 'acme'").fetchall())

    with database.connect() as connection:
        load(connection, row("one"), [sight(hour(0), records(mine))])
        first = asked_now()
        assert set(first) == set(effective.profiles())
        assert first["blend_3to1"] == (3 * Decimal("1.5") + 8) / 4
        retrieval = effective.profile("retrieval").requests[0].usage.counts
        tokens = retrieval["input_mtok"] + retrieval["output_mtok"]
        read = retrieval["cache_read_mtok"]
        usd = (retrieval["input_mtok"] - read) * Decimal("1.5") + read * Decimal("0.5") + retrieval["output_mtok"] * 8
        assert first["retrieval"] == round(usd / tokens, 12)
        load(connection, row("one"), [sight(hour(1), records({**mine, Line("acme/big", "output_mtok"): Decimal("4")}))])
    second = asked_now()
    assert second["blend_3to1"] == (3 * Decimal("1.5") + 4) / 4
    assert all(second[name] < first[name] for name in first)


def test_a_profile_of_the_users_is_ranked_and_joins_the_view(database: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    database.empty()
    mine = {}
    for name, usd in (("acme/big", "2"), ("acme/small", "1"), ("acme/none", "0")):
        mine |= {Line(name): Decimal(usd), Line(name, "output_mtok"): Decimal(usd) * 4}
    with database.connect() as connection:
        load(connection, row("one"), [sight(hour(0), records(mine))])
    file = tmp_path / "mine.toml"
    file.write_text('title = "Mine"\n[[request]]\ninput_tokens = 1000\noutput_tokens = 1000\n')
    assert cli.main(["cost", "--profile", str(file), "--rank", "--json"]) == 0
    ranked = json.loads(capfd.readouterr().out)["offers"]
    assert [(one["source_key"], one["effective_usd"]) for one in ranked] == [("acme/small", "2.5"), ("acme/big", "5"), ("acme/none", "0")]
    assert [one["paid"] for one in ranked] == [True, True, False]
    assert cli.main(["cost", "--profile", "chat", "--rank"]) == 0
    assert "acme/small" in capfd.readouterr().out
    assert cli.main(["cost", "--profile", "nothing", "--rank"]) == 1
    assert "blend_3to1" in capfd.readouterr().err


def test_all_bills_are_made_anew_when_their_rules_have_changed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    database.empty()
    old, new, newer = ({Line(name): Decimal(2), Line(name, "output_mtok"): Decimal(8)} for name in ("acme/old", "acme/new", "acme/newer"))
    made = "select count(*), count(*) filter (where e.usd = 999) from ledger.effective_price as e where e.thing like '%%old%%'"
    with database.connect() as connection:
        load(connection, row("one"), [sight(hour(0), records(old))])
        connection.execute("update ledger.effective_price set usd = 999 where thing like '%old%'")
        load(connection, row("one"), [sight(hour(1), records(old | new))])
        count, stale = connection.execute(made).fetchone()
        assert count == stale > 0, "what no run touched stays as it is"
        monkeypatch.setattr(effective, "RULES", effective.RULES[:1])
        load(connection, row("one"), [sight(hour(2), records(old | new | newer))])
        assert connection.execute(made).fetchone() == (count, 0)
