"""What the commands `ptr-eval`, `ptr-data` and `ptr-train` have in common."""

import argparse
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
