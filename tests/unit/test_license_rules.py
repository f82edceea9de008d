"""License texts: recognized in any wrapping, never in a changed one; tags, cases and lineage."""

import json
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import license_texts
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db import licenses
from jobs.cli import main
from market import license_case, license_lineage
from market.license_case import Case
from market.license_lineage import RANK
from market.license_tags import Tagged, Tags, key
from market.license_text import Print, Reading
from market.licenses import CLASSES, TERMS, License, OddLicense, Term, Threshold, judge

REAL = license_texts.real()
ALL = license_texts.real() | {"made-up": license_texts.MADE_UP}
recorded = pytest.mark.skipif(not REAL, reason="the recorded license texts are not on this machine")

TRUTH = {
    # file: class, commerce, thresholds, field of use, outputs, patent, revocable
    "mit.LICENSE": ("osi_open", "yes", [], "none", "free", "none", "irrevocable"),
    "apache-2.0.LICENSE": ("osi_open", "yes", [], "none", "free", "explicit", "irrevocable"),
    "openmdw-1.0.LICENSE": ("permissive_unapproved", "yes", [], "none", "free", "explicit", "on_patent_suit"),
    "cc-by-4.0.LICENSE": ("permissive_unapproved", "yes", [], "none", "unknown", "none", "irrevocable"),
    "cc-by-nc-4.0.LICENSE": ("noncommercial", "no", [], "none", "unknown", "none", "irrevocable"),
    "bigscience-open-rail-m.LICENSE": ("use_restricted", "yes", [], "list_in_text", "free", "explicit", "irrevocable"),
    "bigcode-open-rail-m-v1.LICENSE": ("use_restricted", "yes", [], "list_in_text", "within_use_policy", "explicit", "on_breach"),
    "llama-2-license-2023.LICENSE": ("threshold", "limited", [("mau", 700e6)], "external_policy", "only_own_family", "none", "on_breach"),
    "llama-3.1-license-2024.LICENSE": ("threshold", "limited", [("mau", 700e6)], "external_policy", "naming_duty", "none", "on_breach"),
    "llama-4-license-2025.LICENSE": ("threshold", "limited", [("mau", 700e6)], "external_policy", "naming_duty", "none", "on_breach"),
    "gemma-tou-2024-04-01.LICENSE": ("use_restricted", "yes", [], "external_policy", "free", "none", "on_breach"),
    "gemma-terms-of-use.txt": ("use_restricted", "yes", [], "external_policy", "free", "none", "on_breach"),
    "qwen-2024.LICENSE": ("threshold", "limited", [("mau", 100e6)], "none", "display_duty", "none", "on_breach"),
    "deepseek-la-1.0.LICENSE": ("use_restricted", "yes", [], "list_in_text", "free", "explicit", "irrevocable"),
    "chatglm-6b-model-license.txt": ("use_restricted", "yes", [], "list_in_text", "unknown", "none", "at_will"),
    "falcon-2-11b-1.0.LICENSE": ("use_restricted", "yes", [], "external_policy", "within_use_policy", "explicit", "irrevocable"),
    "nvidia-open-model-2025-04-28.LICENSE": ("use_restricted", "yes", [], "external_policy", "free", "none", "on_breach"),
    "moonshot-ai-modified-mit-2025.LICENSE": ("rider", "yes", [("mau", 100e6), ("revenue_month", 20e6)], "none", "free", "none", "none"),
    "stability-ai-community-2024.LICENSE": (
        "registration",
        "limited",
        [("revenue_year", 1e6)],
        "external_policy",
        "no",
        "none",
        "on_breach",
    ),
    "flux-1-nc.LICENSE": ("noncommercial", "no", [], "list_in_text", "no", "none", "on_breach"),
}


def made_up() -> License:
    terms = {"license_class": Term("threshold", "2"), "commercial_use": Term("limited", "2"), "hosting": Term("free", "1")}
    limit = Threshold("mau", Decimal("700e6"), "ongoing", "license_needed", "2")
    return License("LicenseRef-zebra-1", "Zebra", terms=terms, thresholds=(limit,), prints=(Print.of(Reading(license_texts.MADE_UP)),))


KNOWN = (*licenses.registry(), made_up())


def told(text: str) -> Any:
    return judge(Reading(text), KNOWN)


@pytest.mark.parametrize("name", list(ALL))
def test_a_text_is_known_in_six_renderings(name: str) -> None:
    plain = license_texts.renderings(ALL[name])
    found = {kind: told(text) for kind, text in plain.items()}
    identity = found["exact"].license.license_id
    assert {kind: one.match for kind, one in found.items()} == {
        "exact": "identical", "wrapped": "identical", "markdown": "identical", "page": "embedded", "readme": "embedded", "begun": "variant",
    }  # fmt: skip
    assert {one.license.license_id for kind, one in found.items() if kind != "begun"} == {identity}
    assert found["begun"].license is None and found["begun"].nearest.license_id == identity and found["begun"].missing_sentences > 0


def test_fault_22_no_changed_text_is_taken_for_the_one_it_was_made_from() -> None:
    judged = [(name, kind, told(text)) for seed, name in enumerate(ALL) for kind, text in license_texts.mutants(ALL[name], seed)]
    assert len(judged) >= (200 if REAL else 10)
    own = {name: told(license_texts.body(text)).license.license_id for name, text in ALL.items()}
    assert [(name, kind) for name, kind, one in judged if one.match == "identical"] == []
    assert [(name, kind) for name, kind, one in judged if one.nearest is None or one.nearest.license_id != own[name]] == []
    assert [(name, kind) for name, kind, one in judged if one.license and kind in ("append", "insert", "notice")] == []


@pytest.mark.parametrize(
    ("word", "by"), [("irrevocable", "revocable"), ("700 million", "70 million"), ("zebra.example.com/policy", "zebra.example.com/other")]
)
def test_fault_22_one_word_makes_another_version(word: str, by: str) -> None:
    found = told(license_texts.MADE_UP.replace(word, by))
    assert (found.match, found.license, found.nearest.license_id) == ("variant", None, "LicenseRef-zebra-1")
    assert len(found.new_sentences) == 1 and by in found.new_sentences[0] and found.missing_sentences == 1
    assert ("zebra.example.com/other" in found.new_urls) == ("zebra" in word)


@recorded
@pytest.mark.parametrize(
    ("name", "tail"),
    [
        ("apache-2.0.LICENSE", "No commercial use is permitted."),
        ("mit.LICENSE", "If you offer it as a service with more than US$1 million of yearly revenue, you must obtain a license."),
        ("cc-by-nc-4.0.LICENSE", "Your use must follow the Acceptable Use Policy."),
    ],
)
def test_fault_23_a_clean_text_with_a_rider_is_not_clean(name: str, tail: str) -> None:
    found = told(f"{license_texts.body(REAL[name])}\n\n{tail}")
    assert found.match in ("embedded", "variant") and found.license is None
    assert tail.rstrip(".") in found.new_sentences and found.flags


def test_fault_23_a_rider_of_its_own_page_is_seen_too() -> None:
    page = license_texts.renderings(license_texts.MADE_UP)["page"].replace("</main>", "<p>Not for commercial use.</p></main>")
    assert told(page).license is None and told(page).nearest.license_id == "LicenseRef-zebra-1"


def test_a_copyright_line_and_a_title_are_furniture() -> None:
    found = told(f"# Zebra\n\nCopyright (c) 2026 Zebra Works\n\n{license_texts.MADE_UP}")
    assert found.match == "embedded" and found.license.license_id == "LicenseRef-zebra-1"


BLANKS = "Copyright [yyyy] [name of copyright owner]"
NOTICES = (
    "Copyright 2024 Heron Works", "Copyright (c) 2023-2026 Heron Works, Inc. and its affiliates. All rights reserved.",
    "Copyright © 2025 The Heron Team, Gull Group", "  # Copyright (C) 2019 by Dr. J. R. Heron <heron@example.com>",
    "Copyright heron-works contributors", "Copyright 2024 Institute for Herons and Gulls", "Copyright (c) 2024 heron-works",
    "Copyright <year> <copyright holders>", "Copyright (c) 2020 Heron\nCopyright (c) 2021-present Gull", "Copyright (c) 2024, Heron\nAll rights reserved.",
)  # fmt: skip


@pytest.mark.parametrize("notice", NOTICES)
def test_whose_the_copyright_is_makes_no_other_license(notice: str) -> None:
    filled = f"{license_texts.MADE_UP}\n\n{BLANKS}\n\nEnd of the license, which stands below every copy."
    one = License("LicenseRef-zebra-2", "Zebra 2", prints=(Print.of(Reading(filled)),))
    for text in (filled, filled.replace(BLANKS, notice), filled.replace(BLANKS, ""), f"{notice}\n\n{filled}"):
        found = judge(Reading(text), [one])
        assert (found.match, found.license) == ("identical", one)
    assert told(f"{notice}\n\n{license_texts.MADE_UP}").match == "identical"
    assert judge(Reading(filled.replace(BLANKS, f"{notice}, who shall be paid")), [one]).match == "variant"


@recorded
@pytest.mark.parametrize("notice", NOTICES)
def test_real_licenses_are_the_same_in_anybodys_name(notice: str) -> None:
    apache = license_texts.body(REAL["apache-2.0.LICENSE"])
    assert apache.count(BLANKS) == 1
    mit = f"The MIT License (MIT)\n\n{notice}\n\n{license_texts.body(REAL['mit.LICENSE'])}"
    for text, license_id in ((apache.replace(BLANKS, notice), "Apache-2.0"), (f"{notice}\n\n{apache}", "Apache-2.0"), (mit, "MIT")):
        assert (told(text).match, told(text).license.license_id) == ("identical", license_id)


RULES = (
    "Nobody may sell what the weights write.", "Armies stay away.", "Banks are left out", "The grant runs for one year.", "Students Pay Double.",
    "Use it at home", "Copies carry the Zebra logo.", "Whoever earns money with it writes to us.", "Banks buy another license",
    "The weights stay inside your firm.", "Redistribution needs a signed letter.", "Zebra Works takes back the weights whenever it likes.",
)  # fmt: skip
BESIDE = (
    "Copyright 2024 Heron {}", "Copyright 2024 Heron. {}", "(c) 2024 {}", "Copyright (c) {} 2024", "Copyright (c) 2024 Heron ({})", "Copyright [{}]",
    "Copyright 2024 Heron - {}", "Copyright 2024 Heron <{}>", "Copyright 2024 Heron\n{}", "# {}\n\nCopyright 2024 Heron", "MIT License ({})",
    "This model is released under the {} License",
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_that_poses_as_a_line_of_copyright_is_seen(rule: str) -> None:
    for words in (rule, rule.title(), rule.upper(), f"{rule.rstrip('.')}."):
        for form in BESIDE:
            said = form.format(words)
            for text in (f"{said}\n\n{license_texts.MADE_UP}", f"{license_texts.MADE_UP}\n\n{said}"):
                found = told(text)
                assert found.match != "identical" and found.license is None, said


@pytest.mark.parametrize("rule", RULES)
def test_a_plain_sentence_beside_a_license_is_not_furniture(rule: str) -> None:
    plain = license_texts.MADE_UP
    for text in (
        f"# Zebra\n\n{rule}\n\n{plain}",
        f"{plain}\n\n{rule}",
        f"Copyright 2026 Zebra Works\n{rule}\n\n{plain}",
        f"---\n{rule}\n---\n{plain}",
    ):
        assert told(text).license is None and told(text).nearest.license_id == "LicenseRef-zebra-1"


def test_a_rule_in_another_section_of_the_page_is_seen_by_its_words() -> None:
    readme = license_texts.renderings(license_texts.MADE_UP)["readme"]
    assert told(readme).license and told(f"# Use\n\nNobody may sell what the weights write.\n\n{readme}").license is None
    page = license_texts.renderings(license_texts.MADE_UP)["page"].replace("<main>", "<main><h1>Zebra</h1><p>Banks are left out.</p>")
    assert told(page).license is None


def test_a_text_of_something_else_is_unknown() -> None:
    found = told("To make bread, mix flour and water. Let it rest for an hour. Bake it until the crust is brown, and let it cool.")
    assert (found.match, found.license, found.nearest) == ("unknown", None, None)


@recorded
def test_the_table_of_truths_is_reproduced_clause_by_clause(capsys: pytest.CaptureFixture[str]) -> None:
    folder = license_texts.recordings.SHARED / "data" / "licenses"
    assert main(["license", *(str(folder / name) for name in TRUTH), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    found = {}
    for one in document["files"]:
        terms = one["terms"]
        names = ("license_class", "commercial_use", "field_of_use", "output_training", "patent_grant", "revocable")
        kind, commerce, field, outputs, patent, revocable = (terms[name]["value"] for name in names)
        limits = [(limit["metric"], float(limit["value"])) for limit in terms["threshold"]]
        found[Path(one["file"]).name] = (kind, commerce, limits, field, outputs, patent, revocable)
        assert all(terms[name]["clause"] for name in TERMS if terms[name]["value"] != "unknown")
    assert found == TRUTH and set(TRUTH) == set(REAL)


def test_the_registry_holds_no_text_and_every_value_has_its_clause() -> None:
    assert len(licenses.registry()) > 40
    for one in licenses.registry():
        assert License.of(licenses.tomllib.loads(licenses.as_toml(one))) == one
        assert one.prints and one.license_class in CLASSES
        assert all(
            len(sentence) == 12 and int(sentence, 16) >= 0 for print_ in one.prints for sentence in (*print_.sentences, print_.anchor)
        )
        assert all(len(term.says) < 140 for term in one.terms.values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"license_class": {"value": "open"}},
        {"license_class": {"value": "osi_open"}},
        {"color": {"value": "unknown"}},
        {"hosting": {"is": "free"}},
    ],
)
def test_an_odd_file_is_refused_in_one_sentence(wrong: Mapping[str, Any]) -> None:
    with pytest.raises(OddLicense, match="LicenseRef-x"):
        License.of({"license_id": "LicenseRef-x", "name": "X", "terms": wrong})


def test_learning_makes_a_file_that_knows_the_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "LICENSE"
    text.write_text(license_texts.MADE_UP, encoding="utf-8")
    assert main(["license", str(text), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["match"] == "unknown"
    assert main(["license", "learn", str(text), "--id", "LicenseRef-zebra-1", "--json"]) == 0
    learned = json.loads(capsys.readouterr().out)
    file = Path(learned["file"])
    try:
        assert file.parent == Path(os.environ["MODELMARKET_HOME"]) / "licenses" and learned["new"]
        assert "worldwide" not in file.read_text(encoding="utf-8")
        assert main(["license", str(text), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)["files"][0]
        assert (found["match"], found["license_id"]) == ("identical", "LicenseRef-zebra-1")
        assert found["terms"]["license_class"]["value"] == "unknown" and found["answer"] == "unknown"
        assert main(["license", "learn", str(text), "--id", "LicenseRef-zebra-1", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["new"] is False
        assert main(["license", "learn", str(text), "--id", "LicenseRef-other"]) == 1
        assert "LicenseRef-zebra-1" in capsys.readouterr().err
    finally:
        file.unlink()
        licenses.registry.cache_clear()
        licenses.tags.cache_clear()


@pytest.mark.parametrize("body", [b"", b"\x00\x01\x02" * 40, b"a" * 6_000_000])
def test_what_is_no_text_gets_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    file = tmp_path / "LICENSE"
    file.write_bytes(body)
    assert main(["license", str(file), str(tmp_path / "none"), "--json"]) == 1
    out, err = capsys.readouterr()
    assert [one["match"] for one in json.loads(out)["files"]] == ["unknown", "unknown"] and len(err.splitlines()) == 2


@pytest.mark.parametrize(
    ("license_id", "case", "expected"),
    [
        ("MIT", Case(Decimal("800e6"), Decimal("5e9"), hosting=True, train_on_outputs=True, military=True, territory="EU"), {"allowed"}),
        ("LicenseRef-llama-3.1", Case(Decimal("800e6")), {"ask"}),
        ("LicenseRef-llama-3.1", Case(Decimal("700e6"), hosting=True, train_on_outputs=True), {"allowed"}),
        ("LicenseRef-llama-2", Case(Decimal(5), train_on_outputs=True), {"allowed", "not_allowed"}),
        ("LicenseRef-llama-4", Case(Decimal(5), territory="FR", military=True), {"allowed", "ask", "not_allowed", "unknown"}),
        ("LicenseRef-kimi-k2-modified-mit", Case(Decimal("200e6"), Decimal("300e6")), {"allowed"}),
        ("LicenseRef-stability-community-2024", Case(revenue=Decimal("50e6")), {"ask"}),
        ("CC-BY-NC-4.0", Case(), {"not_allowed"}),
        ("LicenseRef-tencent-hunyuan-3d-2.0", Case(Decimal(5), territory="DE"), {"allowed", "not_allowed"}),
        ("LicenseRef-qwen-2024", Case(), {"ask"}),
    ],
)
def test_a_case_is_answered_with_clauses(license_id: str, case: Case, expected: set[str]) -> None:
    one = next(one for one in KNOWN if one.license_id == license_id)
    given_ = license_case.answers(one, case)
    assert {answer.answer for answer in given_} <= expected and license_case.worst(given_) == max(
        (answer.answer for answer in given_), key=license_case.ANSWERS.index
    )
    assert all(answer.clause for answer in given_ if answer.answer != "unknown")


def test_a_text_that_is_not_accepted_answers_nothing() -> None:
    given_ = license_case.answers(None, Case(Decimal(5), Decimal(6), hosting=True, train_on_outputs=True, military=True, territory="EU"))
    assert len(given_) == 7 and {answer.answer for answer in given_} == {"unknown"}


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("apache-2.0", "osi_open"), ("Apache 2.0", "osi_open"), ("license:mit", "osi_open"), ("Llama 3.1 Community", "threshold"), ("llama3.1", "threshold"),
        ("Gemma license", "use_restricted"), ("cc-by-nc-4.0", "noncommercial"), ("MRL", "research_only"), ("MIT OR GPL-3.0-only", "osi_open"),
        ("MIT AND CC-BY-NC-4.0", "noncommercial"), ("other", "unknown"), ("", "unknown"), ("(", "unknown"), (None, "unknown"), ("Proprietary", "none"),
        ("other (qwen)", "threshold"), ("other (Acme License)", "unknown"), ("other (mit)", "unknown"), ("other ()", "unknown"),
    ],
)  # fmt: skip
def test_tags_hint_at_a_class(tag: str | None, kind: str) -> None:
    assert licenses.tags().classify(tag).license_class == kind


GRAPHS = st.dictionaries(st.integers(0, 12).map(str), st.lists(st.integers(0, 12).map(str), max_size=4), max_size=13)
OWN = st.dictionaries(
    st.integers(0, 12).map(str),
    st.builds(Tagged, st.none(), st.sampled_from(CLASSES), st.sampled_from(license_lineage.COMMERCE)),
    max_size=13,
)


@settings(max_examples=1000, deadline=None)
@given(bases=GRAPHS, own=OWN)
def test_fault_25_what_holds_is_never_less_restrictive_than_any_ancestor(bases: dict[str, list[str]], own: dict[str, Tagged]) -> None:
    for model in {*bases, *own}:
        found = license_lineage.effective(model, own, bases, {})
        line, cycle = license_lineage.ancestors(model, bases)
        for name in (model, *line):
            said = own.get(name, Tagged(None, "unknown", "unknown"))
            silent = said.license_class == "unknown" and bases.get(name)
            assert silent or RANK[found.license_class] >= RANK[said.license_class]
            assert silent or license_lineage.COMMERCE.index(found.commercial_use) >= license_lineage.COMMERCE.index(said.commercial_use)
            assert silent or said.license_class != "unknown" or name == model or "base_unknown" in found.flags
        for parent in bases.get(model, ()):
            assert RANK[found.license_class] >= RANK[license_lineage.effective(parent, own, bases, {}).license_class]
        assert cycle == ("lineage_cycle" in found.flags)


def test_fault_24_a_tag_that_drops_the_base_models_license_is_flagged_and_quantizations_inherit() -> None:
    tags = licenses.tags()
    own = {"meta-llama/llama-3.1-8b": tags.classify("llama3.1")} | dict.fromkeys(
        ("acme/atlas", "acme/atlas-gguf", "you/atlas-q4"), tags.classify("apache-2.0")
    )
    bases = {"acme/atlas": ["meta-llama/llama-3.1-8b"], "acme/atlas-gguf": ["acme/atlas"], "you/atlas-q4": ["acme/atlas-gguf"]}
    for model in bases:
        found = license_lineage.effective(model, own, bases, licenses.NAMES_BEGIN)
        assert (found.license_id, found.license_class, found.commercial_use) == ("LicenseRef-llama-3.1", "threshold", "limited")
        assert found.comes_from == "meta-llama/llama-3.1-8b" and {"laundering_suspect", "naming_duty_unmet"} <= set(found.flags)
    silent = license_lineage.effective("a", {"c": tags.classify("llama3.1")}, {"a": ["b"], "b": ["c"]}, {})
    assert (silent.license_class, silent.commercial_use, silent.comes_from, silent.flags) == ("threshold", "limited", "c", ())
    lost = license_lineage.effective("you/other", own | {"you/other": tags.classify("mit")}, {"you/other": ["gone/base"]}, {})
    assert (lost.license_class, lost.commercial_use, lost.flags) == ("unknown", "unknown", ("base_unknown",))
    around = license_lineage.effective("a", {"a": tags.classify("mit"), "b": tags.classify("mit")}, {"a": ["b"], "b": ["a"]}, {})
    assert around.license_class == "osi_open" and around.flags == ("lineage_cycle",)


def test_a_familys_tag_is_one_of_the_tags() -> None:
    tags: Tags = licenses.tags()
    assert all(tags.tags[name].license_class in CLASSES and key(name) == name for name in tags.tags)
    assert tags.family("meta-llama/Meta-Llama-3.1-8B-Instruct").license_id == "LicenseRef-llama-3.1"
