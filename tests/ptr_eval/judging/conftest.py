"""Saved runs whose answers say what they are worth, and judges that read it."""

from pathlib import Path
from typing import Any

import pytest

from tests.lm_eval_surroundings import no_data_folder_from_outside, no_report_of_the_machine

__all__ = ["no_data_folder_from_outside", "no_report_of_the_machine"]

from tests.ptr_eval.judging.round_factory import save_rounds
from tests.scripted_lm import write_sums


@pytest.fixture(scope="session")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sums(tmp_path_factory.mktemp("data"))


@pytest.fixture
def run(sums: Path, tmp_path: Path) -> Path:
    """Six questions, three rounds: round 2 is better in 5 and the same in 1, round 3 in 2."""
    worths = [(1, 2, 0), (1, 2, 0), (1, 2, 0), (1, 2, 0), (1, 2, 9), (1, 1, 9)]
    return save_rounds(tmp_path / "run", sums, {n: [list(w)] for n, w in enumerate(worths)})


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a scripted model the judge that is loaded."""

    def put(judge: Any) -> Any:
        for module in ("run", "rubric"):
            monkeypatch.setattr(f"ptr_eval.judging.{module}.load_model", lambda b, args: judge)
        return judge

    return put
