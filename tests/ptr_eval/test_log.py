"""Log messages: by the module's name, where lm-eval's are shown or on stderr, and only once."""

import ast
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from ptr_eval.log import LM_EVAL, PACKAGES, log_to_stderr, log_with_lm_eval, quiet_lm_eval

ROOT = Path(__file__).parents[2]
UNDER_LM_EVAL = """
import logging
from lm_eval.utils import setup_logging
from ptr_eval.log import log_with_lm_eval
setup_logging()
logging.basicConfig()
for _ in range(2):
    log_with_lm_eval()
log = logging.getLogger("ptr_eval.harness.task")
log.debug("not shown")
log.info("shown once")
"""


def test_messages_are_shown_where_those_of_lm_eval_are() -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNDER_LM_EVAL], capture_output=True, text=True, check=True
    )
    (line,) = done.stderr.splitlines()
    assert line.endswith("INFO     [ptr_eval.harness.task:11] shown once")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_command_shows_warnings_alone(package: str, capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(verbose=False)
    logging.getLogger(f"{package}.module").info("a step")
    logging.getLogger(f"{package}.module").warning("Look at %s.", "this")
    quiet_lm_eval()
    logging.getLogger(f"{LM_EVAL}.module").info("a step")
    assert capsys.readouterr().err == "Look at this.\n"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_verbose_command_shows_everything_once(
    package: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        log_to_stderr(verbose=True)
    log_with_lm_eval()  # The harness does, inside a command.
    quiet_lm_eval()
    logging.getLogger(f"{package}.module").debug("a step")
    logging.getLogger(f"{LM_EVAL}.module").info("another step")
    assert capsys.readouterr().err == (
        f"DEBUG {package}.module: a step\nINFO lm_eval.module: another step\n"
    )


# What DeepSpeed does when it is imported.
OF_OTHERS = """
import logging, sys, warnings
from ptr_eval.log import log_to_stderr
log_to_stderr(verbose="--verbose" in sys.argv)
log = logging.getLogger("DeepSpeed")
log.setLevel(logging.WARNING)
log.addHandler(logging.StreamHandler(sys.stdout))
log.warning("Setting accelerator to CPU.")
log.error("No such accelerator.")
warnings.warn("`a` is now `b`", FutureWarning)
warnings.warn("`c` is now `d`", DeprecationWarning)
"""


@pytest.mark.parametrize("verbose", [False, True])
def test_warnings_that_users_of_a_library_cannot_heed_are_for_verbose_commands(
    verbose: bool,
) -> None:
    command = [sys.executable, "-c", OF_OTHERS, *["--verbose"] * verbose]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines == ["Setting accelerator to CPU."] * verbose + ["No such accelerator."]
    assert ("`a` is now `b`" in done.stderr) is verbose
    assert ("`c` is now `d`" in done.stderr) is verbose


@pytest.mark.parametrize("after_a_task", [False, True])
def test_lm_eval_is_quiet_in_a_library(after_a_task: bool) -> None:
    if after_a_task:
        log_with_lm_eval()
    logging.getLogger(LM_EVAL).setLevel(logging.INFO)
    quiet_lm_eval()
    assert logging.getLogger(LM_EVAL).level == logging.WARNING


def test_every_module_logs_by_its_own_name_as_log() -> None:
    wrong = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Assign)
                    and "getLogger" in ast.unparse(node.value)
                    and node.col_offset == 0
                    and ast.unparse(node) != "_log = logging.getLogger(__name__)"
                ):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert wrong == []
