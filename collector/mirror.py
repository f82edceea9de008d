"""How a request leaves: through the configured mirror if there is one, and never sooner than its host allows."""

import gzip
import time
import zlib
from email.utils import parsedate_to_datetime
from traceback import clear_frames
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.http import Response
from scrapy.utils._compression import brotli, zstd  # type: ignore[attr-defined]

from collector.failures import FetchFailed, FetchRefused, Oversize
from collector.robots import Pace
from market.errors import Misused

HUB = "huggingface.co"


class Mirrors(NamedTuple):
    """Where the web (`web`) and the Hub (`hub`) are fetched from instead; None is the real one.

    `web` gets https://HOST/PATH as web/HOST/PATH; `hub` stands for https://huggingface.co, as HF_ENDPOINT does in
    huggingface_hub. With a mirror of the web nothing goes anywhere else.
    """

    web: str | None
    hub: str | None

    @property
    def exempt(self) -> list[str]:
        """The `host:port` of each, which the address guard lets through.

        Raises:
            Misused: one is not an http(s) address.
        """
        return [_host_and_port(base) for base in (self.web, None if self.web else self.hub) if base]

    def local(self, url: str) -> str | None:
        """The mirror's folder that stands for the host of `url`, or None."""
        host = urlsplit(url).netloc.rpartition("@")[2]
        if self.web:
            return f"{self.web.rstrip('/')}/{host}"
        return self.hub.rstrip("/") if self.hub and host == HUB else None

    def original(self, location: str, asked: str, url: str) -> str:
        """What a Location in the mirror's answer to `asked` (which stands for `url`) means on the real web."""
        local, parts = self.local(url), urlsplit(url)
        whole = urljoin(asked, location)
        if local and whole.startswith(f"{local}/"):
            return f"{parts.scheme}://{parts.netloc}{whole.removeprefix(local)}"
        if self.web and urlsplit(location).netloc and whole.startswith(f"{self.web.rstrip('/')}/"):
            return "https:/" + whole.removeprefix(self.web.rstrip("/"))
        return location


def _host_and_port(base: str) -> str:
    parts = urlsplit(base)
    try:
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (KeyError, ValueError):
        raise Misused(f"a mirror is given as http://host:port, not {base!r}") from None
    if not parts.hostname:
        raise Misused(f"a mirror is given as http://host:port, not {base!r}")
    return f"{parts.hostname}:{port}"


_paces: WeakKeyDictionary[Crawler, Pace] = WeakKeyDictionary()


class MirrorHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP handler behind the mirror and the pace; all of Scrapy sees real addresses only."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.mirrors = Mirrors(crawler.settings.get("MIRROR"), crawler.settings.get("HUB_MIRROR"))
        self.pace = _paces.setdefault(crawler, Pace())
        self.backoff = crawler.settings.getfloat("RETRY_BACKOFF")
        self.busy = {int(code) for code in crawler.settings.getlist("RETRY_HTTP_CODES")}

    async def download_request(self, request: Request) -> Response:
        """Fetch a page; the response carries the address asked for.

        Raises:
            FetchRefused: the host's name leads to addresses that are not public.
            FetchFailed: the host wants to be left alone.
        """
        host = urlsplit(request.url).hostname or ""
        again = self.backoff * 2 ** request.meta.get("retry_times", 0)
        local = self.mirrors.local(request.url)
        await self.pace.turn(host, 0.0 if local else request.meta.get("crawl_delay", 0.0))
        try:
            response = await self._mirrored(request, local)
        except CannotResolveHostError:
            self._explain(host)
            raise
        except FetchRefused:
            raise
        except Exception:
            self.pace.hold(host, again)
            raise
        if response.status in self.busy:
            self.pace.hold(host, _retry_after(response) or again)
        return response

    async def _mirrored(self, request: Request, local: str | None) -> Response:
        if not local:
            return await super().download_request(request)
        parts = urlsplit(request.url)
        asked = request.replace(url=f"{local}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else ""))
        request.meta.update(mirror=local, autothrottle_dont_adjust_delay=True)
        response = await super().download_request(asked)
        request.meta["download_latency"] = asked.meta.get("download_latency")
        headers = response.headers.copy()
        if location := headers.get("Location"):
            headers["Location"] = self.mirrors.original(location.decode("latin-1"), asked.url, request.url)
        if link := headers.get("Link"):
            before, start, rest = link.decode("latin-1").partition("<")
            target, end, after = rest.partition(">")
            headers["Link"] = before + start + self.mirrors.original(target, asked.url, request.url) + end + after
        return response.replace(url=request.url, headers=headers)

    def _explain(self, host: str) -> None:
        from twisted.internet import reactor

        refused: dict[str, str] = getattr(reactor.nameResolver, "refused", {})
        if host in refused:
            raise FetchRefused(f"{host} was not fetched: it leads to {refused[host]}, which is not a public address")


def _retry_after(response: Response) -> float:
    """Seconds to wait that the server names, as a number or as a date; 0 if none."""
    said = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return 0.0


class WholeBodies(HttpCompressionMiddleware):
    """Scrapy's bounded decompression, where a compressed body cut short is a failure and not a shorter page."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """The response, decompressed.

        Raises:
            Oversize: it is larger than DOWNLOAD_MAXSIZE when decompressed.
            FetchFailed: the compressed body is cut short or damaged.
        """
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            # The frames of the error hold what was decompressed until the next full garbage collection.
            clear_frames(error.__cause__.__traceback__ if error.__cause__ else None)
            raise Oversize(f"{request.url} could not be fetched: it is larger than {self._max_size >> 20} MB when decompressed") from None
        except (EOFError, OSError, zlib.error, brotli.error, zstd.ZstdError) as error:
            raise FetchFailed(f"{request.url} could not be fetched: its compressed body is cut short or damaged ({error})") from error

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        # Scrapy returns what it could decode; once the size is known to be small, the library checks the end.
        decoded = HttpCompressionMiddleware._decode(body, encoding, max_size)
        whole = {b"br": brotli.decompress, b"zstd": zstd.decompress, b"deflate": _inflate}.get(encoding, gzip.decompress)
        return whole(body) if body else decoded


def _inflate(body: bytes) -> bytes:
    try:
        return zlib.decompress(body)
    except zlib.error:
        return zlib.decompress(body, -zlib.MAX_WBITS)
