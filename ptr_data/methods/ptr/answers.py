"""Answers by a strong model, shard by shard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ptr_data.filters.outputs import OutputSettings, check_answer
from ptr_data.jsonl import read_records
from ptr_data.methods.common.tools import DataJob
from ptr_data.methods.ptr.checked_texts import (
    CheckedTexts,
    WrittenTexts,
    collected,
    good_texts,
    store_texts,
)
from ptr_data.methods.ptr.prompts import (
    BUILT_IN,
    WorkedExample,
    read_examples,
    strong_opening,
)
from ptr_data.methods.ptr.records import QuestionTexts
from ptr_data.models.ask import ask
from ptr_data.models.model import Prompt, TextModel, TextModelSettings
from ptr_data.pipeline.shards import KEPT, ledger_of
from ptr_data.pipeline.units import StageWork
from ptr_data.records import GeneratedText
from ptr_eval.config import FilePath, Settings

if TYPE_CHECKING:
    from ptr_eval.harness.asks import Work


class AnswerSettings(Settings):
    """What the strong model writes."""

    samples: Annotated[int, Field(ge=1, le=100)] = 4
    """How many answers to write to each question."""
    sees_thoughts: bool = True
    """Whether the strong model sees the thoughts, or the question alone."""
    examples: Annotated[
        Literal["built-in", "none"] | FilePath, Field(union_mode="left_to_right")
    ] = "built-in"
    """Worked examples to show it: `built-in`, `none`, or a JSON Lines file with the fields
    `query`, `thoughts` and `answer`."""

    def read_examples(self) -> tuple[WorkedExample, ...]:
        """Find the worked examples."""
        if isinstance(self.examples, Path):
            return read_examples(self.examples)
        return BUILT_IN if self.examples == "built-in" else ()


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What the answers depend on."""

    strong: TextModelSettings
    answers: AnswerSettings
    outputs: OutputSettings
    examples: str | Path


def answers(job: DataJob, facts: AnswerFacts) -> StageWork:
    """Let the strong model write answers to a shard's questions."""
    asked = list(read_records(job.shard("thoughts").file(KEPT), QuestionTexts))
    strong = job.tools.model(facts.strong)
    with ledger_of(job.unit) as ledger:
        made = yield from write_answers(asked, strong, facts.answers, facts.outputs, ledger)
        return store_texts(job.unit, made, len(asked))


def write_answers(
    attempted: Sequence[QuestionTexts],
    model: TextModel,
    settings: AnswerSettings,
    checks: OutputSettings,
    ledger: Path | None = None,
) -> "Work[WrittenTexts]":
    """Have the strong model answer questions that weak models attempted."""
    examples = settings.read_examples()
    prompts = []
    for attempt in attempted:
        seen = attempt.thoughts[: attempt.shown] if settings.sees_thoughts else ()
        thoughts = [thought.text for thought in seen]
        opening = strong_opening(attempt.query.text, thoughts, examples)
        prompts.append(Prompt(attempt.query, opening))

    def judged(attempt: QuestionTexts, texts: Sequence[GeneratedText]) -> CheckedTexts:
        faults = [check_answer(text, attempt.thoughts, checks) for text in texts]
        return CheckedTexts(replace(attempt, answers=good_texts(texts, faults)), texts, faults)

    texts = yield from ask(model, prompts, settings.samples, ledger)
    return collected("answers", map(judged, attempted, texts))
