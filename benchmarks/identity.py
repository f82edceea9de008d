"""How often models' names are resolved rightly: against labels that sources give, half of which no rule was written for.

Usage: `.venv/bin/python benchmarks/identity.py FOLDER_OF_RECORDED_PAGES`, whose pages lie as `DAY/HOST/PATH`.
"""

import csv
import hashlib
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parents[1])]

from collector import source  # noqa: E402
from collector.source import Page  # noqa: E402
from market import identity, model_names  # noqa: E402
from market.errors import MarketError  # noqa: E402
from market.records import Offer, Quote  # noqa: E402

LISTS = "openrouter.ai/api/v1/models@index"
CATALOG = "models.dev/models.json"
JUDGED = Path(__file__).with_name("judged_offers.csv")
NO_MODEL, CANNOT_TELL = "-", "?"
DRAWS = {"1": 300, "2": 301, "3": 302}
"""Each draw of judged offers → its seed."""


class Label(NamedTuple):
    """An id, and what a source says it is.

    Attributes:
        kind: hub (its repository), dated (its dated name) or bare (its author and name, of which the id is the name alone).
    """

    kind: str
    model_id: str
    said: str

    @property
    def held_out(self) -> bool:
        """Whether no rule was written for it: half of the labels, by a hash of what is said."""
        return int(hashlib.sha256(self.said.lower().encode()).hexdigest(), 16) % 2 == 1


class Outcome(NamedTuple):
    """How a label compares: right, wrong (another labeled model), missed (not known to be the same) or unresolved."""

    label: Label
    word: str
    found: str | None
    meant: str | None


class Judged(NamedTuple):
    """An offer drawn at random, and the model that a person reads in its name.

    Attributes:
        draw: each was drawn and judged after the rules had been mended by those before it.
        model: canonical name, `-` for what is no single model, `?` where the name does not tell.
    """

    draw: str
    provider: str
    name: str
    model: str

    @property
    def found(self) -> str | None:
        """What the rules make of it."""
        return model_names.resolve(identity.provider_id(self.provider), self.name, {}).model


def judged() -> list[Judged]:
    """Every judged offer."""
    with JUDGED.open(encoding="utf-8", newline="") as lines:
        return [Judged(**row) for row in csv.DictReader(lines)]


def draw(offers: Iterable[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """The draws of 300 of all offers, each of what those before it left."""
    left, drawn = sorted(offers), []
    for seed in DRAWS.values():
        lot = set(random.Random(seed).sample(left, 300))
        drawn.append(sorted(lot))
        left = [one for one in left if one not in lot]
    return drawn


def tell_judged() -> None:
    """Prints, for each draw, how many names tell their model, how many of them are resolved, and rightly; and each that is not."""
    for number in DRAWS:
        known = [one for one in judged() if one.draw == number]
        telling = [one for one in known if one.model not in (NO_MODEL, CANNOT_TELL)]
        resolved = [one for one in telling if one.found]
        right = [one for one in resolved if one.found == one.model]
        print(f"Draw {number}: of {len(known)} names {len(telling)} tell their model; {len(resolved)} of these are resolved, ", end="")
        print(f"{len(right)} as judged ({len(right) / len(resolved):.1%}).")
        for one in telling:
            if one.found != one.model:
                print(f"* {one.provider} `{one.name}` judged to be `{one.model}`; found {one.found}")


def labels(web: Path) -> list[Label]:
    """Every label in the recordings, once."""
    found: dict[Label, None] = {}
    for file in sorted(web.glob(f"*/{LISTS}")):
        for entry in json.loads(file.read_bytes())["data"]:
            name, slug = entry["id"], entry.get("canonical_slug")
            if name.startswith(("~", "openrouter/")):
                continue
            plain = name.partition(":")[0]
            found[Label("bare", plain.partition("/")[2], plain)] = None
            if entry.get("hugging_face_id"):
                found[Label("hub", plain, entry["hugging_face_id"])] = None
            if slug and slug != plain:
                found[Label("dated", plain, slug)] = None
    for file in sorted(web.glob(f"*/{CATALOG}")):
        for name in json.loads(file.read_bytes()):
            found[Label("bare", name.partition("/")[2], name)] = None
    return list(found)


def compare(known: list[Label]) -> Iterator[Outcome]:
    """What the rules alone make of each label's two sides."""
    named = {kind: {model_names.read(one.said).model for one in known if one.kind == kind} for kind in {one.kind for one in known}}
    for label in known:
        found, meant = model_names.read(label.model_id).model, model_names.read(label.said).model
        if found is None or meant is None:
            word = "unresolved"
        elif found == meant:
            word = "right"
        else:
            word = "wrong" if found in named[label.kind] else "missed"
        yield Outcome(label, word, found, meant)


def with_links(known: list[Label]) -> dict[tuple[str, bool], int]:
    """Labels met once what sources state is known too, by kind and half; a bare name has nothing stated of it."""
    stated = model_names.links((one.model_id, one.said) for one in known if one.kind != "bare")
    met = Counter(
        (one.kind, one.held_out)
        for one in known
        if (model := model_names.read(one.model_id).model) and model_names.resolve("", one.said, stated).model == model
    )
    return {key: met[key] for key in met if key[0] != "bare"}


def sold(web: Path) -> dict[tuple[str, str], bool]:
    """Paid offers that chat, by provider and id as spelled, of all days; whether the id is resolved."""
    known, found = source.find(), {}
    for file in sorted(file for file in web.rglob("*") if file.is_file()):
        day, _, path = str(file.relative_to(web)).replace("@index", "").partition("/")
        url = f"https://{path}"
        for one in known.values():
            if url not in {start.partition("?")[0] for start in one.start_urls}:
                continue
            try:
                records = list(one.records(Page(url, file.read_bytes(), datetime.fromisoformat(f"{day}T00:00:00+00:00"))))
            except MarketError:
                continue
            paid = {(quote.provider, quote.model_key) for quote in records if isinstance(quote, Quote) and quote.usd}
            for offer in records:
                key = (offer.provider, offer.model_key) if isinstance(offer, Offer) else None
                if key in paid and isinstance(offer, Offer) and offer.mode == "chat":
                    who = identity.provider_id(offer.provider)
                    found[key] = model_names.resolve(who, offer.model_key, {}).model is not None
    return found


def main(folder: str) -> None:
    """Prints Markdown: the figures, every label that was not met, and the providers with most unresolved offers."""
    web = Path(folder)
    known = labels(web)
    outcomes, met = list(compare(known)), with_links(known)
    print("| labels | half | labels | right | wrong | missed | unresolved | precision | recall | with what is stated |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for kind in ("bare", "hub", "dated"):
        for held_out in (False, True):
            counted = Counter(one.word for one in outcomes if (one.label.kind, one.label.held_out) == (kind, held_out))
            all_, right = counted.total(), counted["right"]
            said = right + counted["wrong"]
            half = "held out" if held_out else "for the rules"
            figures = f"{right} | {counted['wrong']} | {counted['missed']} | {counted['unresolved']}"
            stated = f"{met[kind, held_out] / all_:.1%}" if (kind, held_out) in met else "nothing stated"
            print(f"| {kind} | {half} | {all_} | {figures} | {right / said:.1%} | {right / all_:.1%} | {stated} |")
    offers = sold(web)
    print(f"\nPaid chat offers: {len(offers):,}, resolved {sum(offers.values()) / len(offers):.1%}.\n")
    left = defaultdict(list)
    for (provider, _), resolved in offers.items():
        left[identity.provider_id(provider)].append(resolved)
    worst = sorted(left.items(), key=lambda item: item[1].count(False), reverse=True)[:8]
    print("Most unresolved: " + ", ".join(f"{who} {each.count(False)} of {len(each)}" for who, each in worst) + ".\n")
    if draw(offers) != [[(one.provider, one.name) for one in judged() if one.draw == number] for number in DRAWS]:
        print("The judged offers are drawn from other recordings than these.\n")
    tell_judged()
    for one in sorted(outcomes, key=lambda one: (one.word, one.label)):
        if one.word != "right":
            half = "held out" if one.label.held_out else "for the rules"
            said = f"`{one.label.model_id}` said to be `{one.label.said}`; found {one.found}, meant {one.meant}"
            print(f"* {one.word} ({half}): {one.label.kind} {said}")


if __name__ == "__main__":
    main(sys.argv[1])
