"""Which way to go: every way is on the frontier, named as unpriced, or left out for a reason that is true of it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from market import route
from market.floors import NEAR
from market.route import Way, Wish


def way(name: str, usd: int | str | None, score: int | None, **rest) -> Way:
    known = {"plan": "standard", "agreement": 2, "context_tokens": 1000} | rest
    host = known.pop("serves", f"host-{name}")
    return Way("api", f"acme/{name}", f"shop-{name}", host, name, usd and Decimal(usd), score and Decimal(score), **known)


MARKET = [way("small", 1, 20), way("middle", 2, 30), way("dear", 3, 30), way("large", 9, 50), way("odd", 5, 25)]


def names(found: list[Way]) -> list[str]:
    return [one.thing for one in found]


def test_the_frontier_is_what_no_other_beats_and_the_rest_says_by_whom() -> None:
    found = route.routed(MARKET, Wish())
    assert names(found.frontier) == ["small", "middle", "large"]
    reasons = {one.thing: why for one, why in found.left_out}
    assert set(reasons) == {"dear", "odd"}
    for name, (reason,) in reasons.items():
        (beaten,) = (one for one in MARKET if one.thing == name)
        (better,) = (one for one in found.frontier if f"{one.model} at {one.provider}" in reason.says)
        assert better.usd <= beaten.usd and better.score >= beaten.score and reason.constraint == "frontier"


def test_every_way_is_in_one_place_only() -> None:
    known = [
        *MARKET,
        way("untested", 1, None),
        way("unpriced", None, 60),
        way("gift", 0, 60, paid=False),
        way("batch", 1, 60, plan="batch"),
    ]
    found = route.routed(known, Wish(min_score=Decimal(30)))
    placed = names(found.frontier) + names(found.unpriced) + [one.thing for one, _ in found.left_out]
    assert sorted(placed) == sorted(names(known)) and all(why for _, why in found.left_out)
    why = {one.thing: {reason.constraint for reason in reasons} for one, reasons in found.left_out}
    told = {"untested": "tested", "unpriced": "priced", "gift": "paid", "batch": "plan", "small": "min_score"}
    assert {name: why[name] for name in told} == {name: {constraint} for name, constraint in told.items()}


@pytest.mark.parametrize(
    ("wish", "unmet", "met"),
    [
        (Wish(min_score=Decimal(40)), {"score": Decimal(39)}, {"score": Decimal(40)}),
        (Wish(max_usd=Decimal(4)), {"usd": Decimal("4.01")}, {"usd": Decimal(4)}),
        (Wish(context=1000), {"context_tokens": 999}, {"context_tokens": 1000}),
        (Wish(context=1000), {"context_tokens": None}, {"context_tokens": 2000}),
        (Wish(licenses=("apache-2.0",)), {"license_id": "MIT"}, {"license_id": "Apache-2.0"}),
        (Wish(licenses=("MIT", "osi_open")), {"license_class": "rider"}, {"license_class": "osi_open"}),
        (Wish(licenses=("open",)), {"open_weights": None}, {"open_weights": True}),
        (Wish(region="eu"), {"regions": ()}, {"regions": ("us", "eu-west-1")}),
        (Wish(region="eu"), {"regions": ("global",)}, {"regions": ("europe-west4",)}),
        (Wish(region="eu-west-1"), {"regions": ("eu",)}, {"regions": ("eu-west-1",)}),
    ],
)
def test_a_constraint_leaves_out_what_does_not_meet_it_or_is_not_known_to(wish: Wish, unmet: dict, met: dict) -> None:
    one = way("one", 2, 60)
    assert names(route.routed([replace(one, **met)], wish).frontier) == ["one"]
    found = route.routed([replace(one, **unmet)], wish)
    assert not found.frontier and [len(why) for _, why in found.left_out] == [1]


def test_a_fallback_is_nobody_billed_or_served_by_who_failed() -> None:
    known = [
        way("a", 1, 20),
        way("b", 2, 20, serves="HOST-A"),
        way("c", 3, 20),
        replace(way("d", 4, 20), provider="shop-c"),
        way("e", 5, 20),
    ]
    assert names(route.routed(known, Wish()).fallback) == ["a", "c", "e"]
    many = [way(str(n), n + 1, 20) for n in range(2 * route.FALLBACKS)]
    assert len(route.routed(many, Wish()).fallback) == route.FALLBACKS


def test_a_lone_word_far_under_the_next_offer_of_the_model_is_not_taken() -> None:
    slip, other = replace(way("slip", 1, 20, agreement=1), model="acme/m"), replace(way("other", NEAR + 1, 20), model="acme/m")
    assert names(route.routed([slip, other], Wish()).frontier) == ["other"]
    for near in (replace(slip, agreement=2), replace(slip, usd=Decimal(2))):
        assert names(route.routed([near, other], Wish()).frontier) == ["slip"]


def test_what_runs_here_at_an_unknown_cost_stands_beside_and_never_under_a_price() -> None:
    local = replace(way("here", None, 40), kind="local", tps=30.0)
    found = route.routed([*MARKET, local], Wish(region="eu", min_score=Decimal(30)))
    assert names(found.unpriced) == ["here"] and not found.frontier
    left = dict(route.routed([local], Wish(max_usd=Decimal(10**6))).left_out)
    assert [reason.constraint for reason in left[local]] == ["max_price"]
    priced = replace(local, usd=Decimal("1.5"))
    assert names(route.routed([*MARKET, priced], Wish()).frontier) == ["small", "here", "large"]


def test_where_nothing_meets_the_sentence_names_the_constraint_and_what_would_remain() -> None:
    said = route.blocked(route.routed(MARKET, Wish(min_score=Decimal(60))))
    assert "the least score leaves out 5 of 5" in said and "without it 5 would remain" in said
    both = route.routed(MARKET, Wish(min_score=Decimal(60), max_usd=Decimal("0.5")))
    assert "more than one constraint would have to give" in route.blocked(both)
    assert "No offer on record" in route.blocked(route.routed([way("x", 1, None)], Wish()))


def test_constraints_are_counted_with_those_that_alone_stand_in_the_way() -> None:
    found = route.routed(MARKET, Wish(min_score=Decimal(28), max_usd=Decimal(4)))
    counts = {name: rest for name, *rest in route.counted(found.left_out)}
    assert counts["min_score"] == [2, 1] and counts["max_price"] == [2, 1] and counts["frontier"] == [1, 1]
    assert set(counts) <= set(route.WORDS)
