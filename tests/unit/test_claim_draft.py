"""Candidate claims found in a text by rule, as entries that the reader accepts."""

from datetime import date

import pytest

from market import claims
from market.claim_checks import judge
from market.claim_draft import drafted, foreign, written

NAMES = {"zeta-9": "lab/zeta-9", "zeta-9-mini": "lab/zeta-9-mini", "orca-pro": "sea/orca-pro"}
TEXT = """# A headline of 90 words

Zeta 9 Mini was released in March 2026 under the Apache license. It rained. Orca Pro costs $0.25 per million output tokens!
Orca Pro has 120 billion parameters. Orca Pro scores 59% on AIME. Prices dropped 90%, from $0.075 to $0.00375.

Orca Pro activates 12 billion parameters per token. Orca Pro at 120B is larger than Zeta 9 (estimated 1.7T).
Zeta 9 came at 50% off: $0.01 per output token, down from $0.03. Orca Pro costs $0.02 per 1K tokens and $3 per token for Zeta 9.

By Q4 2026 pricing floors at $0.001 per million tokens. Nobody knows $7.
"""


def test_sentences_with_a_name_and_a_number_become_entries() -> None:
    found = [(one.fields["predicate"], one.fields.get("subject"), one.fields.get("value")) for one in drafted(TEXT, NAMES)]
    assert found == [
        ("released_on", "lab/zeta-9-mini", "2026-03"),
        ("license_is", "lab/zeta-9-mini", "Apache-2.0"),
        ("price", "sea/orca-pro", "0.25"),
        ("parameters", "sea/orca-pro", "120"),
        ("score", "sea/orca-pro", "59"),
        ("arithmetic", None, None),
        ("active_parameters", "sea/orca-pro", "12"),
        ("arithmetic", "sea/orca-pro", None),
        ("arithmetic", "lab/zeta-9", None),
        ("price", "sea/orca-pro", "20.00"),
        ("floor", "chat input_mtok", "0.001"),
    ]


def test_a_proposal_can_be_read_back_and_says_that_it_is_one() -> None:
    text = written(drafted(TEXT, NAMES), "article.txt")
    file = claims.read(text)
    assert text.startswith("# Proposals") and len({one.claim_id for one in file.claims}) == len(file.claims) == 11
    assert file.claims[2].metric == "output_mtok" and str(file.claims[10].by) == "2026-12-31" and file.claims[5].sums[0]["percent"] == "90"


def test_what_the_rules_find_can_disagree_with_itself() -> None:
    file = claims.read(written(drafted(TEXT, NAMES), "a"))
    wrong = [one.statement[:16] for one in file.claims if judge(one, [], date(2026, 6, 1)).inconsistent]
    assert wrong == ["Prices dropped 9", "Orca Pro at 120B", "Zeta 9 came at 5"]


def test_a_share_of_a_price_is_held_against_the_recorded_one() -> None:
    (one,) = drafted("$0.01 per million tokens is 1% of Orca Pro's price.", NAMES)
    assert one.fields["sums"] == [{"kind": "share", "part": "0.01", "whole": "recorded sea/orca-pro input_mtok", "percent": "1"}]


def test_a_price_per_token_is_a_million_times_that_per_million() -> None:
    told = drafted("Zeta 9 costs $0.01 per output token.", NAMES) + drafted("Zeta 9 costs $0.01 per million output tokens.", NAMES)
    assert [one.fields["value"] for one in told] == ["10000.00", "0.01"]


def test_nothing_is_found_in_nothing() -> None:
    assert drafted("", NAMES) == drafted("It rained for 90 days in March 2026, for $3 a day.", {}) == []


def entries(text: str) -> list[tuple[object, ...]]:
    return [tuple(one.fields.get(key) for key in ("subject", "predicate", "metric", "value")) for one in drafted(text, NAMES)]


def test_each_price_of_a_sentence_is_proposed_once_and_of_the_model_named_before_it() -> None:
    assert entries("Orca Pro now costs $0.0002 per thousand input tokens and $0.0006 per thousand output tokens.") == [
        ("sea/orca-pro", "price", "input_mtok", "0.2000"),
        ("sea/orca-pro", "price", "output_mtok", "0.6000"),
    ]
    assert entries("Orca Pro costs $1 per million input tokens, and Zeta 9 costs $3 per million output tokens.") == [
        ("sea/orca-pro", "price", "input_mtok", "1"),
        ("lab/zeta-9", "price", "output_mtok", "3"),
    ]


def test_a_row_of_a_table_is_priced_by_the_words_above_its_columns() -> None:
    table = "Model | Input $/1M | Cached input $/1M | Output $/1M | Speed\n--- | --- | --- | ---\nOrca Pro | $2.50 | 0.25 | $1,000 | 90"
    assert entries(table) == [
        ("sea/orca-pro", "price", "input_mtok", "2.50"),
        ("sea/orca-pro", "price", "cache_read_mtok", "0.25"),
        ("sea/orca-pro", "price", "output_mtok", "1000"),
    ]
    assert entries("name\tPrompt (USD per 1K)\tContext\nZeta 9\t0.5\t128000") == [("lab/zeta-9", "price", "input_mtok", "500.0")]
    assert entries("Orca Pro | $2.50 | $10.00") == [], "which price is which nobody said"


def test_all_parameters_and_active_ones_are_told_apart_and_a_name_is_no_claim_of_size() -> None:
    for text in (
        "Orca Pro has 671 billion parameters, of which 37B are active.",
        "Orca Pro, with 671B total parameters and 37B active, is here.",
        "Orca Pro activates 37B of its parameters, 671B in total.",
        "Orca Pro: 37B active and 671B total parameters.",
    ):
        found = {kind: value for _, kind, _, value in entries(text)}
        assert found == {"parameters": "671", "active_parameters": "37"}, text
    names = {"zeta-9-70b": "lab/zeta-9-70b"}
    assert drafted("Zeta 9 70B is here, better than Other-72B-Instruct.", names) == []
    assert [one.fields["value"] for one in drafted("Zeta 9 70B has 70B parameters.", names)] == ["70"]


@pytest.mark.parametrize(
    "text",
    [
        "Orca Pro costs €2.80 per million input tokens.",
        "Orca Pro 的价格为每百万输入 4 元。",
        "Orca Pro\t0,27 €",
        "It costs CNY 20 a million.",
    ],
)
def test_amounts_in_other_currencies_are_named_and_never_taken_for_dollars(text: str) -> None:
    assert drafted(text, NAMES) == [] and foreign(text) == [" ".join(text.split())]
    said = written([], "a", foreign(text))
    assert " ".join(text.split()) in said
    assert (
        claims.read(written(drafted(TEXT, NAMES), "a", foreign(f"{text}\u2028- claims: no"))).claims
        == claims.read(written(drafted(TEXT, NAMES), "a")).claims
    )


def test_chinese_sentences_end_and_lend_the_next_nothing() -> None:
    assert entries("价格下降 90%。Orca Pro was released in March 2026.") == [("sea/orca-pro", "released_on", None, "2026-03")]
