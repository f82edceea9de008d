"""A source's start pages kept as files, with their addresses and times: what a recorded page is made from."""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from collector.crawl import Stopped, named
from collector.pipelines import Answer
from collector.source import Source
from market.errors import MarketError, Misused

LOG = "captured.jsonl"


class Capture:
    """Takes a spider's answers as the intake does, and keeps the bytes of each whole page under DAY/HOST/PATH of a folder."""

    def __init__(self, source: Source, folder: Path, at: datetime) -> None:
        self.source, self.folder, self.at = source, folder, at
        self.answers: list[Answer] = []
        self.pages: dict[str, dict[str, Any]] = {}

    def conditions(self, url: str) -> dict[str, str]:
        """No condition: a page is captured whole, changed or not."""
        return {}

    def take(self, url: str, found_on: str | None, status: int | None, body: bytes, **_: object) -> list[str]:
        """Keeps a page that came, and notes one that did not; it leads nowhere, only start pages are captured."""
        facts: dict[str, Any] = {"url": url, "status": status, "fetched_at": datetime.now(UTC).isoformat(timespec="seconds")}
        if status == 200 and body:
            file = self._free(url)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
            facts |= {"file": str(file), "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            day = self.folder / f"{self.at:%Y-%m-%d}"
            with (day / LOG).open("a", encoding="utf-8") as log:
                log.write(json.dumps({"source": self.source.name, **facts, "file": file.relative_to(day).as_posix()}) + "\n")
        else:
            facts["reason"] = f"{url.partition('?')[0]} answered {status}" + ("" if body or status != 200 else " with nothing")
        self.pages[url] = facts
        return []

    def later(self) -> list[tuple[str, str]]:
        """Nothing: only start pages are captured."""
        return []

    def fail(self, url: str, found_on: str | None, error: BaseException) -> None:
        """Notes that an address gave no answer."""
        self.pages[url] = {"url": url, "status": None, "reason": str(error) or type(error).__name__}

    def _free(self, url: str) -> Path:
        """Where a page is kept; with a number behind it where another of this run, which differs in its query, already is."""
        parts = urlsplit(url)
        words = [word for word in unquote(parts.path).split("/") if word not in ("", ".", "..")]
        file = self.folder.joinpath(f"{self.at:%Y-%m-%d}", parts.hostname or "nowhere", *(words or ["@index"]))
        taken = {page.get("file") for page in self.pages.values()}
        names = [f"{file}@index"] if file.is_dir() else [str(file), *(f"{file}@{number}" for number in range(2, 1000))]
        return Path(next(name for name in names if name not in taken))


def capture(name: str, folder: Path) -> dict[str, Any]:
    """Fetches a source's start pages, as politely as a run does, into a folder; `{source, pages: [{url, file, …}]}`.

    Raises:
        Misused: there is no such source, or the folder cannot be written.
    """
    from scrapy.crawler import CrawlerProcess

    from collector.settings import settings
    from collector.spider import MarketSpider

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misused(f"{folder} cannot be used for captured pages ({error.strerror})") from None
    taker = Capture(named(name), folder, datetime.now(UTC))
    process = CrawlerProcess(settings(os.environ.get("MODELMARKET_MIRROR")))
    crawler = process.create_crawler(MarketSpider)
    process.crawl(crawler, source=taker.source, intake=taker)
    process.start()
    if crawler.stats is None or crawler.stats.get_value("finish_reason") != "finished":
        raise Stopped("The capture was stopped before it had finished")
    for url in taker.source.start_urls:
        if url not in taker.pages:
            taker.fail(url, None, MarketError(f"{url} was asked, and its answer could not be kept; the log above says why"))
    return {"source": name, "pages": list(taker.pages.values())}
