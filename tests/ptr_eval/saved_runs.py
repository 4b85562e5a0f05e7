"""Two saved runs, made by lm-eval itself, and panels made up by hand."""

import shutil
from pathlib import Path

import pytest

from tests.scripted_lm import ScriptedLM, evaluate_into, gold, planned, write_sums


def improving(question: int, round_: int) -> str:
    """Right in 10, 15 and 20 of 20 questions, round by round."""
    right = question < 5 + 5 * round_
    return f"Try {round_}. The answer is {gold(question) if right else 3}."


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    settings = {"ptr_data": str(write_sums(folder / "data"))}
    evaluate_into(folder / "base", ScriptedLM(planned), settings)
    evaluate_into(folder / "better", ScriptedLM(improving), settings)
    return folder


@pytest.fixture
def runs(saved: Path, tmp_path: Path) -> Path:
    """A folder with the runs `base` (.4, .7, .6) and `better` (.5, .75, 1), free to be spoiled."""
    return Path(shutil.copytree(saved, tmp_path / "runs"))
