"""A measuring process holds nothing worth stealing and can reach nothing: FAULTS.md items 35, 37, 38 and 44, by hostile processes."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from probes import session

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="seccomp and Landlock are Linux's")

CONFINED = """
import json, os, sys
from pathlib import Path
from probes.confine import confine
asked = json.load(sys.stdin)
held = confine([Path(file) for file in asked["files"]], asked["memory"], asked["seconds"], asked["parent"])
print(json.dumps({{"event": "confined", "held": held}}), flush=True)
def tried(what):
    try:
        return repr(what())
    except BaseException as error:
        return "denied: " + repr(error)
{attack}
"""


def request(**given: Any) -> dict[str, Any]:
    return {"tests": [], "files": [], "memory": 2_000_000_000, "seconds": 20, **given}


def attack(code: str, deadline: float = 20, **given: Any) -> session.Session:
    return session.run(request(**given), deadline, [sys.executable, "-P", "-c", CONFINED.format(attack=code)])


@LINUX
@pytest.mark.parametrize(
    "what",
    [
        "__import__('socket').socket()",
        "os.environ['DATABASE_URL']",
        "os.environ['HF_TOKEN']",
        "open(f'/proc/{os.getppid()}/environ').read()",
        "open(WRITE, 'w')",
        "open(SECRET).read()",
        "bytearray(4_000_000_000)",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 9)",
    ],
)
def test_fault_44_what_a_measuring_process_must_not_do_is_denied_and_logged(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    (tmp_path / "secret").write_text("secret")
    code = f"WRITE, SECRET = {str(tmp_path / 'new')!r}, {str(tmp_path / 'secret')!r}\nsys.stderr.write(tried(lambda: {what}))"
    found = attack(code)
    if {"files", "network"} - set(found.held) and "bytearray" not in what and "environ[" not in what:
        pytest.skip(f"this kernel holds only {found.held}")
    assert found.words.startswith("denied: "), found.words
    assert not (tmp_path / "new").exists()


def test_fault_44_a_file_of_the_request_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("weights")
    found = attack(f"sys.stderr.write(tried(lambda: open({str(tmp_path / 'model')!r}).read()))", files=[str(tmp_path / "model")])
    assert found.words == "'weights'"


def test_fault_35_a_hanging_process_and_what_it_started_end_at_the_deadline() -> None:
    children = set(psutil.Process().children(recursive=True))
    began = time.monotonic()
    spin = "import threading\nfor _ in range(3): threading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()"
    found = attack(spin, deadline=1.5)
    assert time.monotonic() - began < 10
    assert found.reason and "still busy after 2 s" in found.reason
    assert found.code == -9
    assert set(psutil.Process().children(recursive=True)) <= children


def test_fault_38_a_program_that_only_burns_time_is_ended_by_its_processor_limit() -> None:
    found = attack("for _ in range(10**12): pass", deadline=60, seconds=1)
    assert found.reason == "The measuring process ended by signal SIGXCPU before it was done."
    assert found.seconds < 30


def test_fault_37_a_crash_ends_the_child_with_its_signal_and_last_words_on_the_record() -> None:
    found = attack("sys.stderr.write('so long')\nsys.stderr.flush()\nos.kill(os.getpid(), 11)")
    assert found.code == -11
    assert found.reason == "The measuring process ended by signal SIGSEGV before it was done."
    assert found.words == "so long"


def test_a_flood_of_output_does_not_fill_the_parent() -> None:
    before = psutil.Process().memory_info().rss
    found = attack("for _ in range(10_000): sys.stdout.write('x' * 10_000); sys.stderr.write('y' * 10_000)")
    assert len(found.words) <= session.LAST_WORDS
    assert psutil.Process().memory_info().rss - before < 100_000_000, "half of what it wrote"


@LINUX
def test_a_measuring_process_dies_with_its_parent(tmp_path: Path) -> None:
    code = f"""
import subprocess, sys, os, json
child = subprocess.Popen([sys.executable, "-P", "-c", {CONFINED.format(attack="import time; time.sleep(60)")!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdin.write(json.dumps({{"files": [], "memory": None, "seconds": 60, "parent": os.getpid()}}).encode()); child.stdin.close()
child.stdout.readline()
print(child.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    import subprocess

    said = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    pid, end = int(said.stdout), time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_environment_of_a_measuring_process_names_no_secret() -> None:
    given = {"PATH": "/bin", "DATABASE_URL": "x", "HF_TOKEN": "x", "AWS_SECRET_ACCESS_KEY": "x", "HTTPS_PROXY": "x", "PGPASSWORD": "x"}
    assert set(session.environment(given)) & set(given) == {"PATH"}
    assert os.environ.get("PATH") == session.environment(os.environ).get("PATH")
