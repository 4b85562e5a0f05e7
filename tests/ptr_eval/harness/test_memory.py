"""Dialogues that go on one by one take no more memory than in lockstep."""

import gc
import random
import tracemalloc
from typing import Any

import pytest
from lm_eval.models.openai_completions import LocalChatCompletion

from ptr_eval.conversation import Conversation
from ptr_eval.harness import rounds
from ptr_eval.harness.backend import Backend
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.protocols import Reply, Sequential
from tests.ptr_eval.harness.asked_rounds import instances_of
from tests.ptr_eval.harness.test_order import AnyOrder

TEXT = "word " * 80
DIALOGUES = 1500


class Full(AnyOrder):
    """Answers all requests at the same length."""

    def receive(self, *, wait: bool) -> list[tuple[int, Any]]:
        return [(place, Reply(f"{place} {TEXT}")) for place, _ in super().receive(wait=wait)]


def answer_all(backend: Backend, requests: list[Any]) -> list[str]:
    return [f"{place} {TEXT}" for place, _ in enumerate(requests)]


def peak(patch: pytest.MonkeyPatch, stream: Full | None) -> int:
    """Measure what a run takes at most, in bytes."""
    rounds.install()
    url = "http://127.0.0.1:9/v1/chat/completions"
    client = LocalChatCompletion(base_url=url, model="m", num_concurrent=8)
    openings = [Conversation.ask(f"How many are {n} and 1?") for n in range(DIALOGUES)]
    asked = instances_of(Sequential(3, "Refine."), openings, TaskSettings(), {"max_gen_toks": 99})
    patch.setattr(rounds, "stream_of", lambda *_: stream)
    patch.setattr(Backend, "generate", answer_all)
    gc.collect()
    tracemalloc.start()
    rounds.generate_rounds(client, asked)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest


def test_the_most_memory_is_at_most_that_of_lockstep(monkeypatch: pytest.MonkeyPatch) -> None:
    lockstep = peak(monkeypatch, None)
    continuous = peak(monkeypatch, Full(64, random.Random(0)))
    assert continuous <= lockstep
