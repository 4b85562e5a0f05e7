"""Runs commands in a process where no extra is installed: `python FILE COMMANDS.json`."""

import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from importlib import import_module
from importlib.machinery import PathFinder
from io import StringIO
from pathlib import Path
from typing import Any

ABSENT = {
    "torch", "transformers", "accelerate", "sentence_transformers", "vllm", "peft", "deepspeed",
    "tensorboard", "tenacity", "rensa", "py3langid", "liger_kernel", "tokenizers", "safetensors",
}  # fmt: skip


class Base(PathFinder):
    """Finds what is installed, but for the packages that only extras install."""

    @classmethod
    def find_spec(cls, fullname: str, *more: Any) -> Any:
        if fullname.partition(".")[0] in ABSENT:
            return None
        return super().find_spec(fullname, *more)


def ran(program: str, *arguments: str) -> list[str]:
    """Run a command; return what it printed and the sentence with which it ended, if any."""
    out, end = StringIO(), ""
    try:
        with redirect_stdout(out), redirect_stderr(StringIO()):
            import_module(program.replace("-", "_") + ".cli").main(arguments)
    except SystemExit as error:
        end = str(error.code)
    return [out.getvalue(), end]


def main() -> None:
    sys.meta_path[sys.meta_path.index(PathFinder)] = Base
    from lm_eval import tasks

    # lm-eval's own thousands of tasks take it long to look up.
    tasks.TaskManager = partial(tasks.TaskManager, include_defaults=False)
    commands = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    json.dump([ran(*command) for command in commands], sys.stdout)


if __name__ == "__main__":
    main()
