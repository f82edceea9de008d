"""Model files on this machine: fetched from the Hub at a pinned revision, checked by hash, kept within a quota.

Only files that end in .gguf are ever fetched, and they lie under the hash of their content, never under a name that a stranger chose.
"""

import errno
import fcntl
import hashlib
import io
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from market import roofline
from market.errors import BadArtifact, MarketError, Misused
from probes.gguf import PARTS

RESERVE = 2_000_000_000
"""Bytes that a download leaves free on the disk."""
QUOTA = 50_000_000_000
"""Bytes that all fetched files together may take, unless MODELMARKET_PROBE_QUOTA_GB says otherwise."""
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
FILE = re.compile(r"(?:[A-Za-z0-9][\w.+-]*/){0,4}[A-Za-z0-9][\w.+-]*\.gguf")


class NoRoom(MarketError):
    """The disk has too little room for this model; free some, or choose a smaller file."""


class Unavailable(MarketError):
    """The Hub does not give this file."""


@dataclass(frozen=True, slots=True)
class Remote:
    """One file of a repository at a revision, as the Hub lists it; `sha256` is the Hub's own word, 64 hexadecimal digits."""

    repository: str
    revision: str
    file: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model on disk.

    Attributes:
        path: the file, or the first part of several.
        parts: every file with its hash, as listed.
        why: why this file of the repository, one sentence.
    """

    path: Path
    parts: tuple[Remote, ...]
    why: str


def _api() -> Any:
    # The Hub's telemetry and progress bars are of no use here; both are read when the library is first imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from huggingface_hub import HfApi

    # The library reads HF_ENDPOINT when it is imported; here it is read when it is needed.
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)


def listed(repository: str, revision: str | None = None) -> list[Remote]:
    """The .gguf files of a repository at one commit, each with its hash; others are not looked at.

    Raises:
        Misused: this is not the name of a repository.
        Unavailable: there is none, it is gated, or the Hub cannot be reached.
    """
    import httpx2
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    if not REPOSITORY.fullmatch(repository):
        raise Misused(f"{repository!r} is neither a file here nor AUTHOR/REPOSITORY on the Hub.")
    try:
        said = _api().model_info(repository, revision=revision, files_metadata=True)
    except GatedRepoError:
        raise Unavailable(f"{repository} is gated; accept its terms on the Hub, and set HF_TOKEN to a token of yours.") from None
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError):
        raise Unavailable(f"The Hub has no public repository {repository}{f' at {revision}' if revision else ''}.") from None
    except (HfHubHTTPError, httpx2.HTTPError, OSError) as error:
        raise Unavailable(
            f"The Hub cannot be reached or answers wrongly ({type(error).__name__}); try again, or give the path of a .gguf file."
        ) from None
    found = []
    for one in said.siblings or []:
        digest = getattr(one.lfs, "sha256", None) or ""
        if FILE.fullmatch(one.rfilename) and ".." not in one.rfilename and one.size and re.fullmatch("[0-9a-f]{64}", digest):
            found.append(Remote(repository, str(said.sha), one.rfilename, int(one.size), digest))
    return found


def choose(files: Sequence[Remote], named: str | None, memory_bytes: int) -> tuple[list[Remote], str]:
    """All parts of the file named, or of the largest that fits the memory, and why.

    Raises:
        Unavailable: no file has this name, or a part is missing.
        NoRoom: none fits the memory.
    """
    groups: dict[str, list[Remote]] = {}
    for one in sorted(files, key=lambda file: file.file):
        groups.setdefault(PARTS.sub(".gguf", one.file), []).append(one)
    if not groups:
        raise Unavailable("The repository has no .gguf file with a hash.")
    if named:
        wanted = PARTS.sub(".gguf", named)
        if wanted not in groups:
            raise Unavailable(f"The repository has no file {named}; it has {', '.join(list(groups)[:8])}.")
        chosen, why = wanted, f"{named} was asked for."
    else:
        sizes = [(name, sum(part.size for part in group)) for name, group in groups.items() if "mmproj" not in name.lower()]
        fitting = roofline.quantized_for(sizes, memory_bytes)
        if not fitting:
            raise NoRoom(f"No file of the repository fits 80% of {memory_bytes / 1e9:.1f} GB of memory; name one to try it all the same.")
        chosen, why = fitting
    group = groups[chosen]
    said = PARTS.search(group[0].file)
    if said and len(group) != int(said[2]):
        raise Unavailable(f"Of {chosen} the repository has {len(group)} parts of {int(said[2])}.")
    return group, why


class Shelf:
    """The folder of fetched models; files in use and the one being fetched are never removed.

    Args:
        quota: bytes that all files together may take.
        reserve: bytes that stay free on the disk.
    """

    def __init__(self, folder: Path, quota: int | None = None, reserve: int = RESERVE) -> None:
        given = os.environ.get("MODELMARKET_PROBE_QUOTA_GB", "")
        named = int(float(given) * 1e9) if re.fullmatch(r"\d+(\.\d+)?", given) else QUOTA
        self.folder, self.quota, self.reserve = folder, named if quota is None else quota, reserve

    def _key(self, parts: Sequence[Remote]) -> str:
        return hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()

    def place(self, parts: Sequence[Remote]) -> Path:
        """The folder that these parts lie in."""
        return self.folder / self._key(parts)[:32]

    @contextmanager
    def using(self, place: Path) -> Iterator[None]:
        """Holds a folder against removal, for as long as this process lives at most."""
        place.mkdir(parents=True, exist_ok=True)
        with (place / "in-use").open("w") as mark:
            fcntl.flock(mark, fcntl.LOCK_SH)
            os.utime(place / "in-use")
            yield

    def held(self) -> list[tuple[float, int, Path]]:
        """Every folder with when it was last used and its size, the least recently used first."""
        if not self.folder.is_dir():
            return []
        places = [place for place in self.folder.iterdir() if place.is_dir() and not place.is_symlink()]
        return sorted((_used(place), sum(_size(file) for file in place.iterdir()), place) for place in places)

    def make_room(self, size: int, keep: Path) -> None:
        """Removes what was not used for longest until so many bytes fit quota and disk.

        Raises:
            NoRoom: they never will.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        here = sum(_size(file) for file in keep.iterdir()) if keep.is_dir() else 0
        needed = max(0, size - here)
        for _, _, place in self.held():
            if self._fits(size, needed, keep):
                return
            if place != keep:
                _remove(place)
        if not self._fits(size, needed, keep):
            free = shutil.disk_usage(self.folder).free
            raise NoRoom(
                f"The model needs {size * 1.1 / 1e9:.2f} GB and {self.reserve / 1e9:.1f} GB must stay free; the disk has"
                f" {free / 1e9:.2f} GB free and {self.quota / 1e9:.1f} GB are for models. Free some, or choose a smaller file."
            )

    def _fits(self, size: int, needed: int, keep: Path) -> bool:
        others = sum(held for _, held, place in self.held() if place != keep)
        return size + others <= self.quota and needed * 1.1 + self.reserve <= shutil.disk_usage(self.folder).free

    @contextmanager
    def fetched(self, parts: Sequence[Remote], why: str) -> Iterator[Fetched]:
        """The files on disk, fetched now where they are not yet, held until the block ends.

        Raises:
            NoRoom: they do not fit.
            BadArtifact: the bytes are not those of the hash; they are removed.
            Unavailable: the Hub does not give them.
        """
        place = self.place(parts)
        self.make_room(sum(part.size for part in parts), place)
        with self.using(place):
            for number, part in enumerate(parts, 1):
                name = f"model-{number:05}-of-{len(parts):05}.gguf" if len(parts) > 1 else "model.gguf"
                _fetch(part, place / name)
            yield Fetched(place / (f"model-00001-of-{len(parts):05}.gguf" if len(parts) > 1 else "model.gguf"), tuple(parts), why)


def _used(place: Path) -> float:
    with suppress(OSError):
        return (place / "in-use").stat().st_mtime
    return 0.0


def _size(file: Path) -> int:
    with suppress(OSError):
        return file.lstat().st_size
    return 0


def _remove(place: Path) -> None:
    """Removes a folder that nobody uses."""
    with (place / "in-use").open("a") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(place, ignore_errors=True)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(part: Remote, to: Path) -> None:
    """One file, begun where an earlier attempt stopped; under its name only once its hash was right."""
    if to.is_file() and to.stat().st_size == part.size:
        return
    partial = to.with_suffix(".partial")
    try:
        _more(part, partial)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        partial.unlink(missing_ok=True)
        raise NoRoom(f"The model could not be written ({error.strerror}); what was there of it is removed.") from None
    if _size(partial) != part.size or digest(partial) != part.sha256:
        kept = _size(partial)
        partial.unlink(missing_ok=True)
        raise BadArtifact(f"{part.file} is corrupt: {kept:,} of {part.size:,} bytes came, or not those of its hash; it is removed.")
    partial.rename(to)


class _Bounded(io.FileIO):
    """A file that takes no more bytes than the Hub said."""

    most = 0

    def write(self, chunk: Any) -> int:
        """Writes, up to the bound."""
        if self.tell() + len(chunk) > self.most:
            raise BadArtifact("The Hub sends more bytes than it said; the file is not kept.")
        written = 0
        while written < len(chunk):
            written += super().write(chunk[written:])
        return written


def _more(part: Remote, partial: Path) -> None:
    """Fetches what is missing; what came stays, for the next attempt, where the connection ended too often."""
    import httpx2
    from huggingface_hub import hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils._headers import build_hf_headers

    url = hf_hub_url(part.repository, part.file, revision=part.revision, endpoint=os.environ.get("HF_ENDPOINT") or None)
    begin = _size(partial)
    if begin >= part.size:
        return
    with _Bounded(partial, "ab" if begin else "wb") as file:
        file.most = part.size
        try:
            http_get(url, file, resume_size=begin, headers=build_hf_headers())
        except HfHubHTTPError as error:
            raise Unavailable(f"The Hub answers {error.response.status_code} for {part.file} of {part.repository}.") from None
        except httpx2.HTTPError as error:
            raise Unavailable(f"The Hub's connection broke ({type(error).__name__}); what came is kept, try again.") from None
