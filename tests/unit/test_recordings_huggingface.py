"""Every recorded Hub listing, checked against the raw JSON."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.source import Page
from collector.sources.huggingface import HuggingFace
from market.records import Adoption, Model, UnknownKey

SHARED = Path(os.environ.get("MODELMARKET_SHARED") or Path(__file__).parents[2].parent / "shared")
FILES = sorted(SHARED.glob("data/web/*/huggingface.co/api/models@index"))
if not FILES:
    pytest.skip(f"there are no recordings under {SHARED}", allow_module_level=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parts[-4])
def test_each_repository_is_a_model_with_its_counts(file: Path) -> None:
    page = Page(HuggingFace.start_urls[0], file.read_bytes(), datetime(2026, 1, 1, tzinfo=UTC))
    records = list(HuggingFace().records(page))
    raw = json.loads(file.read_bytes())
    models = [r for r in records if isinstance(r, Model)]
    assert [m.hugging_face_id for m in models] == [entry["id"] for entry in raw]
    assert [m.author for m in models] == [entry["id"].split("/")[0] for entry in raw]
    assert [m.created_at and m.created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z") for m in models] == [e["createdAt"] for e in raw]
    for model, entry in zip(models, raw, strict=True):
        assert f"license:{model.license_tag}" in entry["tags"]
        assert {f"base_model:{base}" for base in model.base_models} == {
            t for t in entry["tags"] if t.startswith("base_model:") and t.count(":") == 1
        }
    counts = [(r.model_key, r.metric, r.value) for r in records if isinstance(r, Adoption)]
    assert counts == [(entry["id"], metric, entry[metric]) for entry in raw for metric in ("downloads", "likes")]
    assert not [r for r in records if isinstance(r, UnknownKey)]


def test_the_listing_is_followed_page_by_page() -> None:
    following = "https://huggingface.co/api/models?cursor=x"
    page = Page(HuggingFace.start_urls[0], b"[]", datetime(2026, 1, 1, tzinfo=UTC), next_url=following)
    assert list(HuggingFace().links(page)) == [following]
