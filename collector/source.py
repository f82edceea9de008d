"""Page and Source: everything a source file needs, and the one base class it has."""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

import msgspec

from market.errors import Misused, SourceChanged
from market.license_files import Repository
from market.records import Record

TRACKER = 4
_EXACT = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True)
class Page:
    """Bytes as they came, where from, and when.

    Attributes:
        url: the address asked for, never the mirror's.
        fetched_at: aware UTC instant of the fetch.
        next_url: the address of the following page, from the answer's Link header.
    """

    url: str
    body: bytes
    fetched_at: datetime
    next_url: str | None = None

    @cached_property
    def json(self) -> Any:
        """The body as JSON with every non-integer an exact Decimal.

        Raises:
            SourceChanged: the body is not JSON in UTF-8.
        """
        try:
            return _EXACT.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            start = self.body[:40].decode("utf-8", "replace").strip()
            said = "nothing" if not self.body else f"{len(self.body):,} bytes that begin {start!r}"
            raise SourceChanged(f"{self.url} answered {said}, which is not JSON ({error})") from None


@dataclass(frozen=True)
class Terms:
    """On what terms a source's data may be used: its license, the attribution line it asks for, its rate limit."""

    license: str
    attribution: str
    rate_limit: str = "none stated"


@dataclass(frozen=True)
class History:
    """A data repository whose git log is a source's past.

    Attributes:
        repository: its public address.
        files: (pattern of a path, address of the page that the file is, or is a part of); groups may be used. Where two
            patterns lead to one page, the later one's file takes over as soon as there is one.
        support: patterns of files that others are read with, and that are no page themselves.
        ref: the branch to read; where a repository has none of this name, its own default.
    """

    repository: str
    files: tuple[tuple[str, str], ...]
    support: tuple[str, ...] = ()
    ref: str = "main"


Look = Callable[[str], bytes | None]
"""The bytes of another file at the same commit; None where there is none."""


class Source(ABC):
    """One source: where it is, how often it is asked, whom it is to be believed before, and how it is read.

    Attributes:
        cadence: cron expression, UTC.
        min_records: fewer records than this on all pages together is a broken source.
        lists_everything: what a complete page does not name is withdrawn.
        trust: 1 the provider's own page, 2 the provider's own API, 3 a marketplace or router, 4 a tracker.
        family: sources of one family copy each other and count as one when they agree.
        max_pages: so many pages a run reads at most.
        experimental: it was built from documentation, and no page of it has been captured yet. However near its source is to
            the provider, it ranks as a tracker (`rank`): a reader that never met a real page is not to overrule anybody.
        key_variable: the environment variable with the key that is sent along, as a bearer's, where it is set; where the host
            refuses without it, the run is skipped with a sentence. Empty where no key is asked for.
    """

    name: ClassVar[str]
    start_urls: ClassVar[tuple[str, ...]]
    cadence: ClassVar[str] = "17 3 * * *"
    min_records: ClassVar[int] = 1
    lists_everything: ClassVar[bool] = True
    trust: ClassVar[int] = 4
    family: ClassVar[str] = ""
    terms: ClassVar[Terms]
    max_pages: ClassVar[int] = 2000
    experimental: ClassVar[bool] = False
    key_variable: ClassVar[str] = ""
    history: ClassVar[History | None] = None

    @property
    def rank(self) -> int:
        """The trust it is believed with: its own, but a tracker's as long as it is experimental."""
        return TRACKER if self.experimental else self.trust

    @abstractmethod
    def records(self, page: Page) -> Iterator[Record]:
        """The facts on a page: a pure function of its bytes, address and fetch time.

        Raises:
            SourceChanged: the page has not the shape this source is known by.
        """

    def links(self, page: Page) -> Iterator[str]:
        """Addresses of further pages that this page leads to; by default the one in its Link header."""
        if page.next_url:
            yield page.next_url

    def repositories(self, page: Page) -> Iterator[Repository]:
        """Repositories that this page lists with their license files, of which the crawl asks for some; by default none."""
        yield from ()

    def license_file(self, url: str) -> tuple[str, str, str] | None:
        """The repository, revision and name of the license file that an address is; None for a page like any other."""
        return None

    def pieces(self, path: str, body: bytes, look: Look) -> dict[str, bytes]:
        """A file of the past cut into pieces that can be read one by one, so that only changed ones are read again.

        Each piece is itself a page in the source's shape. By default the whole file is one. What is looked at
        besides is remembered: when that changes, the file is cut again.

        Raises:
            SourceChanged: the file is broken.
        """
        return {path: body}

    def installed(self) -> Page | None:
        """The page that came with an installed package, for when the network has none; by default nothing."""
        return None


def find(only: str | None = None) -> dict[str, Source]:
    """Every source in collector/sources by name, found by looking at the folder.

    Args:
        only: look in the file of that name alone, if there is one.

    Raises:
        Misused: two files claim one name.
    """
    import collector.sources as folder

    found: dict[str, Source] = {}
    modules = sorted(m.name for m in pkgutil.iter_modules(folder.__path__))
    for module in [only] if only in modules else modules:
        for value in vars(importlib.import_module(f"{folder.__name__}.{module}")).values():
            if isinstance(value, type) and issubclass(value, Source) and value.__module__.endswith(f".{module}"):
                if value.name in found:
                    raise Misused(f"two files in collector/sources claim the name {value.name!r}")
                found[value.name] = value()
    return found
