"""Headers are read as the format's own library writes them, and no hostile one does more than raise one clear sentence."""

import random
import resource
import struct
from pathlib import Path

import pytest
from models import gemma, needs_gemma, needs_gguf, synthetic

from market import roofline
from market.errors import BadArtifact
from market.roofline import Roof
from probes import gguf
from probes.shape import shape


def text(said: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(said) if length is None else length) + said


def key(name: bytes, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def tensor(name: bytes = b"t.weight", dimensions: tuple[int, ...] = (32, 2), kind: int = 0, offset: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(dimensions)}QIQ", len(dimensions), *dimensions, kind, offset)


ARCHITECTURE = key(b"general.architecture", 8, text(b"llama"))
LAYERS = key(b"llama.block_count", 4, struct.pack("<I", 1))


def file(keys: list[bytes], tensors: list[bytes], body: int = 4096, version: int = 3, counts: tuple[int, int] | None = None) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", version, *(counts or (len(tensors), len(keys)))) + b"".join(keys) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + bytes(body)


GOOD = file([ARCHITECTURE, LAYERS], [tensor()])
HOSTILE = {
    "empty": b"",
    "no magic": b"GGML" + GOOD[4:],
    "only magic": b"GGUF",
    "version": file([ARCHITECTURE], [tensor()], version=99),
    "big-endian": b"GGUF" + struct.pack(">I", 3) + GOOD[8:],
    "tensors beyond counting": file([ARCHITECTURE], [], counts=(2**62, 1)),
    "keys beyond counting": file([ARCHITECTURE], [], counts=(1, 2**62)),
    "text beyond the end": file([text(b"k", 2**62)], [tensor()]),
    "value beyond the end": file([key(b"k", 8, text(b"v", 2**40))], [tensor()]),
    "list beyond counting": file([key(b"k", 9, struct.pack("<IQ", 4, 2**62))], [tensor()]),
    "list beyond the end": file([key(b"k", 9, struct.pack("<IQ", 12, 19_000_000))], [tensor()]),
    "list of lists": file([key(b"k", 9, struct.pack("<IQ", 9, 2))], [tensor()]),
    "type unknown": file([key(b"k", 99, b"")], [tensor()]),
    "alignment zero": file([ARCHITECTURE, key(b"general.alignment", 4, struct.pack("<I", 0))], [tensor()]),
    "alignment odd": file([ARCHITECTURE, key(b"general.alignment", 4, struct.pack("<I", 33))], [tensor()]),
    "alignment text": file([ARCHITECTURE, key(b"general.alignment", 8, text(b"x"))], [tensor()]),
    "dimensions zero": file([ARCHITECTURE], [tensor(dimensions=(0, 2))]),
    "dimensions overflow": file([ARCHITECTURE], [tensor(dimensions=(2**32, 2**32))]),
    "dimensions many": file([ARCHITECTURE], [tensor(dimensions=(1,) * 9)]),
    "storage unknown": file([ARCHITECTURE], [tensor(kind=77)]),
    "offset beyond the end": file([ARCHITECTURE], [tensor(offset=2**40)]),
    "offset crooked": file([ARCHITECTURE], [tensor(offset=7)]),
    "data cut off": file([ARCHITECTURE], [tensor()], body=100),
    "tensors on each other": file([ARCHITECTURE], [tensor(), tensor(b"u.weight")]),
    "no architecture": file([], [tensor()]),
    "no tensors": file([ARCHITECTURE], []),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_fault_37_a_hostile_header_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(HOSTILE[name])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadArtifact) as refused:
        gguf.read(path)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "it took memory on a stranger's word"


def test_fault_37_150_mutated_headers_are_read_or_refused(tmp_path: Path) -> None:
    draw, refused = random.Random(37), 0
    path = tmp_path / "m.gguf"
    for _ in range(150):
        bytes_ = bytearray(GOOD)
        for _ in range(draw.randrange(1, 6)):
            bytes_[draw.randrange(200)] = draw.randrange(256)
        path.write_bytes(bytes_[: draw.randrange(4, len(bytes_))] if draw.random() < 0.2 else bytes_)
        try:
            shape(gguf.read(path))
        except BadArtifact:
            refused += 1
    assert refused > 75


def test_a_good_header_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(GOOD)
    header = gguf.read(path)
    assert (header.architecture, header.tensors[0].weights, header.tensors[0].size) == ("llama", 64, 256)
    assert shape(header).parameters == 64


def test_a_part_of_a_split_model_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m-00001-of-00002.gguf"
    path.write_bytes(GOOD)
    with pytest.raises(BadArtifact, match="m-00002-of-00002"):
        gguf.read(path)
    path.with_name("m-00002-of-00002.gguf").write_bytes(file([], [tensor(b"u.weight")]))
    assert len(gguf.read(path).tensors) == 2
    with pytest.raises(BadArtifact, match="name the first"):
        gguf.read(tmp_path / "m-00002-of-00002.gguf")


@needs_gguf
def test_storage_types_are_those_of_the_formats_library() -> None:
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    ours = {number: (name, block, size) for number, (name, block, size) in gguf.TYPES.items()}
    theirs = {kind.value: (kind.name, *GGML_QUANT_SIZES[kind]) for kind in GGMLQuantizationType}
    assert ours == {number: theirs[number] for number in ours}


@needs_gguf
def test_shapes_of_dense_and_mixed_models_are_counted_from_their_files(tmp_path: Path) -> None:
    dense = shape(gguf.read(synthetic(tmp_path / "dense.gguf")))
    mixed = shape(gguf.read(synthetic(tmp_path / "mixed.gguf", experts=8, used=2)))
    all_used = shape(gguf.read(synthetic(tmp_path / "all.gguf", experts=8, used=8)))
    expert = 3 * 128 * 256 * 2  # gate, up and down in f16
    assert all_used.token_bytes - mixed.token_bytes == 2 * 6 * expert, "six of eight experts rest, in two layers"
    assert mixed.weights_bytes == all_used.weights_bytes
    assert dense.weights_bytes - dense.token_bytes == (512 - 1) * 128 * 2, "of the lookup table one row is read"
    assert dense.cache_bytes == 2 * 2 * (32 + 32) * 2, "layers, heads, key and value, f16"
    roof = Roof(10e9)
    assert roofline.decode_limit(dense, roof) > roofline.decode_limit(mixed, roof) > roofline.decode_limit(all_used, roof)


@needs_gemma
def test_the_real_models_header_agrees_with_its_file(tmp_path: Path) -> None:
    path = gemma(tmp_path)
    header = gguf.read(path)
    size = shape(header)
    assert header.size == path.stat().st_size > size.weights_bytes > 0.95 * header.size
    assert size.token_bytes == size.weights_bytes, "its words' table is its output too, and read whole"
