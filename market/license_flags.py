"""Words that make a reader stop: clause patterns that raise flags and decide nothing."""

import re
from collections.abc import Iterable
from typing import NamedTuple

PATTERNS = {
    "non_commercial": r"non-?\s?commercial|commercial(ly)? (use|purpose|exploit)|for profit|非商业|商业用途",
    "users": r"(monthly|daily) active users|\bMAU\b|(million|thousand|[\d,]{4,}) users|users (exceed|above|more than)|月活",
    "revenue": r"\brevenue|\bturnover\b|annual income|营业收入",
    "military": r"\bmilitary|\bwarfare|\bweapons?\b|\bdefen[cs]e (use|purpose|industr)|军事",
    "outputs": r"(output|result)s?\b.{0,80}\b(train|improve|distil|fine-?\s?tun|develop|create)|(train|improve|distil).{0,60}\boutputs?\b",
    "display": r"prominently display|built (with|on)|powered by|improved using|is built using",
    "naming": r"beginning of (any )?(such )?(\w+ )?(model )?name|include .{1,30} in the name|name .{0,30}\bmust (start|begin)",
    "use_policy": r"acceptable use policy|prohibited use policy|use[- ]based restrictions|trustworthy ai terms|use policy",
    "registration": r"\bregister with|\bregistration (is )?required|must register|must request a license|request a licen[cs]e|登记",
    "hosting": r"hosted service|software[- ]as[- ]a[- ]service|\bMaaS\b|model as a service|hosting\b|via (an )?API",
    "territory": r"european union|\bEEA\b|domiciled in|principal place of business in|not (available|granted) in|within the territory",
    "revocable": r"(?<!ir)revocable|may (revoke|terminate)|revoke (this|the) licen[cs]e|at any time .{0,40}terminat|可撤销",
    "research_only": r"research (purposes )?only|solely for research|academic (use|purposes) only|research purposes",
}
_FLAGS = {name: re.compile(pattern, re.I) for name, pattern in PATTERNS.items()}

# A rule says what may or must be, what is not, or that it is about anyone at all; the rest are words of licenses. What has none of
# these, far from the license, is furniture of its page.
_RULE = re.compile(
    r"\b(may|might|must|shall|ought|has to|have to|no|none|nobody|nothing|no one|anyone|anybody|everyone|everybody|whoever|until|unless"
    r"|this licen[cs]e|these terms|costs?|lent|contract"
    r"|for (internal|academic|educational|private|\w+ (use|purposes?|evaluation))( only)?)\b"
    r"|n['’]t\b",
    re.I,
)
_CLAUSE = re.compile(
    r"\b(not|cannot|never|neither|nor|without|shall|must|solely|only|except|unless|however"
    r"|notwithstanding|hereby|herein|thereof|whereas"
    r"|prohibit\w*|forbid\w*|restrict\w*|exclu\w*|subject to|provided that|on condition|conditions?"
    r"|requires? (a|an|prior|written|our|the|separate)|commercial\w*|non-?commercial|military|weapons?|revenue|royalt\w*"
    r"|fees?|pay(ment|able)?"
    r"|licensees?|licensors?|territor\w*|amend\w*|modified|modification|rider|addendum|supplement\w*"
    r"|additional (terms?|clauses?|conditions?|restrictions?)|terminat\w*|revo[ck]\w*|void|consent|approval|permission|permitted"
    r"|may (be|use|distribute|host|train)|users? (above|over|exceed\w*|with|in)|million|outputs? (to|of|may|for)|distil\w*"
    r"|compet(e|es|ing|itor\w*|itive)|research (use|purposes?)|personal use|evaluation (use|purposes?)|you agree|prominently|attribution"
    r"|european union|domiciled|sublicen\w*)\b|不得|禁止|仅|商业|军事|许可",
    re.I,
)


class Flag(NamedTuple):
    """A flag and the sentence that raised it."""

    flag: str
    sentence: str


def raised(sentences: Iterable[str]) -> list[Flag]:
    """The flags that sentences raise, each once, with the first sentence that does."""
    found: dict[str, Flag] = {}
    for sentence in sentences:
        for name, pattern in _FLAGS.items():
            if name not in found and pattern.search(sentence):
                found[name] = Flag(name, sentence)
    return list(found.values())


def is_clause(sentence: str) -> bool:
    """Whether the words of a sentence might change what a license on the same page allows; those of most furniture do not."""
    return bool(_CLAUSE.search(sentence) or _RULE.search(sentence)) or any(pattern.search(sentence) for pattern in _FLAGS.values())
