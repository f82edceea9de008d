"""Lines beside a license's terms that only name it or its holder; whoever the holder is, the license is the same."""

import re
from collections.abc import Iterator

from market import license_flags

MOST_NAMES, MOST_TOGETHER = 14, 5
MOST_IN_HEADING = 3

_TITLE = re.compile(
    r"\W*(?:the )?(?:(?:(?:new|simplified|modified|revised) )?bsd(?: \d-clause)?|mit|isc|zlib) licen[cs]e(?: \((?:mit|isc)\))?\W*", re.I
)
_NOTICE = re.compile(
    r"\W*?(?:portions )?(?:copyright(?: \(c\))?|\(c\)(?: copyright)?)[:,]?"
    r" *(?P<years>(?:(?:by|and|to|present|(?:19|20)\d[\dx])\b[ ,–-]*)*)",
    re.I,
)
_RESERVED = re.compile(r"[\s.,;]*\ball rights reserved\W*$", re.I)
_BLANKS = re.compile(
    r"[\[<{(](?:yyyy|years?|full ?name|(?:names? of )?(?:the )?(?:copyright )?(?:owner|holder|author)s?(?:\(s\))?|organization)[\]>})]",
    re.I,
)
_SEE = re.compile(r"[<(]see (?:the )?[A-Z]+(?:\.[a-z]+)?(?: file)?[>)]")
_SINCE = re.compile(r"[ ,]*(?:(?:19|20)\d[\dx]|[ ,–-]|to present|-present)*[.\W]*$")
_HEADING = re.compile(r"^ {0,3}#{1,6} ", re.M)
_LEAD = re.compile(
    r"(?:th(?:is|e) \w+|[\w.-]+) (?:is|are) (?:licensed|released|distributed|(?:made )?available|provided) under (?:the terms of )?"
    r"(?P<license>[^,:]+?)(?:,? (?:as )?reproduced)?(?: below)?",
    re.I,
)
_TITLES = frozenset(["the", "a", "license", "licence", "agreement", "text", "terms", "version", "v", "of"])
_ASIDE = re.compile(r"[()\[\]<>{}]|\s[-–—]+\s")
_ARTICLE = re.compile(r"\b(?:the|a)\b", re.I)
_BEFORE = re.compile(r"(?:^|[,&]|\b(?:of|and|by|or))\s*$", re.I)
_PARTS = re.compile(r"[,;&]|\b(?:and|of|or|by|its)\b", re.I)
_GROUP = re.compile(r"\b(?:contributors|authors|developers)\W*$", re.I)
_EMAIL = re.compile(r"[<(]?[\w.+-]+@[\w-]+(?:\.[\w-]+)+[>)]?")
_SHORTENED = re.compile(r"(?:[A-Z]|Inc|Ltd|Co|Corp|Dr|Jr|Sr|St|Mr|Ms|[A-Z]\.[A-Z](?:\.[A-Z])?)\.")
_INSTITUTE = re.compile(r"\b(?:institute|foundation|cent(?:er|re)|association|society|academy|laboratory|school) for(?= [A-Z])", re.I)

# What joins names; any other word in small letters makes the line more than a name.
_JOINS = frozenset(
    re.findall(
        r"\S+",
        "and or a of the by its their & de del der di la van von et al"
        " author authors contributors developers team company affiliates individual other others",
    )
)
# Words of a sentence, in whatever letters.
_SAYS = re.compile(
    r"\b(?:for|if|in|on|at|to|from|with|as|is|are|be|has|have|can|could|may|might|will|would|should|do|does|until|while|when|where|who|which|that"
    r"|this|these|any|every|each|some|per|than|under|over|above|below|after|before|between|within|inside|outside|into|away"
    r"|out|it|you|your|we|us|our|they|no|non|us(?:e|es|ed|ing)"
    r"|licen[cs]\w*|sell\w*|sale|get|gets|keep\w*|ask\w*|free|paid|internal|personal|academic|stud(?:y|ies)|evaluat\w*)\b",
    re.I,
)


def without(text: str) -> str:
    """A text without a title in front, and without its lines of copyright."""
    return "\n".join(_kept(text.split("\n")))


def _kept(lines: list[str]) -> Iterator[str]:
    begun = after = False
    for line in lines:
        plain = " ".join(line.split())
        if not re.search(r"\w", plain):
            yield line
        elif is_notice(plain) or (after and _RESERVED.fullmatch(plain)):
            after = True
        elif begun or after or not _TITLE.fullmatch(plain):
            begun, after = True, False
            yield line
        else:
            begun = True


def is_notice(line: str) -> bool:
    """Whether a line is a copyright notice and nothing else: a year or the sign, and names, however the blanks are filled in."""
    found = _NOTICE.match(line)
    if not found:
        return False
    rest = _RESERVED.sub("", line[found.end() :])
    holder = _SINCE.sub("", _BLANKS.sub(" ", _EMAIL.sub(" ", _SEE.sub("", rest))))
    marked = "(c)" in found[0].lower() or re.search(r"\d", found["years"]) or _BLANKS.search(rest) or _GROUP.search(holder)
    return bool(marked) and not license_flags.is_clause(_INSTITUTE.sub("", holder)) and _names(holder)


def _names(holder: str) -> bool:
    """Whether words are names: written large or joining such, few, none that makes a sentence, and no full stop between them."""
    plain = _INSTITUTE.sub("of", holder)
    if _SAYS.search(plain) or _ASIDE.search(plain) or any(not _BEFORE.search(before) for before in _ARTICLE.split(plain.strip())[:-1]):
        return False
    if any(len(part.split()) > MOST_TOGETHER for part in _PARTS.split(plain)):
        return False
    words = [word.strip("\"'“”‘’*_,;:") for word in plain.split()]
    words = [word for word in words if re.search(r"\w|&", word)]
    if any(word.endswith(".") and not _SHORTENED.fullmatch(word) for word in words[:-1]):
        return False
    own = [word for word in words if word.lower().rstrip(".") not in _JOINS]
    small = [word for word in own if not any(letter.isupper() for letter in word)]
    spelled = all(re.fullmatch(r"[^\W_][\w.&'’+-]*", word) and re.search(r"[^\W\d]", word) for word in own)
    called = not small or own == small or (len(small) == 1 and _GROUP.match(words[-1]) and words[-2] == small[0])
    return len(words) <= MOST_NAMES and spelled and len(small) <= 1 and bool(called)


def beside(text: str, after: bool, called: frozenset[str]) -> tuple[str, str]:
    """What stands before or after a license in one section with it, without lines that only name things; and the rest of the page.

    Args:
        text: what stands there.
        after: whether it comes after the license.
        called: words of the license's name, in small letters.
    """
    heads = list(_HEADING.finditer(text))
    if after:
        cut = heads[0].start() if heads else len(text)
        lines = [*text[:cut].split("\n"), *(line for line in text[cut:].split("\n")[:1] if not _heads(line))]
        return _terms(lines, called), text[cut:]
    cut = heads[-1].start() if heads else 0
    return _terms(text[cut:].split("\n"), called), text[:cut]


def _terms(lines: list[str], called: frozenset[str]) -> str:
    return "\n".join(line for line in lines if not _only_names(" ".join(line.split()), called))


def _heads(line: str) -> bool:
    """Whether a line heads a section, and is no sentence."""
    words = re.findall(r"\w+", line)
    return (
        0 < len(words) <= MOST_IN_HEADING
        and not words[0].islower()
        and not line.rstrip(" *_").endswith((".", "!"))
        and not license_flags.is_clause(line)
    )


def _only_names(line: str, called: frozenset[str]) -> bool:
    plain = re.sub(r"^[\W_]+|[\W_]+$", "", line)
    lead = _LEAD.fullmatch(plain)
    named = {word.lower() for word in re.findall(r"\w+", lead["license"] if lead else plain)}
    if named <= _TITLES | called or is_notice(line) or _RESERVED.fullmatch(line):
        return True
    return _names(plain) and not line.endswith((".", "!")) and not license_flags.is_clause(line)
