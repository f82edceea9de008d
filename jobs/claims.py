"""`modelmarket claims`: what others say of the market, added, checked, or found in an article; and the nightly re-check."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from jobs import output
from jobs.claimed_rates import add_arguments as rates_options
from jobs.claimed_rates import kept
from market import claims as rules
from market.claims import VERDICTS, Claim, File, Judged
from market.errors import Misused

LARGEST = 2_000_000
EXAMPLE = "article"
SHOWN = ("claim", "verdict", "own numbers", "found", "reason")


def add_arguments(command: Any) -> None:
    """The words after `modelmarket claims`."""
    for name, run, says in (
        ("add", "jobs.claims:add", "keep the claims and facts of a file, and check them from now on"),
        ("check", "jobs.claims:check", "hold claims against what is known now"),
        ("draft", "jobs.claims:draft", "propose entries for the claims in a text; a person decides"),
    ):
        added = command.add_parser(name, help=says, description=says)
        if name == "check":
            added.add_argument("file", nargs="?", metavar="FILE", help="YAML, judged but not kept (default: the claims that were added)")
        else:
            what = (
                f"YAML, or a scoreboard of rates; `{EXAMPLE}` is the example that ships with modelmarket"
                if name == "add"
                else "the article as plain text"
            )
            added.add_argument("file", metavar="FILE", help=what)
        if name == "add":
            rates_options(added)
        if name != "draft":
            added.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        added.set_defaults(run=run)


def text_of(name: str) -> str:
    """The text of a file.

    Raises:
        Misused: it is not there, too large, or no text.
    """
    try:
        file = Path(name)
        if file.stat().st_size > LARGEST:
            raise Misused(f"{name} is larger than {LARGEST // 10**6} MB; give the article or its claims alone.")
        return file.read_text("utf-8")
    except OSError as error:
        raise Misused(f"{name} cannot be read: {(error.strerror or str(error)).lower()}; give the path of a file.") from None
    except UnicodeDecodeError:
        raise Misused(f"{name} is no text in UTF-8; save it as one.") from None


def _file(name: str) -> File:
    from db import claims

    return claims.shipped() if name == EXAMPLE and not Path(name).exists() else rules.read(text_of(name), name)


def add(asked: argparse.Namespace) -> int:
    """Keeps what a file holds, checks everything kept, and says what came of the file's claims."""
    from db import claims, engine

    if (asked.file != EXAMPLE or Path(EXAMPLE).exists()) and kept(asked, text_of(asked.file)):
        return 0
    file = _file(asked.file)
    with engine.connect("collector") as connection:
        new_claims, new_facts = claims.add(connection, file)
        judged, flips = claims.check(connection)
    mine = {claim.claim_id for claim in file.claims}
    judged = [(claim, one) for claim, one in judged if claim.claim_id in mine]
    if asked.json:
        output.document({"added": {"claims": new_claims, "facts": new_facts}, "claims": _documents(judged), "flips": flips})
        return 0
    print(f"{new_claims} of {len(file.claims)} claims and {new_facts} of {len(file.facts)} facts were new. {counted(judged)}")
    for flip in flips:
        print(flip)
    return 0


def check(asked: argparse.Namespace) -> int:
    """Prints verdicts: of a file's claims, judged and not kept, or of those in the ledger, whose verdicts are kept."""
    from db import claims, engine

    flips: Sequence[str] = ()
    with engine.connect("collector") as connection:
        if asked.file:
            file = _file(asked.file)
            if not file.claims:
                raise Misused(f"{asked.file} holds facts but no claims; `modelmarket claims add` keeps facts.")
            judged = claims.judged(connection, claims.joined(file.claims), file.facts)
            connection.rollback()
        else:
            judged, flips = claims.check(connection)
    if asked.json:
        output.document({"claims": _documents(judged)})
    elif not judged:
        print(f"No claims yet; `modelmarket claims add FILE` keeps some, `modelmarket claims add {EXAMPLE}` an example.")
    else:
        print(output.grid(SHOWN, [_line(claim, one) for claim, one in judged]))
        print(f"\n{counted(judged)}")
        for flip in flips:
            print(flip, file=sys.stderr)
    return 0


def _documents(judged: Sequence[tuple[Claim, Judged]]) -> list[dict[str, Any]]:
    return [
        {
            "claim_id": claim.claim_id,
            "verdict": one.verdict,
            "inconsistent": one.inconsistent,
            "reason": one.reason,
            "computed_value": one.computed,
            "evidence": [msgspec.to_builtins(row) for row in one.evidence],
            "statement": claim.statement,
            "author": claim.author,
            "source": claim.source,
            "confidence": one.confidence,
        }
        for claim, one in judged
    ]


def _line(claim: Claim, one: Judged) -> list[Any]:
    return [claim.claim_id, one.verdict, "disagree" if one.inconsistent else "", one.computed, one.reason]


def counted(judged: Sequence[tuple[Claim, Judged]]) -> str:
    """How many of each verdict, in a sentence."""
    counts = {verdict: sum(one.verdict == verdict for _, one in judged) for verdict in VERDICTS}
    wrong = sum(one.inconsistent for _, one in judged)
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    own = f" {wrong} disagree with their own numbers." if wrong else ""
    return f"{len(judged)} claims: {told}.{own}" if judged else "No claims."


def draft(asked: argparse.Namespace) -> int:
    """Prints proposed entries for the claims in a text, as YAML that `claims check` reads once a person has gone over it."""
    from db import claims
    from market.claim_draft import drafted, foreign, written

    text = text_of(asked.file)
    found, unconverted = drafted(text, claims.names()), foreign(text)
    if not found and not unconverted:
        print("Nothing in the text looks like a claim about a known model, price, license or date.", file=sys.stderr)
        return 0
    print(written(found, Path(asked.file).name, unconverted), end="")
    return 0


def nightly() -> dict[str, Any]:
    """Checks every claim again; how many there are and which verdicts flipped. For the clock, after the forecasts."""
    from db import claims, engine, throughput

    with engine.connect("collector") as connection:
        judged, flips = claims.check(connection)
        throughput.judge(connection)
    return {"claims": len(judged), "flips": flips}
