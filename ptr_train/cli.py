"""The command `ptr-train`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ptr_eval import __version__
from ptr_eval.command import add_command, write_to_any_terminal
from ptr_eval.errors import UserError
from ptr_eval.extras import require
from ptr_eval.log import log_to_stderr

if TYPE_CHECKING:
    from ptr_train.config import TrainConfig


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    write_to_any_terminal()
    options = _parser().parse_args(argv)
    log_to_stderr(verbose=options.verbose)
    try:
        options.command(options)
    except UserError as error:
        _end_bars()
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        _end_bars()
        raise SystemExit("Stopped; --resume goes on from the last checkpoint.") from None


def _end_bars() -> None:
    """End progress bars that an error left open: the message would stand on their line."""
    if (bars := sys.modules.get("tqdm")) is not None:
        for bar in list(bars.tqdm._instances):
            bar.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ptr-train", description="Train models that refine.")
    parser.add_argument("--version", action="version", version=f"ptr-eval {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = add_command(
        commands,
        "run",
        _run,
        "train a model, or go on training it",
        "ptr-train run train.yaml --set train.epochs=1",
    )
    how = run.add_mutually_exclusive_group()
    how.add_argument(
        "--resume", action="store_true", help="go on from the last checkpoint (default: start)"
    )
    how.add_argument(
        "--dry-run",
        action="store_true",
        help="encode the data, and say what would be trained, with steps, tokens, memory and the "
        "first row (default: train)",
    )
    encode = add_command(
        commands,
        "encode",
        _encode,
        "encode the data, as run does first",
        "ptr-train encode train.yaml",
    )
    show = add_command(
        commands,
        "show-config",
        _show_config,
        "print a configuration with all its defaults",
        "ptr-train show-config 8b-8gpu-zero3 --set model.name=Qwen/Qwen3-8B",
    )
    merge = add_command(
        commands,
        "merge",
        _merge,
        "merge adapters into the model they adapt",
        "ptr-train merge out/checkpoint-500 --out merged",
    )
    merge.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a folder of adapters")
    merge.add_argument("--out", type=Path, required=True, help="the folder to write to")
    for command in (run, encode, show):
        command.add_argument(
            "config", metavar="CONFIG.yaml", help="a file, or the name of a shipped configuration"
        )
        command.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="set a field, such as --set train.max_steps=100; may be given several times "
            "(default: the file's values)",
        )
    return parser


def _config(options: argparse.Namespace) -> "TrainConfig":
    from ptr_train.reading import read_config

    return read_config(options.config, options.set)


def _run(options: argparse.Namespace) -> None:
    require("`ptr-train run`", "train", "torch", "transformers", "accelerate")
    from ptr_train.reading import read_to_train
    from ptr_train.run import dry_run, train

    config = read_to_train(options.config, options.set, here=not options.dry_run)
    if options.dry_run:
        sys.stdout.writelines(f"{line}\n" for line in dry_run(config))
        return
    first = int(os.environ.get("RANK", "0")) == 0
    folder = train(config, resume=options.resume, say=_say if first else _silent)
    if first:
        sys.stdout.write(f"{folder}\n")
    _leave_group()


def _leave_group() -> None:
    """Leave the group of processes in order: torn down by the interpreter, it may abort."""
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _silent(line: str) -> None:
    """Say nothing: the first process says it."""


def _encode(options: argparse.Namespace) -> None:
    from ptr_train.run import encode

    sys.stdout.writelines(f"{line}\n" for line in encode(_config(options)))


def _merge(options: argparse.Namespace) -> None:
    from ptr_train.training.merging import merge_adapters

    merge_adapters(options.checkpoint, options.out)
    sys.stdout.write(f"{options.out}\n")


def _show_config(options: argparse.Namespace) -> None:
    from ptr_eval.strict_yaml import dump_yaml

    sys.stdout.write(dump_yaml(_config(options).written()))


if __name__ == "__main__":
    main()
