"""What a host asks of its visitors: its robots.txt, obeyed without Scrapy's race, and the pace it wants."""

import asyncio
from time import monotonic
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.misc import build_from_crawler

from collector.failures import FetchFailed, HostUnreachable, RobotsRefused
from market.errors import MarketError

LONGEST_WAIT = 60.0
SLOWEST_PACE = 600.0


class Pace:
    """When each host may be asked next; seconds on the monotonic clock."""

    def __init__(self) -> None:
        self.held: dict[str, float] = {}
        self.asked: dict[str, float] = {}

    def hold(self, host: str, seconds: float) -> None:
        """Ask a host nothing for a while."""
        self.held[host] = max(self.held.get(host, 0.0), monotonic() + seconds)

    async def turn(self, host: str, gap: float) -> None:
        """Wait until a host may be asked, `gap` seconds after it was last asked.

        Raises:
            FetchFailed: the host wants to be left alone for longer than LONGEST_WAIT.
        """
        while True:
            now, held = monotonic(), self.held.get(host, 0.0)
            if held - now > LONGEST_WAIT:
                raise FetchFailed(f"{host} asks to be left alone for {held - now:.0f} s more; try again later")
            wait = max(held, self.asked.get(host, -gap) + gap) - now
            if wait <= 0:
                break
            await asyncio.sleep(wait)
        self.asked[host] = monotonic()


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's robots.txt middleware, closed on 5xx, 429, timeouts and unreachable hosts."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._answers: dict[tuple[str, str], asyncio.Task[RobotParser]] = {}

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Let the request pass, with the host's Crawl-delay in seconds in its meta.

        Raises:
            RobotsRefused: robots.txt forbids the page, did not say, or asks for more than SLOWEST_PACE seconds a page.
            HostUnreachable: the whole host does not answer.
            FetchRefused: robots.txt lies where nothing is fetched.
        """
        if request.meta.get("dont_obey_robotstxt"):
            return
        agent = self._robotstxt_useragent or self._default_useragent
        rules = await self.robot_parser(request)
        if not rules.allowed(request.url, agent):
            self._stats.inc_value("robotstxt/forbidden")
            raise RobotsRefused(f"robots.txt of {urlsplit(request.url).netloc} forbids {request.url}")
        delay = rules.crawl_delay(agent) or 0.0
        if not delay <= SLOWEST_PACE:
            raise RobotsRefused(f"robots.txt of {urlsplit(request.url).netloc} asks for {delay:g} s between two pages")
        request.meta["crawl_delay"] = max(delay, 0.0)

    async def robot_parser(self, request: Request) -> RobotParser:
        """The rules of the request's host, fetched once a run; all who wait share the fetch, not its Deferred."""
        parts = urlsplit(request.url)
        key = (parts.scheme, parts.netloc)
        if key not in self._answers:
            self._answers[key] = asyncio.ensure_future(self._fetch(*key))
        try:
            return await asyncio.shield(self._answers[key])
        except MarketError as error:
            # An exception carries its traceback: each waiter raises one of its own.
            raise type(error)(str(error)) from None

    async def _fetch(self, scheme: str, host: str) -> RobotParser:
        self._stats.inc_value("robotstxt/request_count")
        url = f"{scheme}://{host}/robots.txt"
        meta = {"dont_obey_robotstxt": True}
        asked = Request(url, priority=self.DOWNLOAD_PRIORITY, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self.crawler.engine.download_async(asked)
        except HostUnreachable as error:
            raise HostUnreachable(f"{host} is unreachable: {error}") from error
        except FetchFailed as error:
            raise RobotsRefused(f"robots.txt of {host} did not answer; nothing was fetched ({error})") from error
        self._stats.inc_value(f"robotstxt/response_status_count/{response.status}")
        body = response.body if 200 <= response.status < 300 else b""
        if response.status == 429 or not (200 <= response.status < 300 or 400 <= response.status < 500):
            raise RobotsRefused(f"robots.txt of {host} answered {response.status}; nothing was fetched")
        rules: RobotParser = build_from_crawler(self._parserimpl, self.crawler, body)
        return rules
