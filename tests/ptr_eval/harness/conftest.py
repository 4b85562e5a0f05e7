"""What the tests of the harness share: small data, a small model, and quiet surroundings."""

from pathlib import Path

import pytest

from tests.lm_eval_surroundings import no_data_folder_from_outside, no_report_of_the_machine

__all__ = ["no_data_folder_from_outside", "no_report_of_the_machine"]
from lm_eval.models.huggingface import HFLM

from tests.scripted_lm import write_sums


@pytest.fixture(scope="session")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with twenty questions to ask and nine examples to show."""
    folder = write_sums(tmp_path_factory.mktemp("data"))
    return write_sums(folder, "train", range(900, 909))


@pytest.fixture(scope="session")
def tiny_lm(tiny_model: Path) -> HFLM:
    """The small model as lm-eval's `--model hf` builds it."""
    return HFLM(pretrained=str(tiny_model), device="cpu", batch_size=2)
