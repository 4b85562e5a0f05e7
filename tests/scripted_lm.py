"""A model that answers from a plan, a small benchmark for it, and a short way to evaluate it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

from ptr_eval.catalog import tasks_path
from ptr_eval.instructions import INSTRUCTIONS

QUESTIONS = 20
RIGHT = {1: range(8), 2: range(14), 3: range(2, 14)}
"""Which questions the planned answers get right: .4, .7 and .6 of them, round by round."""

Answer = Callable[[int, int], str]
"""From a question's number and the round, from 1, to the response."""


def gold(question: int) -> int:
    return 100 + question


def planned(question: int, round_: int) -> str:
    number = gold(question) if question in RIGHT[round_] else 7
    return f"Round {round_}, so [q{question}]. The answer is {number}."


def write_sums(folder: Path, name: str = "test", numbers: Iterable[int] = range(QUESTIONS)) -> Path:
    """Write a split of GSM8K in its official form, its questions marked [q0], [q1] and so on."""
    path = folder / "gsm8k" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"question": f"[q{n}] How many is that?", "answer": f"Count <<1+1=2>>them.\n#### {gold(n)}"}
        for n in numbers
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


class ScriptedLM(LM):
    """Answers from a plan, and remembers what it was asked.

    Args:
        answer: The plan.
        refuses: The question and round at which it raises a ValueError, if any.
        stops_after: Raise KeyboardInterrupt at the next request after so many.
    """

    def __init__(
        self,
        answer: Answer = planned,
        *,
        refuses: tuple[int, int] | None = None,
        stops_after: int | None = None,
    ) -> None:
        super().__init__()
        self.answer = answer
        self.refuses = refuses
        self.stops_after = stops_after
        self.prompts: list[str] = []
        self.settings: list[dict[str, Any]] = []
        self.calls: list[int] = []

    def generate_until(self, requests: list[Any]) -> list[str]:
        self.calls.append(len(requests))
        return [self._respond(*request.args) for request in requests]

    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        if self.stops_after is not None and len(self.prompts) >= self.stops_after:
            raise KeyboardInterrupt
        question, round_ = place(prompt)
        if (question, round_) == self.refuses:
            raise ValueError("this prompt is refused")
        self.prompts.append(prompt)
        self.settings.append(settings)
        return self.answer(question, round_)

    def loglikelihood(self, requests: list[Any]) -> Any:
        raise NotImplementedError

    def loglikelihood_rolling(self, requests: list[Any]) -> Any:
        raise NotImplementedError


class WordLM(ScriptedLM):
    """A scripted model with a tokenizer, one token a word, a context length and a chat template."""

    max_gen_toks = 16
    tokenizer_name = "words"

    def __init__(self, answer: Answer = planned, *, max_length: int = 4096, **more: Any) -> None:
        super().__init__(answer, **more)
        self.max_length = max_length

    def tok_encode(self, text: str) -> list[int]:
        return [len(word) for word in text.split()]

    def apply_chat_template(
        self, messages: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        shown = "".join(f"<{m['role']}> {m['content']} </{m['role']}>\n" for m in messages)
        return shown + ("<assistant>" if add_generation_prompt else "")

    def chat_template(self, name: bool | str = False) -> str:
        return "words"


def place(prompt: str) -> tuple[int, int]:
    """Read off a prompt which question it asks, and in which round."""
    numbers = re.findall(r"\[q(\d+)\]", prompt)
    return int(numbers[-1]), 1 + prompt.count(INSTRUCTIONS["neutral"])


def evaluate(
    model: Any,
    settings: Mapping[str, Any],
    tasks: Iterable[Any] = ("ptr_gsm8k",),
    include_path: Any = None,
    **options: Any,
) -> dict[str, Any]:
    """Run lm-eval on our tasks, and those of a folder, without its own thousands of tasks."""
    folders = [str(folder) for folder in (tasks_path(), include_path) if folder]
    manager = TaskManager(include_path=folders, include_defaults=False, metadata=dict(settings))
    results: dict[str, Any] = simple_evaluate(
        model=model, tasks=list(tasks), task_manager=manager, **options
    )
    return results


def evaluate_into(
    out: Path, model: Any, settings: Mapping[str, Any], *tasks: str, **options: Any
) -> dict[str, Any]:
    """Run lm-eval as `evaluate` does, and write its files as its command line does."""
    tracker = EvaluationTracker(output_path=str(out))
    chosen = tasks or ("ptr_gsm8k",)
    results = evaluate(model, settings, chosen, evaluation_tracker=tracker, **options)
    logged = results["samples"]
    written = {key: value for key, value in results.items() if key != "samples"}
    tracker.save_results_aggregated(results=written, samples=logged)
    for name in results["configs"]:
        tracker.save_results_samples(task_name=name, samples=logged[name])
    return results


def by_round(
    results: Mapping[str, Any], metric: str = "exact_match", task: str = "ptr_gsm8k"
) -> list[float]:
    """List a metric's values under the headline scorer, round by round."""
    values = results["results"][task]
    return [
        round(value, 9)
        for key, value in values.items()
        if re.fullmatch(rf"{metric}@\d+,strict", key)
    ]


def samples(results: Mapping[str, Any], task: str = "ptr_gsm8k") -> list[dict[str, Any]]:
    """List the samples logged under the headline scorer, by document."""
    chosen = [s for s in results["samples"][task] if s["filter"] == "strict"]
    return sorted(chosen, key=lambda sample: sample["doc_id"])


def records(sample: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the records of a sample's answers."""
    return [arguments[2] for arguments in sample["arguments"]]
