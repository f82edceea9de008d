"""The registry of licenses: read from its files, written into the ledger, and what it comes to for every model."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg

from db import engine, license_files, rules
from db.license_files import Kept
from market import license_cards, license_evidence, license_lineage
from market.license_files import CARD, binds
from market.license_tags import NOTHING, Tagged, Tags
from market.license_text import Print, Reading
from market.licenses import License, OddLicense, judge

# fmt: off
RULES = (
    "licenses.py", "license_cards.py", "license_evidence.py", "license_files.py", "license_flags.py", "license_lineage.py",
    "license_notices.py", "license_tags.py", "license_text.py",
)
# fmt: on

CARDS = """
select distinct on (su.id)
    su.id, coalesce(su.model, lower(c.facts ->> 'hugging_face_id')), c.facts ->> 'hugging_face_id',
    c.facts ->> 'license_tag', c.facts -> 'base_models', c.seen_at, c.facts -> 'license_files'
from ledger.carded as c inner join ledger.subject as su on su.id = c.subject_id
where not c.gone and c.facts ->> 'hugging_face_id' is not null
order by su.id, c.seen_at desc
"""
NAMES_BEGIN = {
    "LicenseRef-llama-3.1": "llama",
    "LicenseRef-llama-3.2": "llama",
    "LicenseRef-llama-3.3": "llama",
    "LicenseRef-llama-4": "llama",
}


def own_files() -> Path:
    """Where a user's own registry files lie."""
    return engine.home() / "licenses"


def _texts() -> dict[str, str]:
    """Every registry file by name: ours, and the user's, which win."""
    ours = [entry for entry in files("market.license_texts").iterdir() if entry.name.endswith(".toml")]
    found = {entry.name: entry.read_text(encoding="utf-8") for entry in sorted(ours, key=lambda entry: entry.name)}
    return found | {file.name: file.read_text(encoding="utf-8") for file in sorted(own_files().glob("*.toml"))}


@cache
def registry() -> tuple[License, ...]:
    """Every known license.

    Raises:
        OddLicense: a file cannot be read.
    """
    return tuple(_read(name, text) for name, text in _texts().items())


@cache
def tags() -> Tags:
    """What tags and families of models stand for."""
    facts = files("market").joinpath("license_tags.toml").read_text(encoding="utf-8")
    return Tags.of(tomllib.loads(facts), registry())


def _read(name: str, text: str) -> License:
    try:
        return License.of(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise OddLicense(f"The license file {name} is not TOML: {error}") from None


def learn(text: str, license_id: str, source: str, folder: Path) -> tuple[Path, License, bool]:
    """Adds the print of a text to a license's file in a folder; a license that is new there gets its terms from the registry, else none.

    Returns:
        The file, the license, and whether the text was new.

    Raises:
        OddLicense: the text is too short to tell, or is that of another license.
    """
    reading = Reading(text)
    if len(reading.words) < 20:
        raise OddLicense("This text has fewer than 20 words, too few for a license; give the file that holds the whole text.")
    found = judge(reading, registry())
    if found.match == "identical" and found.license and found.license.license_id != license_id:
        raise OddLicense(f"This text is that of {found.license.license_id}; learn it under this id, or not at all.")
    file = folder / f"{license_id}.toml"
    known = {one.license_id: one for one in registry()}
    one = _read(file.name, file.read_text(encoding="utf-8")) if file.is_file() else known.get(license_id, License(license_id, license_id))
    print_ = Print.of(reading, source)
    new = all(print_.sha256 != other.sha256 for other in one.prints)
    if new:
        one = replace(one, prints=(*one.prints, print_))
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(as_toml(one), encoding="utf-8")
    registry.cache_clear()
    tags.cache_clear()
    return file, one, new


def as_toml(one: License) -> str:
    """A license as its file says it."""
    lines = [
        f"{name} = {_quoted(getattr(one, name))}" for name in ("license_id", "name", "version", "steward", "note") if getattr(one, name)
    ]
    lines += [f"tags = [{', '.join(map(_quoted, one.tags))}]"] if one.tags else []
    lines += ["", "[terms]"] if one.terms else []
    lines += [f"{name} = {_table(term._asdict())}" for name, term in one.terms.items()]
    for limit in one.thresholds:
        said = {key: str(value) for key, value in limit._asdict().items() if value}
        lines += ["", "[[thresholds]]", *(f"{key} = {_quoted(value)}" for key, value in said.items())]
    for print_ in one.prints:
        lines += ["", "[[texts]]", f"words = {print_.words}", f"sha256 = {_quoted(print_.sha256)}", f"anchor = {_quoted(print_.anchor)}"]
        lines += [f"source = {_quoted(print_.source)}"] if print_.source else []
        lines += [f"bare = {_quoted(print_.bare)}"] if print_.bare else []
        lines += [f"urls = {_quoted(' '.join(print_.urls))}"] if print_.urls else []
        rows = [" ".join(print_.sentences[at : at + 10]) for at in range(0, len(print_.sentences), 10)]
        lines += ['sentences = """', *rows, '"""']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _table(said: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{key} = {_quoted(value)}" for key, value in said.items() if value) + " }"


def stamp() -> str:
    """Hash of everything that the ledger's licenses are made of."""
    facts = files("market").joinpath("license_tags.toml").read_text(encoding="utf-8")
    return hashlib.sha256(rules.text(RULES) + repr((sorted(_texts().items()), facts)).encode()).hexdigest()[:16]


def publish(connection: psycopg.Connection) -> bool:
    """Writes the registry into the ledger where its files have changed; says whether they had. Does not commit."""
    now = stamp()
    if connection.execute("select min(stamp), max(stamp) from ledger.license").fetchone() == (now, now):
        return False
    registry.cache_clear()
    tags.cache_clear()
    connection.execute("delete from ledger.license")
    with connection.cursor() as cursor:
        cursor.executemany("insert into ledger.license values (%s, %s, %s, %s, %s, %s, %s, %s, %s)", [_row(one, now) for one in registry()])
    return True


def _row(one: License, now: str) -> tuple[Any, ...]:
    terms = {name: term._asdict() for name, term in one.terms.items()}
    limits = [{key: str(value) for key, value in limit._asdict().items() if value} for limit in one.thresholds]
    plain = (one.license_id, one.name, one.version, one.steward, one.note, len(one.prints))
    return (*plain, psycopg.types.json.Jsonb(terms), psycopg.types.json.Jsonb(limits), now)


def refresh(connection: psycopg.Connection, source_id: int | None = None) -> None:
    """Publishes a changed registry, and makes what models' licenses come to anew.

    Does the second only where the registry changed or the source brings cards of models. Does not commit.
    """
    changed = publish(connection)
    brings = connection.execute("select exists (select from ledger.subject where source_id = %s)", (source_id,)).fetchone()
    if changed or brings == (True,):
        cards = connection.execute(CARDS).fetchall()
        texts = license_files.kept(connection, registry(), tags(), stamp())
        connection.execute("delete from ledger.model_license")
        with connection.cursor().copy("copy ledger.model_license from stdin") as copy:
            for row in _licensed(cards, texts):
                copy.write_row(row)


def _licensed(cards: Sequence[tuple[Any, ...]], texts: Mapping[str, Mapping[str, Kept]]) -> list[tuple[Any, ...]]:
    """Rows of ledger.model_license from the cards that stand, and the license files that they name."""
    said: dict[str, str] = {}
    bases: dict[str, list[str]] = {}
    files: dict[str, dict[str, Kept]] = {}
    for _, _, spelled, tag, made_from, _, names in cards:
        repository = spelled.lower()
        if tag:
            said.setdefault(repository, tag)
        bases.setdefault(repository, []).extend(base.lower() for base in made_from or () if base.lower() not in bases[repository])
        there = texts.get(repository, {})
        files.setdefault(repository, {}).update({name: there[name] for name in names or () if name in there})
    named = {*bases, *(base for all_bases in bases.values() for base in all_bases)}
    known = {one.license_id: one for one in registry()}
    own = {name: _own(name, said.get(name), files.get(name, {}), known) for name in named}
    meant = {name: decided.tagged for name, (decided, _) in own.items()}
    rows = []
    for subject, model, spelled, tag, _, seen_at, _ in cards:
        repository = spelled.lower()
        decided, file = own[repository]
        found = license_lineage.effective(repository, meant, bases, NAMES_BEGIN)
        declared = (tag or said.get(repository), decided.tagged.license_id, decided.tagged.license_class, decided.basis)
        whole = (found.license_id, found.license_class, found.commercial_use, found.comes_from, [*found.flags, *decided.flags])
        text = (file.file, file.revision, file.match, file.sha256, file.url) if file else (None,) * 5
        rows.append((model, spelled, subject, *declared, *whole, seen_at, *text))
    return rows


def _own(
    repository: str, tag: str | None, files: Mapping[str, Kept], known: Mapping[str, License]
) -> tuple[license_evidence.Decided, Kept | None]:
    """What a repository's own tag, license files and card come to, and the file to show for it."""
    tagged, basis = _tagged(repository, tag)
    card = files.get(CARD)
    licenses = [file for file in files.values() if file.file != CARD]
    read = [file for file in licenses if file.text]
    binding = [file for file in read if binds(file.file)] or read
    decided = license_evidence.decide(tagged, basis, [file.text for file in binding if file.text], known)
    shown = next(iter(licenses), None) if decided.place is None else binding[decided.place]
    if card is None or card.text is None:
        return decided, shown
    words = license_cards.Card(card.text.license_id, card.said, card.flags)
    decided, rests = license_cards.beside(decided, words, tags().classify(card.said), known)
    return decided, card if rests else shown


def _tagged(repository: str, tag: str | None) -> tuple[Tagged, str]:
    tagged = tags().classify(tag) if tag else NOTHING
    if tagged.license_class != "unknown":
        return tagged, "tag_only"
    family = tags().family(repository)
    return (family, "family") if family.license_class != "unknown" else (NOTHING, "nothing")
