"""The command line: what can be asked, and what becomes of errors. Everything heavy is imported by the command that needs it."""

import argparse
import os
import signal
import sys
from datetime import UTC, datetime
from importlib import import_module
from typing import NoReturn

from market.errors import MarketError, Misused

INTERRUPTED, BROKEN_PIPE = 130, 141


class Parser(argparse.ArgumentParser):
    """A parser that answers a wrong call with one sentence and code 2."""

    def error(self, message: str) -> NoReturn:
        """Says what was wrong and where to read on."""
        self.exit(2, f"{message[:1].upper()}{message[1:]}; see `{self.prog} --help`.\n")


class Version(argparse.Action):
    """Prints the installed version, looked up only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Ends the program with the version on standard output."""
        from importlib.metadata import version

        print("modelmarket", version("modelmarket"))
        parser.exit()


def parser() -> Parser:
    """Every command with its arguments; `run` names the function that does it."""
    top = Parser(prog="modelmarket", description="What the market for language models really looks like, with the evidence.")
    top.add_argument("--version", action=Version, nargs=0, help="print the version")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, run: str, says: str, *, json: bool = False) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=says, description=says)
        added.set_defaults(run=run)
        if json:
            added.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        return added

    up = command("up", "jobs.up:up", "collect, then run clock, worker and dashboard until Ctrl-C")
    up.add_argument("--port", type=_port, help="port of the dashboard (default: the first free one from 8501)")
    up.add_argument("--no-collect", action="store_true", help="show what is there; do not collect first")

    collect = command("collect", "jobs.collect:collect", "collect prices now", json=True)
    collect.add_argument("sources", nargs="*", metavar="SOURCE", help="names of sources (default: all)")
    collect.add_argument("--capture", action="store_true", help="keep the start pages as files instead of reading them")
    collect.add_argument("--into", metavar="DIR", default="captured", help="with --capture: the folder (default: captured)")

    review = command("review", "jobs.questions:review_list", "see and decide what is held in quarantine")
    decisions = review.add_subparsers(required=True, metavar="list|accept|reject", parser_class=Parser)
    listing = decisions.add_parser("list", help="what is held and why")
    listing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    for decision, says in (("accept", "believe it from now on"), ("reject", "never believe it")):
        added = decisions.add_parser(decision, help=says, description=says)
        added.add_argument("items", nargs="+", metavar="ITEM", help="handle from `review list`, such as S12.3 or P17")
        added.add_argument("--note", help="why, for whoever reads it later")
        added.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        added.set_defaults(run="jobs.questions:review", decision=decision)

    price = command("price", "jobs.questions:price", "what one model costs now, and who says so", json=True)
    price.add_argument("model", metavar="MODEL", help="author/slug, or PROVIDER/MODEL as a source spells it")

    price.add_argument("--valid-at", type=_instant, metavar="T", help="what held then (ISO 8601, UTC by default; default: now)")
    price.add_argument("--known-at", type=_instant, metavar="T", help="as far as was known then (default: now)")

    from jobs.cost import add_arguments

    add_arguments(command("cost", "jobs.cost:cost", "what a workload costs: one offer, all offers, a file of usages", json=True), _instant)

    from jobs.route import add_arguments as route_arguments

    route_arguments(
        command("route", "jobs.route:route", "which offers meet your needs, cheapest to best, and why others do not", json=True)
    )

    lowest = command("floors", "jobs.forecast:floors", "the lowest confirmed prices today, or how one moved", json=True)
    lowest.add_argument("series", nargs="?", metavar="SERIES", help="a family or a model, with or without its meter")
    ahead = command("forecast", "jobs.forecast:forecast", "where price floors go, and how sure that is", json=True)
    ahead.add_argument("--known-at", type=_instant, metavar="T", help="with what was known then (ISO 8601, UTC by default; default: now)")
    command("backtest", "jobs.forecast:backtest", "how each way of forecasting would have done", json=True)

    from jobs.claims import add_arguments as claims_arguments

    said = command("claims", "", "hold what others say of the market against what is known")
    claims_arguments(said.add_subparsers(required=True, metavar="add|check|draft", parser_class=Parser))

    from jobs.license_options import add_arguments as license_arguments

    license_arguments(command("license", "jobs.license:license_", "what a license text is, and what it means for your case", json=True))

    from jobs.probe_options import add_arguments as probe_arguments

    probe_arguments(command("probe", "jobs.probe:probe", "measure how fast a model file runs on this machine", json=True))

    from jobs.selfhost_options import add_arguments as selfhost_arguments

    selfhost_arguments(command("selfhost", "jobs.selfhost:selfhost", "what a model costs on a machine of yours or a rented one", json=True))

    coming = command("calendar", "jobs.calendar:calendar", "what sources have announced, and what was taken back", json=True)
    coming.add_argument("--days", type=_days, default=90, metavar="N", help="how far to look ahead (default: 90)")
    coming.add_argument("--ics", action="store_true", help="print an iCalendar file that calendar programs read")

    past = command("backfill", "jobs.backfill:backfill", "load a source's past from a data repository's git log", json=True)
    past.add_argument("source", metavar="SOURCE", help="name of a source that has a history")
    past.add_argument("repository", metavar="REPO", nargs="?", help="address, folder or bundle file (default: the source's own public one)")
    past.add_argument("--ref", help="branch to read (default: the source's usual one)")

    sql = command("sql", "jobs.questions:sql", "ask the database; read only, schema market")
    sql.add_argument("query", metavar="QUERY", help="one SELECT, or - to read it from standard input")
    sql.add_argument("--format", choices=("table", "csv", "json", "parquet"), help="default: table")
    sql.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    sql.add_argument("--output", metavar="FILE", help="write there instead of to standard output")

    frontier = command(
        "frontier", "jobs.frontier:frontier", "how far open models are behind closed ones, in months and in price", json=True
    )
    frontier.add_argument("--benchmark", default="aa_intelligence", metavar="TEST", help="the test (default: aa_intelligence)")
    frontier.add_argument("--since", type=_instant, metavar="DATE", help="only what closed models first reached from then on")

    command("status", "jobs.status:status", "what is fresh, stale, failed or held, and what happens next", json=True)
    command("doctor", "jobs.doctor:doctor", "check this machine and say what to mend", json=True)
    worker = command("worker", "jobs.tasks:worker", "run jobs from the queue until stopped")
    worker.add_argument("--queue", action="append", metavar="Q", help="only jobs of this queue; may be given again")
    command("scheduler", "jobs.schedule:scheduler", "be the clock: ring each source when its time comes")
    board = command("dashboard", "jobs.web:dashboard", "run the dashboard alone")
    board.add_argument("--port", type=_port, help="port (default: the first free one from 8501)")
    board.add_argument("--address", default="127.0.0.1", help="address to listen on (default: only this machine)")

    from db.__main__ import add_commands

    add_commands(command("db", "", "care for the database").add_subparsers(required=True, metavar="COMMAND", parser_class=Parser))
    return top


def _port(text: str) -> int:
    if not (text.isdigit() and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
    return int(text)


def _days(text: str) -> int:
    if not (text.isdigit() and 0 < int(text[:6]) <= 3660):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; give one from 1 to 3660")
    return int(text)


def _instant(text: str) -> datetime:
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an instant; write it like 2025-02-08 or 2025-02-08T16:00:00+00:00") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _terminated(*_: object) -> None:
    """Ends as Ctrl-C does, on which asyncio ends its tasks in order; in the background of a shell that one is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code; every error becomes one sentence on standard error."""
    asked = parser().parse_args(arguments)
    module, _, function = asked.run.partition(":")
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code: int = getattr(import_module(module), function)(asked)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return BROKEN_PIPE
    except MarketError as error:
        _say(str(error))
        return 2 if isinstance(error, Misused) else 1
    except Exception as error:
        if os.environ.get("MODELMARKET_DEBUG"):
            raise
        _say(f"Unexpected {type(error).__name__}: {error}{_keep_trace()}")
        return 1


def _say(message: str) -> None:
    print(" ".join(message.split()), file=sys.stderr)


def _keep_trace() -> str:
    """Writes the traceback to a file of ours; returns the words that say where, for the end of a sentence."""
    import traceback

    from db.engine import home

    log = home() / "logs" / "errors.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(traceback.format_exc() + "\n")
    except OSError:
        return " (MODELMARKET_DEBUG=1 shows where)."
    return f" (details in {log}, or at once with MODELMARKET_DEBUG=1)."


if __name__ == "__main__":
    sys.exit(main())
