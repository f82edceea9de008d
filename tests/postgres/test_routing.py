"""Routing in the ledger: the view has offers and our own machines beside each other, and the command answers from it."""

import json
from decimal import Decimal

import psycopg
import pytest
from pages import Line, hour, load, records, row, sight

from db import claims as ledger_claims
from db import effective, probes, views
from db.probes import Told
from jobs import cli
from market import route
from market.claims import Claim
from market.records import Model, Offer, Record, Score
from market.route import Wish

TEST = "aa_intelligence"
MACHINE = "two fast cards"


def shop(key: str, usd: int, **terms: object) -> list[Record]:
    """An offer under its prices, input and output alike."""
    said = {Line(f"shop/{key}", meter): Decimal(usd) for meter in ("input_mtok", "output_mtok")}
    return [Offer("shop", key, mode="chat", **terms) if isinstance(one, Offer) else one for one in records(said)]  # type: ignore[arg-type]


def market() -> list[Record]:
    """Three models with results, the dearer the better, and one without."""
    found: list[Record] = []
    for step, context in ((1, 8_000), (2, 200_000), (3, 200_000)):
        key = f"acme/m-{step}"
        found += [*shop(key, step, context_tokens=context), Model(key, model=key, open_weights=step < 3)]
        found.append(Score(key, TEST, Decimal(20 * step), harness="made up", self_reported=False))
    return [*found, *shop("acme/unknown", 1)]


def measured(connection: psycopg.Connection, model: str) -> None:
    """A file of the model, measured on a machine of ours."""
    connection.execute("truncate ledger.machine, ledger.artifact, ledger.probe, ledger.probe_result restart identity cascade")
    connection.commit()
    artifact = {"sha256": "a" * 64, "repository": None, "revision": None, "file": "m.gguf", "model": model, "quantization": "Q4_K"}
    artifact |= {"size": 10**9, "parameters": 10**9, "token_bytes": 10**9, "cache_bytes": 1000}
    probe = {
        "build": "made up",
        "settings": {},
        "bytes_per_s": None,
        "ttft_ms": None,
        "itl_ms": None,
        "joules_per_token": None,
        "sessions": [],
    }
    result = {"test": "tg128", "n_prompt": 0, "n_gen": 128, "n_depth": 0, "avg_ts": 50.0, "ts_lo": 49.0, "ts_hi": 51.0, "limit_ts": None}
    result |= {"sessions": 3, "repetitions": 10, "verdict": "measured", "reason": None}
    machine = {"machine_id": "0" * 12, "name": MACHINE, "described": {}}
    assert probes.keep(Told(machine, artifact, probe, [result]), None)


@pytest.fixture
def there(clean: psycopg.Connection) -> psycopg.Connection:
    load(clean, row("one"), [sight(hour(1), market())])
    measured(clean, "acme/m-2")
    return clean


def test_the_view_shows_offers_and_machines_of_every_mix_with_what_they_are_chosen_by(there: psycopg.Connection) -> None:
    rows = {(one["kind"], one["model"]): one for one in views.route("chat", TEST, local=True)}
    assert len(rows) == 5 == len(views.route("chat", TEST, local=True))
    offer, file = rows["api", "acme/m-2"], rows["local", "acme/m-2"]
    (effective_usd,) = there.execute(
        "select effective_usd from market.effective_price where profile = 'chat' and source_key = 'shop/acme/m-2'"
    ).fetchone() or (None,)
    assert offer["usd"] == effective_usd and offer["context_tokens"] == 200_000
    assert (file["usd"], file["tps"], file["provider"], file["score"]) == (None, 50, MACHINE, offer["score"])
    assert rows["api", "acme/unknown"]["score"] is None
    profiles = there.execute("select array_agg(distinct profile) from market.route where kind = 'local'").fetchone() or ((),)
    assert set(profiles[0]) == set(effective.profiles())
    assert {one["kind"] for one in views.route("chat", TEST)} == {"api"}


@pytest.mark.parametrize(
    ("named", "regions"),
    [
        (("bedrock/us.acme/large", None, "bedrock"), ["us"]),
        (("bedrock/eu-west-1/acme.large", None, "bedrock"), ["eu-west-1"]),
        (("market/acme/large", "host/us-east5", "market"), ["us-east5"]),
        (("shop-cn/large", None, "shop-cn"), ["cn"]),
        (("shop/acme/me-large-eu", None, "shop"), []),
    ],
)
def test_a_region_is_a_word_of_the_name_or_of_the_endpoint(there: psycopg.Connection, named: tuple[str, ...], regions: list[str]) -> None:
    assert there.execute("select ledger.regions(%s, %s, %s)", named).fetchone() == (regions,)


def test_a_region_with_a_price_of_its_own_is_a_way_of_its_own(there: psycopg.Connection) -> None:
    said = {Line("shop/acme/m-3", meter): Decimal(3) for meter in ("input_mtok", "output_mtok")}
    said |= {Line("shop/acme/m-3", meter, "region eu-west-1"): Decimal(4) for meter in ("input_mtok", "output_mtok")}
    load(there, row("two", trust=1), [sight(hour(2), records(said))])
    ways = route.ways(views.route("blend_3to1", TEST))
    assert [way.usd for way in route.routed(ways, Wish(region="eu")).frontier] == [4]
    assert [way.usd for way in route.routed(ways, Wish(min_score=Decimal(60))).frontier] == [3]


def test_the_command_prints_the_frontier_and_why_the_others_are_left_out(
    there: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["route", "--json", "--context", "128k", "--local", "--license", "open"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["model"] for one in said["frontier"]] == ["acme/m-2"] and said["fallback"][0]["usd"] == said["frontier"][0]["usd"]
    assert [one["provider"] for one in said["unpriced"]] == [MACHINE]
    why = {one["model"]: [reason["constraint"] for reason in one["reasons"]] for one in said["excluded"]}
    assert why == {"acme/m-1": ["context"], "acme/m-3": ["license"], "acme/unknown": ["tested", "license", "context"]}
    assert cli.main(["route", "--local", "--excluded"]) == 0
    told = capsys.readouterr().out
    assert MACHINE in told and "no result of it in this test is on record" in told and "Try first acme/m-1" in told


def test_where_nothing_meets_it_says_which_constraint_in_one_sentence(
    there: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["route", "--min-score", "61"]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert "the least score leaves out 3 of 3" in said and "without it 3 would remain" in said
    for wrong in (["--benchmark", "none"], ["--license", "none-such"], ["--plan", "none-such"]):
        assert cli.main(["route", *wrong]) == 2
        assert "name" in capsys.readouterr().err
    assert cli.main(["route", "--profile", "none"]) == 1


@pytest.mark.parametrize("wrong", [["--context", "much"], ["--min-score", "-1"], ["--max-price", "nan"]])
def test_what_is_no_number_is_told(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["route", *wrong])
    assert ended.value.code == 2 and wrong[1] in capsys.readouterr().err


def test_the_rows_become_ways_of_the_same_fields(there: psycopg.Connection) -> None:
    (way,) = (way for way in route.ways(views.route("chat", TEST)) if way.model == "acme/m-1")
    assert (way.score, way.context_tokens, way.open_weights, way.paid) == (20, 8_000, True, True)


def test_a_claimed_throughput_is_held_against_our_own_probe(there: psycopg.Connection) -> None:
    said = {"5": "supported", "50": "supported", "90": "contradicted"}
    claims = [Claim(value, "said", "throughput", "acme/m-2", metric="decode_tps", value=value, hardware=MACHINE) for value in said]
    found = {claim.claim_id: one for claim, one in ledger_claims.judged(there, claims)}
    assert {name: one.verdict for name, one in found.items()} == said
    assert found["50"].evidence[0].provider == MACHINE and "49 to 51" in found["50"].reason
    there.rollback()
