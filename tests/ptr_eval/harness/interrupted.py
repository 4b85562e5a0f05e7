"""A model that is stopped from the keyboard in the middle of its work."""

from collections.abc import Iterator
from typing import Any

import pytest


def interrupt(lm: Any, stop: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Interrupt one call of a model; the next number is how many calls there were."""
    generate, calls = lm.generate_until, iter(range(100))

    def until_stopped(requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        if next(calls) == stop:
            raise KeyboardInterrupt
        return list(generate(requests, disable_tqdm=True))

    monkeypatch.setattr(lm, "generate_until", until_stopped)
    return calls
