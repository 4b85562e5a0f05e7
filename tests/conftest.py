"""What tests of several packages share: a small model, and the same surroundings for each test."""

import gc
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

_LOGGERS = ("ptr_eval", "ptr_data", "ptr_train", "lm_eval")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer Llama with random weights, a tokenizer and a chat template."""
    from tests.counting_model import make_model  # Needs torch, which not all tests do.

    folder = tmp_path_factory.mktemp("model")
    make_model(folder)
    return folder


@pytest.fixture(autouse=True)
def _small_heap(request: pytest.FixtureRequest) -> None:
    """Keep what earlier tests left behind out of the collector's way where time is measured."""
    if "megabyte" in request.node.name:
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo what commands and lm-eval set up, so that `caplog` sees every message, and once.

    What a fixture of a session set up is undone, too: with it a message may come by two ways.
    """
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for each in loggers[:-1]:
        each.handlers, each.propagate = [], True
        each.setLevel(logging.NOTSET)
    before = [(each.level, each.propagate, list(each.handlers)) for each in loggers]
    yield
    for each, (level, propagate, handlers) in zip(loggers, before, strict=True):
        each.setLevel(level)
        each.propagate, each.handlers = propagate, handlers


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that may take longest, so that none is left to one worker at the end."""
    limits = {item: item.get_closest_marker("timeout") for item in items}
    longest: dict[Path, float] = {}
    for item, limit in limits.items():
        seconds = float(limit.args[0]) if limit and limit.args else 0.0
        longest[item.path] = max(longest.get(item.path, 0.0), seconds)
    items.sort(key=lambda item: -longest[item.path])
