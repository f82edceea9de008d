"""Which license files a run asks for besides its pages, and what it notes of them."""

from collections.abc import Iterator
from datetime import datetime

import psycopg

from collector.source import Page, Source
from db import license_files
from market.license_files import Repository, due

FILES_A_RUN = 300


class Shelf:
    """The license files that a run's pages name; a few of the most used repositories are asked for when all else has answered."""

    def __init__(self, connection: psycopg.Connection, source: Source) -> None:
        self.connection, self.source = connection, source
        self.waiting: dict[str, tuple[Repository, str]] = {}
        self.declared: dict[str, str | None] = {}
        self.left = FILES_A_RUN

    def see(self, page: Page, found_on: str | None) -> None:
        """Remembers the repositories of a page."""
        for one in self.source.repositories(page):
            self.waiting[one.name.lower()] = one, found_on or page.url

    def wanted(self, now: datetime) -> Iterator[tuple[str, str]]:
        """Addresses to ask, each with the start page it was found on: the most used repositories first, as many as a run may."""
        waiting, self.waiting = self.waiting, {}
        asked = license_files.asked(self.connection, list(waiting)) if waiting else {}
        for name, (one, found_on) in sorted(waiting.items(), key=lambda pair: (-pair[1][0].used, pair[0])):
            if len(one.files) <= self.left and due(one, asked.get(name), now):
                self.left -= len(one.files)
                self.declared[name] = one.declared
                for url in one.files.values():
                    yield url, found_on

    def row(self, url: str, at: datetime, status: int | None, sha256: bytes | None) -> license_files.Row | None:
        """What an answer says of a license file; None for any other page."""
        found = self.source.license_file(url)
        if found is None:
            return None
        repository, revision, name = found
        return license_files.Row(repository.lower(), name, revision, at, url, status or 0, sha256, self.declared.get(repository.lower()))
