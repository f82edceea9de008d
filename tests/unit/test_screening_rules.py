"""The rules that look beyond one price: at the offer's other prices, at other providers, at the model's name; with facts of real histories."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.screening import Market, Stated, apart, judge, market_of
from market.screening_names import billions, other_thing, seller

ROOT = Path(__file__).parents[2]
DAY_ONE = datetime(2024, 1, 1, tzinfo=UTC)
THING = "reseller|maker/model-x||standard"
# What five providers ask for one model, and two for another, beside two well-known prices.
ASKED = {
    "maker": ("0.6", "2.2"),
    "first": ("0.6", "2.2"),
    "second": ("0.6", "2.2"),
    "third": ("0.55", "2"),
}
MARKET = market_of([
    *(
        (family, f"{provider}|maker/model-x||standard", provider, meter, Decimal(usd))
        for provider, prices in ASKED.items()
        for meter, usd in zip(("input_mtok", "output_mtok"), prices, strict=True)
        for family in ("one", "two")
    ),
    *((family, "openai|openai/o1-pro||standard", "o", meter, Decimal(usd)) for family in ("one", "two")
      for meter, usd in (("input_mtok", "150"), ("output_mtok", "600"))),
    *(("one", f"{n}|tts||standard", n, "input_mchars", Decimal(22)) for n in range(3)),
    *((family, "exa|search||standard", "e", "input_queries_kcount", Decimal(5)) for family in ("one", "two")),
    *((family, f"{n}|cache||standard", n, "cache_read_mtok", Decimal("0.15")) for family in ("one", "two") for n in range(3)),
])  # fmt: skip


def said(meter: str, usd: str, day: int = 0, gone: int | None = None, *, family: str = "one", **more: object) -> Stated:
    """One statement; its row is meter, price and family."""
    fields = {"offer": family, "trust": 4, "condition": None, "mode": "chat", "model_key": "maker/model-x", "thing": THING, **more}
    ended = None if gone is None else DAY_ONE + timedelta(days=gone)
    began = DAY_ONE + timedelta(days=day)
    return Stated(row=(meter, usd, family), family=family, meter=meter, usd=Decimal(usd), seen_at=began, gone_at=ended, **fields)  # type: ignore[arg-type]


def both(given: str, written: str, day: int = 0, gone: int | None = None, **more: object) -> list[Stated]:
    return [said("input_mtok", given, day, gone, **more), said("output_mtok", written, day, gone, **more)]  # type: ignore[arg-type]


def rules(group: Sequence[Stated], market: Market = MARKET) -> dict[tuple[str, str], str]:
    """The rule by (meter, price) of what is held."""
    return {row[:2]: hold.rule for row, hold in judge(group, market).items()}  # type: ignore[index]


def test_a_token_cheaper_than_a_character() -> None:
    # LiteLLM, gemini-1.5-pro-preview-0514: 1.25 for a character's million; 0.3125 before that was stated, 5 in between, 0.078125 after.
    path = [
        said("input_mtok", "0.3125", 0, 14), said("input_mtok", "5", 14, 120), said("input_mtok", "0.078125", 120),
        said("input_mchars", "1.25", 14, 120), said("input_mchars", "0.3125", 120),
    ]  # fmt: skip
    assert rules(path) == {("input_mtok", "0.3125"): "per_character", ("input_mtok", "0.078125"): "per_character"}
    assert "less than the 0.3125" in judge(path, MARKET)["input_mtok", "0.078125", "one"].reason


def test_a_character_of_a_chat_model_costs_far_less_than_one_read_out() -> None:
    assert rules([said("input_mchars", "0.01875"), said("input_mtok", "0.075")]) == {}
    assert rules([said("input_mchars", "0.0001")]) == {("input_mchars", "0.0001"): "floor"}


def test_input_and_output_swapped() -> None:
    # Portkey, azure-ai Mistral-Large-2411: 6 and 2; others have 2 and 6.
    wrong = both("6", "2")
    assert rules(wrong) == {}
    swapped = {("input_mtok", "6"): "swapped", ("output_mtok", "2"): "swapped"}
    assert rules([*wrong, *both("2", "6", family="two")]) == swapped
    assert rules(both("2.2", "0.6")) == {("input_mtok", "2.2"): "swapped", ("output_mtok", "0.6"): "swapped"}
    assert rules([*both("6", "2", 0, 9), *both("2", "6", 9)]) == swapped
    assert rules([*wrong, *both("2.5", "6", family="two")]) == {}
    assert rules([*wrong, *both("2", "6", family="two"), *both("6", "2", family="three")]) == {}


def test_cached_input_dearer_than_input() -> None:
    # models.dev, claude-sonnet-4 in June 2025: reading and writing swapped.
    cache = [said("cache_read_mtok", "3.75"), said("cache_write_mtok", "0.3")]
    other = {"thing": "anthropic|claude-sonnet-4||standard"}
    group = [replace(one, **other) for one in (*both("3", "15"), *cache)]
    assert rules(group) == {("cache_read_mtok", "3.75"): "cache_over_input", ("cache_write_mtok", "0.3"): "cache_over_input"}
    # the price of storage for an hour is under that of reading, and real
    fine = [said("cache_read_mtok", "0.15"), said("cache_write_mtok", "0.0833"), *both("1.5", "9")]
    assert rules([replace(one, **other) for one in fine]) == {}
    assert rules([replace(one, **other) for one in (*both("3", "15"), said("cache_read_mtok", "3"))]) == {}


def test_cached_input_may_become_forty_times_cheaper() -> None:
    # DeepSeek V4 Pro, April 2026.
    path = [said("cache_read_mtok", "0.145", 0, 1), said("cache_read_mtok", "0.003625", 1)]
    assert rules(path) == {}
    assert list(rules([path[0], said("cache_read_mtok", "0.000725", 1)]).values()) == ["jump"]


def test_a_power_of_ten_from_the_first() -> None:
    # Portkey, zhipu glm-4.6: 6 and 22 where most ask 0.6 and 2.2.
    assert rules(both("6", "22")) == {("input_mtok", "6"): "unit_slip", ("output_mtok", "22"): "unit_slip"}
    assert rules(both("0.0006", "0.0022")) == {("input_mtok", "0.0006"): "unit_slip", ("output_mtok", "0.0022"): "unit_slip"}
    # LiteLLM, oci xai.grok-4: input right, output a hundred times too low
    assert rules(both("0.6", "0.022")) == {("output_mtok", "0.022"): "unit_slip"}
    # not by one power, or ten times only one of them
    assert rules(both("6", "20")) == {}
    assert rules(both("0.6", "22")) == {}
    # sources of one mind about the same thing, where no other provider sells it
    own = {"thing": "seller|only-here||standard"}
    believed = [replace(one, **own) for family in ("two", "three") for one in both("1", "5", family=family)]
    held = rules([*believed, *(replace(one, **own) for one in both("10", "50"))])
    assert held == {("input_mtok", "10"): "unit_slip", ("output_mtok", "50"): "unit_slip"}
    assert rules([*believed[:2], *(replace(one, **own) for one in both("10", "50"))]) == {}


def test_a_real_cut_to_a_tenth_and_a_real_rise_tenfold_pass() -> None:
    assert rules([*both("0.6", "2.2", 0, 9), *both("0.06", "0.22", 9)]) == {}
    assert rules([*both("0.06", "0.22", 0, 9), *both("0.6", "2.2", 9)]) == {
        ("input_mtok", "0.06"): "unit_slip",
        ("output_mtok", "0.22"): "unit_slip",
    }
    assert rules([*both("0.6", "2.2", 0, 9), *both("6", "22", 9)]) == {}


def test_yuan_for_dollars() -> None:
    # models.dev, moark MiniMax-M2.1: 2.1 and 8.4, where most ask 0.3 and 1.2.
    assert rules(both("4.2", "15.4")) == {("input_mtok", "4.2"): "currency", ("output_mtok", "15.4"): "currency"}
    assert rules(both("4.2", "16")) == {}
    # a dearer plan may cost seven times as much, and a reseller may ask a seventh
    assert rules([replace(one, thing="reseller|maker/model-x||ultrafast") for one in both("4.2", "15.4")]) == {}
    assert rules(both("0.0857", "0.3143")) == {}


def test_far_from_what_other_providers_ask() -> None:
    # models.dev, helicone mistral-small: 75 and 200; agentrouter glm-4.6: 0.003.
    assert rules(both("75", "200")) == {("input_mtok", "75"): "elsewhere", ("output_mtok", "200"): "elsewhere"}
    assert rules([said("input_mtok", "0.003")]) == {("input_mtok", "0.003"): "elsewhere"}
    assert rules(both("9", "30")) == {}
    assert rules(both("0.03", "0.1")) == {}
    # the provider's own word, a second source, or a second provider near it
    assert rules([said("input_mtok", "0.003", trust=2)]) == {}
    assert rules([said("input_mtok", "75"), said("input_mtok", "75", family="two")]) == {}
    near = market_of(
        [("one", f"{n}|maker/model-x||standard", n, "input_mtok", Decimal(usd)) for n, usd in enumerate(("0.5", "0.6", "0.7", "30"))]
    )
    assert rules([said("input_mtok", "75")], near) == {}
    few = market_of([("one", f"{n}|maker/model-x||standard", n, "input_mtok", Decimal(usd)) for n, usd in enumerate(("0.5", "0.6"))])
    assert rules([said("input_mtok", "75")], few) == {}


def test_other_providers_say_which_side_of_a_jump_is_wrong() -> None:
    # LiteLLM, vertex_ai mistral-nemo@latest: 3 until January 2025, then 0.15; for the meter, 3 is the likelier.
    path = [said("output_mtok", "3", 0, 9), said("output_mtok", "0.15", 9)]
    typical = Market({}, {"output_mtok": Decimal(2)})
    assert rules(path, typical) == {("output_mtok", "0.15"): "jump"}
    nemo = market_of([("one", f"{n}|maker/model-x||standard", n, "output_mtok", Decimal("0.15")) for n in range(4)])
    assert rules(path, replace(typical, elsewhere=nemo.elsewhere)) == {("output_mtok", "3"): "jump"}
    # a thousandth of a dear model's price is not more likely than the price where others ask it
    dear = market_of([("one", f"{n}|openai/o1-pro||standard", n, "output_mtok", Decimal(600)) for n in range(4)]).elsewhere
    slip = [
        said("output_mtok", "600", 0, 9, thing="reseller|openai/o1-pro||standard"),
        said("output_mtok", "0.6", 9, thing="reseller|openai/o1-pro||standard"),
    ]
    assert rules(slip, replace(typical, elsewhere=dear)) == {("output_mtok", "0.6"): "elsewhere"}
    assert rules(slip, typical) == {("output_mtok", "600"): "jump"}


def test_both_sides_of_a_jump_are_believed_where_other_providers_ask_both() -> None:
    market = market_of(
        [("one", f"{n}|maker/model-x||standard", n, "output_mtok", Decimal(usd)) for n, usd in enumerate(("0.02", "0.3", "0.3", "0.4"))]
    )
    path = [said("output_mtok", "0.02", 0, 9), said("output_mtok", "0.34", 9)]
    assert rules(path, market) == {}
    assert list(rules(path).values()) != []


def test_old_copies_are_no_evidence_against_the_provider_s_own_new_price() -> None:
    # OpenRouter, llama-3.2-3b-instruct in March 2026: 0.02, then 0.34; two trackers still said 0.02.
    own = [said("output_mtok", "0.02", 0, 9, trust=2), said("output_mtok", "0.2", 9, 12, trust=2), said("output_mtok", "0.34", 12, trust=2)]
    copies = [said("output_mtok", "0.02", 1, family=family) for family in ("two", "three")]
    other = {"thing": "openrouter|alone||standard"}
    assert rules([replace(one, **other) for one in (*own, *copies)]) == {}
    assert rules([replace(one, **other) for one in (own[2], *copies)]) == {("output_mtok", "0.34"): "disagrees"}


@pytest.mark.parametrize(
    ("key", "usd", "held"),
    [
        ("core42/jais-13b-chat", "500", True),  # LiteLLM, watsonx: below the ceiling of 750
        ("ibm/granite-3-8b-instruct", "200", True),
        ("perplexity/pplx-70b-online", "500", True),
        ("aleph-alpha/luminous-supreme-control", "240", False),
        ("openai/o1-pro", "600", False),
        ("meta/llama-3.1-405b", "80", False),
        ("Qwen2-Audio-7B-Instruct", "100", False),  # SambaNova's price, for audio
        ("tencent/Hunyuan-MT-7B", "20", False),
    ],
)  # fmt: skip
def test_dearer_than_any_model_of_its_size(key: str, usd: str, held: bool) -> None:
    group = [said("output_mtok", usd, model_key=key, thing=f"seller|{key}||standard")]
    assert rules(group) == ({("output_mtok", usd): "oversized"} if held else {})


@pytest.mark.parametrize(
    ("usd", "held"), [("999", True), ("9999", True), ("999999", True), ("999.9", False), ("99", False), ("900", False), ("1000", False)]
)
def test_stand_ins(usd: str, held: bool) -> None:
    line = {"meter": "compute_hours", "thing": "seller|x||standard"}
    assert rules([said(usd=usd, **line)]) == ({("compute_hours", usd): "sentinel"} if held else {})  # type: ignore[arg-type]
    assert rules([said(usd=usd, family=family, **line) for family in ("one", "two")]) == {}  # type: ignore[arg-type]


def test_a_meter_that_few_price_has_room_above() -> None:
    # LiteLLM, exa and linkup: 25 and 58.67 for a thousand searches, where 5 is the most that two sources say.
    assert rules([said("input_queries_kcount", "58.67")]) == {}
    assert rules([said("input_queries_kcount", "50000")]) == {("input_queries_kcount", "50000"): "ceiling"}


def test_names() -> None:
    assert billions("core42/jais-13b-chat") == 13
    assert billions("qwen/qwen3-235b-a22b") == 235
    assert billions("llama-3.2-1.5b") == 1.5
    assert billions("mixtral-8x7b") is billions("gemma-3n-e4b-it") is billions("gpt-5-nano") is None
    assert seller("amazon-bedrock|us.anthropic.claude-3-5-haiku-20241022-v1:0||standard")[0] == "amazon-bedrock"
    same = ["x|mistralai/Mistral-Nemo-Instruct||batch", "y|mistral-nemo||standard", "z|vertex/mistral-nemo@latest||standard"]
    assert {seller(thing)[2] for thing in same} == {"nemo"}
    assert seller("x|a:free||standard") == ("x", "standard", "a")
    assert other_thing("accounts/fireworks/models/SSD-1B") == "an image model"


def test_what_the_yardsticks_may_hold_is_known_without_judging() -> None:
    def lines(given: str, written: str) -> list[tuple[str, str, str, str, Decimal]]:
        return [("one", THING, "r", "input_mtok", Decimal(given)), ("one", THING, "r", "output_mtok", Decimal(written))]

    assert apart(MARKET, lines("0.6", "2.2")) == set()
    for prices in (("75", "2.2"), ("0.6", "0.0022"), ("2.2", "0.6"), ("6", "22"), ("4.2", "15.4"), ("9000", "9000")):
        assert rules(both(*prices))
        assert apart(MARKET, lines(*prices)) == {THING}


# --- what holds for any statements ---

AMOUNTS = st.sampled_from(["0", "0.0006", "0.06", "0.55", "0.6", "2.2", "4.2", "6", "15.4", "22", "60", "220", "999", "9000"])


@st.composite
def groups(draw: st.DrawFn) -> list[Stated]:
    found = []
    for row in range(draw(st.integers(0, 9))):
        day, gone = draw(st.integers(0, 4)), draw(st.none() | st.integers(1, 3))
        one = said(
            draw(st.sampled_from(["input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "input_mchars"])),
            draw(AMOUNTS), day, None if gone is None else day + gone,
            family=draw(st.sampled_from(["one", "two", "three"])), trust=draw(st.integers(1, 4)),
        )  # fmt: skip
        found.append(replace(one, row=row))
    return found


@settings(max_examples=200, deadline=None)
@given(groups(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(group: list[Stated], shuffle: random.Random) -> None:
    mixed = list(group)
    shuffle.shuffle(mixed)
    assert judge(mixed, MARKET) == judge(group, MARKET)


@settings(max_examples=100, deadline=None)
@given(groups())
def test_free_prices_and_reviewed_ones_and_confirmed_ones_pass(group: list[Stated]) -> None:
    held = judge([replace(one, decision="accept") if isinstance(one.row, int) and one.row % 3 == 0 else one for one in group], MARKET)
    for one in group:
        assert not (one.row in held and (one.usd == 0 or one.row % 3 == 0))  # type: ignore[operator]
        twins = [two for two in group if (two.meter, two.usd) == (one.meter, one.usd) and two.family != one.family]
        assert not (one.row in held and twins)


# --- what a person judged, and what is written about it ---


def test_the_judged_cases_are_well_formed() -> None:
    cases = json.loads((ROOT / "tests/unit/judged_cases.json").read_text())
    assert len(cases) > 50
    for case in cases:
        assert (
            {"source", "provider", "model", "meter", "verdict", "why"}
            <= case.keys()
            <= {"source", "provider", "model", "meter", "price", "beside", "verdict", "why"}
        )
        assert case["verdict"] in ("error", "real", "unknown")
        assert case["why"].endswith(".")
        assert all(Decimal(case[key]) > 0 for key in ("price", "beside") if key in case)


def test_every_rule_is_in_the_table_of_what_was_measured() -> None:
    code = "\n".join(file.read_text() for file in (ROOT / "market").glob("screening_*.py") if file.name != "screening_pages.py")
    named = set(re.findall(r"\bHold\(\s*\"(\w+)\"", code)) - {"rejected"}
    assert len(named) > 10
    assert set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/screening.md").read_text(), re.MULTILINE)) == named
