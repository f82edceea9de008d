"""What a claim comes to, held against what is on record: one small function for each predicate, and the verdict over them.

A checker sees rows and the day; it never fetches. Without a row to hold a claim against, the claim is undecidable.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from market import claim_prices as prices
from market import claim_probes as probes
from market.claim_sums import agrees, shown, slips
from market.claims import SCALE, BadClaims, Claim, Judged, Known, Verdict, number

VERSION = "2"
"""Raised whenever the same claim may get another verdict from the same rows."""

Checker = Callable[[Claim, Sequence[Known], date], Judged]
PERMISSIONS = ("no", "limited", "yes")


def judge(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """The verdict on a claim as of a day, from all rows that bear on its names."""
    if claim.predicate is None:
        return Judged("undecidable", "Nobody has said yet what would have to be measured; give it a predicate (docs/claims.md).")
    try:
        found = CHECKERS[claim.predicate](claim, known, today)
        broken, used = slips(claim, known)
    except (ArithmeticError, ValueError, BadClaims) as error:
        told = str(error) if isinstance(error, BadClaims) else "its numbers or those on record cannot be reckoned with"
        return Judged("undecidable", f"The entry cannot be checked: {told.rstrip('.')}.")
    if not broken:
        return found if claim.predicate != "arithmetic" else _summed(claim, used)
    own = "; ".join(slip.reason for slip in broken)
    because = next((f" ({one['because']})" for one in claim.sums if one.get("because")), "")
    verdict: Verdict = {"supported": "mixed", "open": "open", "opinion": "opinion"}.get(found.verdict, "contradicted")  # type: ignore[assignment]
    rest = f" {found.reason}" if found.verdict not in ("undecidable",) else ""
    return replace(
        found, verdict=verdict, inconsistent=True, reason=f"Its own numbers disagree: {own}{because}.{rest}",
        computed=broken[0].computed if found.computed is None else f"{broken[0].computed}; {found.computed}",
        evidence=(*used, *found.evidence), confidence="high" if found.confidence is None else found.confidence,
    )  # fmt: skip


def _summed(claim: Claim, used: Sequence[Known]) -> Judged:
    if not claim.sums or (any(v.startswith("recorded ") for one in claim.sums for v in one.values()) and not used):
        return Judged("undecidable", "It states too few numbers to hold against each other, or none that is on record.")
    return Judged("supported", "Its own numbers agree with each other.", evidence=tuple(used), confidence="high")


def about(known: Sequence[Known], subject: str | None, metric: str, *kinds: str) -> list[Known]:
    """The rows of a subject and metric, cited facts first."""
    rows = [row for row in known if row.subject == subject and row.metric == metric and (not kinds or row.kind in kinds)]
    return sorted(rows, key=lambda row: (row.kind != "fact", str(row.on or "")))


def trust(rows: Sequence[Known]) -> str:
    """How far rows carry: high where two sources say it or a fact is cited, else medium."""
    return "high" if len({row.source for row in rows}) > 1 or any(row.kind == "fact" for row in rows) else "medium"


def holds(operator: str, stated: str, found: Decimal) -> bool:
    """Whether a found number is in the relation that a claim states."""
    said = number(stated)
    if operator == "~":
        return abs(found - said) <= abs(said) / 10
    answers = {"=": agrees(stated, found), "<": found < said, "<=": found <= said, ">": found > said, ">=": found >= said}
    return answers[operator]


def weighed(claim: Claim, rows: Sequence[Known], say: Callable[[Decimal], str], scale: Decimal = Decimal(1)) -> Judged:
    """Supported where every row is in the stated relation, contradicted where none is, else mixed."""
    if claim.value is None:
        return Judged("undecidable", "The claim names no number to look for.")
    numbers = [number(row.value) / scale for row in rows]
    fits = [holds(claim.operator, claim.value, found) for found in numbers]
    verdict: Verdict = "supported" if all(fits) else "mixed" if any(fits) else "contradicted"
    told = ", ".join(dict.fromkeys(say(found) for found in numbers))
    claimed = f"{claim.operator} " * (claim.operator != "=") + say(number(claim.value))
    said = {"supported": "as claimed", "mixed": "only in part as claimed", "contradicted": f"not {claimed}"}[verdict]
    day = f" of {rows[0].on:%Y-%m-%d}" if rows[0].on else ""
    return Judged(verdict, f"On record ({rows[0].source}{day}) is {told}, {said}.", told, tuple(rows), trust(rows))


def measured(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Any number that facts or our own measurements tell of."""
    metric = claim.metric or claim.predicate or ""
    rows = about(known, claim.subject, metric)
    if claim.by and today <= claim.by:
        standing = f"; it stands at {rows[0].value} {claim.unit or ''}".rstrip() if rows else "; nothing on record says how it stands"
        return Judged("open", f"Due on {claim.by}, {(claim.by - today).days} days from now{standing}.", evidence=tuple(rows[:3]))
    if not rows:
        return Judged("undecidable", claim.why or f"Nothing on record tells {metric.replace('_', ' ')} of {claim.subject or 'this'}.")
    scale = SCALE.get(claim.unit or "", Decimal(1))
    return weighed(claim, rows, lambda found: f"{shown(found)} {claim.unit or ''}".rstrip(), scale)


def throughput(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Tokens a second on named hardware: a cited fact decides, else what our own probes say, or what a data sheet makes impossible."""
    facts = [row for row in known if row.kind != "probe"]
    if about(facts, claim.subject, claim.metric or "throughput"):
        return measured(claim, facts, today)
    return probes.throughput(claim, known) or measured(claim, facts, today)


def exists(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Whether all things named were there by a day, each by a cited fact; what no fact tells of is not known to be missing."""
    if claim.by and today <= claim.by:
        return Judged("open", f"Due on {claim.by}, {(claim.by - today).days} days from now; until then nothing decides it.")
    names, until = [name for name in (claim.subject, *claim.against) if name], claim.as_of or today
    rows = [row for name in names for row in about(known, name, claim.metric or "exists", "fact") if row.on is None or row.on <= until]
    there = {row.subject for row in rows}
    if len(there) < len(names):
        missing = ", ".join(name for name in names if name not in there)
        return Judged("undecidable", claim.why or f"No cited fact tells of {missing}.", None, tuple(rows))
    told = ", ".join(sorted(there))
    return Judged("supported", f"By {until} on record: {told}.", told, tuple(rows), "high")


def parameters(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """The number of weights, all or those used per token; cited facts go before what listings state."""
    rows = about(known, claim.subject, claim.predicate or "parameters")
    facts = [row for row in rows if row.kind == "fact"]
    if not rows:
        return Judged("undecidable", f"No source on record counts the weights of {claim.subject}.")
    scale = SCALE.get(claim.unit or "", Decimal(1))
    return weighed(claim, facts or rows, lambda found: f"{shown(found)} {claim.unit or 'weights'}", scale)


def span(text: str) -> tuple[date, date]:
    """First and last day of `2026`, `2026-Q1`, `2026-01` or `2026-01-31`.

    Raises:
        BadClaims: it is none of these.
    """
    told = re.fullmatch(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})(?:-(\d{2}))?))?", text)
    try:
        year, quarter, month, day = (int(part) if part else None for part in told.groups()) if told else (None,) * 4
        if year is None:
            raise ValueError
        if day and month:
            return date(year, month, day), date(year, month, day)
        first = month or (3 * quarter - 2 if quarter else 1)
        after = first + (1 if month else 3 if quarter else 12)
        return date(year, first, 1), date(year + (after - 1) // 12, (after - 1) % 12 + 1, 1) - timedelta(days=1)
    except ValueError:
        raise BadClaims(f"{text!r} is no day, month, quarter or year; write it like 2026-01-31, 2026-01, 2026-Q1 or 2026") from None


def released(known: Sequence[Known], subject: str | None) -> list[Known]:
    """What is on record of a release; only the cited facts where there are any."""
    rows = about(known, subject, "released_on")
    return [row for row in rows if row.kind == "fact"] or rows


def released_on(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Whether the day of release lies in the month, quarter or year stated."""
    rows = released(known, claim.subject)
    if not rows or claim.value is None:
        return Judged("undecidable", f"No source on record says when {claim.subject} was released.")
    first, last = span(claim.value)
    days = [date.fromisoformat(row.value) for row in rows]
    fits = [first <= day <= last for day in days]
    verdict: Verdict = "supported" if all(fits) else "mixed" if any(fits) else "contradicted"
    off = min(abs((day - (first if day < first else last)).days) for day in days)
    told = ", ".join(dict.fromkeys(str(day) for day in days))
    away = f", {off:,} days {'before' if days[0] < first else 'after'} {claim.value}" if verdict == "contradicted" else ""
    return Judged(verdict, f"{claim.subject} was released on {told} by what {rows[0].source} says{away}.", told, tuple(rows), trust(rows))


def within_days(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Whether several releases fell within so many days of each other."""
    names = [name for name in (claim.subject, *claim.against) if name]
    rows = [found[0] for name in names if (found := released(known, name))]
    if len(rows) < len(names) or claim.value is None:
        return Judged("undecidable", "The release of at least one of them is not on record.")
    days = sorted(date.fromisoformat(row.value) for row in rows)
    apart = (days[-1] - days[0]).days
    fits = apart <= number(claim.value)
    reason = (
        f"The first came on {days[0]}, the last on {days[-1]}: {apart:,} days apart, {'within' if fits else 'not within'} {claim.value}."
    )
    return Judged("supported" if fits else "contradicted", reason, f"{apart} days", tuple(rows), trust(rows))


def license_is(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Whether each model named is under the license stated; an id, or the beginning of a family of ids."""
    names = [name for name in (claim.subject, *claim.against) if name]
    rows = [row for name in names for row in _licenses(known, name)]
    if not rows or claim.value is None:
        return Judged("undecidable", f"No license of {claim.subject} is on record.")
    fits = [claim.value.lower() in row.value.lower() for row in rows]
    verdict: Verdict = "supported" if all(fits) else "mixed" if any(fits) else "contradicted"
    told = ", ".join(dict.fromkeys(f"{row.subject}: {row.value}" for row in rows))
    return Judged(verdict, f"On record is {told}.", ", ".join(dict.fromkeys(row.value for row in rows)), tuple(rows), trust(rows))


def _licenses(known: Sequence[Known], subject: str) -> list[Known]:
    rows = about(known, subject, "license_id")
    return [row for row in rows if row.kind == "fact"] or rows


def license_allows(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Whether the licenses of all models named have a term as stated; the registry's reading of the text decides."""
    names = [name for name in (claim.subject, *claim.against) if name]
    of = {row.value: row for name in names for row in _licenses(known, name)}
    terms = [row for row in known if row.kind == "term" and row.metric == claim.metric and row.subject in of]
    if not terms or claim.value is None:
        return Judged("undecidable", f"No license of {claim.subject} whose terms were read is on record.")
    fits = [row.value == claim.value for row in terms]
    verdict: Verdict = "supported" if all(fits) else "mixed" if any(fits) else "contradicted"
    metric = (claim.metric or "").replace("_", " ")
    told = "; ".join(f"{row.subject} ({of[row.subject].subject}): {metric} {row.value}" for row in terms)
    return Judged(verdict, f"{told}; claimed was {claim.value}.", told, (*of.values(), *terms), "high")


def score(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """A model's result on a named test; results that were reported of it under other conditions are not compared."""
    rows = about(known, claim.subject, claim.metric or "", "fact", "score")
    if not rows:
        return Judged("undecidable", f"No result of {claim.subject} on {claim.metric or 'a named test'} is on record.")
    return weighed(claim, rows, lambda found: f"{shown(found)} on {claim.metric}")


def score_comparison(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Whether a model does better than another, or as well; impossible before either was released."""
    names = [name for name in (claim.subject, *claim.against) if name]
    if not claim.metric:
        return Judged("undecidable", claim.why or "It names no test.")
    for name in names:
        release = released(known, name)
        if release and claim.as_of and date.fromisoformat(release[0].value) > claim.as_of:
            return Judged("contradicted", f"{name} was released on {release[0].value}, after {claim.as_of}.", release[0].value,
                          tuple(release), trust(release))  # fmt: skip
    rows = _alike([found for name in names if (found := about(known, name, claim.metric, "fact", "score"))])
    if len(rows) < 2 or len(rows) < len(names):
        return Judged(
            "undecidable", f"Results on {claim.metric} are on record for {len(rows)} of {len(names)} models.", evidence=tuple(rows)
        )
    apart = number(rows[0].value) - max(number(row.value) for row in rows[1:])
    step = number(claim.value) if claim.value else Decimal(1)
    fits = apart >= step if claim.operator in (">", ">=") else abs(apart) <= step
    told = f"{shown(apart)} points apart, {'more' if abs(apart) >= step else 'less'} than the {shown(step)} that the test can tell apart"
    return Judged("supported" if fits else "contradicted", f"On {claim.metric} they are {told}.", told, tuple(rows), trust(rows))


def _alike(found: Sequence[Sequence[Known]]) -> list[Known]:
    """One result of each model: the best that one and the same source tells of all of them; else what is cited first of each."""
    tellers = set.intersection(*({row.source for row in rows if row.source} for rows in found)) if found else set()
    if not tellers:
        return [rows[0] for rows in found]
    teller = min(tellers)
    return [max((row for row in rows if row.source == teller), key=lambda row: number(row.value)) for rows in found]


def cadence(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Median days between an author's releases, open authors against closed ones."""
    rows = [row for row in known if row.kind == "cadence"]
    wanted = {"open": claim.value, "closed": claim.unit}
    if len(rows) < 2 or not all(wanted.values()):
        return Judged("undecidable", "Too few dated releases are on record to tell how often authors release.")
    days = {row.subject: number(row.value) for row in rows}
    fits = [holds("~", wanted[kind] or "0", days[kind]) for kind in wanted if kind in days]
    verdict: Verdict = "supported" if all(fits) else "mixed" if any(fits) else "contradicted"
    told = ", ".join(f"{kind} {shown(found)} days" for kind, found in sorted(days.items()))
    reason = f"The median author's releases are so far apart: {told}; claimed were {wanted['open']} and {wanted['closed']}."
    return Judged(verdict, reason, told, tuple(rows), "medium")


def opinion(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """What no measurement could settle."""
    return Judged("opinion", claim.why or "No measurement would settle it.")


def arithmetic(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Nothing but its own sums."""
    return Judged("undecidable", "It states nothing besides its own sums.")


CHECKERS: dict[str, Checker] = {
    "released_on": released_on,
    "within_days": within_days,
    "parameters": parameters,
    "active_parameters": parameters,
    "license_is": license_is,
    "license_allows": license_allows,
    "price": prices.price,
    "price_ratio": prices.price_ratio,
    "price_change": prices.price_change,
    "cuts": prices.cuts,
    "floor": prices.floor,
    "reaction": prices.reaction,
    "score": score,
    "score_comparison": score_comparison,
    "cadence": cadence,
    "throughput": throughput,
    "exists": exists,
    "arithmetic": arithmetic,
    "opinion": opinion,
    **dict.fromkeys(("lag", "self_host_saving", "share", "quantity"), measured),
}
