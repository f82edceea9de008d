"""The Open LLM Leaderboard: what open models scored in six tests, run by Hugging Face until 2025."""

import csv
from collections.abc import Iterator
from datetime import date

from collector.formats import number
from collector.source import History, Page, Source, Terms
from market.errors import SourceChanged
from market.records import Model, Record, Score, UnknownKey

HOME = "https://raw.githubusercontent.com/fboulnois/llm-leaderboard-csv/main/csv/huggingface_v2.csv"
TESTS = {
    "model_average_score": "open_llm_average",
    "evaluations_ifeval_normalized_score": "open_llm_ifeval",
    "evaluations_bbh_normalized_score": "open_llm_bbh",
    "evaluations_math_normalized_score": "open_llm_math",
    "evaluations_gpqa_normalized_score": "open_llm_gpqa",
    "evaluations_musr_normalized_score": "open_llm_musr",
    "evaluations_mmlu_pro_normalized_score": "open_llm_mmlu_pro",
}
NEEDED = frozenset({"model_name", "features_is_official_provider", "features_is_flagged", *TESTS})


class OpenLLMLeaderboard(Source):
    """Results of the second Open LLM Leaderboard.

    Source: a collector's CSV of the board; the board ended in June 2025 and the file was taken away, so its past is all there is.
    Unit: points from 0 to 100; 0 is what guessing gives, except in IFEval.
    Grain: a `Model` and up to seven `Score` per repository, precision and prompt format, on the day it was handed in.
    Lists: the board's rows of models by their own authors; what others made of them, and flagged models, are left out.

    The files of its first months have other columns and are skipped: later ones have all their rows.
    """

    name = "open_llm_leaderboard"
    start_urls = (HOME,)
    cadence = "21 4 1 * *"
    min_records = 100
    lists_everything = False
    trust = 3
    terms = Terms("MPL-2.0", "Results: Open LLM Leaderboard (Hugging Face), by way of fboulnois/llm-leaderboard-csv")
    history = History("https://github.com/fboulnois/llm-leaderboard-csv", ((r"csv/huggingface_v2\.csv", HOME),))

    def records(self, page: Page) -> Iterator[Record]:
        try:
            rows = csv.DictReader(page.body.decode("utf-8-sig").splitlines())
        except UnicodeDecodeError as error:
            raise SourceChanged(f"{page.url} is not UTF-8 ({error.reason})") from None
        if missing := NEEDED - set(rows.fieldnames or ()):
            raise SourceChanged(f"{page.url} has no column {min(missing)}")
        named: set[str] = set()
        for row in rows:
            key = (row["model_name"] or "").strip()
            if not key or row["features_is_official_provider"] != "TRUE" or row["features_is_flagged"] == "TRUE":
                continue
            if key.lower() not in named:
                named.add(key.lower())
                yield _model(key, row)
            yield from _scores(key, row)


def _model(key: str, row: dict[str, str]) -> Model:
    tag = (row.get("metadata_hub_license") or "").strip() or None
    return Model(key, author=key.partition("/")[0], open_weights=True, license_tag=tag, hugging_face_id=key)


def _scores(key: str, row: dict[str, str]) -> Iterator[Record]:
    """The row's results; how the model was packed and asked is part of the harness, so that rows of one model stay apart."""
    asked = "with its chat template" if row.get("model_has_chat_template") == "TRUE" else "without chat template"
    harness = ", ".join(filter(None, ("Open LLM Leaderboard", row.get("model_precision"), asked)))
    for column, benchmark in TESTS.items():
        value = number(row[column])
        if value is None:
            yield UnknownKey("a result that is no number", f"{key} {column}"[:60])
        else:
            yield Score(key, benchmark, value, None, harness, False, _day(row.get("metadata_submission_date")))


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat((said or "").strip())
    except ValueError:
        return None
