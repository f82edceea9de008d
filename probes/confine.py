"""What a child process gives up before it touches a stranger's file: network, programs, other files, more than its share.

Linux: seccomp and Landlock through their system calls, no privileges needed. Elsewhere only the limits hold, and the record says so.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

# By machine: the audit word of its calling convention, and numbers of socket, connect, execve, execveat, ptrace,
# process_vm_readv, io_uring_setup, bpf, unshare, setns, mount (linux/audit.h, asm/unistd.h).
CALLS: dict[str, tuple[int, tuple[int, ...]]] = {
    "x86_64": (0xC000003E, (41, 42, 59, 322, 101, 310, 425, 321, 272, 308, 165)),
    "aarch64": (0xC00000B7, (198, 203, 221, 281, 117, 270, 425, 280, 97, 268, 40)),
}
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
READ, WRITE_ALL = 0b1101, 0x1FFF
"""Landlock's rights of its first version: execute, read a file, read a folder; and all there are."""
NO_NEW_PRIVILEGES, DEATH_SIGNAL, SECCOMP, FILTER = 38, 1, 22, 2
DENIED = 0x00050000 | 1  # SECCOMP_RET_ERRNO | EPERM
ALLOWED, KILLED = 0x7FFF0000, 0x80000000


def _system() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> None:
    """Lets the kernel end this process when its parent ends, however that ends (Linux)."""
    if sys.platform == "linux":
        _system().prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def limit(memory: int | None, seconds: int) -> None:
    """Bounds address space and processor time, and forbids core dumps and any byte written to a file.

    Args:
        memory: bytes of address space; None where an accelerator's driver reserves more than it uses.
        seconds: of processor time, all threads together.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _filter() -> bytes | None:
    """A classic BPF program that refuses the calls above and kills what uses another machine's calling convention."""
    if platform.machine() not in CALLS:
        return None
    audit, refused = CALLS[platform.machine()]
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    steps = [(load, 0, 0, 4), (equal, 1, 0, audit), (answer, 0, 0, KILLED), (load, 0, 0, 0)]
    steps += [(at_least, len(refused) + 1, 0, 0x40000000)]  # x32's numbers
    steps += [(equal, len(refused) - at, 0, number) for at, number in enumerate(refused)]
    steps += [(answer, 0, 0, ALLOWED), (answer, 0, 0, DENIED)]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def _no_network() -> bool:
    program = _filter()
    if program is None:
        return False
    steps = ctypes.create_string_buffer(program, len(program))
    given = _Program(len(program) // 8, ctypes.addressof(steps))
    return bool(_system().prctl(SECCOMP, FILTER, ctypes.byref(given), 0, 0) == 0)


def _only_files(readable: Iterable[Path]) -> bool:
    system = _system()
    # Files; nothing of Landlock's own on networks; and no signals to processes outside, which kernels before 6.12 cannot hold back.
    rights = (ctypes.c_uint64 * 3)(WRITE_ALL, 0, 0b11)
    rules = system.syscall(LANDLOCK_CREATE, rights, ctypes.c_size_t(24), 0)
    if rules < 0:
        rules = system.syscall(LANDLOCK_CREATE, rights, ctypes.c_size_t(8), 0)
    if rules < 0:
        return False
    for path in readable:
        if not path.exists():
            continue
        there = os.open(path, os.O_PATH | os.O_CLOEXEC)
        # A file has no folder to read; `/dev` may be written, which is how accelerators are spoken to.
        allowed = 0b101 if path.is_file() else READ | (0b10 if path == Path("/dev") else 0)
        rule = ctypes.create_string_buffer(struct.pack("<Qi", allowed, there), 12)
        system.syscall(LANDLOCK_ADD, rules, 1, rule, 0)
        os.close(there)
    kept = system.syscall(LANDLOCK_RESTRICT, rules, 0) == 0
    os.close(rules)
    return bool(kept)


def confine(files: Iterable[Path], memory: int | None, seconds: int, parent: int) -> list[str]:
    """Gives up everything that measuring does not need; for the rest of this process's life.

    Returns:
        What holds it, by name: limits, and on Linux files (Landlock) and network (seccomp).
    """
    die_with(parent)
    held = []
    if sys.platform == "linux" and _system().prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
        # Of /proc no other process: its environment may hold the database's address.
        own = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/driver")
        places = [Path(place) for place in ("/usr", "/lib", "/lib64", "/opt", "/etc/ld.so.cache", "/sys", "/dev", *own)]
        rooms = Path(__file__).parents[1]
        places += [rooms / "probes", rooms / "market"]
        places += [Path(place) for place in {sys.prefix, sys.base_prefix, *filter(None, sys.path)}]
        held += ["files"] if _only_files([*places, *files]) else []
        held += ["network"] if _no_network() else []
    limit(memory, seconds)
    return ["limits", *held]
