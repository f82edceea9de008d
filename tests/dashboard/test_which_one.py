"""Which one, on Choose: what it says in words, draws, and lists of a choice."""

from decimal import Decimal

from dashboard import figures, which_one
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


def test_the_drawing_has_the_frontier_and_what_it_beats() -> None:
    drawn = which_one._chart(route.routed(MARKET, Wish()), "score", "dark").to_dict()
    assert sorted(len(points) for points in drawn["datasets"].values()) == [1, 2]
    alone = which_one._chart(route.routed(MARKET[:1], Wish()), "score", "light").to_dict()
    assert [len(points) for points in alone["datasets"].values()] == [1]
