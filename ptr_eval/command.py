"""What the commands `ptr-eval`, `ptr-data` and `ptr-train` have in common."""

import argparse
import codecs
import io
import sys
from collections.abc import Callable
from typing import Any

VERBOSE = "show what is done, step by step (default: warnings only)"


def add_command(
    commands: Any,
    name: str,
    function: Callable[[argparse.Namespace], None],
    help_: str,
    example: str,
) -> argparse.ArgumentParser:
    """Add a command to a parser; its help ends in an example."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_,
        description=f"{help_[0].upper()}{help_[1:]}.",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=function)
    parser.add_argument("--verbose", action="store_true", help=VERBOSE)
    return parser


_PLAIN = {"±": "+/-", "→": "->", "×": "x", "–": "-", "−": "-", "…": "...", "≥": ">=", "≤": "<="}
_HANDLER = "ptr-plain"


def write_to_any_terminal() -> None:
    """Let a terminal that lacks a character show another one, where Python would fail."""
    codecs.register_error(_HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Not what a notebook or a test put there.
            stream.reconfigure(errors=_HANDLER)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    shown = "".join(_PLAIN.get(c) or ascii(c)[1:-1] for c in lost)
    return shown, error.end
