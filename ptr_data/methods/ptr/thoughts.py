"""Thoughts by weak models, shard by shard."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import fsum, isclose
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from ptr_data.filters.outputs import OutputSettings, check_generation
from ptr_data.hashing import RANGE, hashed
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
    weak_opening,
)
from ptr_data.methods.ptr.records import QuestionTexts
from ptr_data.models.ask import ask, together
from ptr_data.models.model import Prompt, TextModel, TextModelSettings
from ptr_data.pipeline.shards import KEPT, ledger_of
from ptr_data.pipeline.units import StageWork
from ptr_data.records import GeneratedText, Question
from ptr_eval.config import Settings

if TYPE_CHECKING:
    from ptr_eval.harness.asks import Work

_Count = Annotated[int, Field(ge=0, le=20)]
_Share = Annotated[float, Field(ge=0, le=1)]


class ThoughtSettings(Settings):
    """What weak models write."""

    proportions: dict[_Count, _Share] = Field(default_factory=lambda: {0: 0.2, 1: 0.3, 2: 0.5})
    """Which shares of the questions show how many thoughts; a single number for all teaches a
    model that answers come after exactly so many."""
    order: Literal["listed", "drawn"] = "listed"
    """Who writes the thoughts of a question, when there are several models: `listed` divides them
    among the models in the order of the configuration, `drawn` draws a model for each by hash;
    both put the models in the order of the configuration."""
    seed: Annotated[int, Field(ge=0)] = 0
    """The seed for drawing the numbers of thoughts and the models."""

    @field_validator("proportions")
    @classmethod
    def _sum_to_one(cls, proportions: dict[int, float]) -> dict[int, float]:
        if not isclose(fsum(proportions.values()), 1, abs_tol=1e-6):
            raise ValueError("must have shares that sum to 1")
        return proportions


@dataclass(frozen=True, slots=True)
class ThoughtFacts:
    """What the thoughts depend on."""

    weak: Sequence[TextModelSettings]
    thoughts: ThoughtSettings
    outputs: OutputSettings


def thoughts(job: DataJob, facts: ThoughtFacts) -> StageWork:
    """Let the weak models write thoughts about a shard's questions."""
    questions = list(read_records(job.shard("unique").file(KEPT), Question))
    models = [job.tools.model(settings) for settings in facts.weak]
    with ledger_of(job.unit) as ledger:
        made = yield from write_thoughts(questions, models, facts.thoughts, facts.outputs, ledger)
        return store_texts(job.unit, made, len(questions))


def thought_count(question: str, proportions: Mapping[int, float], seed: int) -> int:
    """Decide how many thoughts are shown with a question."""
    place = hashed("thoughts shown", seed, question) / RANGE
    possible = sorted(count for count, share in proportions.items() if share > 0)
    limits = accumulate(proportions[count] for count in possible)
    reached = (c for c, limit in zip(possible, limits, strict=True) if place < limit)
    return next(reached, possible[-1])


def write_thoughts(
    questions: Sequence[Question],
    models: Sequence[TextModel],
    settings: ThoughtSettings,
    checks: OutputSettings,
    ledger: Path | None = None,
) -> "Work[WrittenTexts]":
    """Have weak models attempt questions, all at the same time.

    A question gets as many thoughts as it shows, and at least one.
    """
    shown = [thought_count(q.id, settings.proportions, settings.seed) for q in questions]
    writers = [
        _writers(question.id, max(count, 1), len(models), settings)
        for question, count in zip(questions, shown, strict=True)
    ]
    written: list[list[GeneratedText]] = [[] for _ in questions]
    asked = list(_attempts(writers, len(models)))
    works = []
    for number, samples, places in asked:
        prompts = [Prompt(questions[i], weak_opening(questions[i].text)) for i in places]
        works.append(ask(models[number], prompts, samples, ledger))
    for (_, _, places), drawn in zip(asked, (yield from together(works)), strict=True):
        for i, texts in zip(places, drawn, strict=True):
            written[i] += texts  # Models come in order, and so do a question's writers.

    def judged(question: Question, texts: Sequence[GeneratedText], count: int) -> CheckedTexts:
        faults = [check_generation(text, checks) for text in texts]
        left = faults[:count].count(None)
        return CheckedTexts(
            QuestionTexts(question, good_texts(texts, faults), left, ()), texts, faults
        )

    return collected("thoughts", map(judged, questions, written, shown))


def _writers(question: str, count: int, models: int, settings: ThoughtSettings) -> list[int]:
    """Choose who writes a question's thoughts; weaker models come first."""
    if settings.order == "listed":
        return [place * models // count for place in range(count)]
    drawn = (hashed(f"writer of thought {t}", settings.seed, question) for t in range(count))
    return sorted(number * models // RANGE for number in drawn)


def _attempts(
    writers: Sequence[Sequence[int]], models: int
) -> Iterator[tuple[int, int, list[int]]]:
    """List who attempts which questions how often; a model's equal numbers go together."""
    for number in range(models):
        wanted = [chosen.count(number) for chosen in writers]
        for samples in sorted(set(wanted) - {0}):
            yield number, samples, [i for i, count in enumerate(wanted) if count == samples]
