"""A model whose chat template opens a thinking block, and which reports its token limit."""

from types import SimpleNamespace
from typing import Any

from tests.scripted_lm import WordLM, gold


class VLLM(WordLM):
    """A stand-in with the name and the method of lm-eval's backend that reports finish reasons."""

    opens = "<think>\n"

    def apply_chat_template(
        self, messages: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        return super().apply_chat_template(messages, add_generation_prompt) + self.opens

    def _model_generate(self, requests: list[Any]) -> list[Any]:
        texts = super().generate_until(requests)
        return [
            SimpleNamespace(
                num_cached_tokens=None,
                outputs=[SimpleNamespace(text=text, finish_reason=finish_reason(text))],
            )
            for text in texts
        ]

    def generate_until(self, requests: list[Any]) -> list[str]:
        return [output.outputs[0].text for output in self._model_generate(requests)]


def finish_reason(text: str) -> str:
    """Say that the token limit ended a text that has no full stop."""
    return "stop" if text.rstrip().endswith((".", "</think>")) else "length"


def cut_or_whole(question: int, round_: int) -> str:
    """Think: question 0 to the limit, 1 to an answer, 2 without a mark, 3 with two end marks."""
    answer = f"The answer is {gold(question)}"
    return [
        f"Hmm, perhaps: {answer}. But wait",
        f"Is it 7?</think>\n\n{answer}.",
        f"{answer}.",
        f"Is it 7?</think> {answer}. </think>",
    ][question]
