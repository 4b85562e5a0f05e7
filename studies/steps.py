"""Runs commands one after the other; started again, only what is missing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path


def run_step(folder: Path, name: str, *command: str | Path, env: Mapping[str, str]) -> None:
    """Run a command in a folder, unless it has ended well there before.

    Args:
        folder: The folder; its `steps/` gets a log, and a mark with the seconds it took.
        name: The step's name.
        *command: The command; those installed beside this interpreter come first.
        env: Variables of its environment.

    Raises:
        SystemExit: If it fails; its output is in the step's log.
    """
    done, log = folder / "steps" / f"{name}.json", folder / "steps" / f"{name}.log"
    if done.exists():
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    # Whether or not the interpreter's environment is active.
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    began = time.monotonic()
    with log.open("w") as out:
        ended = subprocess.run(
            [str(word) for word in command], cwd=folder, stdout=out, stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": beside, **env}, check=False,
        )  # fmt: skip
    if ended.returncode:
        raise SystemExit(f"{name} in {folder} failed; see {log}.")
    done.write_text(json.dumps({"seconds": round(time.monotonic() - began, 1)}))
