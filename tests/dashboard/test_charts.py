"""What the price chart draws, without a browser."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dashboard import charts

NOW = datetime(2026, 11, 16, tzinfo=UTC)


def said(provider: str, usd: str, begins: int, ends: int | None = None, held: bool = False) -> dict[str, Any]:
    """One row of the history: a price from one day of November to another."""
    return {
        "provider": provider, "endpoint": None, "model": "acme/atlas", "meter": "input_mtok", "price_usd": Decimal(usd), "source": "acme",
        "valid_from": datetime(2026, 11, begins, tzinfo=UTC), "valid_to": datetime(2026, 11, ends, tzinfo=UTC) if ends else None,
        "valid_from_basis": "seen", "seen_at": datetime(2026, 11, begins, tzinfo=UTC), "quarantined": held, "reason": "far too dear",
    }  # fmt: skip


def layers(rows: list[dict[str, Any]], log: bool = False) -> list[Any]:
    """The frames of the chart's layers: quiet lines, loud lines, touch points, steps, held (if any), labels twice."""
    chart = charts.history(rows, "input_mtok", NOW, log, "light")
    assert chart is not None
    return [layer.data for layer in chart.layer]


def test_a_price_holds_until_the_next_and_a_gap_breaks_the_line() -> None:
    _, loud, *_ = layers([said("one", "2", 1, 4), said("one", "1", 4, 6), said("one", "3", 9)])
    assert list(loud["usd"]) == [2, 2, 1, 1, 3, 3]
    assert loud["run"].nunique() == 2
    assert loud["at"].iloc[-1] == NOW


def test_held_prices_are_points_off_every_line() -> None:
    _, loud, _, _, held, *_ = layers([said("one", "2", 1), said("one", "900", 4, held=True)])
    assert list(loud["usd"]) == [2, 2]
    assert list(held["usd"]) == [900]


@pytest.mark.parametrize("log", [False, True])
def test_labels_keep_apart_and_share_equal_prices(log: bool) -> None:
    rows = [said(f"provider {n}", usd, 1) for n, usd in enumerate(("1", "1", "1", "1.001", "1.002", "0", "8.99", "9"))]
    labels = layers(rows, log)[-1]
    assert labels["text"].iloc[0] == "provider 0, provider 1 and 1 more  $1.00"
    gaps = labels["pixel"].diff().dropna()
    assert (gaps > charts.LINE_OF_TEXT - 0.01).all()


def test_nothing_to_draw_is_no_chart() -> None:
    assert charts.history([], "input_mtok", NOW, False, "light") is None
    assert charts.history([said("one", "0", 1)], "input_mtok", NOW, True, "light") is None


def test_changes_are_marked_where_the_price_is_drawn() -> None:
    rows = [said("one", "2", 1, 4), said("one", "1", 4)]
    change = {
        **rows[1], "old_usd": Decimal(2), "new_usd": Decimal(1), "kind": "cut", "changed_at": rows[1]["valid_from"], "evidence_url": None,
    }  # fmt: skip
    gone = {**change, "kind": "withdrawn", "new_usd": None, "changed_at": datetime(2026, 11, 9, tzinfo=UTC)}
    elsewhere, later = {**change, "provider": "not drawn"}, {**change, "changed_at": datetime(2026, 11, 20, tzinfo=UTC)}
    chart = charts.history(rows, "input_mtok", NOW, False, "light", [change, gone, elsewhere, later])
    assert chart is not None
    (marks,) = [layer.data for layer in chart.layer if "shape" in layer.data.columns and len(layer.data)]
    assert marks[["at", "usd", "shape"]].values.tolist() == [
        [change["changed_at"], 1.0, "triangle-down"],
        [gone["changed_at"], 2.0, "diamond"],
    ]
