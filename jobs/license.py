"""`license FILE…` and `license learn FILE`: what a license text is, and what it means for one's own case."""

import argparse
import sys
from pathlib import Path
from typing import Any

from db import licenses
from jobs import output
from market import license_case
from market.errors import MarketError, Misused
from market.license_case import Case
from market.license_text import Reading
from market.licenses import ACCESSIBILITY, TERMS, UNKNOWN, Match, judge

MOST_BYTES = 5_000_000
SAYS = {
    "identical": "the reviewed text, word for word",
    "embedded": "holds the reviewed text whole",
    "variant": "resembles a reviewed text; to be read by a person",
    "unknown": "no reviewed text; to be read by a person",
}


class Unread(MarketError):
    """A file could not be read as a text."""


def license_(asked: argparse.Namespace) -> int:
    """Judges each file, or learns one."""
    if asked.files[0] == "learn":
        return _learn(asked)
    if asked.license_id or asked.into:
        raise Misused("--id and --into belong to `license learn FILE --id ID`.")
    case = Case(asked.users, asked.revenue, asked.hosting, asked.train_on_outputs, asked.military, asked.territory)
    judged, failed = [], False
    for name in asked.files:
        try:
            judged.append(_judged(name, case))
        except Unread as error:
            failed = True
            judged.append(_entry(name, Match("unknown"), case) | {"reason": str(error)})
            print(error, file=sys.stderr)
    if asked.json:
        output.document({"files": judged})
    else:
        print("\n\n".join(_shown(entry) for entry in judged if "reason" not in entry))
    return 1 if failed else 0


def _judged(name: str, case: Case) -> dict[str, Any]:
    reading = Reading(_text(name))
    return _entry(name, judge(reading, licenses.registry()), case) | {"text_sha256": reading.sha256, "words": len(reading.words)}


def _entry(name: str, match: Match, case: Case) -> dict[str, Any]:
    found = match.license
    given = license_case.answers(found, case)
    terms = {term: (found.term(term) if found else UNKNOWN)._asdict() for term in TERMS}
    limits = [limit._asdict() for limit in found.thresholds] if found else []
    return {
        "file": name,
        "match": match.match,
        "license_id": found and found.license_id,
        "nearest": match.nearest and match.nearest.license_id,
        "new_sentences": list(match.new_sentences),
        "missing_sentences": match.missing_sentences,
        "terms": terms | {"threshold": limits},
        "accessibility": ACCESSIBILITY.get(found.license_class, "unknown") if found else "unknown",
        "flags": [flag.flag for flag in match.flags],
        "clauses": [flag._asdict() for flag in match.flags],
        "new_urls": list(match.new_urls),
        "note": found.note if found else "",
        "answer": license_case.worst(given),
        "answers": [answer._asdict() for answer in given],
    }


def _shown(entry: dict[str, Any]) -> str:
    name = entry["license_id"] or (f"nearest {entry['nearest']}" if entry["nearest"] else "none known")
    lines = [f"{entry['file']}: {name}; {SAYS[entry['match']]}."]
    if entry["license_id"]:
        said = [(term, *(entry["terms"][term][part] for part in ("value", "clause", "says"))) for term in TERMS]
        lines.append(output.grid(("term", "value", "clause", "in our words"), said))
    else:
        lines += [f"  new: {output.cell(sentence)}" for sentence in entry["new_sentences"][:10]]
        lines.append(
            f"  {len(entry['new_sentences'])} new sentences, {entry['missing_sentences']} missing; flags: {_joined(entry['flags'])}"
        )
    lines += [f"note: {entry['note']}"] if entry["note"] else []
    answers = [(one["question"], one["answer"].replace("_", " "), one["clause"], one["why"]) for one in entry["answers"]]
    lines.append(output.grid(("may I", "answer", "clause", "why"), answers))
    return "\n".join(lines)


def _joined(words: list[str]) -> str:
    return ", ".join(words) or "none"


def _learn(asked: argparse.Namespace) -> int:
    if len(asked.files) != 2 or not asked.license_id:
        raise Misused("Write `modelmarket license learn FILE --id ID`.")
    if not asked.license_id.replace("-", "").replace(".", "").isalnum():
        raise Misused(f"{asked.license_id!r} is no id; use letters, digits, points and hyphens, such as LicenseRef-acme-1.")
    folder = Path(asked.into) if asked.into else licenses.own_files()
    file, one, new = licenses.learn(_text(asked.files[1]), asked.license_id, "learned from a file", folder)
    unknown = [term for term in TERMS if one.term(term).value == "unknown"]
    if asked.json:
        output.document({"file": str(file), "license_id": one.license_id, "new": new, "texts": len(one.prints), "unknown_terms": unknown})
    else:
        told = f"{file} knows {one.license_id} by {len(one.prints)} texts{'' if new else ', this one among them already'}."
        print(told + (f" Write down what it says, with the clause, on: {', '.join(unknown)}." if unknown else ""))
    return 0


def _text(name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            body = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unread(f"{name} cannot be read: {error.strerror}") from None
    if len(body) > MOST_BYTES:
        raise Unread(f"{name} is larger than 5 MB, which no license is; give the text alone.")
    encoding = "utf-16" if body.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    text = body.decode(encoding, "replace")
    if not body.strip() or "\0" in text:
        raise Unread(f"{name} holds no text; give a license, a README or a saved web page.")
    return text
