"""Saved runs with known candidates, and a reward model that reads the last token alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ptr_eval.best_of_n.run_factory import make_reward_model
from tests.scripted_lm import write_sums


@pytest.fixture(scope="session", autouse=True)
def no_report_of_the_machine() -> Iterator[None]:
    """Leave out lm-eval's report of the machine, which takes a second each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)
        patch.setattr("lm_eval.evaluator.get_git_commit_hash", lambda: None)
        yield


@pytest.fixture(autouse=True)
def no_data_folder_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PTR_DATA", raising=False)


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
