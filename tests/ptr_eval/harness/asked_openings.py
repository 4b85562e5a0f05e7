"""Conversations to be continued, and how: what tests ask outside lm-eval's tasks."""

from collections.abc import Sequence
from typing import Any

from lm_eval.api.model import LM

from ptr_eval.conversation import Conversation
from ptr_eval.harness.ask_desk import Replies, Sampling
from ptr_eval.harness.loading import load_model

GREEDY = Sampling({"until": [], "max_gen_toks": 16})
DRAWN = {"until": [], "max_gen_toks": 16, "do_sample": True, "temperature": 1.0, "top_k": 30}


def openings(numbers: Sequence[int]) -> list[Conversation]:
    return [Conversation.ask(f"[q{n}] How many is that?") for n in numbers]


def texts(replies: Replies) -> list[list[str]]:
    return [[reply.response for reply in samples] for samples in replies]


def client(url: str, **args: Any) -> LM:
    given = {"model": "m", "base_url": url, "num_concurrent": 4, "max_retries": 1, **args}
    return load_model("local-chat-completions", given)
