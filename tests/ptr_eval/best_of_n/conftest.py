"""Saved runs with known candidates, and a reward model that reads the last token alone."""

from pathlib import Path
from typing import Any

import pytest

from tests.lm_eval_surroundings import no_data_folder_from_outside, no_report_of_the_machine

__all__ = ["no_data_folder_from_outside", "no_report_of_the_machine"]

from tests.ptr_eval.best_of_n.run_factory import make_reward_model
from tests.scripted_lm import write_sums


@pytest.fixture(scope="session")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sums(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def reward_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores 1 for what ends with an exclamation mark, -1 for a question mark, else about 0."""
    return make_reward_model(tmp_path_factory.mktemp("reward"), tiny_model)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a scripted model the judge that is loaded."""

    def put(judge: Any) -> Any:
        monkeypatch.setattr("ptr_eval.best_of_n.judge.load_model", lambda backend, args: judge)
        return judge

    return put
