"""May I use it: a license's terms held against one user's case, each answer with its clause."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from market.licenses import License, Threshold

YEAR = {"revenue_year": Decimal(1), "revenue_month": Decimal(12), "maas_revenue": Decimal(1)}
ANSWERS = ("allowed", "ask", "unknown", "not_allowed")
EUROPE = frozenset(re.findall("..", "EUATBEBGCYCZDEDKEEESFIFRGRHRHUIEITLTLULVMTNLPLPTROSESISK"))
EXCLUDED = {"LicenseRef-tencent-hunyuan-3d-2.0": EUROPE | {"GB", "UK", "KR"}}


@dataclass(frozen=True, slots=True)
class Case:
    """What a user means to do.

    Attributes:
        users: people who use the product in a month.
        revenue: USD a year.
        hosting: serve the model to others.
        train_on_outputs: improve another model with what it writes.
        territory: two-letter code of the company's seat, or EU.
    """

    users: Decimal | None = None
    revenue: Decimal | None = None
    hosting: bool = False
    train_on_outputs: bool = False
    military: bool = False
    territory: str | None = None


class Answer(NamedTuple):
    """An answer (allowed, ask, unknown, not_allowed) to one question, why, and the clause that says so."""

    question: str
    answer: str
    why: str
    clause: str


def answers(license_: License | None, case: Case) -> list[Answer]:
    """What a license means for a case; everything is unknown of a text that is none of the reviewed ones."""
    if license_ is None:
        return [
            Answer(question, "unknown", "The text is none of the reviewed ones; read what is new in it.", "") for question in _asked(case)
        ]
    return list(_answers(license_, case))


def worst(given: list[Answer]) -> str:
    """The answer to the case as a whole: its worst one."""
    return max((one.answer for one in given), key=ANSWERS.index)


def _asked(case: Case) -> Iterator[str]:
    yield "commercial use"
    for question, there in (
        ("users", case.users is not None), ("revenue", case.revenue is not None), ("hosting", case.hosting),
        ("training on outputs", case.train_on_outputs), ("military", case.military), ("territory", bool(case.territory)),
    ):  # fmt: skip
        if there:
            yield question


def _answers(license_: License, case: Case) -> Iterator[Answer]:
    yield _plain(license_, "commercial use", "commercial_use", {"yes": "allowed", "no": "not_allowed", "limited": _limited(license_, case)})
    if case.users is not None:
        yield _size(license_, "users", case.users, {"mau": Decimal(1)})
    if case.revenue is not None:
        yield _size(
            license_, "revenue", case.revenue, {"revenue_year": Decimal(1), "revenue_month": Decimal(12), "maas_revenue": Decimal(1)}
        )
    if case.hosting:
        yield _plain(license_, "hosting", "hosting", {"free": "allowed", "limited": "ask", "no": "not_allowed"})
    if case.train_on_outputs:
        kept = dict.fromkeys(("free", "within_use_policy", "naming_duty", "display_duty"), "allowed")
        yield _plain(license_, "training on outputs", "output_training", kept | {"only_own_family": "not_allowed", "no": "not_allowed"})
    if case.military:
        yield _plain(license_, "military", "military", {"free": "allowed", "no": "not_allowed"})
    if case.territory:
        yield _territory(license_, case.territory.upper())


def _plain(license_: License, question: str, term: str, meaning: dict[str, str]) -> Answer:
    said = license_.term(term)
    return Answer(question, meaning.get(said.value, "unknown"), said.says or "The license was not found to say.", said.clause)


def _limited(license_: License, case: Case) -> str:
    """Whether limited commerce includes the case: only where its sizes are given and below every limit."""
    told = {"mau": case.users, "revenue_year": case.revenue, "revenue_month": case.revenue, "maas_revenue": case.revenue}
    needs = {one.metric for one in license_.thresholds}
    if not needs or any(told[metric] is None for metric in needs) or license_.license_class == "registration":
        return "ask"
    sizes = [_size(license_, "", told[m] or Decimal(0), {m: Decimal(12 if m == "revenue_month" else 1)}) for m in needs]
    return worst(sizes)


def _size(license_: License, question: str, size: Decimal, per: dict[str, Decimal]) -> Answer:
    """A size, against the limits in the metrics of `per`, which says how many of the metric's periods the size covers."""
    limits = [one for one in license_.thresholds if one.metric in per]
    if not limits:
        read = license_.term("commercial_use").value != "unknown"
        return Answer(
            question, "allowed" if read else "unknown", "No limit of this kind was found in the text.", "whole text" if read else ""
        )
    over = [one for one in limits if size / per[one.metric] > one.value]
    if not over:
        one = limits[0]
        return Answer(question, "allowed", f"Not above {_amount(one)}. {one.says}", one.clause)
    one = over[0]
    answer = "allowed" if one.effect in ("display", "notice") else "ask"
    return Answer(question, answer, f"Above {_amount(one)}. {one.says}", one.clause)


def _amount(one: Threshold) -> str:
    period = {"mau": "people a month", "revenue_month": "a month", "revenue_year": "a year", "maas_revenue": "of hosting revenue"}
    size = f"{one.value / 1_000_000:g} million" if one.value >= 1_000_000 else f"{one.value:,.0f}"
    return " ".join(part for part in (one.currency, size, period[one.metric]) if part)


def _territory(license_: License, territory: str) -> Answer:
    said = license_.term("territory")
    if said.value == "excluded":
        left_out = EXCLUDED.get(license_.license_id, EUROPE)
        partly = license_.license_id not in EXCLUDED
        if territory in left_out:
            return Answer("territory", "ask" if partly else "not_allowed", said.says, said.clause)
        return Answer("territory", "allowed", f"Not among the places left out. {said.says}", said.clause)
    return _plain(license_, "territory", "territory", {"none": "allowed"})
