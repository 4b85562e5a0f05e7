"""The command line of `ptr-eval run`: lm-eval's options, with ours before them.

What is given in lm-eval's own file of arguments (`--config`) counts as if it were given here;
the command line wins.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from lm_eval._cli.harness import HarnessCLI
from lm_eval.config.evaluate_config import DICT_KEYS, EvaluatorConfig
from lm_eval.utils import simple_parse_args_string

from ptr_eval.catalog import tasks_path
from ptr_eval.command import VERBOSE
from ptr_eval.errors import UserError
from ptr_eval.harness.lm_eval_format import read_metadata
from ptr_eval.harness.settings import PREFIX

_CAPS = ("max_failed", "max_requests", "max_prompt_tokens")
"""Our flags that are short for a setting."""

_DESCRIPTION = """\
Run lm-eval, with our tasks already on its path. Below stand first our options, then lm-eval's.
Our settings are given as `--metadata ptr_rounds=3 ...`. The exit status is 1 after an error, and 3
if results were saved but part of the requests failed.
"""


def read_command_line(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments of `ptr-eval run`, those of `--config` included.

    `include_path` is a list then, ours first; `metadata` holds what our flags are short for.
    """
    parser = _parser()
    if not arguments:
        parser.print_help()
        raise SystemExit(0)
    _check_metadata(arguments)
    try:
        given = parser.parse_args(arguments)
    except ValueError as error:  # lm-eval's own reading of values, where argparse does not look.
        raise UserError(f"{str(error).rstrip('.')}; correct the value.") from error
    if given.config:
        _take_config(given, _read_config(Path(given.config)))
    for name in DICT_KEYS:
        if isinstance(value := getattr(given, name, None), str):
            setattr(given, name, simple_parse_args_string(value))
    given.metadata = _metadata(given)
    given.include_path = _include_path(given.include_path)
    return given


def _check_metadata(arguments: Sequence[str]) -> None:
    """Refuse in our words what lm-eval's parser refuses or leaves out of `--metadata`."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--metadata", nargs="*", action="append", default=[])
    read_metadata(
        [items for items in parser.parse_known_args(list(arguments))[0].metadata if items]
    )


def _parser() -> argparse.ArgumentParser:
    """Put our options before lm-eval's, in the parser that lm-eval makes."""
    parser: argparse.ArgumentParser = HarnessCLI()._subparsers.choices["run"]
    parser.prog = "ptr-eval run"
    parser.usage = "ptr-eval run [--dry-run] --model MODEL --model_args KEY=VALUE,... --tasks TASK"
    parser.description = _DESCRIPTION
    group = parser.add_argument_group("ptr-eval", conflict_handler="resolve")
    group.add_argument(
        "--dry-run",
        "--dry_run",
        action="store_true",
        help="count questions, requests and prompt tokens; load no weights and ask no server "
        "(default: run)",
    )
    group.add_argument(
        "--max_failed",
        "--max-failed",
        metavar="SHARE",
        help="end the run when more than this share of its requests failed, such as 0.1 "
        "(ptr_max_failed; default: never)",
    )
    group.add_argument(
        "--max_requests",
        "--max-requests",
        metavar="N",
        help="refuse a run that plans more requests (ptr_max_requests; default: no cap)",
    )
    group.add_argument(
        "--max_prompt_tokens",
        "--max-prompt-tokens",
        metavar="N",
        help="refuse a run that plans more prompt tokens (ptr_max_prompt_tokens; default: no cap)",
    )
    group.add_argument(
        "--include_path",
        action="append",
        metavar="FOLDER",
        help="a folder with tasks of your own, beside ours; give it again for another "
        "(default: ours alone)",
    )
    group.add_argument("--verbose", action="store_true", help=VERBOSE)
    own = parser._action_groups.pop()
    parser._action_groups.insert(2, own)  # After argparse's two standard groups.
    return parser


def _read_config(path: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = EvaluatorConfig.load_yaml_config(path)
    except (OSError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"--config {path}: {reason}; name a YAML file of lm-eval's arguments."
        ) from (error)
    known = {field.name for field in fields(EvaluatorConfig)}
    if unknown := [str(name) for name in values if name not in known]:
        raise UserError(
            f"--config {path}: {', '.join(unknown)} is no argument of lm-eval; settings of ours "
            "stand below `metadata`, such as `metadata: {ptr_rounds: 3}`."
        )
    return values


def _take_config(given: argparse.Namespace, values: Mapping[str, Any]) -> None:
    """Take from a file what the command line leaves out, as lm-eval does."""
    for name, value in values.items():
        stated = getattr(given, name, None)
        if not stated and stated != 0:
            setattr(given, name, value)
    given.config = None


def _metadata(given: argparse.Namespace) -> dict[str, Any]:
    """Add to the metadata what our flags, and --seed, are short for."""
    metadata = dict(given.metadata or {})
    for name in _CAPS:
        value, setting = vars(given).pop(name), f"{PREFIX}{name}"
        if value is None:
            continue
        if setting in metadata:
            raise UserError(f"--{name} and --metadata {setting} are the same setting; give one.")
        metadata[setting] = value
    seed = given.seed[0] if isinstance(given.seed, list | tuple) and given.seed else given.seed
    if given.seed is not None and f"{PREFIX}seed" not in metadata:
        metadata[f"{PREFIX}seed"] = "none" if seed is None else seed
    return metadata


def _include_path(given: str | Sequence[str] | None) -> list[str]:
    others = [Path(given)] if isinstance(given, str) else [Path(each) for each in given or ()]
    for path in others:
        if not path.is_dir():
            raise UserError(f"--include_path {path}: no such folder; name one that is there.")
    return [str(path) for path in (tasks_path(), *others)]
