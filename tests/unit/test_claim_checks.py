"""Each checker over rows made by hand, and what a claim's own numbers must satisfy."""

from datetime import date
from decimal import Decimal
from importlib import resources

import pytest

from market import claims
from market.claim_checks import CHECKERS, judge, span
from market.claim_sums import SUMS, agrees, shown
from market.claims import PREDICATES, BadClaims, Claim, Judged, Known

TODAY = date(2026, 6, 1)
DAY = date(2026, 1, 10)


def told(predicate: str, *known: Known, **fields: object) -> Judged:
    return judge(Claim("c", "said", predicate, "lab/one", **fields), known, TODAY)  # type: ignore[arg-type]


def fact(metric: str, value: str, subject: str = "lab/one", on: date | None = DAY) -> Known:
    return Known("fact", subject, metric, value, on, source="someone", url="https://one.test/")


def quote(
    usd: str, on: date = DAY, until: date | None = None, subject: str = "lab/one", provider: str = "north", source: str = "a"
) -> Known:
    return Known("quote", subject, "input_mtok", usd, on, until, source, "https://two.test/", "line 1", provider)


def test_every_predicate_has_a_checker_and_every_sum_its_rule() -> None:
    assert set(CHECKERS) == set(PREDICATES) and set(SUMS) == set(claims.SUMS)


@pytest.mark.parametrize("predicate", sorted(set(PREDICATES) - {"opinion"}))
def test_without_evidence_nothing_is_decided(predicate: str) -> None:
    found = told(predicate, value="1", metric="input_mtok")
    assert found.verdict == "undecidable" and found.reason.endswith(".") and not found.evidence


@pytest.mark.parametrize(
    ("predicate", "known", "fields", "verdict"),
    [
        ("released_on", [fact("released_on", "2026-01-10")], {"value": "2026-01"}, "supported"),
        ("released_on", [fact("released_on", "2026-01-10")], {"value": "2026-Q2"}, "contradicted"),
        ("within_days", [fact("released_on", "2026-01-10"), fact("released_on", "2026-02-10", "lab/two")],
         {"value": "31", "against": ("lab/two",)}, "supported"),
        ("within_days", [fact("released_on", "2026-01-10"), fact("released_on", "2026-02-10", "lab/two")],
         {"value": "30", "against": ("lab/two",)}, "contradicted"),
        ("parameters", [fact("parameters", "671000000000")], {"value": "671", "unit": "billion"}, "supported"),
        ("parameters", [fact("parameters", "754000000000")], {"value": "127", "unit": "billion"}, "contradicted"),
        ("active_parameters", [Known("model", "lab/one", "active_parameters", v, source=s) for v, s in (("37", "a"), ("40", "b"))],
         {"value": "37"}, "mixed"),
        ("license_is", [fact("license_id", "Apache-2.0")], {"value": "apache-2.0"}, "supported"),
        ("license_is", [fact("license_id", "Apache-2.0")], {"value": "MIT"}, "contradicted"),
        ("license_allows", [fact("license_id", "MIT"), Known("term", "MIT", "commercial_use", "yes")],
         {"value": "yes", "metric": "commercial_use"}, "supported"),
        ("license_allows", [fact("license_id", "X"), Known("term", "X", "commercial_use", "limited")],
         {"value": "yes", "metric": "commercial_use"}, "contradicted"),
        ("score", [fact("aime", "39.2")], {"value": "39", "metric": "aime"}, "supported"),
        ("score", [fact("aime", "39.2")], {"value": "59", "metric": "aime"}, "contradicted"),
        ("score_comparison", [fact("aime", "70"), fact("aime", "60", "lab/two")],
         {"metric": "aime", "operator": ">", "value": "3.33", "against": ("lab/two",)}, "supported"),
        ("score_comparison", [fact("aime", "61"), fact("aime", "60", "lab/two")],
         {"metric": "aime", "operator": ">", "value": "3.33", "against": ("lab/two",)}, "contradicted"),
        ("score_comparison", [fact("released_on", "2026-05-01")], {"metric": "aime", "as_of": DAY}, "contradicted"),
        ("quantity", [fact("tokens", "15000000000000")], {"metric": "tokens", "operator": "<=", "value": "10", "unit": "trillion"},
         "contradicted"),
        ("exists", [fact("exists", "yes")], {"as_of": TODAY}, "supported"),
        ("exists", [fact("exists", "yes", on=date(2026, 5, 1))], {"as_of": DAY}, "undecidable"),
        ("share", [], {"value": "50", "by": date(2026, 12, 31)}, "open"),
        ("opinion", [], {}, "opinion"),
    ],
)  # fmt: skip
def test_facts(predicate: str, known: list[Known], fields: dict[str, object], verdict: str) -> None:
    found = told(predicate, *known, **fields)
    assert found.verdict == verdict, found.reason
    assert found.inconsistent is False
    assert (found.confidence is None) == (verdict in ("undecidable", "open", "opinion"))


def test_a_price_is_held_against_what_was_asked_on_the_day() -> None:
    rows = [quote("0.5", until=date(2026, 2, 1)), quote("1", date(2026, 2, 1)), quote("1", date(2026, 2, 1), provider="south", source="b")]
    price = {"metric": "input_mtok", "value": "0.5"}
    assert told("price", *rows, as_of=date(2026, 1, 20), **price).verdict == "supported"
    late = told("price", *rows, as_of=date(2026, 3, 1), **price)
    assert (late.verdict, late.confidence) == ("contradicted", "high") and "2 times the $0.5 claimed" in late.reason
    assert told("price", *rows, quote("0.5", provider="east"), as_of=date(2026, 3, 1), **price).verdict == "mixed"
    assert told("price", *rows, as_of=date(2025, 1, 1), **price).verdict == "undecidable"
    assert told("price", *rows, as_of=date(2026, 3, 1), provider="nobody", **price).verdict == "undecidable"


def test_ratios_and_changes_of_prices() -> None:
    rows = [quote("1", until=date(2026, 2, 1)), quote("0.4", date(2026, 2, 1)), quote("10", subject="lab/two")]
    ratio = {"metric": "input_mtok", "against": ("lab/two",), "as_of": date(2026, 3, 1)}
    assert told("price_ratio", *rows, value="4", **ratio).verdict == "supported"
    assert told("price_ratio", *rows, value="1", unit="times", **ratio).computed == "0.04 times"
    change = {"metric": "input_mtok", "from_date": date(2026, 1, 20), "as_of": date(2026, 3, 1)}
    assert told("price_change", *rows, value="60", **change).verdict == "supported"
    assert told("price_change", *rows, value="90", **change).verdict == "contradicted"


def cut(on: date, provider: str = "rival") -> Known:
    return Known("cut", "lab/rival", "input_mtok", "1", on, source="a", provider=provider)


def test_cuts_are_counted_by_model_within_the_days_named() -> None:
    rows = [cut(DAY), cut(date(2026, 2, 1)), cut(DAY, "other")]
    none_ = told("cuts", *rows, provider="rival", value="0", from_date=date(2026, 3, 1))
    assert none_.verdict == "supported"
    some = told("cuts", *rows, provider="rival", value="0", from_date=date(2026, 1, 1))
    assert (some.verdict, some.computed, len(some.evidence)) == ("contradicted", "1 model", 2)


def test_a_floor_is_open_with_its_distance_until_the_day_and_then_decided() -> None:
    known = Known("floor", "lab/one", "floor_usd", "0.005", DAY)
    open_ = told("floor", known, value="0.001", by=date(2026, 12, 31))
    assert open_.verdict == "open" and "5 times $0.001" in open_.reason and open_.evidence == (known,)
    assert told("floor", value="0.001", by=date(2026, 12, 31)).verdict == "open"
    assert told("floor", known, value="0.001", by=date(2026, 5, 1)).verdict == "contradicted"
    assert told("floor", known, value="0.005", by=date(2026, 12, 31)).verdict == "supported"
    late = Known("floor", "lab/one", "floor_usd", "0.001", date(2026, 5, 20))
    assert told("floor", known, late, value="0.001", by=date(2026, 5, 1)).verdict == "contradicted"


def test_a_reaction_needs_more_cuts_than_the_year_before() -> None:
    release = fact("released_on", "2026-01-10")
    usual = [cut(date.fromordinal(DAY.toordinal() - back)) for back in range(1, 300, 10)]
    after = [cut(date.fromordinal(DAY.toordinal() + day)) for day in range(1, 90)]
    assert told("reaction", release, *usual, *after).verdict == "supported"
    assert told("reaction", release, *usual, *after[20:]).verdict == "mixed"
    assert told("reaction", release, *usual).verdict == "contradicted"
    assert told("reaction", release, *usual[:3], *after).verdict == "undecidable"


def test_how_often_authors_release() -> None:
    rows = [Known("cadence", kind, "days", days) for kind, days in (("open", "31"), ("closed", "92"))]
    assert told("cadence", *rows, value="30", unit="90").verdict == "supported"
    assert told("cadence", *rows, value="30", unit="60").verdict == "mixed"


SLIPS = [
    ({"kind": "fall", "from": "0.075", "to": "0.00375", "percent": "90"}, "95%"),
    ({"kind": "share", "part": "0.01", "whole": "30", "percent": "1"}, "0.0333%"),
    ({"kind": "times", "high": "0.75", "low": "0.001", "times": "100"}, "750 times"),
    ({"kind": "order", "larger": "671", "smaller": "1700"}, "0.395 times"),
    ({"kind": "resolution", "higher": "59", "lower": "58", "step": "3.33"}, "1 point"),
    ({"kind": "unit", "stated": "10000", "recorded": "10"}, "1,000 times"),
]
SOUND = [
    {"kind": "fall", "from": "0.075", "to": "0.00375", "percent": "95"},
    {"kind": "share", "part": "0.01", "whole": "0.75", "percent": "1"},
    {"kind": "times", "high": "0.1", "low": "0.001", "times": "100"},
    {"kind": "order", "larger": "671", "smaller": "37"},
    {"kind": "resolution", "higher": "65", "lower": "58", "step": "3.33"},
    {"kind": "unit", "stated": "10", "recorded": "9"},
]


@pytest.mark.parametrize(("sums", "computed"), SLIPS)
def test_a_claim_that_disagrees_with_its_own_numbers(sums: dict[str, str], computed: str) -> None:
    found = told("arithmetic", sums=(sums,))
    assert (found.verdict, found.inconsistent, found.computed) == ("contradicted", True, computed)
    assert told("opinion", sums=(sums,)).verdict == "opinion"
    assert told("parameters", fact("parameters", "5"), value="5", sums=(sums,)).verdict == "mixed"


@pytest.mark.parametrize("sums", SOUND)
def test_a_claim_that_agrees_with_its_own_numbers(sums: dict[str, str]) -> None:
    found = told("arithmetic", sums=(sums,))
    assert (found.verdict, found.inconsistent) == ("supported", False)


def test_a_recorded_number_is_put_into_a_sum_and_missing_leaves_it_open() -> None:
    sums = {"kind": "share", "part": "0.01", "whole": "recorded lab/two input_mtok", "percent": "1"}
    assert told("arithmetic", sums=(sums,)).verdict == "undecidable"
    found = told("arithmetic", quote("30", subject="lab/two"), sums=(sums,))
    assert found.inconsistent and found.evidence[0].value == "30"
    assert told("arithmetic", quote("0", subject="lab/two"), sums=(sums,)).verdict == "undecidable"


def test_a_row_that_makes_no_sense_leaves_the_claim_undecided() -> None:
    assert told("released_on", Known("release", "lab/one", "released_on", "2024"), value="2024").verdict == "undecidable"
    assert told("quantity", fact("tokens", "many"), metric="tokens", value="1").verdict == "undecidable"
    assert told("released_on", fact("released_on", "2024-01-01"), value="soon").reason.endswith("2026-Q1 or 2026.")


def test_numbers_agree_at_the_precision_at_which_they_are_stated() -> None:
    assert agrees("90", Decimal("90.4")) and not agrees("90", Decimal("90.6")) and not agrees("90.0", Decimal("90.4"))
    assert [shown(Decimal(one)) for one in ("0.0333333", "0.200", "1700", "95", "0.005")] == ["0.0333", "0.2", "1,700", "95", "0.005"]


def test_days_months_quarters_and_years() -> None:
    assert [span(one) for one in ("2026-02", "2026-Q4", "2024", "2026-01-31")] == [
        (date(2026, 2, 1), date(2026, 2, 28)), (date(2026, 10, 1), date(2026, 12, 31)),
        (date(2024, 1, 1), date(2024, 12, 31)), (date(2026, 1, 31), date(2026, 1, 31)),
    ]  # fmt: skip
    with pytest.raises(BadClaims, match="no day, month"):
        span("2026-13")


def test_the_example_has_every_claim_once_and_every_fact_an_address() -> None:
    folder = resources.files("market.claim_examples")
    article = claims.read((folder / "article.yaml").read_text("utf-8")).claims
    assert [one.claim_id for one in article] == [f"article-{n:02}" for n in range(1, 58)]
    assert all(one.predicate and one.author for one in article)
    assert all(one.url and one.kind == "fact" for one in claims.read((folder / "facts.yaml").read_text("utf-8")).facts)


WRONG = [
    ("{", "no YAML"),
    ("", "neither claims nor facts"),
    ("claims: 3", "must be a list"),
    ("claims: [{id: a}]", "has no statement"),
    ("claims: [{id: a, statement: s, verdict: supported}]", "unknown key 'verdict'"),
    ("claims: [{id: a, statement: s, predicate: guess}]", "unknown predicate"),
    ("claims: [{id: a, statement: s, predicate: price, unit: EUR per million tokens}]", "convert the value"),
    ("claims: [{id: a, statement: s, predicate: floor, unit: USD per thousand tokens}]", "USD per million tokens"),
    ("claims: [{id: a, statement: s, predicate: price, metric: foo_mtok}]", "unknown metric 'foo_mtok'"),
    ("claims: [{id: a, statement: s, predicate: price, value: '-5'}]", "price of -5 cannot be"),
    ("claims: [{id: a, statement: s, operator: '!'}]", "unknown operator"),
    ("claims: [{id: a, statement: s, as_of: soon}]", "is no day"),
    ("claims: [{id: a, statement: s, value: [1]}]", "a list where one word"),
    ("claims: [{id: a, statement: s}, {id: a, statement: t}]", "two claims with the id"),
    ("claims: [{id: a, id: b, statement: s}]", "a key is given twice"),
    ("x: &x [1]\nclaims: [*x, *x]", "anchors and aliases"),
    ("claims: [{id: a, statement: s, sums: [{kind: fall, from: 1}]}]", "needs from, to, percent"),
    ("claims: [{id: a, statement: s, sums: [{kind: order, larger: x, smaller: 1}]}]", "is no number"),
    ("claims: [{id: a, statement: s, sums: [{kind: order, larger: recorded x, smaller: 1}]}]", "names no record"),
    ("claims: [{id: a, statement: s, against: [{b: c}]}]", "a list of names"),
    ("[" * 5000, "nested too deeply"),
    ("facts: [{subject: a, metric: b, value: 1}]", "has no url"),
    ("facts: [{subject: a, metric: released_on, value: 2024, url: 'https://a.test'}]", "is no day"),
    ("facts: [{subject: a, metric: b, value: 1, url: 'file:///etc/passwd'}]", "no web address"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_a_wrong_file_gets_one_sentence(text: str, says: str) -> None:
    with pytest.raises(BadClaims, match=says) as error:
        claims.read(text, "mine.yaml")
    assert "mine.yaml" in str(error.value) and "\n" not in str(error.value)


def test_numbers_keep_their_last_digit_and_sizes_their_unit() -> None:
    file = claims.read(
        "claims: [{id: a, statement: s, value: 0.10}]\nfacts: [{subject: a, metric: b, value: 1.5, unit: trillion, url: 'https://a.test'}]"
    )
    assert file.claims[0].value == "0.10" and Decimal(file.facts[0].value) == Decimal("1.5e12")
