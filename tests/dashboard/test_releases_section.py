"""Newest releases on Monday: what the sentence says and what the timeline draws."""

from datetime import date, timedelta

from dashboard import releases

UNTIL = date(2026, 6, 30)


def came(author: str, place: int, sides: list[bool | None], every: int = 7) -> list[dict[str, object]]:
    """Models of an author, so many days apart, the newest on the last day."""
    return [
        {
            "author": author, "model": f"{author}/model-{n}", "happened_on": UNTIL - timedelta(every * n), "open_weights": side,
            "place": place, "until": UNTIL,
        }
        for n, side in enumerate(sides)
    ]  # fmt: skip


def told(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The rows with what the query counts over all of them."""
    counted = {
        "total": len(rows),
        "opened": sum(row["open_weights"] is True for row in rows),
        "closed": sum(row["open_weights"] is False for row in rows),
    }
    return [{**row, **counted} for row in rows]


def test_the_sentence_counts_sides_and_names_who_released_most() -> None:
    rows = told(came("acme", 1, [True, True, False, None]) + came("zebra", 2, [False]))
    said = releases._summary(rows)
    assert said.startswith("5 models came out in the half year to 30 June 2026: 2 with open weights, 2 closed, 1 not known.")
    assert said.endswith("Most by acme, 4.")
    assert "not known" not in releases._summary(told(came("acme", 1, [True, False])))


def test_the_timeline_draws_a_mark_per_model_of_the_authors_with_most() -> None:
    rows = told([row for place in range(1, releases.AUTHORS + 3) for row in came(f"author-{place}", place, [True, False])])
    for theme in ("light", "dark"):
        drawn = releases._timeline(rows, theme).to_dict()
        (points,) = drawn["datasets"].values()
        assert len({point["author"] for point in points}) == releases.AUTHORS and len(points) == 2 * releases.AUTHORS
        assert {point["side"] for point in points} == {"open", "closed"}
