"""Where a fetch may go: the web's public addresses and a configured mirror, checked on every hop and DNS answer."""

import logging
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Self, cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response
from twisted.internet._resolver import GAIResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.python.failure import Failure

from collector.failures import FetchFailed, FetchRefused, HostUnreachable, Oversize, TimedOut
from market.errors import MarketError

logger = logging.getLogger(__name__)

REDIRECTS = frozenset({301, 302, 303, 307, 308})
NAT64 = IPv6Network("64:ff9b::/96")
HARMLESS = frozenset({b"Accept", b"Accept-Encoding", b"Accept-Language", b"If-Modified-Since", b"If-None-Match", b"User-Agent"})


def public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also where IPv6 carries an IPv4 address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        nat64 = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1]) or nat64
        if inner or ip.is_site_local:
            return bool(inner) and public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def check(url: str) -> None:
    """Refuse an address that cannot be a public web page, before any name is looked up.

    Raises:
        FetchRefused: another scheme than http(s), no host, a host without a dot, or an IP address that is not public.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        raise FetchRefused(f"{url[:200]} was not fetched: only http and https are")
    if ":" in host or host.replace(".", "").isdigit():
        if not public(host):
            raise FetchRefused(f"{url[:200]} was not fetched: {host} is not a public address")
    elif "." not in host:
        raise FetchRefused(f"{url[:200]} was not fetched: {host or 'no name'} is not the name of a public host")


class GuardedResolver(GAIResolver):
    """The only name resolver of a crawl: it hands a connection nothing but public addresses.

    What it returns is what is connected to, so a name that answers differently the second time gains nothing.
    """

    def __init__(self, reactor: Any, exempt: frozenset[str]) -> None:
        super().__init__(reactor, getaddrinfo=self._filtered)  # type: ignore[arg-type]
        self._reactor, self._exempt = reactor, exempt
        self.refused: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Self:
        """Scrapy's way to build it; GUARD_EXEMPT lists the `host:port` of the configured mirrors."""
        return cls(reactor, frozenset(crawler.settings.getlist("GUARD_EXEMPT")))

    def install_on_reactor(self) -> None:
        """Become the reactor's resolver."""
        self._reactor.installNameResolver(self)

    def lookup(self, host: str, port: int, *how: int) -> list[Any]:
        """Every address of a name, as getaddrinfo gives them; runs in a thread."""
        return socket.getaddrinfo(host, port, *how)

    def allowed(self, host: str, port: int, address: str) -> bool:
        """Whether a connection to `host:port` may go to one of the addresses found for it."""
        return public(address) or f"{host}:{port}" in self._exempt

    def _filtered(self, host: Any, port: Any, *how: int) -> list[Any]:
        found = self.lookup(host, port, *how)
        kept = [each for each in found if self.allowed(host, port, each[4][0])]
        if found and not kept:
            self.refused[host] = found[0][4][0]
        return kept


class GuardMiddleware:
    """Checks the address of every hop, and leaves a source's keys at the door of another host."""

    async def process_request(self, request: Request) -> None:
        """Refuse what `check` refuses; of a redirect to another host keep only headers that say nothing."""
        from twisted.internet import reactor

        check(request.url)
        if not isinstance(cast(Any, reactor).nameResolver, GuardedResolver):
            raise FetchRefused("nothing was fetched: the crawl was started without collector.guard.GuardedResolver")
        here = _origin(request.url)
        if any(_origin(url) != here for url in request.meta.get("redirect_urls", ())):
            for name in set(request.headers) - HARMLESS:
                del request.headers[name]

    async def process_response(self, request: Request, response: Response) -> Response:
        """Refuse a redirect that Scrapy would not follow because it leaves the web."""
        location = response.headers.get("Location")
        if response.status in REDIRECTS and location and not request.meta.get("dont_redirect"):
            where = location.decode("latin-1")[:200]
            raise FetchRefused(f"{request.url} was not fetched: it redirects to {where}, which is not http or https")
        return response


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


class PlainDownloader(Downloader):
    """Scrapy's downloader, whose every failure is a MarketError in one sentence."""

    def fetch(self, request: Request) -> Deferred[Response | Request]:  # type: ignore[override]
        """A response, or the request to make instead."""
        return cast("Deferred[Any]", super().fetch(request)).addErrback(self._plainly, request)

    def _plainly(self, failure: Failure, request: Request) -> Failure:
        error = failure.value
        if isinstance(error, MarketError) or not isinstance(error, Exception):
            return failure
        kind, reason = self._reason(error, request)
        mirror = request.meta.get("mirror")
        through = f" through {mirror}" if mirror else ""
        logger.debug("%s failed", request, exc_info=error)
        raise kind(f"{request.url} could not be fetched{through}: {reason}") from None

    def _reason(self, error: Exception, request: Request) -> tuple[type[MarketError], str]:
        said = " ".join(str(error).split())[:300]
        match error:
            case CannotResolveHostError():
                return HostUnreachable, "the name of the host was not found"
            case DownloadConnectionRefusedError():
                return HostUnreachable, "the connection was refused"
            case ConnectError():
                return HostUnreachable, said
            case DownloadTimeoutError():
                return TimedOut, f"no whole answer within {request.meta.get('download_timeout', 0):g} s"
            case ResponseDataLossError():
                return FetchFailed, "the answer ended before its end"
            case DownloadCancelledError():
                return Oversize, f"it is larger than {self.settings.getint('DOWNLOAD_MAXSIZE') >> 20} MB"
            case IgnoreRequest() if "redirections" in said:
                return FetchFailed, f"it redirects more than {self.settings.getint('REDIRECT_MAX_TIMES')} times"
            case NotSupported() | UnsupportedURLSchemeError():
                return FetchRefused, "only http and https are"
        causes: tuple[Any, ...] = tuple(getattr(error.__cause__, "reasons", ()))
        if any(type(c.value).__module__.startswith(("OpenSSL", "service_identity")) for c in causes):
            return HostUnreachable, "no secure connection came about: " + causes[0].getErrorMessage()
        return FetchFailed, "; ".join(c.getErrorMessage() for c in causes) or f"{type(error).__name__} {said}".strip()
