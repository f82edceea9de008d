"""Which files are license files, when they are worth asking for, and what texts make of a tag."""

import itertools
from datetime import UTC, datetime, timedelta

from market.license_cards import Card, beside
from market.license_evidence import Text, decide
from market.license_files import MOST_FILES, RECHECK, Asked, Repository, binds, due, named
from market.license_tags import NOTHING, Tagged
from market.licenses import CLASSES, License, Term

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def license_(name: str, kind: str, steward: str = "") -> License:
    return License(name, name, steward=steward, terms={"license_class": Term(kind, "1"), "commercial_use": Term("yes", "1")})


KNOWN = {
    one.license_id: one
    for one in (
        license_("Open", "osi_open"),
        license_("LicenseRef-heron-1", "use_restricted", "Heron"),
        license_("LicenseRef-heron-2", "use_restricted", "Heron"),
        license_("Never", "noncommercial"),
    )
}


FORBID = ((), ("non_commercial",), ("users",))


def tag(name: str) -> Tagged:
    return Tagged(name, KNOWN[name].license_class, "yes")


def read(name: str) -> Text:
    return Text("identical", name, name)


def test_license_files_are_told_by_their_names() -> None:
    ours = {"LICENSE", "License.md", "LICENCE.txt", "COPYING", "USE_POLICY.md", "LICENSE-MODEL", "Heron_LICENSE", "LICENSE.heron"}
    for name in ours:
        assert named([name]) == (name,)
    for other in ("config.json", "deep/LICENSE", "LICENSE.pdf", "licensed.txt", "license_check.py", "unlicensing.md", "L" * 200):
        assert named([other]) == ()
    many = named([f"LICENSE-{number}" for number in range(MOST_FILES * 3)])
    assert len(many) == MOST_FILES
    assert [name for name in (*ours, "LICENSE-CODE") if not binds(name)] == [
        name for name in (*ours, "LICENSE-CODE") if "POLICY" in name or "CODE" in name
    ]


def test_files_are_asked_for_once_and_again_for_a_reason() -> None:
    one = Repository("heron/seven", "b", "mit", 1, {"LICENSE": "https://hub.test/LICENSE"})
    before = Asked(NOW - timedelta(days=1), "a", "mit", frozenset({"LICENSE"}))
    assert due(one, None, NOW) and not due(one, before, NOW)
    assert due(one, before._replace(declared="other"), NOW) and due(one, before._replace(names=frozenset()), NOW)
    assert due(one, before._replace(asked_at=NOW - RECHECK), NOW)
    assert not due(one, before._replace(asked_at=NOW - RECHECK, revision="b"), NOW)


def test_without_a_text_the_tag_holds() -> None:
    assert decide(tag("Open"), "tag_only", [], KNOWN)[:3] == (tag("Open"), "tag_only", ())


def test_a_reviewed_text_holds_and_versions_of_a_steward_are_no_conflict() -> None:
    assert decide(tag("LicenseRef-heron-1"), "tag_only", [read("LicenseRef-heron-2")], KNOWN)[:3] == (tag("LicenseRef-heron-2"), "text", ())
    assert decide(NOTHING, "nothing", [read("Open")], KNOWN)[:3] == (tag("Open"), "text", ())
    assert decide(tag("Never"), "family", [read("Open")], KNOWN)[:2] == (tag("Open"), "text"), "a text is nearer than the family"


def test_never_less_strict_than_tag_or_any_text() -> None:
    texts = [*map(read, KNOWN), Text("variant", None, "Open"), Text("unknown")]
    for name in KNOWN:
        for first in texts:
            for second in texts:
                found = decide(tag(name), "tag_only", [first, second], KNOWN)
                said = [KNOWN[text.license_id].license_class if text.license_id else "unknown" for text in (first, second)]
                assert found.tagged.license_class == max((*said, KNOWN[name].license_class), key=CLASSES.index)
                assert ("text_unreviewed" in found.flags or "text_differs" in found.flags) or None not in (
                    first.license_id,
                    second.license_id,
                )


def test_a_card_never_allows_more_than_tag_or_text() -> None:
    tags = [*((tag(name), basis) for name in KNOWN for basis in ("tag_only", "family")), (NOTHING, "nothing")]
    texts = [[], *([read(name)] for name in KNOWN), [Text("variant", None, "Open")]]
    says = [*map(tag, KNOWN), NOTHING]
    for (tagged, basis), files, whole, said, flags in itertools.product(tags, texts, [*KNOWN, None], says, FORBID):
        own = decide(tagged, basis, files, KNOWN)
        found, rests = beside(own, Card(whole, said.license_id, flags), said, KNOWN)
        silent = own.basis == "nothing"
        before, after = (CLASSES.index(one.tagged.license_class) for one in (own, found))
        assert after >= before or silent
        assert found.basis == own.basis or (found.basis == "card" and rests)
        if silent and not whole and said is NOTHING:
            assert found.tagged is NOTHING
        if silent and flags and not whole and said.license_class == "osi_open":
            assert found.tagged is NOTHING and "card_restricts" in found.flags
        if "non_commercial" in flags and not whole and found.tagged.license_class == "osi_open":
            assert "card_restricts" in found.flags
        if whole and own.basis == "tag_only" and whole != own.tagged.license_id and not whole.startswith("LicenseRef-heron"):
            assert "card_differs" in found.flags
