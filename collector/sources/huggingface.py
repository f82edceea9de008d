"""The Hub's new and lately changed text-generation models."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from collector import formats
from collector.formats import array, count, number, table, text, words
from collector.source import History, Look, Page, Source, Terms
from market import license_files
from market.errors import SourceChanged
from market.license_files import Repository
from market.records import Adoption, Model, Record

EXPANDED = (
    *("author", "createdAt", "lastModified", "downloads", "likes", "tags", "cardData", "baseModels", "safetensors", "config"),
    *("gated", "pipeline_tag", "library_name", "sha", "siblings"),
)
QUERY = "https://huggingface.co/api/models?pipeline_tag=text-generation&direction=-1&limit=100" + "".join(
    f"&expand%5B%5D={field}" for field in EXPANDED
)
TRENDING = "https://raw.githubusercontent.com/do-me/trending-huggingface-models/main/data/feature-extraction/"
HUB = "https://huggingface.co"
FILE = re.compile(rf"{HUB}/([^/]+(?:/[^/]+)?)/resolve/([^/]+)/([^/?]+)")
WHOLE_NUMBER_OF_WEIGHTS = frozenset({"F64", "F32", "F16", "BF16"})


class HuggingFace(Source):
    """What the Hugging Face Hub says about open-weight models, and how often they are fetched and liked.

    Source: two listings of text-generation models, the newest and the last changed, page by page.
    Unit: downloads of the last 30 days and likes, as counts; no prices.
    Grain: a `Model` per repository and two `Adoption` counts, at the time of the fetch.
    Lists: two windows on the Hub, never all of it; a model that is not named has not gone.

    `parameters_total` is taken only where every tensor is a float of 16 bits or more: packed and quantized repositories
    count elements of storage. The weights are open in that they are published, behind a gate or not.

    The listing names each repository's commit and files; license files and cards are kept as they stand at that commit, some of the most
    used repositories a night (collector/license_shelf.py says which). What they are is decided later, from the kept bytes.

    Its past is a collector's daily list of trending models that make embeddings and run in a browser, under 300 a day, with the
    Hub's own counts: a column each, or a record each; `mined_date` (day, month, year) is the day of the counts.
    """

    name = "huggingface"
    start_urls = (f"{QUERY}&sort=createdAt", f"{QUERY}&sort=lastModified")
    cadence = "41 2 * * *"
    lists_everything = False
    trust = 2
    terms = Terms("none stated for the listing; each repository has its own", "Model metadata: Hugging Face Hub (huggingface.co)")
    history = History(
        "https://github.com/do-me/trending-huggingface-models",
        ((r"(?:data/feature-extraction/)?(transformersjs[-_\d]*\.json)", TRENDING + r"\1"),),
    )

    def pieces(self, path: str, body: bytes, look: Look) -> dict[str, bytes]:
        """A day's list of trending models as the Hub's own listing has them."""
        try:
            said = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SourceChanged(f"{path} is not JSON ({error})") from None
        if isinstance(said, dict):
            columns = {name: list(table(column).values()) for name, column in said.items()}
            said = [dict(zip(columns, row, strict=False)) for row in zip(*columns.values(), strict=False)]
        return {path: msgspec.json.encode(said)}

    def records(self, page: Page) -> Iterator[Record]:
        if not self.license_file(page.url):
            yield from formats.each(page, _repository)

    def repositories(self, page: Page) -> Iterator[Repository]:
        if not self.license_file(page.url):
            for entry in map(table, formats.listed(page)):
                if (key := text(entry.get("id"))) and (revision := text(entry.get("sha"))) and (names := _license_files(entry)):
                    files = {name: address for name in names if (address := _address(key, revision, name))}
                    used = (count(entry.get("downloads")) or 0) + (count(entry.get("likes")) or 0)
                    yield Repository(key, revision, _license(entry), used, files)

    def license_file(self, url: str) -> tuple[str, str, str] | None:
        found = FILE.fullmatch(url)
        return (found[1], found[2], unquote(found[3])) if found else None


def _repository(entry: dict[str, Any]) -> Iterator[Record]:
    key = entry["id"]
    yield Model(
        key,
        author=text(entry.get("author")) or key.rpartition("/")[0] or None,
        created_at=formats.instant(entry.get("createdAt")),
        open_weights=None if entry.get("private") else True,
        parameters_total=_weights(table(entry.get("safetensors"))),
        license_tag=_license(entry),
        license_files=_license_files(entry),
        base_models=tuple(dict.fromkeys(_bases(entry))),
        pipeline=text(entry.get("pipeline_tag")),
        hugging_face_id=key,
    )
    for metric in ("downloads", "likes"):
        if (value := number(entry.get(metric))) is not None:
            yield Adoption(key, metric, int(value), _day(entry.get("mined_date")))


def _day(said: Any) -> date | None:
    try:
        return datetime.strptime(said, "%d-%m-%Y").date()
    except (TypeError, ValueError):
        return None


def _weights(safetensors: dict[str, Any]) -> int | None:
    kinds = set(table(safetensors.get("parameters")))
    return formats.count(safetensors.get("total")) if kinds and kinds <= WHOLE_NUMBER_OF_WEIGHTS else None


def _license(entry: dict[str, Any]) -> str | None:
    """The card's license, else the tag's; `other` with the name that the card gives it: `other (acme-license)`."""
    card = table(entry.get("cardData"))
    tags = (tag.removeprefix("license:") for tag in words(entry.get("tags")) if tag.startswith("license:"))
    said = text(card.get("license")) or next(iter(words(card.get("license"))), None) or next(tags, None)
    named = text(card.get("license_name"))
    return f"{said} ({named})" if said == "other" and named else said


def _license_files(entry: dict[str, Any]) -> tuple[str, ...]:
    names = (text(table(file).get("rfilename")) for file in array(entry.get("siblings")))
    return license_files.named(name for name in names if name)


def _address(key: str, revision: str, name: str) -> str | None:
    """Where a file lies at a revision, as huggingface_hub has it; None for an id that no repository can have."""
    from huggingface_hub import hf_hub_url  # half a second, which sources without license files need not wait
    from huggingface_hub.errors import HFValidationError

    try:
        return hf_hub_url(key, name, revision=revision, endpoint=HUB)
    except HFValidationError:
        return None


def _bases(entry: dict[str, Any]) -> Iterator[str]:
    """Every repository that this one says it comes from, the kind of descent left out."""
    for base in array(table(entry.get("baseModels")).get("models")):
        if key := text(table(base).get("id")):
            yield key
    said = table(entry.get("cardData")).get("base_model")
    yield from words([said] if isinstance(said, str) else said)
    for tag in words(entry.get("tags")):
        if tag.startswith("base_model:"):
            yield tag.rpartition(":")[2]
