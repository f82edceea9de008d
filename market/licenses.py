"""A license's text to its id and terms, by hashes of reviewed texts; whatever is not a reviewed text is to be reviewed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from market import license_flags, license_notices
from market.errors import MarketError
from market.license_text import Print, Reading

CLASSES = (
    "osi_open", "permissive_unapproved", "rider", "use_restricted", "threshold", "registration", "unknown",
    "noncommercial", "research_only", "none",
)  # fmt: skip
"""From the least to the most restrictive; what is unknown may not be used until it is known, what is not for commerce never."""

ACCESSIBILITY = {
    **dict.fromkeys(("osi_open", "permissive_unapproved", "rider"), "open weights: unrestricted"),
    **dict.fromkeys(("use_restricted", "threshold", "registration"), "open weights: restricted use"),
    **dict.fromkeys(("noncommercial", "research_only"), "open weights: non-commercial"),
}

TERMS: dict[str, tuple[str, ...]] = {
    "license_class": CLASSES,
    "osi_approved": ("yes", "no"),
    "commercial_use": ("yes", "limited", "no"),
    "hosting": ("free", "limited", "no"),
    "field_of_use": ("none", "list_in_text", "external_policy"),
    "military": ("free", "no"),
    "redistribution": ("yes", "passdown_terms", "same_license", "no"),
    "derivative": ("none", "notice_text", "state_changes", "built_with_display", "naming_prefix"),
    "output_training": ("free", "within_use_policy", "naming_duty", "display_duty", "only_own_family", "no"),
    "distillate": ("derivative", "free"),
    "patent_grant": ("explicit", "none"),
    "revocable": ("none", "irrevocable", "on_patent_suit", "on_breach", "at_will"),
    "steward_change": ("yes", "no"),
    "territory": ("none", "excluded"),
}
"""Term → its values; every one may also be `unknown`, which is what a term without a clause is."""

LEAST_SHARE, LEAST_WORDS = Decimal("0.15"), 60


class OddLicense(MarketError):
    """A license file does not say what it should; see docs/licenses.md."""


class Term(NamedTuple):
    """What a license says on one question: the value, the clause that says it, and what it means in our own words."""

    value: str
    clause: str = ""
    says: str = ""


UNKNOWN = Term("unknown")


class Threshold(NamedTuple):
    """A size from which more is asked.

    Attributes:
        metric: mau (people a month), revenue_month, revenue_year or maas_revenue.
        value: people, or units of `currency`.
        when: release_date (tested once, then) or ongoing.
        effect: license_needed, ends, display or notice.
    """

    metric: str
    value: Decimal
    when: str
    effect: str
    clause: str
    says: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class License:
    """One version of a license's text, its terms as read by a person, and the prints of its texts."""

    license_id: str
    name: str
    version: str = ""
    steward: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    terms: Mapping[str, Term] = field(default_factory=dict)
    thresholds: tuple[Threshold, ...] = ()
    prints: tuple[Print, ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "License":
        """A license as its file says it.

        Raises:
            OddLicense: a term, a value or a part is not known, or a value has no clause.
        """
        named = said.get("license_id", "A license without license_id")
        try:
            terms = {name: Term(**term) for name, term in said.get("terms", {}).items()}
            thresholds = tuple(Threshold(**{**one, "value": Decimal(one["value"])}) for one in said.get("thresholds", ()))
            prints = tuple(
                Print(**{**one, "sentences": tuple(one["sentences"].split()), "urls": tuple(one.get("urls", "").split())})
                for one in said.get("texts", ())
            )
            plain = {key: said[key] for key in ("license_id", "name", "version", "steward", "note") if key in said}
            found = cls(**plain, tags=tuple(said.get("tags", ())), terms=terms, thresholds=thresholds, prints=prints)
        except (TypeError, KeyError, ArithmeticError, AttributeError) as error:
            raise OddLicense(f"{named} cannot be read ({error}); see docs/licenses.md") from None
        for name, term in terms.items():
            if term.value not in (*TERMS.get(name, ()), "unknown") or name not in TERMS:
                raise OddLicense(f"{named} says {name} = {term.value}, which is no term or value of docs/licenses.md")
            if term.value != "unknown" and not term.clause:
                raise OddLicense(f"{named} says {name} = {term.value} without the clause that says so; without one it is unknown")
        return found

    def term(self, name: str) -> Term:
        """What it says on one question; unknown where no clause is noted."""
        return self.terms.get(name, UNKNOWN)

    @property
    def license_class(self) -> str:
        """Its class."""
        return self.term("license_class").value

    @property
    def called(self) -> frozenset[str]:
        """The words of its name, id, version and tags, in small letters."""
        return frozenset(re.findall(r"\w+", " ".join((self.name, self.license_id, self.version, *self.tags)).lower()))

    @property
    def digests(self) -> frozenset[str]:
        """The hashes of all sentences of its texts."""
        return frozenset(sentence for text in self.prints for sentence in text.sentences)


@dataclass(frozen=True, slots=True)
class Match:
    """What a text is.

    Attributes:
        match: identical, embedded, variant or unknown.
        license: the license, only where it is accepted: the text is a reviewed one, with nothing but page furniture around it.
        nearest: the license it is, holds or resembles.
        new_sentences: what the nearest does not have, as the text writes it.
        missing_sentences: how many sentences of the nearest it lacks.
        flags: what its words hint at; for a reviewed text nothing, for it has terms.
        new_urls: addresses in the new sentences that the nearest does not name.
    """

    match: str
    license: License | None = None
    nearest: License | None = None
    new_sentences: tuple[str, ...] = ()
    missing_sentences: int = 0
    flags: tuple[license_flags.Flag, ...] = ()
    new_urls: tuple[str, ...] = ()


def judge(text: Reading, known: Sequence[License]) -> Match:
    """What a text is, held against the reviewed ones; a likeness never gives a license, only a whole text does."""
    for one in known:
        if any(print_.sha256 == text.sha256 or (print_.bare or print_.sha256) == text.bare for print_ in one.prints):
            return Match("embedded", one, one, (text.around,)) if text.around else Match("identical", one, one)
    held = _held(text, known)
    nearest, shared = _nearest(text, known)
    if held and shared <= held[1].words:
        return _embedded(text, held[0], held[1])
    if nearest is None:
        return Match("unknown", new_sentences=_written(text), flags=_flags(_written(text)))
    return _variant(text, nearest)


def _held(text: Reading, known: Sequence[License]) -> tuple[License, Print] | None:
    found = [(one, print_) for one in known for print_ in one.prints if print_.find(text)]
    return max(found, key=lambda pair: pair[1].words, default=None)


def _nearest(text: Reading, known: Sequence[License]) -> tuple[License | None, int]:
    """The license that shares the most words in whole sentences, and how many; None where none shares enough to tell."""
    lengths = {sentence.digest: sentence.end - sentence.start for sentence in text.sentences}
    best: tuple[Decimal, License | None, int] = Decimal(0), None, 0
    for one in known:
        for print_ in one.prints:
            shared = sum(lengths.get(sentence, 0) for sentence in set(print_.sentences))
            enough = shared >= LEAST_WORDS or shared >= LEAST_SHARE * print_.words
            rank = shared + Decimal(shared) / (print_.words + 1)
            if enough and rank > best[0]:
                best = rank, one, shared
    return best[1], best[2]


def _embedded(text: Reading, one: License, print_: Print) -> Match:
    start, end = print_.find(text) or (0, 0)
    parts = ((text.text[: text.spans[start][0]], False), (text.text[text.spans[end - 1][1] :], True))
    known, rest, clauses = one.digests, [], []
    for part, after in parts:
        near, far = license_notices.beside(part, after, one.called)
        rest += [s.written for s in Reading(part, cleaned=True).sentences if s.digest not in known]
        clauses += [s.written for s in Reading(near, cleaned=True).sentences if s.digest not in known]
        clauses += [s.written for s in Reading(far, cleaned=True).sentences if s.digest not in known and license_flags.is_clause(s.written)]
    if not clauses:
        return Match("embedded", one, one, (*rest, text.around) if text.around else tuple(rest))
    return Match("embedded", None, one, tuple(clauses), 0, (license_flags.Flag("residual_terms", clauses[0]), *_flags(clauses)))


def _variant(text: Reading, nearest: License) -> Match:
    had = {sentence.digest for sentence in text.sentences}
    known = nearest.digests
    new = tuple(sentence.written for sentence in text.sentences if sentence.digest not in known)
    missing = min(len(set(print_.sentences) - had) for print_ in nearest.prints)
    named = {url for print_ in nearest.prints for url in print_.urls}
    added = Reading(" ".join(new), cleaned=True)
    urls = tuple(sorted(url for url in added.urls if not named & set(Print.of(Reading(url)).urls)))
    return Match("variant", None, nearest, new, missing, _flags(new), urls)


def _written(text: Reading) -> tuple[str, ...]:
    return tuple(sentence.written for sentence in text.sentences)


def _flags(sentences: Iterable[str]) -> tuple[license_flags.Flag, ...]:
    return tuple(license_flags.raised(sentences))
