"""Asking models shard by shard, and telling which of their texts are right."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ptr_data.files import written
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.tools import DataJob
from ptr_data.methods.gsr import prompts
from ptr_data.methods.gsr.records import SampledAnswers, fault
from ptr_data.methods.gsr.verifiers import Verify
from ptr_data.models.ask import ask
from ptr_data.models.model import Prompt, TextModel, TextModelSettings
from ptr_data.pipeline.shards import KEPT, ledger_of
from ptr_data.pipeline.units import StageWork
from ptr_data.records import GeneratedText, Question
from ptr_eval.conversation import Conversation
from ptr_eval.thinking import visible_answer

if TYPE_CHECKING:
    from ptr_eval.harness.asks import Work


@dataclass(frozen=True, slots=True)
class CandidateFacts:
    """What the candidates depend on."""

    student: TextModelSettings
    samples: int
    wording: str


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """What the teacher's solutions without candidates depend on."""

    teacher: TextModelSettings
    samples: int | None
    wording: str


def candidates(job: DataJob, facts: CandidateFacts) -> StageWork:
    """Let the student answer questions."""
    return _sample(job, facts.student, facts.samples, facts.wording)


def attempts(job: DataJob, facts: AttemptFacts) -> StageWork:
    """Let the teacher answer questions alone."""
    return _sample(job, facts.teacher, facts.samples or 0, facts.wording)


def _sample(job: DataJob, model: TextModelSettings, samples: int, wording: str) -> StageWork:
    questions = list(read_records(job.shard("unique").file(KEPT), Question))
    asked = [(question, prompts.bare(question.text, wording)) for question in questions]
    with ledger_of(job.unit) as ledger:
        writer = job.tools.model(model, keep_thinking=True)
        texts = yield from sampled(writer, asked, samples, ledger)
        with written(job.unit.file(KEPT)) as unfinished:
            write_records(unfinished, map(SampledAnswers, questions, texts))
    return {"texts": faults(texts, model.thinking_end)}


def sampled(
    model: TextModel, asked: Sequence[tuple[Question, str]], samples: int, ledger: Path
) -> "Work[list[tuple[GeneratedText, ...]]]":
    """Let a model write several texts about each question, given what the user says."""
    given = [Prompt(question, Conversation.ask(text)) for question, text in asked]
    texts = yield from ask(model, given, samples, ledger)
    return [tuple(drawn) for drawn in texts]


def verdicts(
    given: Sequence[tuple[Question, Sequence[GeneratedText]]],
    thinking_end: str,
    verify: Verify,
    ledger: Path,
) -> "Work[list[list[str]]]":
    """Tell which texts are correct."""
    found = [[fault(text, thinking_end) for text in texts] for _, texts in given]
    answers = [
        (question, visible_answer(text.text, thinking_end).strip())
        for (question, texts), wrongs in zip(given, found, strict=True)
        for text, wrong in zip(texts, wrongs, strict=True)
        if wrong is None
    ]
    judged = iter((yield from verify(answers, ledger)))
    return [[wrong or next(judged) for wrong in wrongs] for wrongs in found]


def faults(texts: Iterable[Sequence[GeneratedText]], thinking_end: str) -> dict[str, int]:
    """Count what texts lack."""
    found = Counter(fault(text, thinking_end) or "whole" for drawn in texts for text in drawn)
    return dict(sorted(found.items()))


def histogram(numbers: Iterable[int]) -> dict[str, int]:
    """Count numbers."""
    found = Counter(numbers)
    return {str(number): found[number] for number in sorted(found)}
