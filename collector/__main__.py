"""The collector's door: list · crawl · capture · accept · reparse."""

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from collector import source
from market.errors import MarketError, Misused


def main(argv: list[str] | None = None) -> int:
    """Runs one command; 0 where its document could be printed, 1 on an error, 2 where it was misused."""
    args = _parser().parse_args(argv)
    try:
        document = args.run(args)
    except Misused as error:
        print(error, file=sys.stderr)
        return 2
    except MarketError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(document, default=str) if args.json else _lines(document))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m collector", description=__doc__)
    commands = parser.add_subparsers(required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print one JSON document")
    known = commands.add_parser("list", parents=[shared], help="name every source")
    known.set_defaults(run=lambda _: _list())
    one = commands.add_parser("crawl", parents=[shared], help="collect one source in this process")
    one.add_argument("name")
    one.add_argument("--scheduled-for", type=datetime.fromisoformat, help="the tick of the clock this answers, ISO 8601")
    one.add_argument("--progress", action="store_true", help="say on standard error how far it is")
    one.set_defaults(run=_crawl)
    pages = commands.add_parser("capture", parents=[shared], help="keep a source's start pages as files, in place of reading them")
    pages.add_argument("name")
    pages.add_argument("--into", type=Path, default=Path("captured"), metavar="DIR", help="folder (default: captured)")
    pages.set_defaults(run=_capture)
    accept = commands.add_parser("accept", parents=[shared], help="load a page that is held as a whole")
    accept.add_argument("fetch", type=int)
    accept.add_argument("--note")
    accept.set_defaults(run=_accept)
    again = commands.add_parser("reparse", parents=[shared], help="read again what could not be read when it came")
    again.add_argument("name")
    again.set_defaults(run=_reparse)
    return parser


def _list() -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "cadence": known.cadence,
            "trust": known.trust,
            "rank": known.rank,
            "lists_everything": known.lists_everything,
            "experimental": known.experimental,
            "start_urls": list(known.start_urls),
            "license": known.terms.license,
        }
        for name, known in sorted(source.find().items())
    ]


def _crawl(args: argparse.Namespace) -> dict[str, Any]:
    from collector import crawl  # Scrapy takes a second to import, and only this needs it

    return crawl.crawl(args.name, args.scheduled_for, progress=args.progress)


def _capture(args: argparse.Namespace) -> dict[str, Any]:
    from collector import capture

    return capture.capture(args.name, args.into)


def _accept(args: argparse.Namespace) -> dict[str, Any]:
    from collector import crawl

    return crawl.accept_page(args.fetch, args.note)


def _reparse(args: argparse.Namespace) -> dict[str, Any]:
    from collector import crawl

    return crawl.reparse(args.name)


def _lines(document: Any) -> str:
    rows = document if isinstance(document, list) else [document]
    return "\n".join("  ".join(f"{key}={value}" for key, value in row.items() if value not in (None, [])) for row in rows)


if __name__ == "__main__":
    sys.exit(main())
