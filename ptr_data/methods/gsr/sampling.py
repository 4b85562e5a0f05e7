"""Asking models shard by shard, and telling which of their texts are right."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ptr_data.files import written
from ptr_data.jsonl import write_records
from ptr_data.methods.common.tools import Tools
from ptr_data.methods.gsr import prompts
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.records import SampledAnswers, fault
from ptr_data.methods.gsr.verifiers import Verify
from ptr_data.models.ask import ask
from ptr_data.models.model import Prompt
from ptr_data.pipeline.shards import KEPT
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import GeneratedText, Question
from ptr_eval.conversation import Conversation
from ptr_eval.thinking import visible_answer


def sample(
    unit: Unit, questions: Sequence[Question], name: str, samples: int, tools: Tools[GsrConfig]
) -> StageStats:
    """Let a model answer questions alone."""
    said = [prompts.bare(question.text, tools.config.prompt) for question in questions]
    with ledger_of(unit) as ledger:
        texts = asked(questions, said, name, samples, tools, ledger)
        with written(unit.file(KEPT)) as draft:
            write_records(draft, map(SampledAnswers, questions, texts))
    return {"texts": faults(texts, tools.config.model(name).thinking_end)}


def asked(
    questions: Sequence[Question],
    said: Sequence[str],
    name: str,
    samples: int,
    tools: Tools[GsrConfig],
    ledger: Path,
) -> list[tuple[GeneratedText, ...]]:
    """Ask a model."""
    given = [Prompt(q, Conversation.ask(text)) for q, text in zip(questions, said, strict=True)]
    return [tuple(drawn) for drawn in ask(tools.model(name), given, samples, ledger)]


def verdicts(
    given: Sequence[tuple[Question, Sequence[GeneratedText]]],
    thinking_end: str,
    verify: Verify,
    ledger: Path,
) -> list[list[str]]:
    """Tell which texts are correct."""
    found = [[fault(text, thinking_end) for text in texts] for _, texts in given]
    answers = [
        (question, visible_answer(text.text, thinking_end).strip())
        for (question, texts), wrongs in zip(given, found, strict=True)
        for text, wrong in zip(texts, wrongs, strict=True)
        if wrong is None
    ]
    judged = iter(verify(answers, ledger))
    return [[wrong or next(judged) for wrong in wrongs] for wrongs in found]


@contextmanager
def ledger_of(unit: Unit) -> Iterator[Path]:
    """Keep a ledger for as long as a unit is not done."""
    yield unit.file("ledger")
    for leftover in unit.folder.glob(f"{unit.name}.ledger*"):
        leftover.unlink()


def faults(texts: Iterable[Sequence[GeneratedText]], thinking_end: str) -> dict[str, int]:
    """Count what texts lack."""
    found = Counter(fault(text, thinking_end) or "whole" for drawn in texts for text in drawn)
    return dict(sorted(found.items()))


def histogram(numbers: Iterable[int]) -> dict[str, int]:
    """Count numbers."""
    found = Counter(numbers)
    return {str(number): found[number] for number in sorted(found)}
