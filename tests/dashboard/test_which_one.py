"""Which one, on Choose: what it says in words, draws, and lists of a choice."""

from decimal import Decimal

import pandas as pd

from dashboard import charts, figures, which_one
from market import route
from market.route import Way, Wish

MARKET = [
    Way("api", "acme/small", "shop", "shop", "a", Decimal(1), Decimal(20), plan="standard", agreement=1),
    Way("api", "acme/beaten", "shop", "shop", "b", Decimal(2), Decimal(15), plan="standard", agreement=2),
    Way(
        "api",
        "acme/large",
        "market",
        "Host",
        "c",
        Decimal(9),
        Decimal(50),
        plan="standard",
        agreement=2,
        quantization="fp4",
        regions=("eu",),
    ),
]


def test_the_answer_names_the_cheapest_the_best_and_whom_to_try_next() -> None:
    said = which_one._verdict(route.routed(MARKET, Wish()))
    assert said.startswith("Cheapest: acme/small at shop, $1.00")
    assert "Best: acme/large at Host (market), $9.00 at 50." in said and said.endswith("does not answer: acme/large at Host (market).")
    alone = which_one._verdict(route.routed(MARKET[:1], Wish()))
    assert "Best" not in alone and "does not answer" not in alone


def test_what_must_not_be_overlooked_about_a_choice_is_said() -> None:
    rows = {way.model: which_one._remark(which_one._row(way)) for way in MARKET}
    assert rows["acme/small"] == "one source only" and rows["acme/large"] == "region eu; 4-bit weights" and rows["acme/beaten"] == ""


def test_a_row_says_who_serves_and_what_is_not_known() -> None:
    (cells,) = ({column.label: column.cell(which_one._row(way)) for column in which_one.TABLE} for way in MARKET[2:])
    assert (cells["Served by"], cells["Provider"], cells["License"]) == ("Host", "market", figures.UNKNOWN)


def test_names_never_stand_on_each_other() -> None:
    near = [{"usd": 1.0 + step / 50, "score": 50.0 + step, "slug": f"model-{step}"} for step in range(8)]
    line = pd.DataFrame([{"usd": 0.01, "score": 10.0, "slug": "far"}, *near])
    for letter in which_one.LETTERS:
        places = which_one._places(line, charts.Scale(0.001, 20, log=True), letter)
        assert len(places) == len(line) and places[-1] == "above", "the best has its name"
        assert set(places[1:]) == {"above", "below", ""} and places[0] == "above"


def test_the_drawing_has_the_frontier_and_what_it_beats() -> None:
    drawn = which_one._chart(route.routed(MARKET, Wish()), "score", "dark").to_dict()
    assert sorted(len(points) for points in drawn["datasets"].values()) == [1, 2]
    alone = which_one._chart(route.routed(MARKET[:1], Wish()), "score", "light").to_dict()
    assert [len(points) for points in alone["datasets"].values()] == [1]
