"""A data repository's log, read as dated pages, on small repositories made with real git."""

import contextlib
import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from repositories import Repository, hour

from collector import history, source
from collector.formats import cut_object
from collector.history import RepositoryFailed, Walk
from collector.source import History, Look, Page, Source, Terms
from collector.sources.llm_prices import LlmPrices
from collector.sources.models_dev import ModelsDev
from collector.sources.portkey import Portkey
from db.backfill import Past
from market.errors import SourceChanged
from market.records import Offer, Quote, Record, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED", Path(__file__).parents[2].parent / "shared"))
BUNDLES = SHARED / "data/git-scrapes"
PAGE = "https://prices.test/all.json"

Seen = dict[str, list[tuple[float, str | None]]]


class Plain(Source):
    """A made-up page: `{"PROVIDER/MODEL": USD per million tokens}`, in an old file, then in a new one.

    Source: nowhere.
    Unit: USD per million tokens.
    Grain: one price an entry.
    Lists: everything.
    """

    name = "plain"
    start_urls = (PAGE,)
    terms = Terms("MIT", "nobody")
    history = History("https://prices.test/repository", ((r"old/(?s:.+)\.json", PAGE), (r"new/.+\.json", PAGE)))

    def pieces(self, path: str, body: bytes, look: Look) -> dict[str, bytes]:
        return cut_object(body)

    def records(self, page: Page) -> Iterator[Record]:
        for key, price in page.json.items():
            if key == "error":
                raise SourceChanged("an error came instead of prices")
            if "/" not in key:
                yield UnknownKey(key)
                continue
            provider, model = key.split("/", 1)
            yield Offer(provider, model)
            yield Quote(provider, model, "input_mtok", Decimal(price))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "data")


def walked(known: Source, repository: Repository, ref: str | None = None) -> Walk:
    assert known.history
    walk = Walk(known, known.history, repository.folder)
    walk.run(history.commits(repository.folder, history.branch(repository.folder, ref, known.history.ref)))
    return walk


def hours(at: datetime) -> float:
    return (at - hour(0)).total_seconds() / 3600


def prices(past: Past, meter: str = "input_mtok") -> Seen:
    """By offer, at which hour the price changed to what; None for gone."""
    return {
        "/".join([key[0], key[1], *filter(None, [key[5]])]): [(hours(at), amount and str(amount.usd)) for at, amount in changes]
        for key, changes in past.prices.changes.items()
        if key[4] == meter
    }


def of(known: Source, repository: Repository, url: str = PAGE) -> Seen:
    return prices(walked(known, repository).pasts[url])


def test_a_page_is_dated_by_the_committer_not_by_the_author(repository: Repository) -> None:
    repository.commit(5, {"old/a.json": '{"p/m": 1}'}, authored=1)
    repository.commit(6, {"old/a.json": '{"p/m": 2}'}, authored=9)
    assert of(Plain(), repository) == {"p/m": [(5, "1"), (6, "2")]}


def test_only_the_first_parents_are_read_so_that_a_side_branch_flips_nothing(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1}'})
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit(2, {"old/a.json": '{"p/m": 7}'})
    repository.commit(4, {"old/a.json": '{"p/m": 8}'})
    repository.git("checkout", "--quiet", "main")
    repository.commit(3, {"old/b.json": '{"p/n": 3}'})
    repository.git("merge", "--quiet", "--no-ff", "--no-edit", "side", at=6)
    walk = walked(Plain(), repository)
    assert prices(walk.pasts[PAGE]) == {"p/m": [(0, "1"), (6, "8")], "p/n": [(3, "3")]}
    assert [hours(at) for at, _ in walk.pasts[PAGE].sights] == [0, 3, 6]


def test_a_price_put_back_by_a_revert_is_three_changes(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1}'})
    wrong = repository.commit(1, {"old/a.json": '{"p/m": 2}'})
    repository.git("revert", "--no-edit", wrong, at=2)
    assert of(Plain(), repository) == {"p/m": [(0, "1"), (1, "2"), (2, "1")]}


def test_of_two_commits_in_one_second_the_later_counts(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1, "p/n": 1}'})
    repository.commit(1, {"old/a.json": '{"p/m": 2, "p/o": 5}'})
    last = repository.commit(1, {"old/a.json": '{"p/m": 1, "p/n": 3}'})
    walk = walked(Plain(), repository)
    assert prices(walk.pasts[PAGE]) == {"p/m": [(0, "1")], "p/n": [(0, "1"), (1, "3")]}
    assert walk.pasts[PAGE].sights[1:] == [(hour(1), last)]


def test_a_commit_dated_before_its_parent_comes_after_it_all_the_same(repository: Repository) -> None:
    repository.commit(5, {"old/a.json": '{"p/m": 1}'})
    repository.commit(3, {"old/a.json": '{"p/m": 2}'})
    repository.commit(6, {"old/a.json": '{"p/m": 3}'})
    assert of(Plain(), repository) == {"p/m": [(5, "2"), (6, "3")]}


def test_a_price_written_otherwise_is_the_same_price(repository: Repository) -> None:
    for number, text in enumerate(('{"p/m": 0.1}', '{"p/m": "0.10"}', '{"p/m":1e-1}', '{ "p/m" : 0.1 }')):
        repository.commit(number, {"old/a.json": text})
    assert of(Plain(), repository) == {"p/m": [(0, "0.1")]}


def test_an_entry_that_leaves_and_comes_back_is_gone_meanwhile(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1, "p/n": 2}'})
    repository.commit(1, {"old/a.json": '{"p/n": 2}'})
    repository.commit(2, {"old/a.json": '{"p/m": 1, "p/n": 2}'})
    assert of(Plain(), repository) == {"p/m": [(0, "1"), (1, None), (2, "1")], "p/n": [(0, "2")]}


@pytest.mark.parametrize("broken", ["{", "[1]", '{"error": "gone"}', '{"p/m": 1}{"p/m": 2}', "", "<html>"])
def test_a_file_broken_at_a_commit_is_reported_and_its_last_good_state_stays(repository: Repository, broken: str) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1}', "old/b.json": '{"q/m": 1}'})
    commit = repository.commit(1, {"old/a.json": broken, "old/b.json": '{"q/m": 2}'})
    repository.commit(2, {"old/a.json": '{"p/m": 3}'})
    walk = walked(Plain(), repository)
    assert prices(walk.pasts[PAGE]) == {"p/m": [(0, "1"), (2, "3")], "q/m": [(0, "1"), (1, "2")]}
    assert [(skipped.commit, skipped.path) for skipped in walk.skipped] == [(commit, "old/a.json")]
    assert walk.skipped[0].reason


@pytest.mark.parametrize("empty", ["{}", '{"": 0}', '{"note": 0, "remark": 0}'])
def test_a_page_that_is_empty_is_a_broken_one_but_one_of_its_files_may_be(repository: Repository, empty: str) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1}'})
    commit = repository.commit(1, {"old/a.json": empty})
    repository.commit(2, {"old/b.json": '{"q/m": 1}'})
    repository.commit(3, {"old/a.json": "{ }"})
    walk = walked(Plain(), repository)
    assert [skipped.commit for skipped in walk.skipped] == [commit]
    assert prices(walk.pasts[PAGE]) == {"p/m": [(0, "1"), (3, None)], "q/m": [(2, "1")]}


def test_a_page_broken_as_a_whole_is_not_seen_at_that_commit(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1}'})
    repository.commit(1, {"old/a.json": "{"})
    repository.commit(2, {"old/a.json": '{"p/m": 1}'})
    walk = walked(Plain(), repository)
    assert [hours(at) for at, _ in walk.pasts[PAGE].sights] == [0, 2]


def test_an_entry_broken_at_a_commit_keeps_its_last_good_price_while_the_others_move(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1, "p/n": 1}'})
    commit = repository.commit(1, {"old/a.json": '{"p/m": "much", "p/n": 2}'})
    repository.commit(2, {"old/a.json": '{"p/m": "much", "p/n": 3}'})
    repository.commit(3, {"old/a.json": '{"p/m": 1, "p/n": 3}'})
    walk = walked(Plain(), repository)
    assert prices(walk.pasts[PAGE]) == {"p/m": [(0, "1")], "p/n": [(0, "1"), (1, "2"), (2, "3")]}
    assert [skipped.commit for skipped in walk.skipped] == [commit]


def test_files_that_move_withdraw_nothing(repository: Repository) -> None:
    names = [f"{number:03}" for number in range(300)]
    repository.commit(0, {f"old/{name}.json": f'{{"p/{name}": 1}}' for name in names})
    repository.commit(
        1, {path: text for name in names for path, text in ((f"old/{name}.json", None), (f"old/deep/{name}.json", f'{{"p/{name}": 1}}'))}
    )
    repository.commit(
        2, {path: text for name in names for path, text in ((f"old/deep/{name}.json", None), (f"old/{name}.json", f'{{"p/{name}": 1}}'))}
    )
    assert of(Plain(), repository) == {f"p/{name}": [(0, "1")] for name in names}


def test_a_file_that_is_removed_withdraws_what_it_said(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1}', "old/b.json": '{"q/m": 1}'})
    repository.commit(1, {"old/a.json": None})
    assert of(Plain(), repository) == {"p/m": [(0, "1"), (1, None)], "q/m": [(0, "1")]}


def test_the_newer_of_two_files_takes_a_page_over_as_soon_as_it_can_be_read(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1, "p/n": 1}'})
    broken = repository.commit(1, {"new/a.json": "{"})
    repository.commit(2, {"old/a.json": '{"p/m": 2, "p/n": 1}'})
    repository.commit(3, {"new/a.json": '{"p/m": 2, "p/o": 4}', "old/a.json": '{"p/m": 9}'})
    repository.commit(4, {"old/a.json": '{"p/m": 10}'})
    repository.commit(5, {"old/a.json": None})
    walk = walked(Plain(), repository)
    assert prices(walk.pasts[PAGE]) == {"p/m": [(0, "1"), (2, "2")], "p/n": [(0, "1"), (3, None)], "p/o": [(3, "4")]}
    assert [hours(at) for at, _ in walk.pasts[PAGE].sights] == [0, 2, 3]
    assert [skipped.commit for skipped in walk.skipped] == [broken]


def test_a_file_renamed_to_the_newer_name_withdraws_nothing(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1}'})
    repository.commit(1, {"old/a.json": None, "new/a.json": '{"p/m": 1}'})
    assert of(Plain(), repository) == {"p/m": [(0, "1")]}


def test_links_are_followed_wherever_they_point_at_the_time(repository: Repository) -> None:
    repository.link("old/link.json", "../store/one.txt")
    repository.commit(0, {"old/a.json": '{"p/a": 1}', "store/two.txt": '{"p/m": 2}'})
    repository.commit(1, {"store/one.txt": '{"p/m": 1}'})
    repository.commit(2, {"store/one.txt": '{"p/m": 5}'})
    repository.link("old/link.json", "../store/two.txt")
    repository.commit(3)
    repository.commit(4, {"store/one.txt": '{"p/m": 6}'})
    repository.commit(5, {"store/two.txt": None})
    repository.commit(6, {"old/link.json": '{"p/m": 7}'})
    assert not walked(Plain(), repository).skipped
    assert of(Plain(), repository)["p/a"] == [(0, "1")]


class Linked(Plain):
    """Plain, with files elsewhere that others are read with."""

    history = History("https://prices.test/repository", ((r"old/.+\.json", PAGE),), support=(r"store/.+",))


def test_what_a_link_points_to_is_read_again_when_it_changes(repository: Repository) -> None:
    repository.link("old/link.json", "../store/hop")
    repository.link("store/hop", "one.txt")
    repository.commit(0, {"store/two.txt": '{"p/m": 2}'})
    repository.commit(1, {"store/one.txt": '{"p/m": 1}'})
    repository.commit(2, {"store/one.txt": '{"p/m": 5}'})
    repository.link("store/hop", "two.txt")
    repository.commit(3)
    repository.commit(4, {"store/one.txt": '{"p/m": 6}'})
    repository.commit(5, {"store/two.txt": None})
    repository.commit(6, {"old/link.json": '{"p/m": 7}'})
    repository.link("old/link.json", "link.json")
    repository.commit(7)
    assert of(Linked(), repository) == {"p/m": [(1, "1"), (2, "5"), (3, "2"), (5, None), (6, "7"), (7, None)]}


def test_names_may_hold_anything_but_what_is_no_text(repository: Repository) -> None:
    odd = ["a b", "tab\there", "line\nbreak", ':100644 100644 "x"', "ü–名"]
    repository.commit(0, {f"old/{name}.json": json.dumps({f"p/{number}": 1}) for number, name in enumerate(odd)})
    repository.write(b"old/\xff\xfe.json", '{"p/x": 1}')
    commit = repository.commit(1, {"old/a.json": '{"p/y": 1}'})
    walk = walked(Plain(), repository)
    assert prices(walk.pasts[PAGE]) == {f"p/{number}": [(0, "1")] for number in range(len(odd))} | {"p/y": [(1, "1")]}
    assert [(skipped.commit, skipped.path) for skipped in walk.skipped] == [(commit, "old/��.json")]
    json.dumps([skipped._asdict() for skipped in walk.skipped]).encode()


def test_progress_is_told_commit_by_commit(repository: Repository) -> None:
    for number in range(3):
        repository.commit(number, {"old/a.json": f'{{"p/m": {number}}}'})
    told: list[tuple[int, int]] = []
    walk = Walk(Plain(), Plain.history, repository.folder, lambda done, total: told.append((done, total)))
    walk.run(history.commits(repository.folder, "main"))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_branch_is_the_one_asked_for_else_the_usual_one_else_the_only_one(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1}'})
    repository.git("checkout", "--quiet", "-b", "daily")
    repository.commit(1, {"old/a.json": '{"p/m": 2}'})
    there = repository.folder
    assert history.branch(there, "daily", "main") == "daily"
    assert history.branch(there, None, "daily") == "daily"
    assert history.branch(there, None, "elsewhere") == "main"
    with pytest.raises(RepositoryFailed, match="no branch 'nightly'; it has daily, main"):
        history.branch(there, "nightly", "main")
    assert prices(walked(Plain(), repository, "daily").pasts[PAGE]) == {"p/m": [(0, "1"), (1, "2")]}


def test_a_branch_may_be_named_like_a_file_or_a_tag(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1}', "main": "a file", "main.json": "{}"})
    repository.git("tag", "main")
    repository.commit(1, {"old/a.json": '{"p/m": 2}'})
    assert of(Plain(), repository) == {"p/m": [(0, "1"), (1, "2")]}


@pytest.mark.parametrize("kind", ["bundle", "address", "folder"])
def test_a_repository_may_be_a_bundle_an_address_or_a_folder_and_grows(repository: Repository, tmp_path: Path, kind: str) -> None:
    bundle = tmp_path / "data.bundle"
    given = {"bundle": str(bundle), "address": f"file://{repository.folder}", "folder": str(repository.folder)}[kind]
    counts = []
    for number in range(2):
        repository.commit(number, {"old/a.json": f'{{"p/m": {number}}}'})
        repository.git("bundle", "create", "--quiet", str(bundle), "main")
        local = history.at_hand(given, tmp_path / "store", "main")
        counts.append(len(history.commits(local, "main")))
    assert counts == [1, 2]
    assert (local == repository.folder) == (kind == "folder")


def test_a_repository_that_lacks_a_file_is_said_in_one_sentence(repository: Repository) -> None:
    repository.commit(0, {"old/a.json": '{"p/m": 1}'})
    blob = repository.git("rev-parse", "main:old/a.json")
    (repository.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(RepositoryFailed, match=f"lacks the file {blob}"):
        walked(Plain(), repository)


def test_what_is_no_repository_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no bundle")
    for given in (tmp_path / "nowhere", tmp_path / "file", f"file://{tmp_path}/nowhere"):
        with pytest.raises(RepositoryFailed):
            history.at_hand(str(given), tmp_path / "store", "main")
    with pytest.raises(RepositoryFailed):
        history.branch(tmp_path / "empty", None, "main")


MODEL = """
name = "M"
[limit]
context = 1000
output = 100
[cost]
input = {price}
"""


def offers(past: Past) -> dict[str, list[tuple[float, Any]]]:
    return {
        key[1]: [(hours(at), offer and (offer.context_tokens, offer.max_output_tokens)) for at, offer in changes]
        for key, changes in past.offers.changes.items()
    }


def test_a_model_of_models_dev_inherits_from_the_one_it_is_based_on(repository: Repository) -> None:
    based = 'base_model = "lab/m"\n{omit}[cost]\ninput = 3\n'
    repository.commit(0, {"models/lab/m.toml": MODEL.format(price=9), "providers/p/models/m.toml": based.format(omit="")})
    repository.commit(1, {"models/lab/m.toml": MODEL.format(price=9).replace("1000", "2000")})
    repository.commit(2, {"providers/p/models/m.toml": based.format(omit='base_model_omit = ["limit.output", "name"]\n')})
    repository.commit(3, {"providers/p/models/m.toml": based.format(omit='base_model_omit = ["limit"]\n')})
    broken = repository.commit(4, {"models/lab/m.toml": "name ="})
    repository.commit(5, {"models/lab/m.toml": None})
    repository.commit(6, {"models/lab/m.toml": MODEL.format(price=1), "providers/p/models/m.toml": 'base_model = "lab/m"\n'})
    walk = walked(ModelsDev(), repository)
    past = walk.pasts[ModelsDev.start_urls[0]]
    assert offers(past) == {
        "m": [(0, (1000, 100)), (1, (2000, 100)), (2, (2000, None)), (3, (None, None)), (5, (None, None)), (6, (1000, 100))]
    }
    assert prices(past) == {"p/m": [(0, "3"), (6, "1")]}
    assert [(skipped.commit, skipped.path) for skipped in walk.skipped] == [(broken, "providers/p/models/m.toml")]


def test_a_tier_of_models_dev_is_one_of_context_unless_it_says_otherwise(repository: Repository) -> None:
    tier = "[[cost.tiers]]\ninput = 2\ntier = {{ {kind}size = 200_000 }}\n"
    model = MODEL.format(price=1)
    repository.commit(0, {"providers/p/models/m.toml": model + tier.format(kind="")})
    repository.commit(1, {"providers/p/models/m.toml": model + tier.format(kind='type = "context", ')})
    repository.commit(2, {"providers/p/models/m.toml": model + tier.format(kind='type = "days", ')})
    past = walked(ModelsDev(), repository).pasts[ModelsDev.start_urls[0]]
    assert prices(past) == {"p/m": [(0, "1")], "p/m/input>200000": [(0, "2"), (2, None)]}
    assert "tiers.input" in past.unknown


def test_models_of_models_dev_may_be_links_and_keep_the_names_they_lie_under(repository: Repository) -> None:
    repository.commit(0, {"providers/a/models/lab/m.toml": MODEL.format(price=1)})
    repository.link("providers/b/models/m.toml", "../../a/models/lab/m.toml")
    repository.link("providers/c/models/m.toml", "../../a/models/m-2.toml")
    repository.commit(1)
    repository.commit(2, {"providers/a/models/lab/m.toml": MODEL.format(price=2)})
    repository.commit(3, {"providers/a/models/m-2.toml": MODEL.format(price=3)})
    past = walked(ModelsDev(), repository).pasts[ModelsDev.start_urls[0]]
    assert prices(past) == {"a/lab/m": [(0, "1"), (2, "2")], "b/m": [(1, "1"), (2, "2")], "a/m-2": [(3, "3")], "c/m": [(3, "3")]}


def vendor(*models: tuple[str, list[dict[str, Any]]]) -> str:
    return json.dumps({"vendor": "acme", "models": [{"id": key, "name": key.upper(), "price_history": told} for key, told in models]})


def test_a_vendor_s_file_of_llm_prices_says_what_the_published_list_says(repository: Repository) -> None:
    first = {"input": 1, "output": 2.50, "input_cached": None, "from_date": None, "to_date": "2026-02-01"}
    then = {"input": 0.5, "output": 2, "input_cached": 0.05, "from_date": "2026-02-01", "to_date": None}
    repository.commit(0, {"data/acme.json": vendor(("m", [{**first, "to_date": None}]))})
    broken = repository.commit(1, {"data/acme.json": vendor(("m", [first])) + "]"})
    repository.commit(2, {"data/acme.json": vendor(("m", [then, first]), ("n", [{**first, "to_date": None}])), "README.md": "prices"})
    walk = walked(LlmPrices(), repository)
    assert [skipped.commit for skipped in walk.skipped] == [broken]
    (past,) = walk.pasts.values()
    assert past.url == "https://www.llm-prices.com/historical-v1.json"
    rows = [
        {"id": key, "vendor": "acme", "name": key.upper(), **told}
        for key, told in (("m", then), ("m", first), ("n", {**first, "to_date": None}))
    ]
    published = LlmPrices().records(Page(past.url, json.dumps({"prices": rows}).encode(), hour(9)))
    assert now(past) == Counter((q.model_key, q.meter, q.usd, q.stated_from, q.stated_to) for q in published if isinstance(q, Quote))
    line = next(changes for key, changes in past.prices.changes.items() if key[1] == "m" and key[4] == "output_mtok" and key[6] is None)
    assert [(hours(at), amount and amount.stated_to) for at, amount in line] == [(0, None), (2, datetime(2026, 2, 1, tzinfo=UTC))]


def now(past: Past) -> Counter[tuple[Any, ...]]:
    return Counter(
        (key[1], key[4], changes[-1][1].usd, key[6], changes[-1][1].stated_to)
        for key, changes in past.prices.changes.items()
        if changes[-1][1]
    )


def test_every_price_file_of_portkey_is_a_page_of_its_own(repository: Repository) -> None:
    def file(price: float, currency: str = "USD") -> str:
        usual = {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 0}}, "currency": currency}}
        return json.dumps({"default": usual, "m": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": price}}}}})

    repository.commit(0, {"pricing/openai.json": file(0.0001), "pricing/nobody-lists-this.json": file(0.0002), "general/openai.json": "{}"})
    broken = repository.commit(1, {"pricing/openai.json": file(0.0003)[:-5], "pricing/nobody-lists-this.json": file(0.0004)})
    repository.commit(2, {"pricing/openai.json": file(0.0003, "CNY"), "pricing/nobody-lists-this.json": None})
    walk = walked(Portkey(), repository)
    assert [skipped.commit for skipped in walk.skipped] == [broken]
    openai, other = (walk.pasts[f"https://configs.portkey.ai/pricing/{name}.json"] for name in ("openai", "nobody-lists-this"))
    assert prices(openai) == {"openai/m": [(0, "1"), (2, "None")]}
    assert prices(other) == {"nobody-lists-this/m": [(0, "2"), (1, "4"), (2, None)]}


SOURCES = {name: known for name, known in source.find().items() if known.history}


def read(known: Source, url: str, bodies: Iterable[bytes]) -> Counter[Record]:
    """What pages say that can be priced or sold."""
    records = (record for body in bodies for record in known.records(Page(url, body, hour(0))))
    return Counter(record for record in records if isinstance(record, Offer | Quote))


@pytest.mark.parametrize("name", sorted(SOURCES.keys() - {"models_dev", "llm_prices"}))
def test_the_pieces_of_a_page_say_what_the_page_says(name: str) -> None:
    known, pages = SOURCES[name], Path(__file__).parents[1] / "sources" / name / "page"
    files = [file for file in pages.rglob("*") if file.is_file() and "endpoints" not in file.name]
    assert files
    for file in files:
        url, body = "https://" + file.relative_to(pages).as_posix().removesuffix("@index"), file.read_bytes()
        pieces = known.pieces(file.name, body, lambda _: None)
        parts: Counter[Record] = Counter()
        for piece in pieces.values():
            with contextlib.suppress(SourceChanged):  # one that holds nothing but what the page reports as unknown
                parts += read(known, url, [piece])
        assert parts == read(known, url, [body])
        assert len(pieces) > 1 or not read(known, url, [body]), "what prices nothing, as counts and results, is read as a whole"


@pytest.mark.parametrize("name", sorted(SOURCES))
@pytest.mark.parametrize("body", [b"{", b"[", b"null", b"3", b'"text"', b"\xff\xfe", b"<html></html>", b'{"a": 1'])
def test_what_is_no_file_of_the_source_is_refused_in_a_sentence(name: str, body: bytes) -> None:
    known, path = SOURCES[name], "providers/p/models/m.toml" if name == "models_dev" else "file.json"
    with pytest.raises(SourceChanged) as refused:
        read(known, known.start_urls[0], known.pieces(path, body, lambda _: None).values())
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(not BUNDLES.is_dir(), reason=f"no bundles under {BUNDLES}")
def test_the_files_of_models_dev_say_what_its_page_said_that_day(tmp_path: Path) -> None:
    bundle, recorded = BUNDLES / "models-dev.bundle", SHARED / "data/web/2026-03-21/models.dev/api.json"
    subprocess.run(["git", "clone", "--quiet", "--bare", "--branch", "main", str(bundle), str(tmp_path / "bare")], check=True)
    steps = history.commits(tmp_path / "bare", "main")
    paths = history.git(tmp_path / "bare", "ls-tree", "-r", "-z", "--full-tree", "main").decode().split("\0")[:-1]
    tree = [(line.partition("\t")[2], *line.split("\t")[0].split(" ")) for line in paths]
    walk = Walk(ModelsDev(), ModelsDev.history, tmp_path / "bare")
    walk.run([history.Commit(steps[-1].sha, steps[-1].at, [history.Change(path, mode, blob) for path, mode, _, blob in tree])])
    (past,) = walk.pasts.values()
    page = ModelsDev().records(Page(past.url, recorded.read_bytes(), steps[-1].at))
    said = {(q.provider, q.model_key, q.endpoint, q.plan, q.meter, q.condition): q.usd for q in page if isinstance(q, Quote)}
    # The page was written by way of binary floats, which the files are not.
    assert {key[:6]: float(changes[0][1].usd) for key, changes in past.prices.changes.items()} == {
        k: float(usd) for k, usd in said.items() if usd is not None
    }
    assert not walk.skipped
