"""An engine that breaks down, as vLLM's may: the run must end, and keep what it has."""

from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from tests.integration.command import kept
from tests.integration.conftest import QUESTIONS
from tests.scripted_lm import ScriptedLM, evaluate


class VLLM(ScriptedLM):
    """Answers one batch; the next one breaks it, and any after that would never come back."""

    def generate_until(self, requests: list[Any]) -> list[str]:
        assert len(self.calls) < 2, "a broken engine was asked again"
        self.calls.append(len(requests))
        if len(self.calls) == 2:
            raise RuntimeError("CPU Generator does not use offset")
        return ["The answer is 1." for _ in requests]


def test_broken_engine_is_not_asked_again_and_the_remedy_is_named(
    data: Path, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    settings = {"ptr_data": str(data), "ptr_ledger": str(ledger)}
    with pytest.raises(UserError, match="max_num_batched_tokens"):
        evaluate(VLLM(), settings)
    assert kept(ledger) == QUESTIONS
