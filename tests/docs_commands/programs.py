"""What answers the programs that the documents call: our own for real, the others by a check."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import requires
from pathlib import Path
from unittest.mock import patch

import pytest

import ptr_data.cli
import ptr_eval.cli
import ptr_train.cli
from tests.docs_commands.lines import ROOT
from tests.docs_commands.shell import Program, answered
from tests.logging_services import Trackio, Wandb, install_trackio, install_wandb

FEW = ("--limit", "2", "--gen_kwargs", "max_gen_toks=8")
"""What is added to every evaluation, so that it takes less than a second."""


SERVICES = ("wandb", "trackio")
"""Packages that lm-eval logs to, which no extra of ours installs."""


def ptr_eval_program(arguments: Sequence[str]) -> None:
    few = FEW if arguments[:1] == ["run"] else ()
    with _services(arguments):
        ptr_eval.cli.main([*arguments, *few])


@contextmanager
def _services(arguments: Sequence[str]) -> Iterator[None]:
    """Stand-ins for W&B and trackio where a line logs to them; they must be told of samples."""
    with pytest.MonkeyPatch.context() as patch:
        wandb, trackio = Wandb(), Trackio()
        if is_wandb := "--wandb_args" in arguments:
            wandb = install_wandb(patch, Path.cwd())
        if is_trackio := "--trackio_args" in arguments:
            trackio = install_trackio(patch)
        yield
    assert wandb.finished == is_wandb == bool(wandb.tables)
    assert trackio.finished == is_trackio == bool(trackio.traces)


def lm_eval_program(arguments: Sequence[str]) -> None:
    from lm_eval.__main__ import cli_evaluate

    with patch.object(sys, "argv", ["lm_eval", *arguments, *FEW]):
        cli_evaluate()


def suite_process(command: Sequence[str], log: Path, lock: int) -> int:
    """Stands in for the process of a suite's run: the same lm_eval, in this process."""
    assert command[:4] == [sys.executable, "-P", "-m", "lm_eval"]
    status, said = answered(lm_eval_program, command[4:])
    log.write_text(said, encoding="utf-8")
    return status


def pip(arguments: Sequence[str]) -> None:
    """Check that what is to be installed is this package with extras that it has, or a service."""
    verb, wanted = arguments
    assert verb == "install", verb
    if wanted in SERVICES:  # lm-eval has an extra of that name, with the package in it.
        assert any(re.match(rf"{wanted}\b", needed) for needed in requires("lm_eval") or ())
        return
    found = re.fullmatch(r"ptr-eval\[([\w,-]+)\]", wanted)
    assert found, f"{wanted}: documents install ptr-eval[EXTRA,...], or one of {SERVICES}"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = project["optional-dependencies"]
    assert set(found[1].split(",")) <= set(known), f"pyproject.toml has the extras {list(known)}"


def make(arguments: Sequence[str]) -> None:
    """Check that the Makefile has these targets."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([\w-]+):.*##", text, re.MULTILINE))
    assert set(arguments) <= targets, f"make help lists {sorted(targets)}"


def sh(arguments: Sequence[str]) -> None:
    """Check a script's grammar, and that `make` runs it with as many arguments."""
    script, *rest = arguments
    subprocess.run(["sh", "-n", str(ROOT / script)], check=True)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"\bsh {re.escape(script)}( \S+){{{len(rest)}}}$", makefile, re.MULTILINE)


def python(arguments: Sequence[str]) -> None:
    """Check that a script has the options that a line gives it."""
    script, *rest = arguments
    told = subprocess.run(
        [sys.executable, str(ROOT / script), "--help"], capture_output=True, text=True, check=True
    ).stdout
    given = [word for word in rest if word.startswith("--")]
    assert set(given) <= set(re.findall(r"--[\w-]+", told)), told


def vllm(arguments: Sequence[str]) -> None:
    """Check that a server is started; `tests/integration/test_vllm.py` has vLLM read its flags."""
    verb, _, *flags = arguments
    assert verb == "serve"
    assert {"--max-model-len", "--port"} == set(flags[::2])


def torchrun(arguments: Sequence[str]) -> None:
    """Parse a line as torchrun does, and what it starts as that does."""
    from torch.distributed.run import get_args_parser

    options = get_args_parser().parse_args(list(arguments))
    assert options.module
    _parse_training(options.training_script, options.training_script_args)


def deepspeed(arguments: Sequence[str]) -> None:
    """Parse a line as deepspeed does, and what it starts as that does."""
    from deepspeed.launcher.runner import parse_args

    options = parse_args(list(arguments))
    assert options.module
    assert options.no_local_rank
    _parse_training(options.user_script, options.user_args)


def _parse_training(module: str, arguments: Sequence[str]) -> None:
    assert module == "ptr_train.cli", module
    options = ptr_train.cli._parser().parse_args(arguments)
    ptr_train.cli._config(options)


PROGRAMS: dict[str, Program] = {
    "ptr-eval": ptr_eval_program,
    "ptr-data": ptr_data.cli.main,
    "ptr-train": ptr_train.cli.main,
    "lm_eval": lm_eval_program,
    "pip": pip,
    "make": make,
    "sh": sh,
    "python": python,
    "vllm": vllm,
    "torchrun": torchrun,
    "deepspeed": deepspeed,
}
