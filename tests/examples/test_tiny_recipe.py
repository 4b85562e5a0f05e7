"""The tiny problem as a whole, shortened: that the steps fit together, not what is learned."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

arms: Any = import_module("studies.tiny.arms")
ROOT = Path(__file__).parents[2]
TINY = ROOT / "examples" / "tiny"
ARMS = [arm.name for arm in arms.ARMS]


def run(script: str, *options: str | Path) -> str:
    command = [sys.executable, "-m", script, *map(str, options)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, TINY)))}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def tables(markdown: str) -> dict[str, list[list[str]]]:
    """The tables below each heading, as rows of cells without the rule."""
    found = {}
    for part in markdown.split("### ")[1:]:
        rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line[:1] == "|"]
        found[part.splitlines()[0]] = [rows[0], *rows[2:]]
    return found


def recipe(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["sh", TINY / "recipe.sh", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_recipe_says_which_options_there_are(tmp_path: Path) -> None:
    ended = recipe(tmp_path, "--shorter")
    assert (ended.returncode, ended.stderr) == (
        2,
        "recipe.sh: unknown option --shorter; there are --gsr, --from-scratch and --short.\n",
    )


def test_a_folder_is_not_gone_on_with_under_other_options(tmp_path: Path) -> None:
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "options").write_text("options: --short\n")
    ended = recipe(tmp_path)
    assert (ended.returncode, ended.stderr) == (
        2,
        f"recipe.sh: {tmp_path} was begun with other options: --short; name another folder.\n",
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_study_runs_from_end_to_end(tmp_path: Path) -> None:
    shortened = ["--seeds", "0", "--share", "0.02", "--documents", "20", "--split", "dev"]
    command: list[str | Path] = [tmp_path / "study", *shortened, "--models", TINY / "models"]
    run("studies.tiny.run", *command)
    steps = tmp_path / "study" / "seed-0" / "steps"
    done = {path.name: path.stat().st_mtime_ns for path in steps.iterdir()}
    assert {f"dev-rounds-{arm}.json" for arm in ARMS} <= set(done)
    assert not {Path(name).stem for name in done} ^ {path.stem for path in steps.glob("*.json")}, (
        "a step left a log but no mark"
    )

    run("studies.tiny.run", *command)
    assert {path.name: path.stat().st_mtime_ns for path in steps.iterdir()} == done

    out = tmp_path / "findings"
    run("studies.tiny.findings", tmp_path / "study", out, "--seeds", "0", "--split", "dev")
    assert {path.name for path in out.iterdir()} >= {
        "findings.md", "accuracy.csv", "rounds.png", "need.png", "training.png"
    }  # fmt: skip
    accuracy = pd.read_csv(out / "accuracy.csv")
    assert set(accuracy["arm"]) == set(ARMS)
    assert len(accuracy) == len(ARMS) * 3 * arms.ROUNDS
    assert accuracy["accuracy"].between(0, 1).all()
    asked = accuracy[(accuracy["arm"] == "prompt") & (accuracy["task"] == "ptr_tiny")]
    assert asked["accuracy"].nunique() == 1, "base does not repeat its answers"
    found = tables((out / "findings.md").read_text())
    for family in ("in-family", "held-out family"):
        assert len(found[f"Accuracy by round, {family}"]) == 1 + len(ARMS)
        assert len(found[f"Comparisons, {family}"]) == 1 + 7
    for rows in found.values():
        assert {len(row) for row in rows} == {len(rows[0])}
