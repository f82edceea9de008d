"""The door of the database: `python -m db COMMAND`, or `modelmarket db COMMAND`."""

import argparse
import sys
from typing import Any


def add_commands(commands: Any) -> None:
    """Adds every command to argparse's subparsers; `run` names the function that does it."""
    for name, says in (
        ("upgrade", "bring tables, views and roles to this version"),
        ("check", "see whether the database is reachable and of this version"),
        ("dictionary", "print the data dictionary, the page docs/data-dictionary.md"),
        ("psql", "open psql on it, with the arguments given after --"),
        ("backup", "write everything in it to one file"),
        ("restore", "read such a file into an empty database"),
    ):
        added = commands.add_parser(name, help=says, description=says)
        added.set_defaults(run=f"db.upkeep:{name}")
        if name == "check":
            added.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        if name == "psql":
            added.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="handed to psql")
        if name in ("backup", "restore"):
            added.add_argument("file", metavar="FILE", help="the backup file")


def main() -> int:
    """Runs one command and returns its exit code; an error of ours becomes one sentence on standard error."""
    from importlib import import_module

    from market.errors import MarketError, Misused

    parser = argparse.ArgumentParser(prog="python -m db", description="Care for the database.")
    add_commands(parser.add_subparsers(required=True, metavar="COMMAND"))
    asked = parser.parse_args()
    module, _, function = asked.run.partition(":")
    try:
        code: int = getattr(import_module(module), function)(asked)
    except MarketError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, Misused) else 1
    return code


if __name__ == "__main__":
    sys.exit(main())
