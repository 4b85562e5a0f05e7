"""The command `ptr-train`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ptr_eval import __version__
from ptr_eval.errors import UserError

if TYPE_CHECKING:
    from ptr_train.config import TrainConfig


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line."""
    options = _parser().parse_args(argv)
    try:
        options.command(options)
    except UserError as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        raise SystemExit("Stopped; --resume goes on from the last checkpoint.") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ptr-train", description="Train models that refine.")
    parser.add_argument("--version", action="version", version=f"ptr-eval {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="train a model, or go on training it")
    run.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    run.set_defaults(command=_run)
    encode = commands.add_parser("encode", help="encode the data, as run does first")
    encode.set_defaults(command=_encode)
    show = commands.add_parser("show-config", help="print a configuration with all its defaults")
    show.set_defaults(command=_show_config)
    merge = commands.add_parser("merge", help="merge adapters into the model they adapt")
    merge.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a folder of adapters")
    merge.add_argument("--out", type=Path, required=True, help="the folder to write to")
    merge.set_defaults(command=_merge)
    for command in (run, encode, show):
        command.add_argument(
            "config", metavar="CONFIG.yaml", help="a file, or the name of a shipped configuration"
        )
        command.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="set a field, such as --set train.max_steps=100; may be given several times",
        )
    return parser


def _config(options: argparse.Namespace) -> "TrainConfig":
    from ptr_train.reading import read_config

    return read_config(options.config, options.set)


def _run(options: argparse.Namespace) -> None:
    from ptr_train.run import train

    folder = train(_config(options), resume=options.resume)
    if int(os.environ.get("RANK", "0")) == 0:
        sys.stdout.write(f"{folder}\n")


def _encode(options: argparse.Namespace) -> None:
    from ptr_train.run import encode

    sys.stdout.writelines(f"{line}\n" for line in encode(_config(options)))


def _merge(options: argparse.Namespace) -> None:
    from ptr_train.training.merging import merge_adapters

    merge_adapters(options.checkpoint, options.out)
    sys.stdout.write(f"{options.out}\n")


def _show_config(options: argparse.Namespace) -> None:
    from ptr_eval.strict_yaml import dump_yaml

    sys.stdout.write(dump_yaml(_config(options).model_dump(mode="json")))


if __name__ == "__main__":
    main()
