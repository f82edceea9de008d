"""What memory a probe may count on: a container's limit, in both shapes in which Linux tells it."""

from pathlib import Path

import psutil
import pytest

from probes.machine import granted, machine

GIB = 2**30
CASES = [
    ("0::/unit\n", {"unit/memory.max": str(2 * GIB), "memory.max": "max\n"}, 2 * GIB),
    ("0::/unit/job\n", {"unit/job/memory.max": "max\n", "unit/memory.max": str(3 * GIB)}, 3 * GIB),
    ("0::/\n", {"memory.max": str(4 * GIB)}, 4 * GIB),
    ("9:cpu:/a\n4:memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": str(GIB)}, GIB),
    # Within a container the path is often that of the host, and the limit lies where the groups are mounted.
    ("4:memory:/host/path\n", {"memory/memory.limit_in_bytes": str(5 * GIB)}, 5 * GIB),
    ("4:memory:/a\n", {"memory/a/memory.limit_in_bytes": str(1 << 62)}, 8 * GIB),
    ("3:cpuset:/a\n", {"memory/memory.limit_in_bytes": str(GIB)}, 8 * GIB),
    ("", {}, 8 * GIB),
]


@pytest.mark.parametrize(("groups", "files", "least"), CASES)
def test_the_least_limit_counts(tmp_path: Path, groups: str, files: dict[str, str], least: int) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert granted(8 * GIB, groups, tmp_path) == least


def test_this_machine_grants_no_more_than_it_has() -> None:
    assert 0 < machine().memory_bytes <= psutil.virtual_memory().total
