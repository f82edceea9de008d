"""The one spider: asks a source's addresses and hands every answer, or its absence, to the intake."""

import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from collector.notices import HEADERS
from collector.pipelines import Answer
from collector.source import Source
from market.errors import SourceChanged

LONGEST_ADDRESS = 2000


class Taker(Protocol):
    """What takes a spider's answers: the intake of a run, or a capture."""

    answers: list[Answer]

    def conditions(self, url: str) -> dict[str, str]:
        """Headers that an address is asked with."""
        ...

    @property
    def take(self) -> Callable[..., list[str]]:
        """What takes any answer, and tells the addresses it leads to."""
        ...

    def later(self) -> list[tuple[str, str]]:
        """What is asked once all else has answered, each with the page it was found on."""
        ...

    def fail(self, url: str, found_on: str | None, error: BaseException) -> None:
        """Notes that an address gave no answer."""
        ...


class MarketSpider(scrapy.Spider):
    """Crawls one source."""

    name = "modelmarket"

    def __init__(self, source: Source, intake: Taker, progress: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.source, self.intake, self.progress = source, intake, progress
        self.asked: dict[str, str | None] = {}
        self.done = 0

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """The start pages."""
        for url in self.source.start_urls:
            for request in self._ask(url, None):
                yield request

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """The spider, told when nothing is left to ask."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.idle, signals.spider_idle)
        return spider

    def idle(self) -> None:
        """Asks what was kept for the end, which counts for nothing in the number of pages that a run may read.

        Raises:
            DontCloseSpider: there was something.
        """
        waiting = [(url, found_on) for url, found_on in self.intake.later() if url not in self.asked]
        for url, found_on in waiting:
            self.asked[url] = found_on
            for request in self._request(url, found_on):
                assert self.crawler.engine
                self.crawler.engine.crawl(request)
        if waiting:
            raise DontCloseSpider

    def _ask(self, url: str, found_on: str | None) -> Iterator[scrapy.Request]:
        if url in self.asked or len(self.asked) > self.source.max_pages:
            return
        self.asked[url] = found_on
        if len(self.asked) > self.source.max_pages:
            if self.source.lists_everything:
                most = f"{found_on} leads to more than {self.source.max_pages:,} pages, of which the rest was not asked"
                self.intake.fail(url, found_on, SourceChanged(most))
            return
        yield from self._request(url, found_on)

    def _request(self, url: str, found_on: str | None) -> Iterator[scrapy.Request]:
        try:
            yield scrapy.Request(
                url,
                headers=self.intake.conditions(url) | self._key(url),
                callback=self.answered,
                errback=self.failed,
                cb_kwargs={"asked": url, "found_on": found_on},
            )
        except ValueError as error:
            self.intake.fail(url, found_on, error)

    def _key(self, url: str) -> dict[str, str]:
        """The header with the source's key where there is one; none for a mirror or another host, for whom it is not meant."""
        key = os.environ.get(self.source.key_variable) if self.source.key_variable else None
        own = urlsplit(url)[:2] in {urlsplit(start)[:2] for start in self.source.start_urls}
        return {"Authorization": f"Bearer {key}"} if key and own and not self.settings.get("MIRROR") else {}

    def _follow(self, response: Response, link: str, found_on: str) -> Iterator[scrapy.Request]:
        """The request for a link; one that is no address is an answer that never came."""
        try:
            url = response.urljoin(link)
        except ValueError:
            url = link
        if len(url) > LONGEST_ADDRESS or not url.isprintable() or "://" not in url:
            short = ascii(url[:100])
            self.intake.fail(short, found_on, SourceChanged(f"{found_on} leads to {short}, which is no address"))
            return
        yield from self._ask(url, found_on)

    def unanswered(self) -> Iterator[tuple[str, str | None]]:
        """What was asked and never handed to the intake: the page it was found on beside it."""
        there = {answer.url for answer in self.intake.answers}
        return ((url, found_on) for url, found_on in self.asked.items() if url not in there)

    def answered(self, response: Response, asked: str, found_on: str | None) -> Iterator[scrapy.Request]:
        """Any answer, whatever its status."""
        links = self.intake.take(
            asked,
            found_on,
            response.status,
            response.body,
            etag=_header(response, "ETag"),
            last_modified=_header(response, "Last-Modified"),
            next_url=_next(response),
            announced={name: said for name in HEADERS if (said := _header(response, name))},
        )
        for link in links:
            yield from self._follow(response, link, found_on or asked)
        self._tell()

    def failed(self, failure: Failure) -> None:
        """No answer; the failure's request says to what."""
        asked = failure.request.cb_kwargs  # type: ignore[attr-defined]
        self.intake.fail(asked["asked"], asked["found_on"], failure.value or RuntimeError("no reason was given"))
        self._tell()

    def _tell(self) -> None:
        self.done += 1
        if self.progress:
            print(f"progress {self.done} {len(self.asked)}", file=sys.stderr, flush=True)


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _next(response: Response) -> str | None:
    """The address in a Link header with rel=next."""
    found = re.search(r'<([^>]+)>\s*;[^,]*rel="?next"?', _header(response, "Link") or "")
    return response.urljoin(found[1]) if found else None
