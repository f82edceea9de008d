"""The embedded PostgreSQL: whoever holds a lease on it has it running.

A lease is a shared kernel lock on a file, so that the kernel ends it with the process that held it. `db.keeper` is the
process that starts the server and stops it; this module says where its files are, asks for it and waits for it.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, ClassVar, NamedTuple, Self

from market.errors import MarketError

PORT = "5432"  # a part of the socket's name; nothing listens on TCP
DATABASE = "modelmarket"
ADMINISTRATOR = "modelmarket"
ELSEWHERE = "set MODELMARKET_HOME to another folder, or DATABASE_URL to a server of your own"
SOCKET_PATH_BYTES = 103  # macOS; Linux allows 107
DYNAMIC_IDS = range(61184, 65520)  # systemd hands these out at run time: no person or package has one for good
READY, ABSENT, NO_DATABASE = "ready", "absent", "3D000"
FULL, TEMPLATE_IN_USE, COMING_OR_GOING = "53300", "55006", "57P"
BLIND = 60.0  # seconds in which a server must have made its socket's folder, if we share its /tmp


class ServerError(MarketError):
    """The embedded PostgreSQL cannot be used; set DATABASE_URL to a server of your own."""


class Lock:
    """A kernel lock on a file, let go by `close` or by the death of the process.

    Raises BlockingIOError where it is taken and `wait` is false.
    """

    _open: ClassVar["weakref.WeakSet[Lock]"] = weakref.WeakSet()

    def __init__(self, path: Path, *, shared: bool = False, wait: bool = True) -> None:
        self.fd = -1
        self.fd = open_own(path, os.O_RDWR)
        Lock._open.add(self)
        try:
            fcntl.flock(self.fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BaseException:
            self.forget()
            raise

    def close(self) -> None:
        """Unlock, also for processes that have a copy of this descriptor."""
        if self.fd >= 0:
            fcntl.flock(self.fd, fcntl.LOCK_UN)
        self.forget()

    def forget(self) -> None:
        """Close this process's descriptor; other copies of it keep the lock."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    @classmethod
    def forget_all(cls) -> None:
        """Drop, in a forked child, what only the parent took."""
        for lock in list(cls._open):
            lock.forget()

    def __del__(self) -> None:
        self.forget()


os.register_at_fork(after_in_child=Lock.forget_all)


def held(path: Path) -> bool:
    """Tell whether any process has locked a file."""
    try:
        Lock(path, shared=True, wait=False).close()
    except BlockingIOError:
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError as error:
        raise ServerError(f"{path.parent} belongs to another user; {ELSEWHERE}.") from error
    return False


def open_own(path: Path, flags: int) -> int:
    """Open or create a private file, never through a link; it belongs to whoever owns its folder."""
    fd = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        file, folder = os.fstat(fd), os.stat(path.parent)
        if file.st_uid == 0 and file.st_nlink == 1 and folder.st_uid != 0:
            os.fchown(fd, folder.st_uid, folder.st_gid)
    return fd


class Owner(NamedTuple):
    """Who runs the server and owns its files."""

    uid: int
    gid: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """The owner of a file or folder that exists."""
        found = os.lstat(path)
        return cls(found.st_uid, found.st_gid)

    def name(self) -> str | None:
        """The user's name, or None for a number without one."""
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return None

    def drop(self) -> dict[str, Any]:
        """Arguments with which subprocess becomes this user, when we are root."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if os.geteuid() == 0 else {}


@contextlib.contextmanager
def own_folder(path: Path, owner: Owner) -> Iterator[int]:
    """Open or create a folder of ours with mode 0700, and refuse one that a stranger made.

    Yields a descriptor, which stays good whatever becomes of the path.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise ServerError(f"{path} is not a folder that this user may use ({error.strerror}); {ELSEWHERE}.") from error
    try:
        found = os.fstat(fd)
        if found.st_uid not in {os.geteuid(), owner.uid}:
            raise ServerError(f"{path} belongs to another user (uid {found.st_uid}); {ELSEWHERE}.")
        if os.geteuid() == 0 and found.st_uid != owner.uid:
            os.fchown(fd, *owner)
        if stat.S_IMODE(found.st_mode) != 0o700:
            os.fchmod(fd, 0o700)
        yield fd
    finally:
        os.close(fd)


class Layout:
    """Where the embedded server's files are: all in `MODELMARKET_HOME/postgres`, but for the socket of a long path."""

    def __init__(self, home: Path) -> None:
        self.home = Path(home).expanduser().resolve()
        self.root = self.home / "postgres"
        self.data = self.root / "data"
        self.unfinished = self.root / "data.unfinished"
        self.log = self.root / "log"
        self.leases = self.root / "leases"  # shared by whoever needs the server
        self.starting = self.root / "starting"  # by the one client that starts or stops it
        self.keeping = self.root / "keeping"  # by the keeper
        self.serving = self.root / "serving"  # by every process of the server
        self.stopping = self.root / "stopping"  # exists while the server is asked to stop
        self.digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:20]
        self.socket_folder = self.root / "socket"
        # libpq reads a comma in a host as a list of hosts; own_folder refuses what a squatter put in /tmp.
        if len(os.fsencode(self.socket)) > SOCKET_PATH_BYTES or "," in str(self.root):
            self.socket_folder = Path("/tmp") / f"modelmarket-{self.digest}"  # noqa: S108  (own_folder sees that it is ours)

    @property
    def socket(self) -> Path:
        """The path of the server's socket."""
        return self.socket_folder / f".s.PGSQL.{PORT}"

    def owner(self) -> Owner:
        """Find who runs the server: we ourselves; or, for root, the owner of its files or a user id of its own.

        An id of its own has no name in the password database, so that no other service shares it.
        """
        if os.geteuid() != 0:
            return Owner(os.geteuid(), os.getegid())
        for folder in (self.data, self.home):
            with contextlib.suppress(FileNotFoundError):
                owner = Owner.of(folder)
                if owner.uid != 0 and (folder == self.data or owner.name()):
                    return owner
        first = int(self.digest, 16)
        for step in range(len(DYNAMIC_IDS)):
            uid = DYNAMIC_IDS[(first + step) % len(DYNAMIC_IDS)]
            if Owner(uid, uid).name() is None:
                return Owner(uid, uid)
        raise ServerError(f"No user id is free to run PostgreSQL; {ELSEWHERE}.")

    def prepare(self) -> None:
        """Make our folder, private, and check that it is ours."""
        us = Owner(os.geteuid(), os.getegid())
        if us.uid == 0 and not sys.platform.startswith("linux"):
            raise ServerError("PostgreSQL does not run as root; use an ordinary user, or set DATABASE_URL.")
        if us.name() is None:
            raise ServerError(f"PostgreSQL needs a user with a name and uid {us.uid} has none; set DATABASE_URL.")
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            above = Owner.of(self.home)
            with own_folder(self.root, above if us.uid == 0 and above.name() else us):
                pass
        except OSError as error:
            raise ServerError(f"{self.root} cannot be made ({error.strerror}); {ELSEWHERE}.") from error


class Server:
    """The embedded PostgreSQL of one MODELMARKET_HOME."""

    def __init__(self, home: Path) -> None:
        self.layout = Layout(home)

    def lease(self) -> "Lease":
        """Have the server run until the lease is closed, waiting until it accepts connections.

        Recovery after a crash may take minutes and is waited for. Raises ServerError.
        """
        self.layout.prepare()
        try:
            lease = Lease(self)
            try:
                if not (held(self.layout.keeping) and self.state() in (READY, FULL)):
                    self._start()
            except BaseException:
                lease.close()
                raise
        except OSError as error:
            raise ServerError(f"The embedded PostgreSQL in {self.layout.root} cannot be used: {error}.") from error
        return lease

    def running(self) -> bool:
        """Tell whether any process of the server lives, ready or not."""
        return held(self.layout.serving)

    def stop(self) -> None:
        """Stop the server now, whoever holds a lease, and wait until it has gone."""
        layout = self.layout
        if not (self.running() or held(layout.keeping)):
            return
        with contextlib.closing(Lock(layout.starting)):
            while self.running() or held(layout.keeping):
                os.close(open_own(layout.stopping, os.O_RDWR))
                if not held(layout.keeping):
                    self.keep().close()
                time.sleep(0.05)
            layout.stopping.unlink(missing_ok=True)

    def keep(self) -> IO[bytes]:
        """Start a keeper, apart from our terminal, pipes and process group, if there is none.

        Returns the file in which it says why it gives up.
        """
        word = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        log = open_own(self.layout.log, os.O_WRONLY | os.O_APPEND)
        try:
            # Its first half ends as soon as the second has the lock: nothing to wait for later, no zombie.
            subprocess.run(
                [sys.executable, "-m", "db.keeper", str(self.layout.home)],
                cwd=Path(__file__).resolve().parents[1],
                stdin=subprocess.DEVNULL,
                stdout=word,
                stderr=log,
                start_new_session=True,
                check=False,
            )
        finally:
            os.close(log)
        return word

    def _start(self) -> None:
        layout, tries, pause, unseen = self.layout, 0, 0.01, 0.0
        with contextlib.closing(Lock(layout.starting)), contextlib.ExitStack() as words:
            layout.stopping.unlink(missing_ok=True)
            word = None
            while True:
                kept, state = held(layout.keeping), self.state()
                if state == NO_DATABASE:
                    made = self._converse("postgres", f"CREATE DATABASE {DATABASE}")
                    if made not in (READY, TEMPLATE_IN_USE):
                        raise ServerError(f"The database {DATABASE} cannot be created ({made}); {layout.log} says why.")
                elif kept and state in (READY, FULL):
                    return
                elif state not in (READY, FULL, ABSENT) and not state.startswith(COMING_OR_GOING):
                    raise ServerError(f"The embedded PostgreSQL refuses us ({state}); {layout.log} says why.")
                elif unseen > BLIND:
                    raise ServerError(f"PostgreSQL runs, but {layout.socket_folder} is not seen from here; {ELSEWHERE}.")
                elif kept:
                    time.sleep(pause)
                    pause = min(pause * 1.2, 0.25)
                    unseen = unseen + pause if layout.data.exists() and not layout.socket_folder.exists() else 0.0
                else:
                    said = _read(word)
                    if said or tries == 5:
                        raise ServerError(said or f"The embedded PostgreSQL does not start; {layout.log} says why.")
                    word, tries = words.enter_context(self.keep()), tries + 1

    def state(self) -> str:
        """Try to open a session, and return READY, ABSENT or the SQLSTATE that PostgreSQL answers."""
        try:
            if Owner.of(self.layout.socket_folder).uid != self.layout.owner().uid:
                return ABSENT  # the keeper refuses a stranger's folder with a sentence; we only do not talk to it
            return self._converse(DATABASE)
        except OSError:
            return ABSENT

    def _converse(self, database: str, query: str | None = None) -> str:
        """Speak just enough of the protocol to know SQLSTATEs, which libpq hides when a connection fails."""
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as link:
            link.settimeout(60)
            link.connect(str(self.layout.socket))
            parameters = f"user\0{ADMINISTRATOR}\0database\0{database}\0\0".encode()
            link.sendall(struct.pack("!ii", len(parameters) + 8, 196608) + parameters)
            answers = link.makefile("rb")
            state = _answer(answers)
            if state == READY and query:
                link.sendall(b"Q" + struct.pack("!i", len(query) + 5) + query.encode() + b"\0")
                state = _answer(answers)
            if state == READY:
                link.sendall(b"X" + struct.pack("!i", 4))
            return state


def _read(word: IO[bytes] | None) -> str:
    if word is None:
        return ""
    word.seek(0)
    return word.read().decode(errors="replace")


def _answer(answers: IO[bytes]) -> str:
    while len(head := answers.read(5)) == 5:
        body = answers.read(struct.unpack("!i", head[1:])[0] - 4)
        if head[:1] == b"E":
            fields = {field[:1]: field[1:].decode(errors="replace") for field in body.split(b"\0") if field}
            return fields.get(b"C", ABSENT)
        if head[:1] == b"Z":
            return READY
    return ABSENT


class Lease:
    """The server runs while any process holds one of these; keep a reference to it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = Lock(server.layout.leases, shared=True)

    def conninfo(self, user: str = ADMINISTRATOR) -> dict[str, str]:
        """Arguments for `psycopg.connect`."""
        folder = str(self._server.layout.socket_folder)
        return {"host": folder, "port": PORT, "user": user, "dbname": DATABASE}

    def close(self) -> None:
        """Need the server no longer; a keeper that was killed gets a successor to stop it."""
        if self._lock.fd < 0:
            return
        self._lock.close()
        if self._server.running() and not held(self._server.layout.keeping):
            self._server.keep().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
