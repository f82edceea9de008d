"""What each rule of screening holds in the ledger at hand, whether rightly, and how many slips put in by us it finds; as Markdown.

    MODELMARKET_HOME=HOME .venv/bin/python benchmarks/screening.py [--held RULE] > tables.md

The ledger is to hold the histories (`modelmarket backfill`) and a night or two (`modelmarket collect`); nothing is written to it. A hold
is right or wrong as a person judged it (tests/unit/judged_cases.json). Where nobody did, it is wrong if an independent source ever said
the same of the same thing, and right if the source itself later put a price there that is believed. Else it is not known.
"""

import argparse
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from db import beliefs, engine, judge
from market import screening, screening_alone, screening_elsewhere, screening_moves, screening_offers
from market.screening import Hold, Market, Stated
from market.screening_terms import same

DEAR = 20
"""So many times the typical input price is dear."""
CASES = Path(__file__).parents[1] / "tests" / "unit" / "judged_cases.json"
MODULES = (screening_offers, screening_alone, screening_elsewhere, screening_moves)
MOVES = {
    "jump": "More than ten times away from what the same source said before or later, and other providers do not ask both.",
    "disagrees": "More than ten times away from what every other family says at the same time.",
}
NAMES = "select o.id, src.name, o.provider from ledger.offer as o inner join ledger.source as src on src.id = o.source_id"
_Pair = tuple[Decimal, Decimal]


def _scaled(power: int) -> Callable[[_Pair], _Pair]:
    return lambda both: (both[0].scaleb(power), both[1].scaleb(power))


SLIPS: dict[str, Callable[[_Pair], _Pair]] = {
    **{f"{'×' if power > 0 else '÷'} {10 ** abs(power):,}": _scaled(power) for power in (1, 2, 3, 6, -1, -2, -3, -6)},
    "yuan for dollars": lambda both: (both[0] * 7, both[1] * 7),
    "characters for tokens, ÷ 16": lambda both: (both[0] / 16, both[1] / 16),
    "input and output swapped": lambda both: (both[1], both[0]),
    "output alone ÷ 1,000": lambda both: (both[0], both[1].scaleb(-3)),
    "999 for both": lambda both: (Decimal(999), Decimal(999)),
}
REAL: dict[str, Callable[[_Pair], _Pair]] = {
    "cut of 90 %": _scaled(-1),
    "cut of 80 %": lambda both: (both[0] / 5, both[1] / 5),
    "cut of 80 %, output only": lambda both: (both[0], both[1] / 5),
    "cut of 50 %": lambda both: (both[0] / 2, both[1] / 2),
    "twice as dear": lambda both: (both[0] * 2, both[1] * 2),
    "five times as dear": lambda both: (both[0] * 5, both[1] * 5),
}
_Sold = tuple[list[Stated], Stated, Stated]


class Ledger(NamedTuple):
    """What the database holds: every group of statements, the market, and by offer (source, provider)."""

    groups: dict[str, list[Stated]]
    market: Market
    names: dict[Any, tuple[str, str]]


def read() -> Ledger:
    """Everything ever said, by thing."""
    with engine.connect() as connection:
        connection.execute("create temp table judged (thing text primary key) on commit drop")
        connection.execute("insert into judged select distinct thing from ledger.offer")
        families = beliefs.voices(connection)
        rows = beliefs.stated(connection, families)
        names = {offer: (source, provider) for offer, source, provider in connection.execute(NAMES)}
        standing = judge.prices(connection, families)
    groups: dict[str, list[Stated]] = defaultdict(list)
    for row in rows:
        groups[row.thing].append(
            Stated(
                (row.line, row.seen_at, row.scope), row.offer, row.family, row.trust, row.meter, row.condition, row.usd,
                row.seen_at, row.gone_at, row.stated_from, row.mode, row.model_key, row.decision, row.thing,
            )
        )  # fmt: skip
    return Ledger(groups, screening.market_of(standing), names)


def sentences() -> dict[str, str]:
    """Each rule's name and its sentence, in the order in which they are asked."""
    rules = [screening_alone.negative, screening_alone.not_chat, *screening.RULES]
    found: dict[str, str] = {}
    for rule in rules:
        if rule is screening_elsewhere.compared:
            inner = (screening_elsewhere.unit_slip, screening_elsewhere.currency, screening_elsewhere.elsewhere)
            found |= {one.__name__: (one.__doc__ or "").splitlines()[0] for one in inner}
        elif rule is screening_moves.outliers:
            found |= MOVES
        else:
            found[rule.__name__] = (rule.__doc__ or "").splitlines()[0]
    return found


def verdict(said: Stated, group: Iterable[Stated], held: dict[Any, Hold], ledger: Ledger, cases: list[dict[str, str]]) -> str:
    """`right`, `wrong` or `not known`."""
    source, provider = ledger.names[said.offer]
    for case in cases:
        named = zip((source, provider, said.model_key, said.meter), ("source", "provider", "model", "meter"), strict=True)
        if all(fnmatchcase(value, case[key]) for value, key in named) and ("price" not in case or said.usd == Decimal(case["price"])):
            return {"error": "right", "real": "wrong", "unknown": "not known"}[case["verdict"]]
    line = [one for one in group if (one.meter, one.condition) == (said.meter, said.condition)]
    if said.usd > 0 and any(one.family != said.family and one.usd > 0 and same(one.usd, said.usd) for one in line):
        return "wrong"
    later = [one for one in line if one.offer == said.offer and one.seen_at == said.gone_at and one.row not in held]
    return "right" if later else "not known"


def table(ledger: Ledger, shown: str | None) -> str:
    """What each rule holds, by source, and how much of it rightly."""
    cases = json.loads(CASES.read_text())
    by_rule: dict[str, Counter[str]] = defaultdict(Counter)
    began = time.process_time()
    verdicts = {thing: screening.judge(group, ledger.market) for thing, group in ledger.groups.items()}
    seconds = time.process_time() - began
    for thing, held in verdicts.items():
        for said in ledger.groups[thing]:
            if (hold := held.get(said.row)) is None:
                continue
            judged = verdict(said, ledger.groups[thing], held, ledger, cases)
            by_rule[hold.rule].update([judged, ledger.names[said.offer][0], "held"])
            if shown in (hold.rule, judged):
                print(judged, *ledger.names[said.offer], said.model_key, hold, said.condition, said.seen_at.date(), said.gone_at, sep=" | ")
    total = sum(len(group) for group in ledger.groups.values())
    lines = [
        f"{total:,} statements about {len(ledger.groups):,} things, judged in {seconds:.2f} s of processor time.\n",
        "| rule | holds what | held | rightly | wrongly | not known | precision | by source |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for rule, sentence in sentences().items():
        lines.append(_row(f"`{rule}`", sentence, by_rule[rule]))
    everything = sum(by_rule.values(), Counter[str]())
    return "\n".join([*lines, _row("all", "", everything)])


def _row(name: str, sentence: str, counts: Counter[str]) -> str:
    known = counts["right"] + counts["wrong"]
    share = f"{counts['right'] / known:.0%}" if known else ""
    kinds = ("held", "right", "wrong", "not known")
    sources = ", ".join(f"{source} {n}" for source, n in counts.most_common() if source not in kinds)
    return f"| {name} | {sentence} | {' | '.join(str(counts[kind]) for kind in kinds)} | {share} | {sources} |"


def slips(ledger: Ledger, size: int) -> str:
    """How many slips of both prices of an offer, put behind its last word or in the place of its only word, are held."""
    pick = random.Random(20261122)
    alike: dict[str, list[_Sold]] = {"several sources": [], "one source": [], "one source and dear": []}
    for group in ledger.groups.values():
        held = screening.judge(group, ledger.market)
        last = {(one.offer, one.meter): one for one in group if one.gone_at is None and one.condition is None and one.usd > 0}
        for (offer, meter), one in last.items():
            other = last.get((offer, "output_mtok"))
            if meter == "input_mtok" and other and one.mode in ("chat", None) and not {one.row, other.row} & held.keys():
                alone = len({said.family for said in group}) == 1
                alike["one source" if alone else "several sources"].append((group, one, other))
                if alone and one.usd >= DEAR * ledger.market.typical[meter]:
                    alike["one source and dear"].append((group, one, other))
    chosen = {kind: pick.sample(found, min(size, len(found))) for kind, found in alike.items()}
    heads = [f"{kind} ({len(found)}), {where}" for kind, found in chosen.items() for where in ("later", "from the first")]
    lines = _head("slip, share held", heads)
    for name, slip in SLIPS.items():
        shares = [_found(found, slip, ledger.market, first=first) for found in chosen.values() for first in (False, True)]
        lines.append(f"| {name} | {' | '.join(f'{share:.0%}' for share in shares)} |")
    lines += ["", *_head("honest move, share held", [f"{kind} ({len(found)})" for kind, found in chosen.items()])]
    for name, move in REAL.items():
        shares = [_alarmed(found, move, ledger.market) for found in chosen.values()]
        lines.append(f"| {name} | {' | '.join(f'{share:.1%}' for share in shares)} |")
    return "\n".join(lines)


def _head(first: str, heads: list[str]) -> list[str]:
    return [f"| {first} | {' | '.join(heads)} |", "|---" * (1 + len(heads)) + "|"]


def _changed(sold: _Sold, change: Callable[[_Pair], _Pair], *, first: bool) -> tuple[list[Stated], list[Stated], list[Stated]]:
    """A group in which an offer's two prices have become others: all of it, what is new, and what was said before."""
    group, *right = sold
    at = right[0].seen_at if first else max(one.seen_at for one in group) + timedelta(days=1)
    put = zip(right, change((right[0].usd, right[1].usd)), strict=True)
    new = [replace(one, row=("new", one.meter), usd=usd, seen_at=at) for one, usd in put if usd != one.usd]
    gone = {(one.offer, one.meter) for one in new}
    kept = [one for one in group if one not in right and not (first and (one.offer, one.meter) in gone)]
    ended = [replace(one, gone_at=at) if (one.offer, one.meter) in gone else one for one in right]
    before = [one for one in ended if one.gone_at is None or not first]
    return [*kept, *before, *new], new, before


def _found(chosen: list[_Sold], slip: Callable[[_Pair], _Pair], market: Market, *, first: bool) -> float:
    """The share of slips of which both wrong prices are held, and neither right one."""
    good = 0
    for sold in chosen:
        group, wrong, right = _changed(sold, slip, first=first)
        held = screening.judge(group, market)
        good += all(one.row in held for one in wrong) and not any(one.row in held for one in right)
    return good / len(chosen) if chosen else 0.0


def _alarmed(chosen: list[_Sold], move: Callable[[_Pair], _Pair], market: Market) -> float:
    """The share of honest moves of which either price is held, or the one before."""
    changed = [_changed(sold, move, first=False) for sold in chosen]
    held = [screening.judge(group, market).keys() & {one.row for one in (*new, *before)} for group, new, before in changed]
    return sum(map(bool, held)) / len(chosen) if chosen else 0.0


def main() -> None:
    """Reads, judges and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held", metavar="RULE", help="also print every hold of a rule, or every `right`, `wrong` or `not known` one")
    parser.add_argument("--slips", type=int, default=300, metavar="N", help="offers of each kind that slips are put into")
    asked = parser.parse_args()
    ledger = read()
    print(table(ledger, asked.held), slips(ledger, asked.slips), sep="\n\n")


if __name__ == "__main__":
    main()
