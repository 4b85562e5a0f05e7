"""Catching answers the moment a backend has them, through lm-eval's own cache hook."""

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lm_eval.api.model import LM

Pending = tuple[str, Mapping[str, Any], str]


class _Hook:
    """Stands in for lm-eval's cache hook, which backends call for each finished answer."""

    def __init__(self, pending: Iterable[Pending], report: Callable[[str, str], None]) -> None:
        self._lock = threading.Lock()
        self._report = report
        self._waiting: dict[str, deque[str]] = defaultdict(deque)
        for prompt, settings, key in pending:
            self._waiting[_name(prompt, settings)].append(key)

    def add_partial(self, attr: str, req: Iterable[Any], res: Any) -> None:
        prompt, settings = req
        text = prompt if isinstance(prompt, str) else prompt.prompt
        with self._lock:
            waiting = self._waiting.get(_name(text, settings))
            if waiting and isinstance(res, str):
                self._report(waiting.popleft(), res)


@contextmanager
def report_each_answer(
    lm: LM, pending: Iterable[Pending], report: Callable[[str, str], None]
) -> Iterator[None]:
    """Report each answer as it is finished."""
    previous = lm.cache_hook
    lm.set_cache_hook(_Hook(pending, report))
    try:
        yield
    finally:
        lm.set_cache_hook(previous)


def _name(prompt: str, settings: Mapping[str, Any]) -> str:
    return json.dumps([prompt, dict(settings)], sort_keys=True, default=str)
