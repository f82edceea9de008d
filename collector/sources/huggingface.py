"""The Hub's new and lately changed text-generation models."""

from collections.abc import Iterator
from typing import Any

from collector import formats
from collector.formats import array, number, table, text, words
from collector.source import Page, Source, Terms
from market.records import Adoption, Model, Record

EXPANDED = (
    *("author", "createdAt", "lastModified", "downloads", "likes", "tags", "cardData", "baseModels", "safetensors", "config"),
    *("gated", "pipeline_tag", "library_name"),
)
QUERY = "https://huggingface.co/api/models?pipeline_tag=text-generation&direction=-1&limit=100" + "".join(
    f"&expand%5B%5D={field}" for field in EXPANDED
)
WHOLE_NUMBER_OF_WEIGHTS = frozenset({"F64", "F32", "F16", "BF16"})


class HuggingFace(Source):
    """What the Hugging Face Hub says about open-weight models, and how often they are fetched and liked.

    Source: two listings of text-generation models, the newest and the last changed, page by page.
    Unit: downloads of the last 30 days and likes, as counts; no prices.
    Grain: a `Model` per repository and two `Adoption` counts, at the time of the fetch.
    Lists: two windows on the Hub, never all of it; a model that is not named has not gone.

    `parameters_total` is taken only where every tensor is a float of 16 bits or more: packed and quantized repositories
    count elements of storage. The weights are open in that they are published, behind a gate or not.
    """

    name = "huggingface"
    start_urls = (f"{QUERY}&sort=createdAt", f"{QUERY}&sort=lastModified")
    cadence = "41 2 * * *"
    lists_everything = False
    trust = 2
    terms = Terms("none stated for the listing; each repository has its own", "Model metadata: Hugging Face Hub (huggingface.co)")

    def records(self, page: Page) -> Iterator[Record]:
        yield from formats.each(page, _repository)


def _repository(entry: dict[str, Any]) -> Iterator[Record]:
    key = entry["id"]
    yield Model(
        key,
        author=text(entry.get("author")) or key.rpartition("/")[0] or None,
        created_at=formats.instant(entry.get("createdAt")),
        open_weights=None if entry.get("private") else True,
        parameters_total=_weights(table(entry.get("safetensors"))),
        license_tag=_license(entry),
        base_models=tuple(dict.fromkeys(_bases(entry))),
        pipeline=text(entry.get("pipeline_tag")),
        hugging_face_id=key,
    )
    for metric in ("downloads", "likes"):
        if (value := number(entry.get(metric))) is not None:
            yield Adoption(key, metric, int(value))


def _weights(safetensors: dict[str, Any]) -> int | None:
    kinds = set(table(safetensors.get("parameters")))
    return formats.count(safetensors.get("total")) if kinds and kinds <= WHOLE_NUMBER_OF_WEIGHTS else None


def _license(entry: dict[str, Any]) -> str | None:
    """The card's license, else the tag's."""
    said = table(entry.get("cardData")).get("license")
    tags = (tag.removeprefix("license:") for tag in words(entry.get("tags")) if tag.startswith("license:"))
    return text(said) or next(iter(words(said)), None) or next(tags, None)


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
