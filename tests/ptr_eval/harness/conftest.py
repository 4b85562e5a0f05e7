"""What the tests of the harness share: small data, a small model, and quiet surroundings."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lm_eval.models.huggingface import HFLM

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
    """A data folder with twenty questions to ask and nine examples to show."""
    folder = write_sums(tmp_path_factory.mktemp("data"))
    return write_sums(folder, "train", range(900, 909))


@pytest.fixture(scope="session")
def tiny_lm(tiny_model: Path) -> HFLM:
    """The small model as lm-eval's `--model hf` builds it."""
    return HFLM(pretrained=str(tiny_model), device="cpu", batch_size=2)
