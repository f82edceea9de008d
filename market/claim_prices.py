"""Claims about prices: what was asked on a day, how it moved, where the floor stands, and who cut after whom."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from market.claim_sums import agrees, shown
from market.claims import Claim, Judged, Known, Verdict, number

WINDOWS = (7, 30, 90)
NEAR = Decimal("0.1")


def standing(known: Sequence[Known], subject: str | None, meter: str | None, on: date, provider: str | None = None) -> list[Known]:
    """The asks that stood on a day, lowest first."""
    rows = [
        row
        for row in known
        if row.kind == "quote" and row.subject == subject and row.metric == meter and provider in (None, row.provider)
        and row.on is not None and row.on <= on and (row.until is None or on < row.until)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: number(row.value))


def near(stated: Decimal, found: Decimal) -> bool:
    """Whether a price is within a tenth of the one stated."""
    return abs(found - stated) <= stated * NEAR


def asked(rows: Sequence[Known]) -> str:
    """`$0.20 to $1.25 per million tokens`."""
    low, high = number(rows[0].value), number(rows[-1].value)
    told = f"${shown(low)}" if shown(low) == shown(high) else f"${shown(low)} to ${shown(high)}"
    return f"{told} per million tokens"


def few(rows: Sequence[Known]) -> tuple[Known, ...]:
    """The rows worth showing: the two lowest and the highest."""
    return tuple(dict.fromkeys([*rows[:2], *rows[-1:]]))


def price(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """What a model costs on a day: supported where everybody asks about that, mixed where somebody does."""
    on = claim.as_of or today
    rows = standing(known, claim.subject, claim.metric, on, claim.provider)
    facts = [row for row in known if (row.kind, row.subject, row.metric) == ("fact", claim.subject, claim.metric) and (row.on or on) <= on]
    rows = rows or sorted(facts, key=lambda row: number(row.value))
    if claim.value is None:
        return Judged("undecidable", "The claim names no price; add `value`, in USD per million tokens.", evidence=few(rows))
    if not rows:
        return Judged("undecidable", f"No price of {claim.subject} ({claim.metric or 'no meter named'}) is on record on {on}.")
    said, found = number(claim.value), [number(row.value) for row in rows]
    fits = [near(said, one) if claim.operator in ("=", "~") else (one < said if "<" in claim.operator else one > said) for one in found]
    verdict: Verdict = "supported" if all(fits) else "mixed" if any(fits) else "contradicted"
    by = len({row.provider for row in rows})
    times = found[0] / said if said and found[0] > said else None
    far = f"; the lowest is {shown(times)} times the ${shown(said)} claimed" if times and verdict == "contradicted" else ""
    reason = f"{claim.subject} was sold for {asked(rows)} by {by} provider{'s' if by > 1 else ''} on {on}{far}."
    return Judged(verdict, reason, asked(rows), few(rows), "high" if len({row.source for row in rows}) > 1 else "medium")


def price_ratio(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Median ask of a model as a share of another's, in percent; `value` is the share, or a factor where the unit is `times`."""
    on = claim.as_of or today
    rows = standing(known, claim.subject, claim.metric, on)
    other = standing(known, claim.against[0] if claim.against else None, claim.metric, on)
    if not rows or not other or claim.value is None:
        return Judged("undecidable", "Prices of both are not on record for that day.", evidence=few(rows or other))
    ratio = median(number(row.value) for row in rows) / median(number(row.value) for row in other)
    found = ratio if claim.unit == "times" else ratio * 100
    fits = agrees(claim.value, found) or near(number(claim.value), found)
    told = f"{shown(found)}{' times' if claim.unit == 'times' else '%'}"
    reason = f"By the median ask {claim.subject} costs {told} of {claim.against[0]}, {asked(rows)} against {asked(other)}."
    return Judged("supported" if fits else "contradicted", reason, told, (*few(rows), *few(other)), "medium")


def price_change(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """By how many percent a model's lowest ask fell between two days."""
    before = standing(known, claim.subject, claim.metric, claim.from_date, claim.provider) if claim.from_date else []
    until = claim.as_of or today
    after = standing(known, claim.subject, claim.metric, until, claim.provider)
    if not before or not after or claim.value is None or not number(before[0].value):
        return Judged("undecidable", f"No price of {claim.subject} is on record for both {claim.from_date} and {until}.")
    fell = (1 - number(after[0].value) / number(before[0].value)) * 100
    fits = abs(fell - number(claim.value)) <= 5
    reason = f"The lowest ask of {claim.subject} was {asked(before[:1])} on {claim.from_date} and {asked(after[:1])} on {until}."
    return Judged("supported" if fits else "contradicted", reason, f"fell by {shown(fell)}%", (before[0], after[0]), "medium")


def cuts(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """How often a provider cut its own input or output prices in a span of days; `value` is the number claimed."""
    rows = [
        row
        for row in known
        if row.kind == "cut" and row.provider == claim.provider and row.on
        and (claim.from_date or date.min) <= row.on <= (claim.as_of or today)
    ]  # fmt: skip
    if not any(row.kind == "cut" for row in known):
        return Judged("undecidable", "No change of a price is on record.")
    models = sorted({row.subject for row in rows})
    wanted = number(claim.value or "0")
    fits = len(models) == wanted if claim.operator == "=" else len(models) > wanted
    count = f"{len(models)} model{'' if len(models) == 1 else 's'}"
    named = f": {', '.join(models[:3])}" if models else ""
    since = f" from {claim.from_date}" if claim.from_date else ""
    reason = f"{claim.provider} cut the listed price of {count}{since} to {claim.as_of or today}{named}."
    return Judged("supported" if fits else "contradicted", reason, count, tuple(rows[:6]), "medium")


def floor(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Whether the lowest confirmed price of a series reached a level by a day; before that day, how far away it is."""
    rows = sorted((row for row in known if row.kind == "floor" and row.subject == claim.subject and row.on), key=lambda row: str(row.on))
    rows = [row for row in rows if row.on and row.on <= (claim.by or claim.as_of or today)]
    if not rows or claim.value is None:
        if claim.by and today <= claim.by:
            left = (claim.by - today).days
            return Judged("open", f"Due on {claim.by}, {left} days from now; no price floor of {claim.subject} is on record yet.")
        return Judged("undecidable", f"No price floor of {claim.subject} is on record.")
    level, last = number(claim.value), rows[-1]
    if not level:
        return Judged("undecidable", "A floor of nothing has no distance; name a price above 0.")
    now, lowest = number(last.value), min(rows, key=lambda row: number(row.value))
    factor = now / level
    told = f"${shown(now)} per million tokens, {shown(factor)} times the level"
    where = f"The floor of {claim.subject} is ${shown(now)} since {last.on}, {shown(factor)} times ${claim.value}"
    shown_rows = tuple(dict.fromkeys([last, lowest]))
    if number(lowest.value) <= level:
        return Judged("supported", f"The floor of {claim.subject} reached ${lowest.value} on {lowest.on}.", told, shown_rows, "medium")
    if claim.by and today <= claim.by:
        return Judged("open", f"{where}; it has {(claim.by - today).days} days left to fall.", told, shown_rows, "medium")
    return Judged("contradicted", f"{where}, and it never was lower than ${lowest.value}.", told, shown_rows, "medium")


def reaction(claim: Claim, known: Sequence[Known], today: date) -> Judged:
    """Whether rivals cut more often within 7, 30 and 90 days of a model's release than they did in the year before."""
    release = [row for row in known if row.metric == "released_on" and row.subject == claim.subject]
    moves = [row for row in known if row.kind == "cut" and row.on]
    if not release or not moves:
        return Judged("undecidable", f"The release of {claim.subject} or the cuts after it are not on record.")
    began = date.fromisoformat(min(release, key=lambda row: row.kind != "fact").value)
    days = [row.on for row in moves if row.on]
    since = max(min(days), began - timedelta(days=365))
    if (began - since).days < WINDOWS[-1]:
        reason = f"Changes of prices are on record from {min(days)}; that is too late to know what was usual before {began}."
        return Judged("undecidable", reason, evidence=tuple(release[:1]))
    rate = sum(since <= day <= began for day in days) / (began - since).days
    ratios = [_within(days, began, window) / (rate * window) for window in WINDOWS]
    told = ", ".join(
        f"{_within(days, began, window)} in {window} days ({shown(Decimal(str(round(ratio, 2))))} times the rate before)"
        for window, ratio in zip(WINDOWS, ratios, strict=True)
    )
    more = [ratio >= 1.5 for ratio in ratios]
    verdict: Verdict = "supported" if all(more) else "mixed" if any(more) else "contradicted"
    after = [row for row in moves if row.on and began < row.on <= began + timedelta(days=30)]
    return Judged(verdict, f"Cuts on record after {began}: {told}; what came after need not have come of it.", told,
                  (*release[:1], *after[:5]), "low")  # fmt: skip


def _within(days: Sequence[date], began: date, window: int) -> int:
    return sum(began < day <= began + timedelta(days=window) for day in days)
