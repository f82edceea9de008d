"""How politely and safely everything is fetched, as Scrapy settings."""

import os
from importlib.metadata import metadata, version

from scrapy.settings import default_settings

from collector.mirror import HUB, Mirrors
from market.errors import Misused

MAX_BYTES = 32 << 20


def settings(mirror: str | None, contact: str = "") -> dict[str, object]:
    """Scrapy's settings for every crawl, with a mirror of the web or without.

    Every request ends in its callback (any status, 304 included, with the address asked for) or in its errback (with
    a MarketError); none is dropped on the way. HF_ENDPOINT is the Hub's mirror, MODELMARKET_TIMEOUT the seconds a
    page may take, MODELMARKET_CONTACT whom the user agent names where `contact` is empty.

    Raises:
        Misused: the mirror is not an http(s) address, or the timeout is not a number of seconds.
    """
    mirrors = Mirrors(mirror or None, os.environ.get("HF_ENDPOINT") or None)
    timeout = _timeout()
    return {
        "USER_AGENT": _agent(contact or os.environ.get("MODELMARKET_CONTACT", "")),
        "LOG_LEVEL": "WARNING",
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "COOKIES_ENABLED": False,
        "HTTPCACHE_ENABLED": False,
        # Through a proxy the names are looked up elsewhere, where nothing guards the answers.
        "HTTPPROXY_ENABLED": False,
        **_manners(mirrors),
        **_limits(timeout),
        **_guards(mirrors),
    }


def _manners(mirrors: Mirrors) -> dict[str, object]:
    alone = not mirrors.web
    return {
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": "modelmarket",
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1 if alone else 16,
        "DOWNLOAD_DELAY": 1.0 if alone else 0.0,
        "AUTOTHROTTLE_ENABLED": alone,
        "AUTOTHROTTLE_START_DELAY": 1.0,
        "DOWNLOAD_SLOTS": {HUB: {"concurrency": 16, "delay": 0.0}} if alone and mirrors.hub else {},
        "RETRY_TIMES": 2,
        "RETRY_BACKOFF": 1.0 if alone else 0.1,
        "RETRY_EXCEPTIONS": [each for each in default_settings.RETRY_EXCEPTIONS if "Timeout" not in str(each)],
        "REFERRER_POLICY": "no-referrer",
    }


def _limits(timeout: float) -> dict[str, object]:
    return {
        "DOWNLOAD_TIMEOUT": timeout,
        "DOWNLOAD_MAXSIZE": MAX_BYTES,
        "DOWNLOAD_WARNSIZE": 0,
        "REDIRECT_MAX_TIMES": 5,
        "METAREFRESH_ENABLED": False,
        "HTTPERROR_ALLOW_ALL": True,
        # Scrapy drops what these find without a word: a redirect to a page already seen would never be answered.
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "URLLENGTH_LIMIT": 0,
    }


def _guards(mirrors: Mirrors) -> dict[str, object]:
    stock = "scrapy.downloadermiddlewares"
    handler = "collector.mirror.MirrorHandler"
    return {
        "MIRROR": mirrors.web,
        "HUB_MIRROR": mirrors.hub,
        "GUARD_EXEMPT": mirrors.exempt,
        "TWISTED_DNS_RESOLVER": "collector.guard.GuardedResolver",
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOADER": "collector.guard.PlainDownloader",
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler, "data": None, "file": None, "ftp": None, "s3": None},
        "DOWNLOADER_MIDDLEWARES": {
            "collector.guard.GuardMiddleware": 60,
            "collector.robots.RobotsMiddleware": 100,
            "collector.mirror.WholeBodies": 590,
            f"{stock}.robotstxt.RobotsTxtMiddleware": None,
            f"{stock}.httpcompression.HttpCompressionMiddleware": None,
            # It drops redirects to other hosts without a word.
            f"{stock}.offsite.OffsiteMiddleware": None,
        },
    }


def _agent(contact: str) -> str:
    homes = [line.partition(", ")[2] for line in metadata("modelmarket").get_all("Project-URL") or ()]
    said = [f"+{homes[0]}"] if homes else ["reads published model prices and obeys robots.txt"]
    return f"modelmarket/{version('modelmarket')} ({'; '.join([*said, *([contact] if contact else [])])})"


def _timeout() -> float:
    said = os.environ.get("MODELMARKET_TIMEOUT") or "60"
    try:
        seconds = float(said)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise Misused(f"MODELMARKET_TIMEOUT is a number of seconds, not {said!r}")
    return seconds
