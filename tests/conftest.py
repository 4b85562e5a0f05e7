"""What tests of several packages share: a small model, made on the spot."""

import gc
from pathlib import Path

import pytest

from tests.counting_model import make_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer Llama with random weights, a tokenizer and a chat template."""
    folder = tmp_path_factory.mktemp("model")
    make_model(folder)
    return folder


@pytest.fixture(autouse=True)
def _small_heap(request: pytest.FixtureRequest) -> None:
    """Keep what earlier tests left behind out of the collector's way where time is measured."""
    if "megabyte" in request.node.name:
        gc.collect()
        gc.freeze()
