"""A data repository's git log, read as dated pages: what each commit changed, by price line.

A page is cut into pieces (`Source.pieces`), and only pieces whose bytes changed are read again, each by the same
`Source.records` that reads today's page.
"""

import contextlib
import os
import posixpath
import re
import subprocess
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from collector.source import History, Page, Source
from db.backfill import Past
from market.errors import MarketError, SourceChanged
from market.records import Record, UnknownKey

LINK, SUBMODULE = "120000", "160000"
LOG = (
    *("-c", "log.showSignature=false", "log", "--first-parent", "-m", "--raw", "--no-renames", "--no-abbrev", "--reverse"),
    *("-z", "--format=%x01%H %ct"),
)
FETCH = ("fetch", "--quiet", "--force", "--no-tags")
PIPE = 1 << 20


class RepositoryFailed(MarketError):
    """The repository could not be read; see that the address or path is right and that git is installed."""


class Change(NamedTuple):
    """One file at one commit; no blob where it was removed."""

    path: str
    mode: str
    blob: str | None


class Commit(NamedTuple):
    """One step of the history, dated by its committer, or by the commit before where that one's clock was ahead."""

    sha: str
    at: datetime
    changes: list[Change]


class Skipped(NamedTuple):
    """A file that could not be read at a commit; its last good state stays."""

    commit: str
    path: str
    reason: str


def git(repository: Path, *arguments: str) -> bytes:
    """The output of one git command in a repository.

    Raises:
        RepositoryFailed: git says no.
    """
    silent = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(["git", "-C", str(repository), *arguments], stdin=subprocess.DEVNULL, capture_output=True, env=silent)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["git failed"]
        raise RepositoryFailed(f"git {arguments[0]} failed in {repository}: {said[-1]}")
    return done.stdout


def at_hand(repository: str, store: Path, wanted: str) -> Path:
    """A local repository with the newest commits: a folder is read in place, an address or a bundle is kept as a bare clone.

    Of an address or a bundle only the wanted branch is fetched where there is one, else all of them.
    """
    given = Path(repository).expanduser()
    if given.is_dir():
        return given
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", str(given.resolve()) if given.exists() else repository).strip("-")
    clone = store / f"{name}.git"
    origin = str(given.resolve()) if given.is_file() else repository
    if not clone.exists():
        clone.mkdir(parents=True)
        git(clone, "init", "--bare", "--quiet")
    with contextlib.suppress(RepositoryFailed):
        git(clone, *FETCH, origin, f"+refs/heads/{wanted}:refs/heads/{wanted}")
        return clone
    git(clone, *FETCH, origin, "+refs/heads/*:refs/heads/*")
    return clone


def branch(repository: Path, wanted: str | None, usual: str) -> str:
    """The branch to read: the one asked for, else the source's usual one, else the only or default one.

    Raises:
        RepositoryFailed: the one asked for is not there, or none can be told.
    """
    there = git(repository, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").decode().split()
    if wanted:
        if wanted in there:
            return wanted
        raise RepositoryFailed(f"{repository} has no branch {wanted!r}; it has {', '.join(there) or 'none'}")
    for name in (usual, "main", "master", *there):
        if name in there:
            return name
    raise RepositoryFailed(f"{repository} has no branch")


def commits(repository: Path, ref: str) -> list[Commit]:
    """The first-parent line of a branch, oldest first, with what each commit changed."""
    log = git(repository, *LOG, f"refs/heads/{ref}", "--")
    found: list[Commit] = []
    latest = 0
    parts = iter(log.decode("utf-8", "surrogateescape").split("\0"))
    for part in parts:
        if "\x01" in part:
            sha, stamp = part.strip("\x01\n").split()
            latest = max(latest, int(stamp))
            found.append(Commit(sha, datetime.fromtimestamp(latest, UTC), []))
        elif part.startswith((":", "\n:")):
            _, mode, _, blob, status = part.lstrip("\n:").split(" ")
            found[-1].changes.append(Change(next(parts), mode, None if status == "D" or mode == SUBMODULE else blob))
    return found


class Blobs:
    """Reads blobs in the order asked, one git process for all, and keeps only those asked for again."""

    def __init__(self, repository: Path, order: list[str]) -> None:
        self.left = Counter(order)
        self.kept: dict[str, bytes] = {}
        self.process = subprocess.Popen(
            ["git", "-C", str(repository), "cat-file", "--batch", "--buffer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=PIPE,
            pipesize=PIPE,
        )
        asked = "\n".join(dict.fromkeys(order)) + "\n"
        threading.Thread(target=self._ask, args=(asked.encode(),), daemon=True).start()

    def _ask(self, asked: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(asked)
        self.process.stdin.close()

    def take(self, blob: str) -> bytes:
        """The bytes of the next blob asked for.

        Raises:
            RepositoryFailed: it is not there.
        """
        while blob not in self.kept:
            assert self.process.stdout
            name, *header = self.process.stdout.readline().decode().split() or [blob]
            if len(header) != 2:
                raise RepositoryFailed(f"The repository lacks the file {name}; fetch it whole.")
            self.kept[name] = self.process.stdout.read(int(header[1]))
            self.process.stdout.read(1)
        self.left[blob] -= 1
        return self.kept[blob] if self.left[blob] > 0 else self.kept.pop(blob)

    def close(self) -> None:
        """Ends the process."""
        assert self.process.stdout
        self.process.stdout.close()
        self.process.wait()


class Walk:
    """Reads a history commit by commit and tells each page's past what changed.

    Attributes:
        pasts: by page address, what is to be loaded.
        skipped: files that could not be read at a commit.
    """

    def __init__(self, source: Source, history: History, repository: Path, told: Callable[[int, int], None] = lambda _, __: None) -> None:
        self.source, self.history, self.repository, self.told = source, history, repository, told
        self.places: dict[str, tuple[str | None, int]] = {}
        self.patterns = [(re.compile(pattern), url) for pattern, url in history.files]
        self.support = [re.compile(pattern) for pattern in history.support]
        self.pasts: dict[str, Past] = {}
        self.skipped: list[Skipped] = []
        self.cut: dict[str, dict[str, bytes]] = {}
        self.ranks: dict[str, int] = {}
        self.tree: dict[str, tuple[bool, bytes]] = {}
        self.needed_by: dict[str, set[str]] = defaultdict(set)

    def run(self, steps: list[Commit]) -> None:
        """Walks all commits, oldest first."""
        wanted = [[change for change in step.changes if self._concerns(change)] for step in steps]
        blobs = Blobs(self.repository, [change.blob for changes in wanted for change in changes if change.blob])
        try:
            for count, (step, changes) in enumerate(zip(steps, wanted, strict=True), 1):
                self._step(step, self._take(changes, blobs))
                self.told(count, len(steps))
        finally:
            blobs.close()

    def _concerns(self, change: Change) -> bool:
        return change.mode == LINK or self._url(change.path) is not None or any(p.fullmatch(change.path) for p in self.support)

    def _url(self, path: str) -> str | None:
        """The page that a file is, or is a part of; None for a file that is neither."""
        return self._place(path)[0]

    def _place(self, path: str) -> tuple[str | None, int]:
        """The page of a file, and the rank of the pattern that says so."""
        found = self.places.get(path)
        if found is None:
            pages = ((pattern.fullmatch(path), url, rank) for rank, (pattern, url) in enumerate(self.patterns))
            named = ((match.expand(url) if "\\" in url else url, rank) for match, url, rank in pages if match)
            found = self.places[path] = next(named, (None, 0))
        return found

    def _take(self, changes: list[Change], blobs: Blobs) -> list[str]:
        """Brings the tree to a commit; the files to be read again, those that need a changed one included."""
        for change in changes:
            if change.blob is None:
                self.tree.pop(change.path, None)
            else:
                self.tree[change.path] = (change.mode == LINK, blobs.take(change.blob))
        dirty = dict.fromkeys(change.path for change in changes)
        dirty |= dict.fromkeys(path for change in changes for path in sorted(self.needed_by.get(change.path, ())))
        return list(dirty)

    def _look(self, reader: str, path: str) -> bytes | None:
        """A file's bytes now, through links; whoever looks is read again when they change. None where a link dangles."""
        for _ in range(8):
            if path != reader:
                self.needed_by[path].add(reader)
            linked, body = self.tree.get(path, (False, None))
            if not linked or body is None:
                return body
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), body.decode("utf-8", "surrogateescape")))
        return None

    def _step(self, step: Commit, dirty: list[str]) -> None:
        """Reads what one commit changed; removals first, so that a moved file withdraws nothing."""
        bodies = [(path, url, self._look(path, path)) for path in dirty if (url := self._url(path))]
        seen = {url for path, url, body in sorted(bodies, key=lambda item: item[2] is not None) if self._file(step, url, path, body)}
        for url in seen:
            self.pasts[url].sight(step.at, step.sha)

    def _file(self, step: Commit, url: str, path: str, body: bytes | None) -> bool:
        """Reads one file as of a commit; whether that could be done. Nothing is dropped before what replaces it was read."""
        rank = self._place(path)[1]
        if rank < self.ranks.get(url, 0):
            return False
        before = self.cut.get(path, {})
        try:
            now = {} if body is None else self._pieces(path, body)
            changed = {key: piece for key, piece in now.items() if before.get(key) != piece}
            read, failed = self._read(step, url, changed)
            silent = len(changed) == len(now) and not any(map(_says_something, read.values()))
            if body is not None and silent and (failed or self._must_speak(url, path)):
                raise SourceChanged(next(iter(failed.values()), f"{path} holds nothing"))
        except MarketError as error:
            self._skip(step, path, str(error))
            return False
        for reason in failed.values():
            self._skip(step, path, reason)
        past = self.pasts.get(url) or self.pasts.setdefault(url, Past(url))
        if body is not None and rank > self.ranks.get(url, 0):
            self._take_over(step, past, rank)
        for key in [key for key in before if key not in now]:
            past.drop((path, key), step.at)
        for key, records in read.items():
            past.put((path, key), step.at, records)
        self.cut[path] = now
        return True

    def _must_speak(self, url: str, path: str) -> bool:
        """Whether a file that holds nothing is a broken one: when it is the whole of a page that is never empty."""
        others = any(pieces and other != path and self._url(other) == url for other, pieces in self.cut.items())
        return not others and bool(self.cut.get(path) or len(self.source.start_urls) == 1)

    def _pieces(self, path: str, body: bytes) -> dict[str, bytes]:
        """A file's pieces.

        Raises:
            SourceChanged: the file is broken.
        """
        try:
            path.encode()
            return self.source.pieces(path, body, partial(self._look, path))
        except UnicodeEncodeError:
            raise SourceChanged("the file's name is not UTF-8") from None
        except MarketError:
            raise
        except Exception as error:  # whatever a parser trips over is a file it does not know, not the end of the history
            raise SourceChanged(f"{path} could not be read ({type(error).__name__}: {error})") from None

    def _read(self, step: Commit, url: str, pieces: dict[str, bytes]) -> tuple[dict[str, list[Record]], dict[str, str]]:
        """The records of pieces, and why some could not be read."""
        read: dict[str, list[Record]] = {}
        failed: dict[str, str] = {}
        for key, piece in pieces.items():
            try:
                read[key] = list(self.source.records(Page(url, piece, step.at)))
            except MarketError as error:
                failed[key] = str(error)
            except Exception as error:  # likewise
                failed[key] = f"{key} could not be read ({type(error).__name__}: {error})"
        return read, failed

    def _take_over(self, step: Commit, past: Past, rank: int) -> None:
        """Leaves behind the files of a page that an earlier pattern named."""
        for old in [each for each in self.cut if self._place(each)[0] == past.url and self._place(each)[1] < rank]:
            for key in self.cut.pop(old):
                past.drop((old, key), step.at)
        self.ranks[past.url] = rank

    def _skip(self, step: Commit, path: str, reason: str) -> None:
        self.skipped.append(Skipped(step.sha, path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), reason))


def _says_something(records: list[Record]) -> bool:
    return any(not isinstance(record, UnknownKey) for record in records)
