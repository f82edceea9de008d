"""The fastest a model can possibly decode and prefill on a machine, and what that says of a claim (Williams et al. 2009, the roofline).

Every count is a lower bound of the bytes and operations that the work takes, so a limit is never below what is possible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Phase = Literal["decode", "prefill"]
Standing = Literal["possible", "implausible", "impossible"]

SLACK = 1.03
"""A measured limit is itself uncertain; only above this multiple of it is a claim impossible."""
USUAL: dict[Phase, float] = {"decode": 0.90, "prefill": 0.75}
"""Share of the limit that good software reaches; a claim above it is implausible."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a model must read and multiply, from its file's header.

    Attributes:
        weights_bytes: all tensors as stored, bytes; what has to fit.
        token_bytes: weights read for every decoded token, as stored: with experts only the active ones, of lookup tables one row.
        token_weights: weights multiplied for every decoded token.
        head_weights: those of them that only turn states into words; a prompt needs them once.
        cache_bytes: what one earlier token adds to every later one's reading, bytes, over all layers.
        cache_flat_bytes: what every token reads and rewrites whatever came before, bytes: states of recurrent layers.
        cache_window: tokens after which the first no longer counts; None without a window.
        cache_window_bytes: the part of `cache_bytes` that falls under the window.
    """

    parameters: int
    weights_bytes: int
    token_bytes: int
    token_weights: int
    head_weights: int
    cache_bytes: int
    cache_window: int | None = None
    cache_window_bytes: int = 0
    cache_flat_bytes: int = 0

    def cache_read(self, depth: float) -> float:
        """Bytes of cache that one token reads behind `depth` others."""
        seen = depth if self.cache_window is None else min(depth, self.cache_window)
        return self.cache_flat_bytes + (self.cache_bytes - self.cache_window_bytes) * depth + self.cache_window_bytes * seen

    def memory(self, context: int, streams: int = 1) -> int:
        """Bytes that weights and a full cache take."""
        return self.weights_bytes + streams * round(self.cache_read(context))


@dataclass(frozen=True, slots=True)
class Roof:
    """What a machine can do at most.

    Attributes:
        bytes_per_s: reading of memory.
        flops: operations a second (a multiplication and an addition are two) at the width the weights need; None where unknown.
        memory_bytes: memory that a model can lie in; None where unknown.
    """

    bytes_per_s: float
    flops: float | None = None
    memory_bytes: int | None = None


def decode_limit(shape: Shape, roof: Roof, depth: float = 0, streams: int = 1) -> float:
    """Most tokens a second over all streams: each step reads the weights once and each stream's own cache."""
    step = (shape.token_bytes + streams * shape.cache_read(depth)) / roof.bytes_per_s
    if roof.flops:
        step = max(step, 2 * streams * shape.token_weights / roof.flops)
    return streams / step


def prefill_limit(shape: Shape, roof: Roof, tokens: int) -> float:
    """Most tokens a second while reading a prompt: all of it multiplied, the weights read at least once."""
    least = shape.token_bytes / roof.bytes_per_s
    if roof.flops:
        least = max(least, 2 * (tokens * (shape.token_weights - shape.head_weights) + shape.head_weights) / roof.flops)
    return tokens / least


def limit(shape: Shape, roof: Roof, prompt: int, generate: int, depth: int = 0) -> float:
    """The limit of a test in llama-bench's terms: a prompt of so many tokens, or so many generated behind `depth` others."""
    return decode_limit(shape, roof, depth + (generate - 1) / 2) if generate else prefill_limit(shape, roof, prompt)


def fits(shape: Shape, roof: Roof, context: int) -> bool | None:
    """Whether weights and cache fit the memory; None where its size is unknown."""
    return None if roof.memory_bytes is None else shape.memory(context) <= roof.memory_bytes


def standing(claimed: float, most: float, phase: Phase) -> Standing:
    """What a limit says of a claimed rate; it never says that a claim is true."""
    if claimed > most * SLACK:
        return "impossible"
    return "implausible" if claimed > most * USUAL[phase] else "possible"


Verdict = Literal["verified", "refuted", "within_noise"]
TOLERANCE = 0.02
"""Claims are rounded: one this close to the measured interval is verified."""


def against_measured(claimed: float, low: float, high: float, noise: float = 0.09) -> Verdict:
    """What a measurement on the same hardware says of a claim.

    Args:
        low: lower end of the measurement's interval.
        high: its upper end.
        noise: share by which sessions on one machine drift; outside the interval and within this, nothing is proved.

    Returns:
        `verified` inside the interval, `within_noise` near it, else `refuted`; a claim of less than was measured is not refuted.
    """
    if low * (1 - TOLERANCE) <= claimed <= high * (1 + TOLERANCE):
        return "verified"
    if low * (1 - noise) <= claimed <= high * (1 + noise):
        return "within_noise"
    return "verified" if claimed < low else "refuted"


def quantized_for(sizes: Sequence[tuple[str, int]], memory_bytes: int, room: float = 0.8) -> tuple[str, str] | None:
    """The largest file that fits a share of memory, and why; None where none does.

    Args:
        sizes: name and bytes of each file.
        room: share of memory that weights may take; the rest is for the cache and the machine itself.
    """
    fitting = sorted((size, name) for name, size in sizes if size <= memory_bytes * room)
    if not fitting:
        return None
    size, name = fitting[-1]
    left_out = len(sizes) - len(fitting)
    why = f"{name} ({size / 1e9:.2f} GB) is the largest of {len(sizes)} that fits {room:.0%} of {memory_bytes / 1e9:.1f} GB"
    return name, f"{why}; {left_out} would not fit." if left_out else f"{why}."
