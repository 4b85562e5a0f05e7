"""What tests of several packages share: a small model, made on the spot."""

import gc
import runpy
from pathlib import Path

import pytest

_DEMO = Path(__file__).parents[1] / "examples" / "demo"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer Llama with random weights, a tokenizer and a chat template."""
    folder = tmp_path_factory.mktemp("model")
    runpy.run_path(str(_DEMO / "make_model.py"))["make_model"](folder, steps=0)
    return folder


@pytest.fixture(autouse=True)
def _small_heap(request: pytest.FixtureRequest) -> None:
    """Keep what earlier tests left behind out of the collector's way where time is measured."""
    if "megabyte" in request.node.name:
        gc.collect()
        gc.freeze()
