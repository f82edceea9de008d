"""Small git repositories made by the tests, with real git: files, links, branches, and the two dates of a commit."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def hour(number: float) -> datetime:
    """An instant of the tests' past, ordered by its number."""
    return NOON + timedelta(hours=number)


class Repository:
    """A repository in a folder; every commit is made at a given hour."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, at: float = 0, authored: float | None = None) -> str:
        """Runs git as nobody in particular; its output."""
        stamps = {"GIT_COMMITTER_DATE": hour(at), "GIT_AUTHOR_DATE": hour(at if authored is None else authored)}
        nobody = {f"GIT_{role}_{what}": "nobody@example.invalid" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {**os.environ, **nobody, **{name: f"{int(stamp.timestamp())} +0000" for name, stamp in stamps.items()}}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(["git", "-C", str(self.folder), *arguments], env=environment, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def write(self, path: str | bytes, text: str | bytes) -> None:
        """Writes a file, in folders that are made."""
        file = os.path.join(os.fsencode(self.folder), os.fsencode(path))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        self.remove(path)
        with open(file, "wb") as opened:
            opened.write(text.encode() if isinstance(text, str) else text)

    def link(self, path: str, target: str) -> None:
        """Makes a symbolic link, dangling or not."""
        self.remove(path)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).symlink_to(target)

    def remove(self, path: str | bytes) -> None:
        """Removes a file or link, if there is one."""
        file = os.path.join(os.fsencode(self.folder), os.fsencode(path))
        if os.path.lexists(file):
            os.remove(file)

    def commit(self, at: float, files: dict[str, str | None] | None = None, authored: float | None = None) -> str:
        """Commits all that lies there at an hour, after some files were written (None: removed); the commit's name."""
        for path, text in (files or {}).items():
            self.remove(path) if text is None else self.write(path, text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "data", at=at, authored=authored)
        return self.git("rev-parse", "HEAD")
