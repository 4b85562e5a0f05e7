"""Scripted models for tests of data generation, and short ways to make questions and texts."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lm_eval.api.model import LM

from ptr_data.models.model import Prompt
from ptr_data.records import GeneratedText, Question, question_id
from ptr_eval.harness.asks import Work, carry_out

T = TypeVar("T")


def done(work: Work[T]) -> T:
    """Do work that asks models; returns what it returns."""
    (found,) = carry_out([work])
    return found


class TextLM(LM):
    """Answers each prompt by a function of its text, and remembers what it was asked.

    Args:
        answer: From prompt to response; what it raises is a failed request.
        stops_after: Raise KeyboardInterrupt at the next request after so many.
    """

    def __init__(self, answer: Callable[[str], str], *, stops_after: int | None = None) -> None:
        super().__init__()
        self.answer = answer
        self.stops_after = stops_after
        self.prompts: list[str] = []

    def generate_until(self, requests: list[Any]) -> list[str]:
        return [self._respond(request.args[0]) for request in requests]

    def _respond(self, prompt: str) -> str:
        if self.stops_after is not None and len(self.prompts) >= self.stops_after:
            raise KeyboardInterrupt
        self.prompts.append(prompt)
        return self.answer(prompt)

    def loglikelihood(self, requests: list[Any]) -> Any:
        raise NotImplementedError

    def loglikelihood_rolling(self, requests: list[Any]) -> Any:
        raise NotImplementedError


class ScriptedModel:
    """Writes texts by a function of the question and the sample, without any backend.

    Args:
        name: Its name.
        write: From question and sample to a text, or to a finished generation.
    """

    def __init__(
        self, name: str, write: Callable[[str, int], str | GeneratedText] | None = None
    ) -> None:
        self.name = name
        self.write = write or (lambda query, sample: f"{name}{sample} on {query}")
        self.prompts: list[Prompt] = []

    def generate(
        self, prompts: Sequence[Prompt], samples: int, ledger: Path | None = None
    ) -> Work[list[list[GeneratedText]]]:
        yield from ()  # Nobody is asked.
        self.prompts += prompts
        return [[self._text(p.query.text, i) for i in range(samples)] for p in prompts]

    def close(self) -> None:
        """Hold nothing."""

    def _text(self, query: str, sample: int) -> GeneratedText:
        written = self.write(query, sample)
        if isinstance(written, GeneratedText):
            return written
        return GeneratedText(written, self.name, len(written.split()))


def query(text: str) -> Question:
    return Question(question_id(text), text, "", "made up", 1)


def queries(numbers: Iterable[int]) -> list[Question]:
    return [query(f"What is {n}?") for n in numbers]


def text(content: str, **more: Any) -> GeneratedText:
    return GeneratedText(content, "m", len(content.split()), **more)
