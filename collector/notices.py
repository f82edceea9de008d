"""What a run notices of its source besides records: an announced end in the answers' headers, and pages of another shape."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from collector import shape
from db.events import Event

HEADERS = ("Sunset", "Deprecation")  # RFC 8594, RFC 9745
MOST = 50  # events of one run


class Notices:
    """One run's notices; pages found through the same start page count as one."""

    def __init__(self) -> None:
        self.announced: dict[tuple[str, str], tuple[datetime, str]] = {}
        self.before: dict[str, shape.Shape] = {}
        self.after: dict[str, shape.Shape] = {}

    def hear(self, start: str, at: datetime, headers: Mapping[str, str]) -> None:
        """Headers of an answer that say until when there will be answers; `start` is the start page that led to it."""
        for name in HEADERS:
            if said := headers.get(name):
                self.announced.setdefault((name.lower(), start), (at, said))

    def look(self, start: str, before: bytes, after: bytes) -> None:
        """A page changed from one body to another."""
        shape.merge(self.before.setdefault(start, {}), shape.shape(before))
        shape.merge(self.after.setdefault(start, {}), shape.shape(after))

    def events(self, at: datetime, *, accepted: bool) -> list[Event]:
        """What to write down; shapes only of pages that were accepted."""
        found = list(self._announcements())
        for start, after in self.after.items() if accepted else ():
            found += [Event(kind, path, at, f"On {_bare(start)} {says}") for kind, path, says in shape.changes(self.before[start], after)]
        return found[:MOST]

    def _announcements(self) -> Iterator[Event]:
        for (kind, start), (at, said) in self.announced.items():
            when = _instant(said)
            shown = f"{when:%Y-%m-%d %H:%M} UTC" if when else repr(said[:100])
            words = "says that it stops answering at" if kind == "sunset" else "says that it is deprecated:"
            yield Event(kind, start, at, f"{_bare(start)} {words} {shown}.")


def _instant(said: str) -> datetime | None:
    """The instant in a header: an HTTP date, or `@` and seconds since 1970; None for anything else, such as `true`."""
    with suppress(ValueError, OverflowError, OSError):
        if said.startswith("@"):
            return datetime.fromtimestamp(int(said[1:]), UTC)
        return parsedate_to_datetime(said).astimezone(UTC)
    return None


def _bare(url: str) -> str:
    """An address as it is shown: without its query, and not longer than a line."""
    return url.partition("?")[0][:200]
