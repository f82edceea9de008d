"""The documentation is true: generated pages fresh, every command, setting, meter and rule named, every query and example running."""

import argparse
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from collector import crawl, pipelines, source
from collector.source import Page, Source
from db import claims, ledger, views
from db.dictionary import dictionary
from jobs.cli import parser
from market.errors import SourceChanged
from market.records import Offer, Quote, UnknownKey
from market.units import METERS, PLANS, unit

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ROOMS = ("market", "db", "collector", "probes", "jobs", "dashboard", "migrations")
SKIPPED = {".git", ".venv", "build", "__pycache__", "uv.lock"}
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
SOURCES = source.find()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
AMOUNTS = ("genai_prices", "hf_router", "litellm", "llm_prices", "models_dev", "openrouter", "portkey")


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def files() -> Iterator[Path]:
    """Every text file of the project that a person wrote or may read."""
    for top in sorted(ROOT.iterdir()):
        hidden = top.name.startswith(".") and top.name not in (".ci", ".gitignore", ".pre-commit-config.yaml")
        if not hidden and top.name not in SKIPPED and not top.name.endswith(".egg-info"):
            found = [top] if top.is_file() else sorted(top.rglob("*"))
            yield from (file for file in found if file.is_file() and not SKIPPED & set(file.parts) and file.suffix not in (".png", ".pyc"))


def code() -> str:
    return "\n".join(file.read_text() for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))


def prose(file: Path) -> str:
    return FENCE.sub("", file.read_text())


def anchors(file: Path) -> set[str]:
    """The anchors that headings get where Markdown is shown: lower case, no punctuation, hyphens for spaces."""
    titles = re.findall(r"^#+ (.+)$", prose(file), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


# Generated pages


@pytest.mark.usefixtures("database")
def test_the_data_dictionary_is_that_of_the_database() -> None:
    page = DOCS / "data-dictionary.md"
    assert page.exists() and page.read_text() == dictionary(), "docs/data-dictionary.md is stale: run `make docs`"


@pytest.mark.usefixtures("database")
def test_every_view_and_column_says_what_it_means() -> None:
    made = dictionary()
    known = {f"market.{row['name']}" for row in views.rows("select viewname as name from pg_views where schemaname = 'market'")}
    assert known <= set(re.findall(r"^### (\S+)$", made, re.MULTILINE))
    assert not re.findall(r"^.*\|  \|$", made, re.MULTILINE), "these columns have no comment"
    assert not re.findall(r"^### (.+)\n\n\n", made, re.MULTILINE), "these have no comment"


INTRODUCTION = """# Sources

Written from the files in `collector/sources` by a test; change the source file, not this page. How to add one is in
[CONTRIBUTING.md](../CONTRIBUTING.md).

*Trust* decides who is believed first: 1 the provider's own page, 2 its own interface, 3 a marketplace or router, 4 a tracker.
*Family*: sources of one family copy each other and count as one. *Asked* is a cron expression in UTC. A source that *lists
everything* withdraws what its complete page no longer names. An *experimental* source was built from documentation: until a
real page of it has been captured, it ranks as a tracker, whatever its trust.

| source | trust | family | asked | lists everything | license of the data | past |
|---|---|---|---|---|---|---|
"""


def sources_page() -> str:
    rows, parts = [], []
    for name, known in sorted(SOURCES.items()):
        past = f"[git]({known.history.repository})" if known.history else ""
        facts = (
            known.trust,
            known.family or name,
            f"`{known.cadence}`",
            "yes" if known.lists_everything else "no",
            known.terms.license,
            past,
        )
        rows.append(f"| [{name}](#{name}){' (experimental)' if known.experimental else ''} | {' | '.join(map(str, facts))} |")
        begins = known.start_urls[0].partition("?")[0]
        more = f" and {len(known.start_urls) - 1} more" if len(known.start_urls) > 1 else ""
        said = "\n".join(line.strip() for line in (type(known).__doc__ or "").strip().splitlines())
        said = re.sub(r"^(Source|Unit|Grain|Lists):", r"* **\1**:", said, flags=re.MULTILINE)
        asks = f"* **Address**: <{begins}>{more}\n* **Attribution**: {known.terms.attribution}\n* **Rate limit**: {known.terms.rate_limit}"
        parts.append(f"## {name}\n\n{said}\n\n{asks}\n")
    return INTRODUCTION + "\n".join(rows) + "\n\n" + "\n".join(parts)


def test_the_page_of_sources_is_that_of_their_files() -> None:
    page, made = DOCS / "sources.md", sources_page()
    if not page.exists() or page.read_text() != made:
        page.write_text(made)
        pytest.fail("docs/sources.md was stale and is written anew: read it, and run again when it is right")


# Words


def test_the_glossary_has_every_meter() -> None:
    rows = re.findall(r"^\| `(\w+)` \| USD per (.+?) \| (.+) \|$", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    assert rows == [(meter, unit(meter), says) for meter, says in METERS.items()]


def test_the_glossary_has_every_plan_outcome_and_rule() -> None:
    text = (DOCS / "glossary.md").read_text()
    rules = set(re.findall(r"\bHold\(\s*\"(\w+)\"", code()))
    outcomes = {"complete", "unchanged", "partial", "failed", "quarantined", "skipped", "aborted"}
    assert len(rules) > 5
    assert not {word for word in {*PLANS, *rules, *outcomes} if f"`{word}`" not in text}


def commands(found: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, set[str]]]:
    """Every command that does something, with its options."""
    below = [action for action in found._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield name, {option for action in found._actions for option in action.option_strings if option.startswith("--")} - {"--help"}
    for action in below:
        for word, child in action.choices.items():
            yield from commands(child, f"{name} {word}")


def test_every_command_and_option_is_documented() -> None:
    text = (DOCS / "commands.md").read_text()
    sections = {part.partition("\n")[0]: part for part in re.split(r"^## ", text, flags=re.MULTILINE)}
    wanted = dict(commands(parser(), "modelmarket"))
    documented = {title for title in sections if title.startswith("modelmarket ")}
    assert documented == set(wanted)
    missing = {f"{name} {option}" for name, options in wanted.items() for option in options if f"`{option}" not in sections[name]}
    assert not missing


def test_every_setting_is_documented() -> None:
    read = set(re.findall(r"environ(?:\.get\(|\[)\s*\"(\w+)\"", code()))
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (DOCS / "runbook.md").read_text(), re.MULTILINE))
    assert read and read <= table


# Queries and examples


@pytest.fixture(scope="module")
def loaded(database: object) -> None:
    """The small pages of the source tests, read by their sources into the ledger, and the claims that ship."""
    del database
    from db import engine

    for name in (*AMOUNTS, "deepseek", "huggingface"):
        folder = Path(__file__).parent / "sources" / name / "page"
        pages = {
            "https://" + file.relative_to(folder).as_posix().removesuffix("@index"): file for file in folder.rglob("*") if file.is_file()
        }
        wanted = crawl.named(name)
        wanted.min_records = 1  # type: ignore[misc]
        starts = {start.partition("?")[0]: start for start in wanted.start_urls}
        with engine.connect("collector") as connection:
            clock = ledger.clock(connection)
            intake = pipelines.Intake(connection, wanted, ledger.begin(connection, pipelines.row(wanted), clock(), None), clock)
            for url in sorted(pages, key=len):
                intake.take(starts.get(url, url), None if url in starts else wanted.start_urls[0], 200, pages[url].read_bytes())
            assert bool(intake.conclude().quotes) or name not in AMOUNTS, name
    with engine.connect("collector") as connection:
        claims.add(connection, claims.shipped())
        claims.check(connection)


QUERIES = [
    pytest.param(query, id=f"{file.stem}-{place}")
    for file in PAGES
    for place, (kind, query) in enumerate(FENCE.findall(file.read_text()))
    if kind == "sql"
]


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("query", QUERIES)
def test_every_query_runs_as_an_analyst(query: str) -> None:
    names, _ = views.answer(query, role="analyst")
    assert len(set(names)) == len(names), "two columns of one name"


@pytest.mark.usefixtures("loaded")
def test_the_cookbook_finds_something() -> None:
    queries = [query for kind, query in FENCE.findall((DOCS / "cookbook.md").read_text()) if kind == "sql"]
    empty = [query for query in queries if not views.answer(query)[1]]
    assert len(queries) >= 12
    assert len(empty) <= len(queries) // 2, "\n".join(empty)


def test_the_example_of_contributing_is_a_source() -> None:
    blocks = dict(reversed(FENCE.findall((ROOT / "CONTRIBUTING.md").read_text())))
    room: dict[str, object] = {"__name__": "collector.sources.acme"}
    exec(blocks["python"], room)
    acme = room["Acme"]
    assert isinstance(acme, type) and issubclass(acme, Source) and acme.name not in SOURCES
    url = acme.start_urls[0]
    found = list(acme().records(Page(url, blocks["json"].encode(), datetime(2026, 1, 1, tzinfo=UTC))))
    assert [record.model_key for record in found if isinstance(record, Offer)] == ["acme-large", "acme-small"]
    quotes = {(record.model_key, record.meter): str(record.usd) for record in found if isinstance(record, Quote)}
    assert quotes == {
        ("acme-large", "input_mtok"): "2.5",
        ("acme-large", "output_mtok"): "10",
        ("acme-small", "input_mtok"): "0.1",
    }
    assert [record.name for record in found if isinstance(record, UnknownKey)] == ["vision"]
    assert all(word in (acme.__doc__ or "") for word in ("Source:", "Unit:", "Grain:", "Lists:"))
    with pytest.raises(SourceChanged):
        list(acme().records(Page(url, json.dumps({"error": "no"}).encode(), datetime(2026, 1, 1, tzinfo=UTC))))


# Links, and what must not be named


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_leads_to_exists(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if urlsplit(target).scheme:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name_of(page)} leads to {target}, which is not there"
        assert not anchor or anchor in anchors(file), f"{name_of(page)} leads to {target}; {file.name} has no such heading"


def test_every_page_is_reached_from_the_index() -> None:
    led = {(DOCS / target.partition("#")[0]).resolve() for target in re.findall(r"\]\(([^)\s]+)\)", (DOCS / "index.md").read_text())}
    assert {page for page in PAGES if page != DOCS / "index.md"} <= led


def test_no_file_names_a_registry_or_a_path_of_this_machine() -> None:
    hosts = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "proxy.go" + "lang.org", "ana" + "conda.org"]
    indexes = (value for name, value in os.environ.items() if re.fullmatch(r"(PIP|UV)_\w*INDEX\w*", name))
    hosts += [host for value in indexes for url in value.split() if (host := urlsplit(url).hostname)]
    named = re.compile("|".join([*map(re.escape, hosts), r"/work/(?:main|shared)", r"/home/\w+/", re.escape(f"{ROOT}/")]))
    found = {name_of(file): said[0] for file in files() if (said := named.search(file.read_text(errors="replace")))}
    assert not found
    shared = [name_of(file) for file in files() if "../" + "shared" in file.read_text(errors="replace")]
    assert all(name.startswith("tests/") for name in shared)
