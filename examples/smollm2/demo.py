"""A real model from the first command to the findings: does thinking again help it?

The model is asked for three rounds, under three conditions that share their first round: refine
the answer; only give it again; start over. Then comes the report. All of it happens in OUT.
A step that is done is skipped, so the same command goes on where it was stopped; what a step
printed is in OUT/steps.
"""

import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finding import show
from get_model import PackageMissingError, get_model

from ptr_eval.errors import UserError

HERE = Path(__file__).resolve().parent
TINY = HERE.parent / "tiny"
RUNS = {"refine": "neutral", "repeat": "null", "resample": None}
"""The instruction of each run; None for no history."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A model, and what it is asked."""

    model: str
    """A folder, or a name on the hub."""
    tasks: str
    """The task or group."""
    include: Path
    """The folder of its file."""
    questions: Path
    """The folder of its questions."""
    instructions: dict[str, str | None]
    """By run."""
    batch: int
    """How many answers are written at a time."""
    precision: str = ""
    """Of its weights; where it is empty, the faster one is measured."""


def real(model: str) -> Subject:
    """Ask a model the demo's own questions."""
    return Subject(model, "demo_questions", HERE, HERE / "questions", RUNS, 24)


def tiny(out: Path) -> Subject:
    """Ask the tiny problem's base model, which knows no other instruction, tiny questions."""
    step(out, "sheets", [sys.executable, str(TINY / "sheets.py"), "sheets"])
    told = {**RUNS, "refine": "refine your answer"}
    base = str(TINY / "models" / "base")
    return Subject(base, "ptr_tiny", TINY, out / "sheets" / "test", told, 250, "float32")


def subject_of(out: Path, model: str | None) -> Subject:
    """Choose what is asked: the model named, or SmolLM2, or a tiny one where that cannot be had."""
    if model:
        return real(str(Path(model).resolve()) if Path(model).is_dir() else model)
    print("model ...", flush=True)
    try:
        found = get_model(out / "model")
    except PackageMissingError as error:
        print(f"{error} Until then, the demo shows the same with a tiny model of examples/tiny.")
        return tiny(out)
    print(f"model: {found}", flush=True)
    return real(str(found))


def command_of(name: str, subject: Subject, precision: str, out: Path) -> list[str]:
    """Write the command of a run, as one would type it in OUT."""
    instruction = subject.instructions[name]
    settings = [f"ptr_data={os.path.relpath(subject.questions, out)}", "ptr_rounds=3"]
    settings += [f"ptr_instruction={instruction}"] if instruction else ["ptr_protocol=resample"]
    settings += ["ptr_first_round=runs/refine"] if name != "refine" else []
    settings += [f"ptr_ledger=steps/{name}.ledger"]
    model = os.path.relpath(subject.model, out) if Path(subject.model).is_dir() else subject.model
    return [
        *("ptr-eval", "run", "--model", "hf", "--model_args"),
        *(f"pretrained={model},dtype={precision}", "--device", "cpu"),
        *("--batch_size", str(subject.batch), "--apply_chat_template"),
        *("--include_path", os.path.relpath(subject.include, out), "--tasks", subject.tasks),
        *("--metadata", *settings),
        *("--output_path", f"runs/{name}", "--log_samples"),
    ]


def step(out: Path, name: str, command: Sequence[str], made_of: str = "") -> None:
    """Run a command in OUT, unless the same was done before.

    Args:
        out: The demo's folder.
        name: The step's name.
        command: The command.
        made_of: A fingerprint of what it reads; another one makes it run again.
    """
    mark = out / "steps" / f"{name}.json"
    work = {"command": list(command), "made_of": made_of}
    if mark.is_file():
        done = json.loads(mark.read_text(encoding="utf-8"))
        if done["work"] == work:
            print(f"{name}: done before, in {done['seconds']} s", flush=True)
            return
    shown = shlex.join(command) if command[0] == "ptr-eval" else "..."
    print(f"{name}: {shown}", flush=True)
    since = time.monotonic()
    log = mark.with_suffix(".log")
    run(out, command, log)
    seconds = round(time.monotonic() - since)
    part = mark.with_suffix(".part")
    part.write_text(json.dumps({"work": work, "seconds": seconds}, indent=1), encoding="utf-8")
    part.replace(mark)
    print(f"{name}: {seconds} s", flush=True)


def run(out: Path, command: Sequence[str], log: Path) -> None:
    """Run a command; on a terminal show how far it is."""
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(command, cwd=out, stdout=file, stderr=file)
    try:
        while True:
            try:
                status = process.wait(timeout=1)
                break
            except subprocess.TimeoutExpired:
                show_progress(log)
    finally:
        process.terminate()
        process.wait()
        show_progress(None)
    if status:
        said = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
        raise UserError(f"{said}\nThis step failed: {shlex.join(command)}; see {log}.")


def show_progress(log: Path | None) -> None:
    """Show the last progress bar of a log in the terminal's last line; None clears it."""
    if not sys.stdout.isatty():
        return
    shown = ""
    if log:
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        bars = re.findall(r"([\w ]+: +\d+%)\|", said.replace("\r", "\n"))
        shown = f"  {bars[-1]}" if bars else "  ..."
    print(f"\r\033[K{shown}"[: shutil.get_terminal_size().columns], end="\r", flush=True)


def fingerprint(folder: Path) -> str:
    """Digest the task files and questions of a folder."""
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("questions/*.jsonl")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def precision_of(out: Path, model: str) -> str:
    """Measure in which precision the model is faster, once."""
    file = out / "steps" / "precision"
    step(out, "precision", [sys.executable, str(HERE / "probe.py"), model, str(file)])
    found = json.loads(file.read_text(encoding="utf-8"))
    speeds = ", ".join(f"{name} {speed:.0f}" for name, speed in found["tokens_per_second"].items())
    print(f"precision: {found['chosen']} (tokens a second: {speeds})", flush=True)
    return str(found["chosen"])


def demo(out: Path, model: str | None) -> None:
    """Go from the model to the findings."""
    (out / "steps").mkdir(parents=True, exist_ok=True)
    subject = subject_of(out, model)
    precision = subject.precision or precision_of(out, subject.model)
    made_of = fingerprint(subject.include)
    for name in RUNS:
        step(out, name, command_of(name, subject, precision, out), made_of)
    shutil.copy(HERE / "report.yaml", out)
    step(
        out, "report", ["ptr-eval", "report", "--config", "report.yaml", "--out", "report"], made_of
    )
    print()
    show(out)
    print(f"All answers, plots and tests: {out / 'report' / 'report.html'}")


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="the folder to write to")
    parser.add_argument("--model", help="another model: a folder, or a name on the hub")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    programs = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    os.environ["PATH"] = os.pathsep.join(programs)
    since = time.monotonic()
    try:
        demo(options.out.resolve(), options.model)
    except KeyboardInterrupt:
        raise UserError("Stopped; the same command goes on.") from None
    print(f"{time.monotonic() - since:.0f} seconds in all.")


if __name__ == "__main__":
    main()
