"""What the rooms say when there is nothing to show, and when the database is away."""

import pytest
from house import Reader, serving

from dashboard import data
from db import views


@pytest.mark.parametrize("path", ["/", "/prices", "/data"])
def test_an_empty_ledger_says_what_to_do(reader: Reader, empty: str, path: str) -> None:
    with reader.open(empty + path, 390) as page:
        assert "modelmarket collect" in page.inner_text(".mm-empty")
        assert page.locator('[data-testid="stDataFrame"], [data-testid="stException"]').count() == 0


@pytest.fixture(scope="module")
def empty(database):
    """A dashboard over an empty ledger."""
    with serving() as address:
        yield address


def test_a_database_that_is_away_is_told_in_words(reader: Reader) -> None:
    with serving(DATABASE_URL="postgresql://nobody:secret@127.0.0.1:9/none") as address, reader.open(address) as page:
        assert "modelmarket status" in page.inner_text(".mm-empty")
        words = page.inner_text("body")
        assert not any(secret in words for secret in ("secret", "Traceback", "psycopg", "127.0.0.1:9"))
        assert page.locator('[data-testid="stException"]').count() == 0


def test_the_last_answers_stay_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OSError("no such socket")

    monkeypatch.setattr(views, "rows", lambda *_: [{"total": 7}])
    assert not data._ask("select 1", {}, 1).late
    monkeypatch.setattr(views, "rows", away)
    kept = data._ask("select 1", {}, 2)
    assert kept.late
    assert kept.total == 7
    with pytest.raises(data.Unanswered, match="modelmarket status"):
        data._ask("select 2", {}, 2)
