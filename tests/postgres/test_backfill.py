"""A past in the ledger: equal to the repository at every commit, and the same however it comes."""

import json
import os
import random
import signal
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from databases import Database
from pages import seen
from repositories import Repository, hour

from collector import backfill, pipelines, source
from collector.source import Page
from db import ledger
from db.backfill import Scope, merged
from market.errors import Misused

SHARED = Path(os.environ.get("MODELMARKET_SHARED", Path(__file__).parents[2].parent / "shared"))
BUNDLES = SHARED / "data/git-scrapes"
WHOLE = bool(os.environ.get("MODELMARKET_WHOLE"))
SOURCES = source.find()
bundled = pytest.mark.skipif(not BUNDLES.is_dir(), reason=f"no bundles under {BUNDLES}")

Plain = dict[tuple[str, str], set[Decimal]]


class Slice(NamedTuple):
    """Some commits of a bundle, read without our code: what its files say of prices that need no explaining.

    Attributes:
        few: fewer commits, to be loaded in many orders.
        names: which files.
        plain: path and text → (PROVIDER/MODEL, meter) → amounts, USD per million tokens.
    """

    source: str
    bundle: str
    ref: str
    start: int
    stop: int
    few: tuple[int, int]
    names: str
    plain: Callable[[str, bytes], Plain]


def put(found: Plain, key: str, meter: str, amount: Any, times: int = 1) -> None:
    if isinstance(amount, int | Decimal) and not isinstance(amount, bool) and amount >= 0:
        found.setdefault((key, meter), set()).add(Decimal(amount) * times)


def in_litellm(_: str, body: bytes) -> Plain:
    found: Plain = {}
    for key, entry in json.loads(body, parse_float=Decimal).items():
        provider = entry.get("litellm_provider") or (key.split("/")[0] if "/" in key else "unknown")
        named = key if key.startswith(f"{provider}/") else f"{provider}/{key}"
        if key != "sample_spec" and "month-commitment" not in key:
            put(found, named, "input_mtok", entry.get("input_cost_per_token"), 1_000_000)
            put(found, named, "output_mtok", entry.get("output_cost_per_token"), 1_000_000)
    return found


def in_models_dev(path: str, body: bytes) -> Plain:
    found: Plain = {}
    if "/models/" not in path:
        return found
    try:
        cost = tomllib.loads(body.decode(), parse_float=Decimal).get("cost", {})
    except tomllib.TOMLDecodeError:
        return found
    _, provider, _, model = path.removesuffix(".toml").split("/", 3)
    if "coding-plan" not in provider:
        put(found, f"{provider}/{model}", "input_mtok", cost.get("input"))
        put(found, f"{provider}/{model}", "output_mtok", cost.get("output"))
    return found


def in_genai_prices(_: str, body: bytes) -> Plain:
    found: Plain = {}
    for provider in json.loads(body, parse_float=Decimal):
        for model in provider["models"]:
            for meter, price in model["prices"].items() if isinstance(model["prices"], dict) else ():
                put(found, f"{provider['id']}/{model['id']}", meter, price.get("base") if isinstance(price, dict) else price)
    return found


def in_openrouter(_: str, body: bytes) -> Plain:
    found: Plain = {}
    page = json.loads(body)
    for entry in page["data"] if isinstance(page, dict) else page:
        if entry["id"].endswith(":batch"):
            continue
        put(found, f"openrouter/{entry['id']}", "input_mtok", Decimal(entry["pricing"]["prompt"]), 1_000_000)
        put(found, f"openrouter/{entry['id']}", "output_mtok", Decimal(entry["pricing"]["completion"]), 1_000_000)
    return found


def in_model_price_hub(_: str, body: bytes) -> Plain:
    found: Plain = {}
    for entry in json.loads(body, parse_float=Decimal)["entries"]:
        terms = ("cache_state", "context_range", "time_window", "effective_from")
        usual = entry.get("service_tier", "standard") == "standard" and entry.get("modality", "text") == "text"
        if usual and entry["currency"] == "USD" and not any(entry.get(term) for term in terms):
            seller = entry["provider"] if entry["channel"] in ("official", "third_party") else entry["channel"]
            put(found, f"{seller}/{entry['model']}", "input_mtok", entry["input_per_1m"])
            put(found, f"{seller}/{entry['model']}", "output_mtok", entry["output_per_1m"])
    return found


SLICES = (
    Slice("litellm", "litellm-prices", "daily", 40, 70, (3, 17), "tokencost/model_prices.json", in_litellm),
    Slice("models_dev", "models-dev", "main", 0, 160, (20, 60), "providers", in_models_dev),
    Slice("genai_prices", "genai-prices", "main", 166, 182, (173, 177), "prices", in_genai_prices),
    Slice("openrouter", "openrouter-models", "main", 0, 30, (0, 8), "openrouter-models.json", in_openrouter),
    Slice("model_price_hub", "model-price-hub", "main", 6, 15, (12, 14), "data/latest.json", in_model_price_hub),
)
slow = pytest.mark.skipif(not os.environ.get("MODELMARKET_SLOW"), reason="minutes on whole bundles; set MODELMARKET_SLOW=1 to run it")
each = pytest.mark.parametrize("part", SLICES, ids=lambda part: part.source)


class Bundle:
    """A bundle's clone, in which straight lines of some of its commits can be made."""

    def __init__(self, name: str, ref: str, folder: Path) -> None:
        self.folder = folder / f"{name}.git"
        subprocess.run(["git", "clone", "--quiet", "--bare", str(BUNDLES / f"{name}.bundle"), str(self.folder)], check=True)
        log = self.git("log", "--first-parent", "--reverse", "--format=%H %T %ct", ref)
        self.steps = [(commit, tree, int(stamp)) for commit, tree, stamp in map(str.split, log.decode().splitlines())]

    def git(self, *arguments: str, text: str = "", **environment: str) -> bytes:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            input=text.encode(),
            env={**os.environ, **environment},
            capture_output=True,
            check=True,
        )
        return done.stdout

    def line(self, name: str, start: int, stop: int) -> str:
        """A branch that holds commits `start` to `stop` and no others; its name."""
        lines = ["reset refs/heads/" + name]
        for _, tree, stamp in self.steps[start:stop]:
            lines += [
                f"commit refs/heads/{name}",
                f"committer nobody <nobody@example.invalid> {stamp} +0000",
                "data 0",
                f"M 040000 {tree} ",
                "",
            ]
        self.git("fast-import", "--quiet", "--force", text="\n".join(lines) + "\n")
        return name

    def files(self, commit: str, under: str) -> dict[str, str]:
        """The files of a commit, by path the blob; links by what they point to."""
        found, links = {}, {}
        for entry in self.git("ls-tree", "-r", "-z", commit, "--", under).decode().split("\0")[:-1]:
            mode, _, blob, path = entry.replace("\t", " ", 1).split(" ", 3)
            (links if mode == "120000" else found)[path] = blob
        for _ in range(3):  # a link may point to a link
            for path, target in zip(links, self.read(links.values()), strict=True):
                pointed = os.path.normpath(os.path.join(os.path.dirname(path), target.decode()))
                found |= {path: found[pointed]} if pointed in found else {}
        return found

    def read(self, blobs: Iterable[str]) -> list[bytes]:
        """The bytes of blobs."""
        asked = list(blobs)
        out, found, place = self.git("cat-file", "--batch", text="".join(f"{blob}\n" for blob in asked)) if asked else b"", [], 0
        for _ in asked:
            header = out.index(b"\n", place) + 1
            end = header + int(out[place:header].split()[2])
            found.append(out[header:end])
            place = end + 1
        return found


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Slice], Bundle]:
    folder = tmp_path_factory.mktemp("bundles")
    return cache(lambda part: Bundle(part.bundle, part.ref, folder))


@pytest.fixture(scope="module")
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as open_:
        yield open_


@pytest.fixture
def clean(connection: psycopg.Connection) -> psycopg.Connection:
    empty(connection)
    return connection


def empty(connection: psycopg.Connection) -> None:
    """Removes every row; quicker than to delete them where there are thousands."""
    derived = "ledger.belief, ledger.standing, ledger.listed, ledger.move, ledger.tariff, ledger.effective_price"
    connection.execute(f"truncate ledger.source, ledger.page, {derived} restart identity cascade")
    connection.commit()


def market(connection: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """What everybody sees, but for what says how it came."""
    how = ("line_id", "scope_id", "evidence_url", "sha256")
    return {view: seen(connection, view, how) for view in ("quote_history", "price", "belief")}


def states(bundle: Bundle, part: Slice, steps: list[tuple[str, str, int]]) -> list[tuple[datetime, Plain]]:
    """What the files said at each commit that changed them, by plainly reading all of them."""
    trees: list[tuple[datetime, dict[str, str]]] = []
    for commit, _, stamp in steps:
        files = {path: blob for path, blob in bundle.files(commit, part.names).items() if path.endswith((".json", ".toml"))}
        if "prices/new_data/v2/data.json" in files:
            del files["prices/data.json"]
        if not trees or files != trees[-1][1]:
            trees.append((datetime.fromtimestamp(stamp, UTC), files))
    asked = sorted({(path, blob) for _, files in trees for path, blob in files.items()})
    said = {key: part.plain(key[0], body) for key, body in zip(asked, bundle.read(blob for _, blob in asked), strict=True)}
    return [(at, {key: amounts for file in files.items() for key, amounts in said[file].items()}) for at, files in trees]


@slow
@bundled
@each
def test_the_ledger_says_at_every_commit_what_the_file_said(
    part: Slice, bundles: Callable[[Slice], Bundle], clean: psycopg.Connection
) -> None:
    bundle = bundles(part)
    start, stop = (0, len(bundle.steps)) if WHOLE else (part.start, part.stop)
    document = backfill.backfill(part.source, str(bundle.folder), bundle.line(f"said-{part.source}", start, stop))
    broken = {skipped["path"] for skipped in document["skipped"]}
    assert document["commits"] == stop - start
    pages = states(bundle, part, bundle.steps[start:stop])
    keys = {key for _, said in pages for key in said if f"providers/{key[0].replace('/', '/models/', 1)}.toml" not in broken}
    rows: dict[tuple[str, str], list[tuple[datetime, datetime | None, Decimal]]] = defaultdict(list)
    for key, meter, begin, end, usd in clean.execute(
        "select source_key, meter, seen_at, gone_at, price_usd from market.quote_history"
        " where condition is null and plan in ('standard', 'free') and valid_from_basis = 'seen'"
    ).fetchall():
        rows[key, meter].append((begin, end, usd))

    def known(key: tuple[str, str], at: datetime) -> set[Decimal]:
        return {usd for begin, end, usd in rows[key] if begin <= at and (end is None or end > at)}

    chance = random.Random(4)
    asked = [(chance.choice(pages), chance.choice(sorted(keys))) for _ in range(5000 if WHOLE else 500)]
    plainly = [(at, said, key) for (at, said), key in asked if key in said or part.source != "genai_prices"]
    assert len(plainly) > len(asked) / 5
    assert [key for at, said, key in plainly if known(key, at) != said.get(key, set())] == []

    # The belief of then, of all that is not held and that no other key of the source sells too.
    held = {key for (key,) in clean.execute("select source_key from market.quote_history where quarantined").fetchall()}
    believed = 0
    for at, said in chance.sample(pages, min(len(pages), 8)):
        for key, meter, usd in clean.execute(
            "select p.source_key, p.meter, p.price_usd from market.price_as_of(%(at)s, %(at)s) as p where p.condition is null"
            " and p.plan in ('standard', 'free') and p.valid_from_basis = 'seen' and p.sources_asked = 1 and p.spread is not distinct"
            " from case when p.price_usd > 0 then 1 end",
            {"at": at},
        ).fetchall():
            if (key, meter) in said and key not in held and (key, meter) in keys:
                assert usd in said[key, meter], (at, key, meter)
                believed += 1
    assert believed > 100

    # Every change, counted by a plain comparison of one commit with the next.
    if part.source != "genai_prices":
        changes = Counter[datetime]()
        for (_, last), (at, now) in zip([(None, {}), *pages], pages, strict=False):
            changes.update({at: sum(last.get(key, set()) != now.get(key, set()) for key in keys)})
        told = Counter[datetime]()
        for key in keys:
            edges = {at for begin, end, _ in rows[key] for at in (begin, end) if at}
            told.update(at for at in edges if known(key, at) != known(key, at - timedelta(microseconds=1)))
        assert +changes == told
        assert sum(told.values()) > 100


@slow
@bundled
@each
def test_a_past_is_the_same_at_once_twice_in_halves_and_backwards(
    part: Slice, bundles: Callable[[Slice], Bundle], clean: psycopg.Connection
) -> None:
    bundle, (start, stop) = bundles(part), part.few
    repository, middle = str(bundle.folder), (start + stop) // 2
    whole = bundle.line(f"whole-{part.source}", start, stop)
    first, second = bundle.line(f"first-{part.source}", start, middle), bundle.line(f"second-{part.source}", middle, stop)
    backfill.backfill(part.source, repository, whole)
    once = market(clean)
    assert backfill.backfill(part.source, repository, whole)["quotes"] == 0
    assert market(clean) == once
    for order in ((first, whole), (second, whole), (second, first)):
        empty(clean)
        for line in order:
            backfill.backfill(part.source, repository, line)
        assert market(clean) == once, order


def look(connection: psycopg.Connection, name: str, at: datetime, body: bytes) -> None:
    """A live run that saw a page at an instant."""
    known, digest = SOURCES[name], sha256(body).digest()
    run = ledger.begin(connection, pipelines.row(known), at, None)
    connection.execute("insert into ledger.page (sha256, size, body) values (%s, 0, '') on conflict do nothing", (digest,))
    page = Page(known.start_urls[0], body, at)
    ledger.commit_sights(
        connection, run, [ledger.Sight(page.url, None, at, digest, True, "parser", list(known.records(page)))], forced=True
    )
    connection.execute("delete from ledger.review")
    ledger.finish(connection, run, ledger.Outcome("complete", None, 1, 0, [], 0.0))
    connection.commit()
    connection.execute("select pg_advisory_unlock_all()")
    connection.commit()


@slow
@bundled
def test_a_past_is_the_same_before_after_and_between_live_runs(bundles: Callable[[Slice], Bundle], clean: psycopg.Connection) -> None:
    part = SLICES[0]
    bundle, (start, stop) = bundles(part), part.few
    whole, first = bundle.line("live-whole", start, stop), bundle.line("live-first", start, (start + stop) // 2)

    def live(number: int) -> None:
        commit, _, stamp = bundle.steps[number]
        (body,) = bundle.read(bundle.files(commit, part.names).values())
        look(clean, part.source, datetime.fromtimestamp(stamp + 30, UTC), body)

    days = [start + 1, (start + stop) // 2 - 1, (start + stop) // 2 + 2, stop - 1]
    orders: list[list[int | str]] = [
        [whole],
        [whole, *days],
        [*reversed(days), whole],
        [days[0], days[2], first, days[1], days[3], whole],
    ]
    found = []
    for order in orders:
        empty(clean)
        for step in order:
            live(step) if isinstance(step, int) else backfill.backfill(part.source, str(bundle.folder), step)
        found.append(market(clean)["quote_history"])
    # A live page that says what the last commit said adds a look and no change.
    assert found[0] == found[1] == found[2] == found[3]


KILLED = """
import os, signal, sys
from collector import backfill
from db import judge, ledger
if sys.argv[3] == "judging":
    judge.judge = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[3] == "reading":
    told = lambda done, total: os.kill(os.getpid(), signal.SIGKILL) if done > total / 2 else None
else:
    told = lambda *_: None
if sys.argv[3] == "finishing":
    ledger.finish = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
backfill.backfill("plain", sys.argv[1], None, told)
"""


def some_past(folder: Path) -> Repository:
    """A past of LiteLLM's file that has a bit of everything."""
    repository = Repository(folder)
    for number in range(30):
        entries = {f"m{k}": entry(1 + (number // (k + 1)) % 3) for k in range(12) if (number + k) % 7}
        repository.commit(number, {"tokencost/model_prices.json": json.dumps(entries) if number != 11 else "{"})
    repository.git("branch", "-m", "daily")
    return repository


def entry(price: int, **more: Any) -> dict[str, Any]:
    return {"litellm_provider": "p", "mode": "chat", "input_cost_per_token": f"{price}e-06" if price < 0 else price / 1_000_000, **more}


@pytest.mark.parametrize("moment", ["reading", "judging", "finishing"])
def test_a_backfill_that_was_killed_leaves_nothing_and_can_be_begun_again(moment: str, tmp_path: Path, clean: psycopg.Connection) -> None:
    repository = some_past(tmp_path / "data")
    code = KILLED.replace('"plain"', '"litellm"')
    killed = subprocess.run(
        [sys.executable, "-c", code, str(repository.folder), "", moment], capture_output=True, cwd=Path(__file__).parents[2]
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert market(clean)["quote_history"] == []
    backfill.backfill("litellm", str(repository.folder))
    again = market(clean)
    assert clean.execute("select outcome from ledger.run order by id").fetchall() == ([("aborted",)] if moment != "reading" else []) + [
        ("complete",)
    ]
    empty(clean)
    backfill.backfill("litellm", str(repository.folder))
    assert market(clean) == again
    assert len(again["quote_history"]) > 50


def test_a_past_and_live_runs_hold_each_at_its_own_sightings(tmp_path: Path, clean: psycopg.Connection) -> None:
    repository = Repository(tmp_path / "data")
    for number, price in ((0, 1), (4, 2), (8, 2), (12, 3)):
        repository.commit(number, {"tokencost/model_prices.json": json.dumps({"m": entry(price)}) + " " * number})
    for number, price in ((2, 1), (6, 5), (7, 5), (10, 2), (14, 4)):
        look(clean, "litellm", hour(number), json.dumps({"m": entry(price)}).encode())
    backfill.backfill("litellm", str(repository.folder))
    told = clean.execute("select price_usd, seen_at, gone_at from market.quote_history order by seen_at").fetchall()
    expected = [(1, 0, 4), (2, 4, 6), (5, 6, 8), (2, 8, 12), (3, 12, 14), (4, 14, None)]
    assert told == [(Decimal(usd), hour(at), hour(end) if end else None) for usd, at, end in expected]


def test_a_history_that_grew_adds_what_is_new(tmp_path: Path, clean: psycopg.Connection) -> None:
    repository = Repository(tmp_path / "data")
    repository.commit(0, {"tokencost/model_prices.json": json.dumps({"m": entry(1), "n": entry(1)})})
    assert backfill.backfill("litellm", str(repository.folder))["quotes"] == 2
    repository.commit(1, {"tokencost/model_prices.json": json.dumps({"m": entry(2)})})
    grown = backfill.backfill("litellm", str(repository.folder))
    assert (grown["commits"], grown["quotes"], grown["withdrawn"]) == (2, 1, 1)
    found = clean.execute("select price_usd, gone_at from market.quote_history where source_key = 'p/m' order by seen_at").fetchall()
    assert found == [(Decimal(1), hour(1)), (Decimal(2), None)]


def test_an_offer_missing_from_three_commits_is_believed_no_more_however_they_come(tmp_path: Path, clean: psycopg.Connection) -> None:
    repository = Repository(tmp_path / "data")
    both, one = json.dumps({"m": entry(1), "n": entry(1)}), json.dumps({"n": entry(1)})
    repository.commit(0, {"tokencost/model_prices.json": both})
    repository.commit(1, {"tokencost/model_prices.json": one})
    backfill.backfill("litellm", str(repository.folder))
    believed = "select source_key from market.price order by source_key"
    assert clean.execute(believed).fetchall() == [("p/m",), ("p/n",)]
    for number in (2, 3):
        repository.commit(number, {"tokencost/model_prices.json": one + " " * number})
    backfill.backfill("litellm", str(repository.folder))
    assert clean.execute(believed).fetchall() == [("p/n",)]


def test_an_older_history_renames_nothing_that_is_listed_now(tmp_path: Path, clean: psycopg.Connection) -> None:
    look(clean, "litellm", hour(50), json.dumps({"m": entry(1)}).encode())
    clean.execute("update ledger.offer set model = 'lab/m', thing = 'p|lab/m||standard'")
    clean.commit()
    repository = Repository(tmp_path / "data")
    repository.commit(0, {"tokencost/model_prices.json": json.dumps({"m": entry(1)})})
    backfill.backfill("litellm", str(repository.folder))
    assert clean.execute("select distinct model from market.quote_history").fetchall() == [("lab/m",)]
    repository.commit(60, {"tokencost/model_prices.json": json.dumps({"m": entry(1, max_input_tokens=9)})})
    backfill.backfill("litellm", str(repository.folder))
    assert clean.execute("select distinct model from market.quote_history").fetchall() == [(None,)]
    assert clean.execute("select count(*) from market.belief where thing like 'p|lab%'").fetchone() == (0,)


def test_a_source_without_a_history_says_so() -> None:
    with pytest.raises(Misused, match="chutes has no history"):
        backfill.backfill("chutes", None)


def test_the_document_counts_what_it_names(tmp_path: Path, clean: psycopg.Connection) -> None:
    document = backfill.backfill("litellm", str(some_past(tmp_path / "data").folder))
    assert {"source", "commits", "skipped", "quotes", "seconds", "peak_mb"} <= document.keys()
    assert document["commits"] == 30
    assert [skipped["path"] for skipped in document["skipped"]] == ["tokencost/model_prices.json"]
    counted = clean.execute("select count(*) filter (where not gone), count(*) filter (where gone) from ledger.statement").fetchone()
    assert counted == (document["quotes"], document["withdrawn"])
    json.dumps(document)


def naive(mine: dict[int, int | None], theirs: dict[int, tuple[int | None, bool]]) -> list[tuple[int, int | None]]:
    """Changes of one key by looks: an incomplete one that does not name it changes nothing."""
    found: list[tuple[int, int | None]] = []
    for at in sorted({**mine, **theirs}):
        value, whole = theirs[at] if at in theirs else (mine[at], True)
        if (whole or value is not None) and value != (found[-1][1] if found else None):
            found.append((at, value))
    return found


def rows_of(theirs: dict[int, tuple[int | None, bool]]) -> list[tuple[datetime, int | None]]:
    """A key's rows in the ledger as live runs leave them: its changes, and whatever an incomplete page said."""
    changes = dict(naive({}, theirs)) | {at: value for at, (value, whole) in theirs.items() if not whole and value is not None}
    return [(hour(at), value) for at, value in sorted(changes.items())]


def test_two_pasts_of_a_key_are_merged_look_by_look() -> None:
    chance = random.Random(11)
    for _ in range(3000):
        values = [None, 1, 2]
        theirs = {at: (chance.choice(values), chance.random() < 0.8) for at in chance.sample(range(14), chance.randint(0, 7))}
        looks = {at: chance.choice(values) for at in chance.sample(range(14), chance.randint(1, 7))}
        fresh = [at for at in sorted(looks) if at not in theirs]
        order = sorted([(hour(at), True) for at in fresh] + [(hour(at), False) for at, (_, whole) in theirs.items() if whole])
        edges = [point for place, point in enumerate(order) if not place or order[place - 1][1] != point[1]]
        scope = Scope(1, None, {hour(at) for at in theirs}, [(hour(at), "") for at in fresh], order, edges)  # type: ignore[arg-type]
        mine, last = [], None
        for at, value in sorted(looks.items()):
            if value != last:
                mine.append((hour(at), value))
            last = value
        there = rows_of(theirs)
        together, told = sorted([*there, *merged(mine, there, scope)]), []
        for at, value in together:
            if value != (told[-1][1] if told else None):
                told.append((at, value))
        expected = naive({at: looks[at] for at in fresh}, theirs)
        assert told == [(hour(at), value) for at, value in expected], (theirs, looks)
