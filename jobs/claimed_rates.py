"""`modelmarket claims add` where the file is a scoreboard: rates that others claim, kept and judged."""

import argparse
from pathlib import Path

from jobs import output
from market import scoreboards

SHOWN = ("model", "quantization", "hardware", "test", "streams", "tps", "verdict", "reason")
LISTED = 40


def add_arguments(added: argparse.ArgumentParser) -> None:
    """What a scoreboard may leave out."""
    added.add_argument("--model", metavar="MODEL", help="scoreboards: author/slug of the model, where the file names it otherwise")
    added.add_argument("--hardware", metavar="NAME", help="scoreboards: what it was measured on, where the file does not say")
    added.add_argument("--source", metavar="WHO", help="scoreboards: who claims it, with an address (default: the file's name)")


def kept(asked: argparse.Namespace, text: str) -> bool:
    """Keeps the rates of a scoreboard, judges and prints them; False where the file is none."""
    model = asked.model.strip().lower() if asked.model else None
    rates = scoreboards.read(text, asked.file, model, asked.hardware)
    if rates is None:
        return False
    from db import engine, throughput

    source = asked.source or Path(asked.file).name
    with engine.connect("collector") as connection:
        new = throughput.add(connection, rates, source)
        throughput.judge(connection)
        rows = throughput.told(connection, source)
    if asked.json:
        output.document({"added": {"claims": 0, "facts": 0, "rates": new}, "claims": [], "flips": [], "rates": rows})
        return True
    print(output.grid(SHOWN, [[row[name] for name in SHOWN] for row in rows[:LISTED]]))
    more = f" The first {LISTED} are shown." if len(rows) > LISTED else ""
    print(f"\n{new} of {len(rates)} rates were new or had changed.{more} `market.throughput_claim` holds them all.")
    return True
