"""What is captured is kept as it came, with where and when; keys go to their own host and nowhere else."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from scrapy.settings import Settings

from collector.capture import LOG, Capture
from collector.source import Page, Source, Terms
from collector.spider import MarketSpider
from market.records import Record

AT = datetime(2026, 1, 2, tzinfo=UTC)


class Locked(Source):
    """A source with a key."""

    name = "locked"
    start_urls = ("https://api.site.test/models?kind=a", "https://api.site.test/models?kind=b", "https://api.site.test/")
    terms = Terms("none", "none")
    key_variable: ClassVar[str] = "LOCKED_KEY"
    experimental = True
    trust = 1

    def records(self, page: Page) -> Any:
        yield from list[Record]()


def kept(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "2026-01-02" / LOG).read_text().splitlines()]


def test_bytes_are_kept_as_they_came_and_noted_with_address_time_and_hash(tmp_path: Path) -> None:
    taker = Capture(Locked(), tmp_path, AT)
    bodies = {url: f"page {number}\xff".encode("latin-1") for number, url in enumerate(Locked.start_urls)}
    for url, body in bodies.items():
        assert taker.take(url, None, 200, body, etag="x", next_url="https://api.site.test/more") == []
    for noted, (url, body) in zip(kept(tmp_path), bodies.items(), strict=True):
        assert (noted["source"], noted["url"], noted["sha256"]) == ("locked", url, hashlib.sha256(body).hexdigest())
        assert (tmp_path / "2026-01-02" / noted["file"]).read_bytes() == body
        assert datetime.fromisoformat(noted["fetched_at"]).tzinfo
    assert [noted["file"] for noted in kept(tmp_path)] == ["api.site.test/models", "api.site.test/models@2", "api.site.test/@index"]


def test_what_did_not_come_is_said_and_not_kept(tmp_path: Path) -> None:
    taker = Capture(Locked(), tmp_path, AT)
    taker.take(Locked.start_urls[0], None, 404, b"no")
    taker.take(Locked.start_urls[1], None, 200, b"")
    taker.fail(Locked.start_urls[2], None, RuntimeError("the host was not found"))
    reasons = [page["reason"] for page in taker.pages.values()]
    models = "https://api.site.test/models answered"
    assert reasons == [f"{models} 404", f"{models} 200 with nothing", "the host was not found"]
    assert not list(tmp_path.rglob("*")) and not any("file" in page for page in taker.pages.values())


def test_a_page_beside_a_folder_of_its_name_is_an_index(tmp_path: Path) -> None:
    taker = Capture(Locked(), tmp_path, AT)
    taker.take("https://api.site.test/models/one", None, 200, b"1")
    taker.take("https://api.site.test/models", None, 200, b"2")
    taker.take("https://api.site.test/../../up", None, 200, b"3")
    assert [noted["file"] for noted in kept(tmp_path)] == ["api.site.test/models/one", "api.site.test/models@index", "api.site.test/up"]


@pytest.mark.parametrize(
    ("key", "mirror", "url", "sent"),
    [
        ("secret", None, "https://api.site.test/more", {"Authorization": "Bearer secret"}),
        ("secret", None, "https://other.test/more", {}),
        ("secret", None, "http://api.site.test/more", {}),
        ("secret", "http://mirror.test", "https://api.site.test/models", {}),
        ("", None, "https://api.site.test/models", {}),
    ],
)
def test_a_key_goes_to_its_own_host_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, mirror: str | None, url: str, sent: dict[str, str]
) -> None:
    monkeypatch.setenv("LOCKED_KEY", key)
    spider = MarketSpider(source=Locked(), intake=Capture(Locked(), tmp_path, AT))
    spider.settings = Settings({"MIRROR": mirror})  # type: ignore[assignment]
    assert spider._key(url) == sent


def test_an_experimental_source_ranks_as_a_tracker_whatever_its_trust() -> None:
    class Met(Locked):
        experimental = False

    assert (Locked().trust, Locked().rank) == (1, 4)
    assert (Met().trust, Met().rank) == (1, 1)
