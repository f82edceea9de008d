"""Reads the header of a GGUF file: untrusted bytes, so every count has a bound and nothing is allocated by a stranger's word.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import BinaryIO

from market.errors import BadArtifact

MOST_TENSORS, MOST_KEYS, MOST_TEXT, MOST_ITEMS, MOST_HEADER = 200_000, 20_000, 4_000_000, 20_000_000, 512_000_000
KEPT_ITEMS = 4_096
"""Arrays up to this length are kept (one value per layer); longer ones, such as vocabularies, only counted."""
PARTS = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")

SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
TEXT, ARRAY = 8, 9

TYPES: dict[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292), 16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18),
}  # fmt: skip
"""By number: name, weights in a block, bytes of a block."""

Value = str | int | float | bool | list[int | float | bool | str]


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a file: its dimensions, the fastest first, and its size as stored."""

    name: str
    dimensions: tuple[int, ...]
    kind: str
    size: int

    @property
    def weights(self) -> int:
        """Number of weights."""
        return prod(self.dimensions)


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a model says, all parts of a split one together.

    Attributes:
        keys: metadata by name; arrays too long to keep are left out.
        counts: length of every array by name.
        size: bytes of all parts.
    """

    keys: Mapping[str, Value]
    counts: Mapping[str, int]
    tensors: tuple[Tensor, ...]
    size: int

    @property
    def architecture(self) -> str:
        """llama, gemma3, …; empty where the file does not say."""
        said = self.keys.get("general.architecture", "")
        return said if isinstance(said, str) else ""

    @property
    def quantization(self) -> str:
        """The storage type of most weights, such as Q4_K."""
        by_kind: dict[str, int] = {}
        for tensor in self.tensors:
            by_kind[tensor.kind] = by_kind.get(tensor.kind, 0) + tensor.weights
        return max(by_kind, key=lambda kind: by_kind[kind], default="")

    def number(self, name: str, default: int | None = None) -> int | None:
        """A whole number of this architecture's own keys; the largest of an array with one per layer."""
        said = self.keys.get(f"{self.architecture}.{name}")
        numbers = [each for each in (said if isinstance(said, list) else [said]) if isinstance(each, int) and not isinstance(each, bool)]
        return max(numbers) if numbers else default


class _Reader:
    """Reads little-endian values and refuses to run past the bound or the end."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.left = file, min(size, MOST_HEADER)

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise BadArtifact("The file ends inside its own header; it is cut off or damaged.")
        self.left -= count
        found = self.file.read(count)
        if len(found) != count:
            raise BadArtifact("The file ends inside its own header; it is cut off or damaged.")
        return found

    def skip(self, count: int) -> None:
        if count > self.left:
            raise BadArtifact("The file ends inside its own header; it is cut off or damaged.")
        self.left -= count
        self.file.seek(count, 1)

    def scalar(self, form: str) -> int | float | bool:
        value: int | float | bool = struct.unpack(form, self.take(struct.calcsize(form)))[0]
        return value

    def count(self, most: int, of: str) -> int:
        said = int(self.scalar("<Q"))
        if said > most:
            raise BadArtifact(f"The header claims {said:,} {of}; no model has more than {most:,}.")
        return said

    def text(self) -> str:
        return self.take(self.count(MOST_TEXT, "bytes of text")).decode("utf-8", "replace")


def _array(reader: _Reader) -> tuple[int, list[int | float | bool | str] | None]:
    kind, length = int(reader.scalar("<I")), reader.count(MOST_ITEMS, "items in a list")
    if kind == TEXT:
        for _ in range(length):
            reader.skip(reader.count(MOST_TEXT, "bytes of text"))
        return length, None
    if kind not in SCALARS:
        raise BadArtifact(f"The header has a list of an unknown type ({kind}).")
    if length > KEPT_ITEMS:
        reader.skip(length * struct.calcsize(SCALARS[kind]))
        return length, None
    return length, [reader.scalar(SCALARS[kind]) for _ in range(length)]


def _keys(reader: _Reader, count: int) -> tuple[dict[str, Value], dict[str, int]]:
    keys: dict[str, Value] = {}
    counts: dict[str, int] = {}
    for _ in range(count):
        name, kind = reader.text(), int(reader.scalar("<I"))
        if kind == ARRAY:
            counts[name], items = _array(reader)
            if items is not None:
                keys[name] = items
        elif kind == TEXT:
            keys[name] = reader.text()
        elif kind in SCALARS:
            keys[name] = reader.scalar(SCALARS[kind])
        else:
            raise BadArtifact(f"The header's key {name[:80]!r} has an unknown type ({kind}).")
    return keys, counts


def _tensor(reader: _Reader) -> tuple[Tensor, int]:
    name, depth = reader.text(), int(reader.scalar("<I"))
    if not 1 <= depth <= 4:
        raise BadArtifact(f"Tensor {name[:80]!r} has {depth} dimensions; 1 to 4 are possible.")
    dimensions = tuple(int(reader.scalar("<Q")) for _ in range(depth))
    kind, offset = int(reader.scalar("<I")), int(reader.scalar("<Q"))
    if kind not in TYPES:
        raise BadArtifact(f"Tensor {name[:80]!r} is stored in a way that we do not know ({kind}).")
    word, block, stored = TYPES[kind]
    if not prod(dimensions) or prod(dimensions) >= 2**50 or dimensions[0] % block:
        raise BadArtifact(f"Tensor {name[:80]!r} has impossible dimensions {dimensions}.")
    return Tensor(name, dimensions, word, prod(dimensions) // block * stored), offset


def _part(path: Path) -> Header:
    size = path.stat().st_size
    with path.open("rb") as file:
        reader = _Reader(file, size)
        if reader.take(4) != b"GGUF":
            raise BadArtifact(f"{path.name} is not a GGUF file; give the path of one.")
        version = int(reader.scalar("<I"))
        if version not in (2, 3):
            raise BadArtifact(f"{path.name} is GGUF version {version}, or big-endian; versions 2 and 3, little-endian, can be read.")
        tensors, keys = reader.count(MOST_TENSORS, "tensors"), reader.count(MOST_KEYS, "keys")
        said, counts = _keys(reader, keys)
        found = [_tensor(reader) for _ in range(tensors)]
        begin = file.tell()
    alignment = said.get("general.alignment", 32)
    if not isinstance(alignment, int) or isinstance(alignment, bool) or not 0 < alignment <= 65_536 or alignment & (alignment - 1):
        raise BadArtifact(f"{path.name} has an impossible alignment ({str(alignment)[:40]}); it must be a power of two.")
    begin += -begin % alignment
    taken: list[tuple[int, int]] = sorted((offset, offset + tensor.size) for tensor, offset in found)
    if any(offset % alignment or begin + end > size for offset, end in taken):
        raise BadArtifact(f"{path.name} holds less than its header says; it is cut off or damaged.")
    if any(after[0] < before[1] for before, after in pairwise(taken)):
        raise BadArtifact(f"{path.name} has tensors that lie on each other; it is damaged.")
    return Header(said, counts, tuple(tensor for tensor, _ in found), size)


def parts(path: Path) -> list[Path]:
    """All files of a split model, in order; one file alone where it is not split.

    Raises:
        BadArtifact: a part is not there, or the first was not named.
    """
    named = PARTS.search(path.name)
    if not named:
        return [path]
    count = int(named[2])
    if int(named[1]) != 1 or not 0 < count < 1_000:
        raise BadArtifact(f"{path.name} is a part of a split model; name the first, which ends in 00001-of-{named[2]}.gguf.")
    files = [path.with_name(f"{path.name[: named.start()]}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]
    for file in files:
        if not file.is_file():
            raise BadArtifact(f"{file.name}, a part of the model, is not there.")
    return files


def read(path: Path) -> Header:
    """The header of a model, checked.

    Raises:
        BadArtifact: the file, or one of its parts, is damaged, hostile or not a GGUF.
    """
    try:
        headers = [_part(file) for file in parts(path)]
    except OSError as error:
        raise BadArtifact(f"{path} cannot be read: {error.strerror or error}.") from None
    first = headers[0]
    together = Header(
        first.keys, first.counts, tuple(t for header in headers for t in header.tensors), sum(header.size for header in headers)
    )
    if not together.architecture or not together.tensors:
        raise BadArtifact(f"{path.name} names no architecture or holds no tensors; it is not a model.")
    return together
