"""What is fetched is what was asked for, fits, and lies where it should: FAULTS.md items 39 to 43, against a Hub of our own."""

import errno
import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hub import COMMIT, Hub

from jobs import tasks
from market.errors import BadArtifact, Misused
from probes import artifacts
from probes.artifacts import NoRoom, Remote, Shelf, Unavailable

BODY = bytes(range(256)) * 4096


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub(a__m={"m.gguf": BODY})
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    yield server
    server.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models", quota=50_000_000, reserve=0)


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def fetch(shelf: Shelf, repository: str = "a/m", file: str | None = None) -> Path:
    parts, why = artifacts.choose(artifacts.listed(repository), file, 10**9)
    with shelf.fetched(parts, why) as fetched:
        return fetched.path


def test_a_file_is_fetched_at_its_commit_and_has_its_hash(hub: Hub, shelf: Shelf) -> None:
    path = fetch(shelf)
    assert path.read_bytes() == BODY
    assert any(f"/resolve/{COMMIT}/m.gguf" in asked for asked, _ in hub.asked)
    before = len(hub.asked)
    fetch(shelf)
    assert [asked for asked, _ in hub.asked[before:] if "/resolve/" in asked] == [], "it is there already"


def test_all_parts_of_a_split_model_come_together(hub: Hub, shelf: Shelf) -> None:
    hub.files["a/m"] = {f"sub/m-{number:05}-of-00002.gguf": BODY[number:] for number in (1, 2)}
    path = fetch(shelf)
    assert path.name == "model-00001-of-00002.gguf"
    assert path.with_name("model-00002-of-00002.gguf").read_bytes() == BODY[2:]
    hub.files["a/m"].popitem()
    with pytest.raises(Unavailable, match="1 parts of 2"):
        fetch(shelf)


def test_a_broken_connection_is_taken_up_where_it_broke(hub: Hub, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 65_536)
    hub.breaks["m.gguf"] = 400_000
    assert fetch(shelf).read_bytes() == BODY
    ranges = [{name.lower(): said for name, said in headers.items()}.get("range") for asked, headers in hub.asked if "/resolve/" in asked]
    assert ranges == [None, f"bytes={400_000 // 65_536 * 65_536}-"]


def test_fault_39_no_name_of_a_file_leads_outside(hub: Hub, shelf: Shelf, tmp_path: Path) -> None:
    names = ("../../x.gguf", "/etc/cron.d/x.gguf", "a\\..\\b.gguf", "x\0.gguf", "a/../../x.gguf", "..gguf", "~/x.gguf")
    hub.files["a/m"] = {**dict.fromkeys(names, BODY), "good.gguf": BODY}
    assert [file.file for file in artifacts.listed("a/m")] == ["good.gguf"]
    before = tree(tmp_path)
    path = fetch(shelf)
    assert {each.split("/")[0] for each in tree(tmp_path) - before} == {"models"}
    assert path.resolve().is_relative_to(shelf.folder.resolve())


@pytest.mark.parametrize("name", ["../x", "a/b/c", "a", "a/..", "/a/b", "a/b\0", "a b/c"])
def test_fault_39_no_name_of_a_repository_leads_elsewhere(hub: Hub, name: str) -> None:
    with pytest.raises(Misused):
        artifacts.listed(name)
    assert not hub.asked


def test_fault_40_wrong_bytes_of_the_right_size_are_removed(hub: Hub, shelf: Shelf) -> None:
    hub.wrong.add("m.gguf")
    with pytest.raises(BadArtifact, match="corrupt"):
        fetch(shelf)
    assert not [name for name in tree(shelf.folder) if name.endswith((".gguf", ".partial"))]
    hub.wrong.clear()
    assert fetch(shelf).read_bytes() == BODY


def test_fault_41_what_does_not_fit_is_refused_before_it_is_fetched(hub: Hub, tmp_path: Path) -> None:
    full = Shelf(tmp_path / "models", quota=50_000_000, reserve=10**15)
    with pytest.raises(NoRoom, match="must stay free"):
        fetch(full)
    assert not [asked for asked, _ in hub.asked if "/resolve/" in asked]


def test_fault_41_a_disk_that_fills_up_keeps_nothing_and_the_next_attempt_works(
    hub: Hub, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Any, chunk: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(artifacts._Bounded, "write", full)
        with pytest.raises(NoRoom, match="removed"):
            fetch(shelf)
    assert not [name for name in tree(shelf.folder) if name.endswith((".gguf", ".partial"))]
    assert fetch(shelf).read_bytes() == BODY


def test_fault_41_a_job_that_finds_no_room_is_put_off_and_one_with_a_wrong_file_is_not() -> None:
    def tried(error: Exception, attempts: int = 1) -> Any:
        return tasks.WhenRoom().get_retry_decision(exception=error, job=SimpleNamespace(attempts=attempts))  # type: ignore[arg-type]

    put_off = tried(NoRoom("full")).retry_at - datetime.now(UTC)
    assert timedelta(minutes=59) < put_off <= timedelta(hours=1)
    assert tried(NoRoom("full"), attempts=24) is None and tried(BadArtifact("corrupt")) is None


def test_fault_42_nothing_but_model_files_is_asked_for(hub: Hub, shelf: Shelf) -> None:
    hub.files["a/m"] |= {"pytorch_model.bin": b"x", "modeling_x.py": b"x", "config.json": b"x", "m.gguf.py": b"x"}
    fetch(shelf)
    assert {asked.rpartition("/")[2] for asked, _ in hub.asked if "/resolve/" in asked} == {"m.gguf"}


def test_fault_43_the_least_recently_used_leave_and_none_in_use(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, quota=2_000, reserve=0)

    def put(number: int, size: int = 400) -> Path:
        place = shelf.place([Remote("a/m", COMMIT, "m.gguf", size, f"{number:064}")])
        shelf.make_room(size, place)
        with shelf.using(place):
            (place / "model.gguf").write_bytes(bytes(size))
        os.utime(place / "in-use", (number, number))
        return place

    first = put(1)
    with shelf.using(first):
        os.utime(first / "in-use", (1, 1))
        others = [put(number) for number in range(2, 11)]
        assert sum(size for _, size, _ in shelf.held()) <= shelf.quota
        assert (first / "model.gguf").exists(), "it was the oldest, and in use"
        assert [place.exists() for place in others] == [False] * 5 + [True] * 4
    with pytest.raises(NoRoom):
        put(11, size=3_000)


def test_the_token_goes_to_the_hub_and_into_no_message(hub: Hub, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    with pytest.raises(Unavailable) as refused:
        artifacts.listed("a/none")
    assert "secret" not in str(refused.value)
    fetch(shelf)
    assert any("hf_verysecret" in headers.get("Authorization", headers.get("authorization", "")) for _, headers in hub.asked)


def test_the_largest_that_fits_is_chosen_and_it_says_why() -> None:
    files = [
        Remote("a/m", COMMIT, f"m-{name}.gguf", size, hashlib.sha256(name.encode()).hexdigest())
        for name, size in (("Q2", 200), ("Q4", 400), ("Q8", 800))
    ]
    parts, why = artifacts.choose(files, None, 600)
    assert parts[0].file == "m-Q4.gguf" and "largest of 3" in why
    with pytest.raises(NoRoom):
        artifacts.choose(files, None, 100)
    assert artifacts.choose(files, "m-Q8.gguf", 100)[0][0].file == "m-Q8.gguf"
