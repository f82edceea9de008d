"""The options of `modelmarket probe`, apart from what they start, so that other commands need not load it."""

import argparse


def add_arguments(added: argparse.ArgumentParser) -> None:
    """The options of `probe`."""
    added.add_argument("artifact", metavar="PATH_OR_REPO[:FILE]", help="a .gguf file, AUTHOR/REPOSITORY on the Hub, or `plan`")
    added.add_argument("--tests", metavar="T,T", help="default: pp512 (prompt), tg128 (decode), tg128@d2048 (behind 2,048)")
    added.add_argument("--threads", type=_count, metavar="N", help="threads (default: one per core)")
    added.add_argument("--n-gpu-layers", type=_count, default=0, metavar="N", help="layers to put on accelerators (default: 0)")
    added.add_argument("--budget", type=_count, default=600, metavar="S", help="seconds for all sessions (default: 600)")
    added.add_argument("--sessions", type=_count, default=3, metavar="N", help="sessions at least (default: 3)")
    added.add_argument("--repetitions", type=_count, default=10, metavar="N", help="repetitions of each test in a session (default: 10)")
    added.add_argument("--claimed", type=_count, metavar="N", help="tokens a second of decoding that somebody claims: is it so?")
    added.add_argument("--on", metavar="HARDWARE", help="with --claimed: the accelerator it is claimed of (default: this machine)")
    added.add_argument("--queue", action="store_true", help="with `plan`: queue what would run, for `worker --queue probe` here")
    added.add_argument("--keep", action="store_true", help="keep the result in the database")
    added.add_argument("--revision", metavar="R", help="of a repository: commit, branch or tag (default: main as it stands now)")


def _count(text: str) -> int:
    if not (text.isdigit() and int(text[:9]) <= 999_999):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 999999")
    return int(text)
