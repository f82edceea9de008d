"""License files of repositories, from a listing of the Hub through the real spider to what models' licenses rest on."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest
import recordings
from databases import Database
from pages import empty

from collector import license_shelf, pipelines
from collector.sources.huggingface import HuggingFace
from db import ledger, licenses
from market.license_files import MOST_FILES, RECHECK
from market.license_text import Reading
from market.licenses import judge

HOME = "https://huggingface.co"
LAW = """Heron Weights License, version 1

1. Grant. Heron Works lets you use, change and share the Heron weights without a fee, for any purpose that the law allows.

2. Large users. Whoever has more than nine million readers in a month asks Heron Works for another license first.

3. Warranty. The weights come as they are, and nobody pays for what they do."""
STRANGER = "The finder of these weights may look at them on Sundays and shall sing a song about them in the evening of every such day."


class Hub:
    """A Hub with a listing of one page and files at commits; `status` names addresses that answer otherwise."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.entries: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.status: dict[str, int] = {}
        self.asked: list[str] = []

    def answer(self, path: str) -> tuple[int, bytes]:
        """What the Hub says under a path with its query; the commit and the files only where they are asked for."""
        wanted, _, query = unquote(path).partition("?")
        self.asked += [wanted] if "/resolve/" in wanted else []
        listing = list(self.entries.values()) if "expand[]=sha" in query and "expand[]=siblings" in query else []
        body = json.dumps(listing).encode() if wanted == "/api/models" else self.files.get(wanted)
        status = self.status.get(wanted, 404 if body is None else 200)
        return status, body if body is not None and status == 200 else b"no"

    def stands(self, key: str, revision: str, tag: str | None, *bases: str, downloads: int = 5, **files: str) -> None:
        """A repository at a commit; a file's name is its keyword."""
        tags = [*([f"license:{tag}"] if tag else []), *(f"base_model:finetune:{base}" for base in bases)]
        siblings = [{"rfilename": name} for name in ("config.json", "deep/LICENSE", "LICENSE.pdf", *files)]
        self.entries[key] = {"id": key, "sha": revision, "tags": tags, "siblings": siblings, "downloads": downloads, "likes": 0}
        self.files |= {f"/{key}/resolve/{revision}/{name}": text.encode() for name, text in files.items()}

    def night(self) -> ledger.Outcome:
        """One run without a network, in the spider's order."""
        now, source = ledger.clock(self.connection), HuggingFace()
        intake = pipelines.Intake(self.connection, source, ledger.begin(self.connection, pipelines.row(source), now(), None), now)
        waiting: list[tuple[str, str | None]] = [(url, None) for url in source.start_urls]
        while waiting:
            for url, found_on in waiting:
                assert url.startswith(HOME) and not intake.take(url, found_on, *self.answer(url.removeprefix(HOME)))
            waiting = [*intake.later()]
        outcome = intake.conclude()
        self.connection.execute("select pg_advisory_unlock_all()")
        self.connection.commit()
        return outcome


@contextlib.contextmanager
def serving(hub: Hub) -> Iterator[str]:
    """The Hub on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            status, body = hub.answer(self.path)
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    """The database, without what other tests loaded, and a registry without what they learned."""
    with database.connect() as opened:
        empty(opened)
        yield opened
    for file in licenses.own_files().glob("*.toml"):
        file.unlink()
    licenses.registry.cache_clear()
    licenses.tags.cache_clear()


@pytest.fixture
def hub(connection: psycopg.Connection) -> Hub:
    return Hub(connection)


def test_the_spider_asks_for_license_files_after_the_listing(connection: psycopg.Connection, hub: Hub) -> None:
    learn()
    hub.stands("heron/Seven", commit("a"), "other", **{"LICENSE (final).md": LAW, "USE_POLICY.md": STRANGER})
    hub.stands("heron/Gated", commit("b"), "mit", LICENSE=LAW)
    hub.status[f"/heron/Gated/resolve/{commit('b')}/LICENSE"] = 401
    with serving(hub) as url:
        told = {**os.environ, "HF_ENDPOINT": url}
        words = [sys.executable, "-m", "collector", "crawl", "huggingface", "--json"]
        ran = subprocess.run(words, env=told, capture_output=True, text=True, check=False)
    assert ran.returncode == 0 and json.loads(ran.stdout)["outcome"] == "complete", ran.stderr
    assert len(hub.asked) == 3
    found = held(connection, "license_id, text_file, text_match")
    assert found == {"heron/seven": ("LicenseRef-heron-1", "LICENSE (final).md", "identical"), "heron/gated": ("MIT", "LICENSE", "gated")}
    kept = connection.execute("select count(*) from ledger.license_file where sha256 is not null").fetchone()
    assert kept == (2,), "the policy is kept beside the license"


def learn() -> None:
    """The registry learns the text, with terms, as a user would."""
    folder = licenses.own_files()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "LicenseRef-heron-1.toml").write_text(
        'license_id = "LicenseRef-heron-1"\nname = "Heron"\n[terms]\n'
        'license_class = { value = "threshold", clause = "2" }\ncommercial_use = { value = "limited", clause = "2" }\n'
    )
    licenses.learn(LAW, "LicenseRef-heron-1", "its steward", folder)


def commit(letter: str) -> str:
    return letter * 40


def held(connection: psycopg.Connection, columns: str) -> dict[str, tuple[Any, ...]]:
    rows = connection.execute(f"select model, {columns} from market.model_license").fetchall()
    connection.commit()
    return {row[0]: row[1:] for row in rows}


WHAT = "license_id, license_class, basis, effective_class, conflict, text_match, text_file"


def test_a_text_at_its_revision_gives_the_license_and_a_grown_registry_decides_kept_bytes_again(
    connection: psycopg.Connection, hub: Hub
) -> None:
    hub.stands("heron/Seven", commit("a"), "other", LICENSE=LAW, USE_POLICY=STRANGER)
    hub.stands("you/Child", commit("b"), "apache-2.0", "heron/Seven")
    assert hub.night().outcome == "complete"
    assert held(connection, WHAT)["heron/seven"] == (None, "unknown", "unreviewed", "unknown", "text_unreviewed", "unknown", "LICENSE")
    asked = len(hub.asked)
    learn()
    assert hub.night().outcome in ("complete", "unchanged")
    assert len(hub.asked) == asked == 2, "nothing is fetched twice"
    found = held(connection, WHAT + ", text_revision, evidence_url, text_sha256")
    whole = found["heron/seven"]
    assert whole[:7] == ("LicenseRef-heron-1", "threshold", "text", "threshold", None, "identical", "LICENSE")
    assert whole[7:9] == (commit("a"), f"https://huggingface.co/heron/Seven/resolve/{commit('a')}/LICENSE")
    assert ledger.body(connection, bytes.fromhex(whole[9])) == LAW.encode()
    assert found["you/child"][:5] == ("Apache-2.0", "osi_open", "tag_only", "threshold", "laundering_suspect")


def test_a_text_and_a_tag_that_name_different_licenses_are_flagged_and_the_stricter_holds(connection: psycopg.Connection, hub: Hub) -> None:
    learn()
    hub.stands("heron/Says-MIT", commit("a"), "mit", **{"LICENSE.txt": LAW})
    hub.stands("heron/Says-NC", commit("b"), "cc-by-nc-4.0", LICENSE=LAW)
    hub.stands("heron/Changed", commit("c"), "mit", LICENSE=f"{LAW}\n\n4. You must not use the weights for commercial purposes.")
    hub.stands("heron/Own-Words", commit("d"), "mit", LICENSE=STRANGER)
    hub.stands("heron/Code", commit("e"), "mit", LICENSE=LAW, LICENSE_CODE=STRANGER)
    assert hub.night().outcome == "complete"
    found = held(connection, WHAT)
    assert found["heron/says-mit"][:5] == ("LicenseRef-heron-1", "threshold", "text", "threshold", "text_differs")
    assert found["heron/says-nc"][:5] == ("CC-BY-NC-4.0", "noncommercial", "tag_only", "noncommercial", "text_differs")
    assert found["heron/changed"][:6] == (None, "unknown", "unreviewed", "unknown", "text_differs", "embedded")
    assert found["heron/own-words"][:6] == (None, "unknown", "unreviewed", "unknown", "text_unreviewed", "unknown")
    assert found["heron/code"][:3] == ("LicenseRef-heron-1", "threshold", "text"), "the license of the code is another"


CARD = """---
license: {tag}
---
# Heron Seven

Weights for looking at lakes. {words}

```python
heron.licensed_under("the MIT license")  # not for commercial use
```
"""


def test_a_card_is_evidence_where_there_is_no_license_file_and_never_allows_more(connection: psycopg.Connection, hub: Hub) -> None:
    learn()

    def card(tag: str | None, words: str) -> dict[str, str]:
        return {"README.md": CARD.format(tag=tag, words=words)}

    hub.stands("heron/Whole", commit("1"), None, **{"README.md": f"# Heron\n\nWeights of a bird.\n\n## License\n\n{LAW}\n"})
    hub.stands("heron/Names", commit("2"), "other", **card("other", "They are released under the Apache License, Version 2.0."))
    hub.stands("heron/Silent", commit("3"), "mit", **card("mit", "They were made in May."))
    hub.stands("heron/Forbids", commit("4"), "mit", **card("mit", "They are for research purposes only and not for commercial use."))
    hub.stands("heron/Differs", commit("5"), "mit", **card("mit", "The model is licensed under CC-BY-NC-4.0."))
    hub.stands("heron/Softer", commit("6"), "cc-by-nc-4.0", **card("cc-by-nc-4.0", "The model is licensed under the MIT license."))
    hub.stands("heron/Stricter", commit("7"), "mit", **{"README.md": f"# Heron\n\n## License\n\n{LAW}\n"})
    hub.stands("heron/File", commit("8"), "other", LICENSE=STRANGER, **card("other", "The model is licensed under the MIT license."))
    hub.stands(
        "heron/Torn", commit("9"), None, **card(None, "The model is under the MIT license. Licensed under MIT, for no commercial use.")
    )
    assert hub.night().outcome == "complete"
    assert len(hub.asked) == 10
    found = held(connection, "license_id, license_class, basis, conflict, text_file")
    heron = ("LicenseRef-heron-1", "threshold")
    assert found == {
        "heron/whole": (*heron, "card", None, "README.md"),
        "heron/names": ("Apache-2.0", "osi_open", "card", None, "README.md"),
        "heron/silent": ("MIT", "osi_open", "tag_only", None, None),
        "heron/forbids": ("MIT", "osi_open", "tag_only", "card_restricts", "README.md"),
        "heron/differs": ("MIT", "osi_open", "tag_only", "card_differs", "README.md"),
        "heron/softer": ("CC-BY-NC-4.0", "noncommercial", "tag_only", "card_differs", "README.md"),
        "heron/stricter": (*heron, "card", "card_differs", "README.md"),
        "heron/file": (None, "unknown", "unreviewed", "text_unreviewed", "LICENSE"),
        "heron/torn": (None, "unknown", "nothing", "card_restricts", "README.md"),
    }
    url = connection.execute("select evidence_url from market.model_license where model = 'heron/whole'").fetchone()
    assert url == (f"https://huggingface.co/heron/Whole/resolve/{commit('1')}/README.md",)
    asked = list(hub.asked)
    hub.stands("heron/Silent", commit("a"), "mit", **card("mit", "They were made in June."))
    assert hub.night().outcome in ("complete", "unchanged") and hub.asked == asked
    assert connection.execute("select count(*) from market.license_change").fetchone() == (0,)
    connection.commit()


def test_gated_missing_and_odd_files_are_answers_and_are_not_asked_again(connection: psycopg.Connection, hub: Hub) -> None:
    for number, (name, status) in enumerate({"Gated": 401, "Closed": 403, "Missing": 404}.items()):
        hub.stands(f"heron/{name}", commit(str(number)), "mit", LICENSE=LAW)
        hub.status[f"/heron/{name}/resolve/{commit(str(number))}/LICENSE"] = status
    hub.stands("heron/Binary", commit("7"), "mit", LICENSE="\0\x01" * 500)
    hub.stands("heron/Empty", commit("8"), "mit", LICENSE="")
    hub.entries["bad//id"] = {**hub.entries["heron/Empty"], "id": "bad//id"}
    assert hub.night().outcome == "complete"
    found = held(connection, "text_match, basis, effective_class, text_sha256 is null")
    assert [found[f"heron/{name}"] for name in ("gated", "closed", "missing")] == [
        (match, "tag_only", "osi_open", True) for match in ("gated", "gated", "missing")
    ]
    for name in ("binary", "empty"):
        assert found[f"heron/{name}"] == ("unknown", "unreviewed", "unknown", False)
    asked = list(hub.asked)
    assert hub.night().outcome in ("complete", "unchanged") and hub.asked == asked


def test_a_file_that_could_not_be_fetched_is_asked_again_the_next_night(connection: psycopg.Connection, hub: Hub) -> None:
    learn()
    hub.stands("heron/Seven", commit("a"), None, LICENSE=LAW)
    path = f"/heron/Seven/resolve/{commit('a')}/LICENSE"
    hub.status[path] = 500
    assert hub.night().outcome == "partial"
    assert held(connection, WHAT)["heron/seven"][2] == "nothing"
    hub.status.clear()
    assert hub.night().outcome == "complete"
    assert held(connection, WHAT)["heron/seven"][:3] == ("LicenseRef-heron-1", "threshold", "text")


def test_a_changed_text_is_an_event_and_is_looked_for_with_a_changed_tag_or_after_a_month(connection: psycopg.Connection, hub: Hub) -> None:
    learn()
    hub.stands("heron/Seven", commit("a"), "other", LICENSE=LAW)
    hub.night()
    hub.stands("heron/Seven", commit("b"), "other", LICENSE=STRANGER)
    hub.night()
    assert len(hub.asked) == 1, "a new commit alone is no reason for a while"
    connection.execute("update ledger.license_file set asked_at = asked_at - %s", (RECHECK,))
    connection.commit()
    hub.night()
    hub.stands("heron/Seven", commit("c"), "mit", LICENSE=LAW)
    hub.night()
    rows = connection.execute(
        "select model, text_file, text_revision, old_license_id, new_license_id, old_sha256 <> new_sha256"
        " from market.license_change where kind = 'text' order by changed_at"
    ).fetchall()
    assert rows == [
        ("heron/seven", "LICENSE", commit("b"), "LicenseRef-heron-1", None, True),
        ("heron/seven", "LICENSE", commit("c"), None, "LicenseRef-heron-1", True),
    ]
    tags = connection.execute("select old_tag, new_tag from market.license_change where kind = 'tag'").fetchall()
    assert tags == [("other", "mit")]
    connection.commit()


def test_a_license_file_that_was_taken_away_no_longer_counts(connection: psycopg.Connection, hub: Hub) -> None:
    learn()
    hub.stands("heron/Seven", commit("a"), "mit", LICENSE=LAW)
    hub.night()
    hub.stands("heron/Seven", commit("b"), "mit")
    hub.night()
    assert held(connection, WHAT)["heron/seven"] == ("MIT", "osi_open", "tag_only", "osi_open", None, None, None)


def test_the_most_used_repositories_come_first_and_a_run_asks_a_bounded_number(
    connection: psycopg.Connection, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = {f"LICENSE_{number}": STRANGER for number in range(MOST_FILES + 3)}
    for number in range(4):
        hub.stands(f"heron/n{number}", commit(str(number)), "mit", downloads=number, LICENSE=LAW)
    hub.stands("heron/Many", commit("a"), "mit", downloads=50, **many)
    page = license_shelf.Page(HuggingFace.start_urls[0], json.dumps(list(hub.entries.values())).encode(), ledger.clock(connection)())
    monkeypatch.setattr(license_shelf, "FILES_A_RUN", MOST_FILES + 2)
    shelf = license_shelf.Shelf(connection, HuggingFace())
    shelf.see(page, None)
    asked = [HuggingFace().license_file(url) for url, _ in shelf.wanted(page.fetched_at)]
    assert [one[0] for one in asked if one] == ["heron/Many"] * MOST_FILES + ["heron/n3", "heron/n2"]
    assert not list(shelf.wanted(page.fetched_at))


def real() -> dict[str, str]:
    folder = recordings.SHARED / "data" / "licenses"
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.iterdir())} if folder.is_dir() else {}


@pytest.mark.skipif(not real(), reason=f"there are no recorded license texts under {recordings.SHARED}")
def test_real_texts_served_as_license_files_are_recognised(connection: psycopg.Connection, hub: Hub) -> None:
    expected: dict[str, Any] = {}
    for number, (name, text) in enumerate(real().items()):
        key = f"heron/real-{number}"
        hub.stands(key, f"{number:040x}", None, LICENSE=text)
        known = judge(Reading(text), licenses.registry()).license
        assert known is not None, name
        expected[key] = known.license_id
    assert hub.night().outcome == "complete"
    found = held(connection, "license_id, basis")
    assert found == {key: (license_id, "text") for key, license_id in expected.items()}
    assert {"MIT", "Apache-2.0", "LicenseRef-llama-3.1", "LicenseRef-qwen-2024"} <= set(expected.values())
