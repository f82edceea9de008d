"""A license's text as words and sentences, whatever it was wrapped in; equal words give equal hashes.

Case, punctuation, quotes, line ends and markup do not count, every word and number does. Texts are never kept: a
`Print` holds hashes of the words and of each sentence, so that a later text can be held against it.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser

from market import license_notices

SHORTEST_SENTENCE = 3
ANCHOR = 8

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?:(?:[\w-]+:|-|[ \t]).*\r?\n|[ \t]*\r?\n)*?---[ \t]*\r?\n")
_MARKUP = re.compile(r"<(?:!doctype\s+html|html|body|p|div|br|li|h[1-6]|table|pre|section|article)\b[^>]*>", re.I)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[a-z]+:|[/#.])[^()\s]*\)", re.I)
_UNSEEN = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+|[%$€£¥]")
_STOP = re.compile(r"[.;:!?][\"'”’»)\]*_`>]*\s|[。；：！？]")
_URL = re.compile(r"https?://[^\s<>\"'”’)\]]+|\b(?:[a-z0-9-]+\.)+(?:ai|com|org|net|io|cn|ae|dev|eu|co|gov|edu)(?:/[^\s<>\"'”’)\]]*)?", re.I)
_SKIPPED = re.compile(r"script|style|head|template|svg|button|select|form|noscript|.*nav|.*footer|aside|.*menu", re.I)
_HEAD = re.compile(r"h[1-6]")
_INLINE = frozenset(
    re.findall(
        r"\w+",
        "a abbr b bdi bdo cite code dfn em font i kbd mark q s samp small span strong sub sup time tt u var wbr",
    )
)
_VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"])


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: hash of its words, where it stands (token numbers, half-open), and how the input wrote it."""

    digest: str
    start: int
    end: int
    written: str


class _Page(HTMLParser):
    """The text of a web page, without what lies in its navigation, forms and footers."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.furniture: list[str] = []
        self.skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self.parts.append("\n")
        elif self.skipping:
            if tag == self.skipping[0]:
                self.skipping.append(tag)
        elif _SKIPPED.fullmatch(tag):
            self.skipping.append(tag)
        elif tag not in _INLINE:
            self.parts.append("\n# " if _HEAD.fullmatch(tag) else "\n")

    def handle_endtag(self, tag: str) -> None:
        if self.skipping and tag == self.skipping[0]:
            self.skipping.pop()
        elif tag not in _INLINE:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        (self.furniture if self.skipping else self.parts).append(data)


def clean(text: str) -> tuple[str, str]:
    """The running text without front matter and markup, in one spelling of every character; and what stood around it in a web page."""
    text, around = _FRONT.sub("", text, count=1), ""
    if _MARKUP.search(text):
        page = _Page()
        page.feed(text)
        page.close()
        text, around = "".join(page.parts), " ".join(" ".join(page.furniture).split())
    text = unicodedata.normalize("NFKC", text.replace("©", "(c)")).translate(_UNSEEN)
    return _LINK.sub(r"\1", text), around


class Reading:
    """A text as read: its words, its sentences and its links.

    Args:
        text: plain text, Markdown or HTML.
        cleaned: whether it is a part of a text that was read before, and nothing more is to be taken out.
    """

    def __init__(self, text: str, cleaned: bool = False) -> None:
        self.text, self.around = (text, "") if cleaned else clean(text)
        found = [match for match in _WORD.finditer(self.text) if match[0].lower() not in ("http", "https")]
        self.words = [match[0].casefold() for match in found]
        self.spans = [match.span() for match in found]

    @cached_property
    def sha256(self) -> str:
        """Hash of all words, in order, as hexadecimal digits."""
        return digest(self.words)

    @cached_property
    def bare(self) -> str:
        """Hash of all words but those of a title in front and of lines of copyright."""
        return digest(Reading(license_notices.without(self.text), cleaned=True).words)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Its sentences, in order; pieces of fewer than three words go with what follows."""
        return tuple(self._sentences())

    @cached_property
    def urls(self) -> frozenset[str]:
        """The addresses it names, in one spelling, without scheme."""
        found = (match[0].split("://")[-1].lower().removeprefix("www.").rstrip("/.,;:") for match in _URL.finditer(self.text))
        return frozenset(found)

    @cached_property
    def anchors(self) -> dict[str, list[int]]:
        """Hash of every run of eight words → where it begins."""
        places: dict[str, list[int]] = {}
        for at in range(len(self.words) - ANCHOR + 1):
            places.setdefault(short(self.words[at : at + ANCHOR]), []).append(at)
        return places

    def _sentences(self) -> Iterator[Sentence]:
        start, last = 0, len(self.words) - 1
        for at in range(len(self.words)):
            after = self.text[self.spans[at][1] : self.spans[at + 1][0] if at < last else len(self.text)]
            if at == last or (at - start >= SHORTEST_SENTENCE - 1 and _STOP.search(after)):
                written = " ".join(self.text[self.spans[start][0] : self.spans[at][1]].split())
                yield Sentence(short(self.words[start : at + 1]), start, at + 1, written)
                start = at + 1


@dataclass(frozen=True, slots=True)
class Print:
    """What is kept of a reviewed text: no word of it, only hashes.

    Attributes:
        words: how many words it has.
        sha256: of all of them, in order.
        anchor: short hash of the first eight.
        sentences: short hashes of its sentences, in order.
        urls: short hashes of the addresses it names.
        source: where the text came from, in words.
        bare: hash of its words without a title in front and without lines of copyright; empty where it has neither.
    """

    words: int
    sha256: str
    anchor: str
    sentences: tuple[str, ...]
    urls: tuple[str, ...] = ()
    source: str = ""
    bare: str = ""

    @classmethod
    def of(cls, text: Reading, source: str = "") -> "Print":
        """The print of a text."""
        sentences = tuple(sentence.digest for sentence in text.sentences)
        urls = tuple(sorted(short([url]) for url in text.urls))
        bare = "" if text.bare == text.sha256 else text.bare
        return cls(len(text.words), text.sha256, short(text.words[:ANCHOR]), sentences, urls, source, bare)

    def find(self, text: Reading) -> tuple[int, int] | None:
        """Where this text stands whole in another, as token numbers, half-open."""
        for at in text.anchors.get(self.anchor, ()):
            if digest(text.words[at : at + self.words]) == self.sha256:
                return at, at + self.words
        return None


def digest(words: list[str]) -> str:
    """Hash of words in order, as hexadecimal digits."""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


def short(words: list[str]) -> str:
    """The first 12 hexadecimal digits of the hash of words in order."""
    return digest(words)[:12]
