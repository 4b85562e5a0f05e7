"""`ptr-eval run`: lm-eval's own command line, with our tasks already on its path."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ptr_eval.catalog import entries, tasks_path
from ptr_eval.errors import UserError
from ptr_eval.extras import require_backend
from ptr_eval.harness.lm_eval_errors import explained
from ptr_eval.harness.settings import TaskSettings


def run(arguments: Sequence[str]) -> None:
    """Run lm-eval."""
    from lm_eval.__main__ import cli_evaluate

    others, rest = _take_include_path(arguments)
    _check_settings(rest)
    with tempfile.TemporaryDirectory(prefix="ptr-eval-") as scratch:
        include = _merged([tasks_path(), *others], Path(scratch)) if others else tasks_path()
        saved = sys.argv
        sys.argv = ["lm_eval", "run", *rest, "--include_path", str(include)]
        try:
            with explained():
                cli_evaluate()
        except ValueError as error:
            raise _explained(error) from error
        except ImportError:
            backend = _backend(rest)
            require_backend(f"`--model {backend}`", backend)
            raise
        finally:
            sys.argv = saved


def _take_include_path(arguments: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Split --include_path off: lm-eval takes only one, and it is ours."""
    others, rest = [], []
    left = iter(arguments)
    for argument in left:
        name, equals, value = argument.partition("=")
        if name == "--include_path":
            others.append(Path(value if equals else next(left, "")))
        else:
            rest.append(argument)
    for path in others:
        if not path.is_dir():
            raise UserError(f"--include_path {path}: no such folder.")
    return others, rest


def _check_settings(arguments: Sequence[str]) -> None:
    """Refuse wrong settings now: lm-eval builds tasks only after it has loaded the model."""
    from ptr_eval.harness.lm_eval_format import read_metadata

    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--metadata", nargs="+", action="append", default=[])
    given = parser.parse_known_args(list(arguments))[0].metadata
    TaskSettings.from_metadata(read_metadata(given))


def _backend(arguments: Sequence[str]) -> str:
    """Say which backend lm-eval was asked for, with its own default."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--model", "-M", default="hf")
    return str(parser.parse_known_args(list(arguments))[0].model)


def _merged(folders: Sequence[Path], scratch: Path) -> Path:
    """Make one folder of links to the configurations in several."""
    for number, folder in enumerate(folders):
        for path in folder.rglob("*.yaml"):
            name = path.relative_to(folder).as_posix().replace("/", "_")
            (scratch / f"{number}_{name}").symlink_to(path.resolve())
    return scratch


def _explained(error: ValueError) -> Exception:
    message = str(error)
    if message.startswith("Tasks not found"):
        ours = ", ".join(entry.name for entry in entries())
        return UserError(f"{message}. Ours are: {ours}; `lm_eval ls tasks` lists lm-eval's.")
    if "confirm_run_unsafe_code" in message:
        return UserError(
            "This task runs code that a model wrote (in a sandbox); "
            "add --confirm_run_unsafe_code to agree."
        )
    return error
