"""Fixtures for tests that run lm-eval, without its report of the machine or data from outside."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_report_of_the_machine() -> Iterator[None]:
    """Leave out lm-eval's report of the machine, which takes a second each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)
        patch.setattr("lm_eval.evaluator.get_git_commit_hash", lambda: None)
        yield


@pytest.fixture(autouse=True)
def no_data_folder_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only what a test names be found."""
    monkeypatch.delenv("PTR_DATA", raising=False)
