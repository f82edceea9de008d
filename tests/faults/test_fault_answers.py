"""Hostile pages against every source: FAULTS.md items 11 and 12; items 14 and 15 are in tests/postgres/test_faults_of_sources.py."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sites import serving

from collector.settings import MAX_BYTES
from collector.source import find

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
FEED = "<data><table><tr><th>Model</th><th>Input</th><th>Output</th></tr><tr><td>{}</td><td>$1</td><td>$2</td></tr></table></data>"

# Every source reads the page in a process of its own that would die alone; what it made of it, and the seconds of its processor.
READ = """
import json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from collector.pipelines import sane
from collector.source import Page, find

body = Path(sys.argv[1]).read_bytes()
for name, source in sorted(find().items()):
    began, found, said = time.process_time(), [], ""
    page = Page(source.start_urls[0], body, datetime.now(UTC))
    try:
        sane(page)
        list(source.links(page))
        found = list(source.records(page))
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    print(json.dumps([name, repr(found), said[:2000], time.process_time() - began]), flush=True)
"""


def pages(port: int) -> dict[str, bytes]:
    """The hostile pages by what is wrong with them."""
    xxe = '<!DOCTYPE data [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return {
        "billion laughs": f'<?xml version="1.0"?><!DOCTYPE data [{LAUGHS}]>{FEED.format("&l9;")}'.encode(),
        "a file as an entity": f'<?xml version="1.0"?>{xxe}{FEED.format("&x;")}'.encode(),
        "an external DTD": f'<?xml version="1.0"?><!DOCTYPE data SYSTEM "http://127.0.0.1:{port}/evil.dtd">{FEED.format("m")}'.encode(),
        "an external page": f'<html><body><iframe src="http://127.0.0.1:{port}/"></iframe><xi:include href="file:///etc/passwd"/></html>'.encode(),
        "200,000 nested tags": b"<div>" * 200_000 + b"</div>" * 200_000,
        "a list a million deep": b"[" * 1_000_000 + b"]" * 1_000_000,
        "an object a million deep": b'{"data":' * 1_000_000 + b"1" + b"}" * 1_000_000,
        "one line as long as may be": json.dumps({"data": [], "pad": "x" * (MAX_BYTES - 1000)}).encode(),
    }


@pytest.mark.parametrize("hostile", pages(0))
def test_fault_11_12_no_source_is_hurt_by_a_hostile_page(tmp_path: Path, hostile: str) -> None:
    page = tmp_path / "page"
    with serving() as site:
        page.write_bytes(pages(site.port)[hostile])
        text = page.read_bytes()[:100_000].decode()
        done = subprocess.run([sys.executable, "-c", READ, str(page)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"{done.stdout[-200:]} {done.stderr[-2000:]}"
    assert site.visits == []
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert [name for name, *_ in read] == sorted(find())
    for name, records, said, seconds in read:
        assert records == "[]" or "</td>" in text, f"{name} reads {records[:200]}"
        assert "root:" not in said + records and "lollol" not in said + records and len(records) < 10_000, name
        assert seconds < 30, f"{name} took {seconds:.1f} s"
