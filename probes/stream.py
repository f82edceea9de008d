"""How fast this machine reads memory and multiplies, by small tests (after McCalpin's STREAM): the roofline's two edges on a processor."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

LEAST, MOST, PASS = 1_000_000, 1_000_000_000, 8_000_000
"""Bytes that the test reads over and over: as many as the model, so that what a cache holds of the one it holds of the other.
Each timing reads PASS at least, long enough not to time its start, short enough to find an undisturbed moment."""
CHUNK = 8_192  # numbers at a time, few enough for numpy's library to stay on one thread

Kernel = Callable[[NDArray[np.float32]], object]


def _dot(part: NDArray[np.float32]) -> object:
    return [np.dot(part[at : at + CHUNK], part[at : at + CHUNK]) for at in range(0, part.size, CHUNK)]


def _highest(part: NDArray[np.float32]) -> object:
    return part.max()


def bandwidth(size: int, threads: int, seconds: float = 1.0) -> float:
    """Bytes a second read from a block of so many bytes, all threads together: the best of two ways over some seconds."""
    count = min(max(size, LEAST), MOST) // 4
    block = np.ones(count, dtype=np.float32)
    parts = np.array_split(block, threads)
    best, passes = 0.0, -(-PASS // block.nbytes)

    def read(kernel: Kernel, part: NDArray[np.float32]) -> None:
        for _ in range(passes):
            kernel(part)

    with ThreadPoolExecutor(threads) as pool:
        for kernel in (_dot, _highest):
            end = time.monotonic() + seconds / 2
            while time.monotonic() < end:
                began = time.perf_counter_ns()
                list(pool.map(partial(read, kernel), parts))
                best = max(best, passes * block.nbytes / (time.perf_counter_ns() - began) * 1e9)
    return best


# How many operations on the whole numbers that quantized weights are multiplied as fit into the time of one on 32-bit floats.
NARROW = {"amx_int8": 32.0, "avx512_vnni": 4.0, "avx_vnni": 4.0, "i8mm": 8.0, "asimddp": 4.0}
OTHERWISE = 2.0


def narrowing(flags: set[str]) -> float:
    """By how much a processor with these flags multiplies quantized weights faster than floats, at most."""
    return max((NARROW[flag] for flag in flags if flag in NARROW), default=OTHERWISE)


def operations(seconds: float = 1.0) -> float:
    """32-bit floating point operations a second in matrix products, the best of some."""
    side = 768
    left, right = np.ones((side, side), dtype=np.float32), np.ones((side, side), dtype=np.float32)
    best, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter_ns()
        left @ right
        best = max(best, 2 * side**3 / (time.perf_counter_ns() - began) * 1e9)
    return best


def cores() -> int:
    """Processors that this process may use, one thread per physical core where the machine says."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))
