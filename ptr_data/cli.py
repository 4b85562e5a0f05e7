"""The command `ptr-data`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ptr_eval import __version__
from ptr_eval.command import add_command, write_to_any_terminal
from ptr_eval.errors import UserError
from ptr_eval.log import log_to_stderr


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    write_to_any_terminal()
    options = _parser().parse_args(argv)
    log_to_stderr(verbose=options.verbose)
    try:
        options.command(options)
    except UserError as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        raise SystemExit("Stopped; the same command goes on from here.") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ptr-data", description="Build refinement data.")
    parser.add_argument("--version", action="version", version=f"ptr-eval {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = add_command(
        commands,
        "build",
        _build,
        "build a data set, or go on building it",
        "ptr-data build build.yaml",
    )
    build.add_argument("config", type=Path, metavar="CONFIG.yaml", help="what to build")
    compare = add_command(
        commands,
        "compare",
        _compare,
        "compare a strong model's answers with and without thoughts, or go on comparing",
        "ptr-data compare compare.yaml",
    )
    compare.add_argument("config", type=Path, metavar="CONFIG.yaml", help="what to compare")
    compare.add_argument(
        "--dry-run",
        action="store_true",
        help="print what would be asked, and ask nothing (default: ask)",
    )
    show = add_command(
        commands,
        "show",
        _show,
        "print rows of a data set",
        "ptr-data show data --split dev --rows 5",
    )
    show.add_argument("--rows", type=int, default=3, help="how many (default: %(default)s)")
    show.add_argument(
        "--kind",
        choices=["ptr", "sft", "refine", "direct"],
        help="rows of one kind (default: of all kinds)",
    )
    show.add_argument(
        "--split", choices=["train", "dev"], help="rows of one split (default: of both)"
    )
    show.add_argument("--id", help="one row, by its id (default: the first rows)")
    show.add_argument(
        "--dropped",
        metavar="REASON",
        help="what was dropped for a reason (default: rows that were kept)",
    )
    stats = add_command(
        commands,
        "stats",
        _stats,
        "print what each stage let through",
        "ptr-data stats data",
    )
    for reading in (show, stats):
        reading.add_argument("folder", type=Path, metavar="DIR", help="a finished build")
    return parser


def _build(options: argparse.Namespace) -> None:
    from ptr_data.build import build_from
    from ptr_data.export.show import stats

    built = build_from(options.config)
    stats(built.folder, sys.stdout)
    sys.stdout.write(f"{built.rows:,} rows in {built.folder}\n")


def _compare(options: argparse.Namespace) -> None:
    from ptr_data.compare.run import compare_from, plan

    sys.stdout.write((plan if options.dry_run else compare_from)(options.config))


def _show(options: argparse.Namespace) -> None:
    from ptr_data.export.show import ShowOptions, show, show_dropped

    choice = ShowOptions(rows=options.rows, kind=options.kind, split=options.split, id=options.id)
    if options.dropped is None:
        show(options.folder, choice, sys.stdout)
    else:
        show_dropped(options.folder, options.dropped, choice, sys.stdout)


def _stats(options: argparse.Namespace) -> None:
    from ptr_data.export.show import stats

    stats(options.folder, sys.stdout)
