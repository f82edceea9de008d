"""Candidate claims found in a text by rule, as entries that the reader accepts."""

from market import claims
from market.claim_draft import drafted, written

NAMES = {"zeta-9": "lab/zeta-9", "zeta-9-mini": "lab/zeta-9-mini", "orca-pro": "sea/orca-pro"}
TEXT = """# A headline of 90 words

Zeta 9 Mini was released in March 2026 under the Apache license. It rained. Orca Pro costs $0.25 per million output tokens!
Orca Pro has 120 billion parameters. Orca Pro scores 59% on AIME. Prices dropped 90%, from $0.075 to $0.00375.

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
        ("floor", "chat input_mtok", "0.001"),
    ]


def test_a_proposal_can_be_read_back_and_says_that_it_is_one() -> None:
    text = written(drafted(TEXT, NAMES), "article.txt")
    file = claims.read(text)
    assert text.startswith("# Proposals") and len({one.claim_id for one in file.claims}) == len(file.claims) == 7
    assert file.claims[2].metric == "output_mtok" and str(file.claims[6].by) == "2026-12-31" and file.claims[5].sums[0]["percent"] == "90"


def test_nothing_is_found_in_nothing() -> None:
    assert drafted("", NAMES) == drafted("It rained for 90 days in March 2026, for $3 a day.", {}) == []
