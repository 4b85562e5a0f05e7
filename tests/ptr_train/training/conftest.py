"""What the tests of training share: rows on disk, and a quiet surrounding."""

from pathlib import Path

import pytest

from tests.ptr_train.training.run_factory import write_data


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty rows to train on, and six to evaluate on."""
    return write_data(tmp_path_factory.mktemp("rows"), dev=6)


@pytest.fixture(autouse=True, scope="session")
def _no_progress_bars() -> None:
    from transformers.utils import logging

    logging.disable_progress_bar()
