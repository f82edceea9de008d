"""Every source file against its recorded pages: `tests/sources/NAME/page/HOST/PATH` beside `golden/HOST/PATH.json`.

A golden that is missing is written and the test fails once, asking for it to be read; then it compares for ever.
"""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector import source

HERE = Path(__file__).parent / "sources"
SEEN = datetime(2026, 1, 1, tzinfo=UTC)
SOURCES = source.find()


def pages(name: str) -> list[Path]:
    return sorted(p for p in (HERE / name / "page").rglob("*") if p.is_file())


def lines(name: str, file: Path) -> list[str]:
    """The records of one recorded page, a JSON line each, what is unset left out."""
    url = "https://" + file.relative_to(HERE / name / "page").as_posix().removesuffix("@index")
    page = source.Page(url, file.read_bytes(), SEEN)
    found = []
    for record in SOURCES[name].records(page):
        facts = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
        said = {k: v for k, v in facts.items() if v is not None and v != () and v is not False}
        found.append(json.dumps({"record": type(record).__name__, **said}, default=str, ensure_ascii=False))
    return found


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_source_reads_its_pages_as_its_goldens_say(name: str) -> None:
    recorded = pages(name)
    assert recorded, f"put a small page in the real shape under tests/sources/{name}/page/HOST/PATH"
    written = []
    for file in recorded:
        golden = HERE / name / "golden" / (file.relative_to(HERE / name / "page").as_posix() + ".jsonl")
        got = lines(name, file)
        if not golden.exists():
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text("\n".join(got) + "\n")
            written.append(golden)
        assert got == golden.read_text().splitlines()
    assert not written, f"wrote {[str(g) for g in written]}: read them, and run again when they are right"


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_source_says_everything_there_is_to_know_about_it(name: str) -> None:
    known = SOURCES[name]
    assert known.name == name
    assert known.start_urls and all(url.startswith("https://") for url in known.start_urls)
    assert known.terms.license and known.terms.attribution
    text = type(known).__doc__ or ""
    for word in ("Source:", "Unit:", "Grain:", "Lists:"):
        assert word in text, f"the docstring of {name} has no {word} line"
