"""The gate: before the expensive stages, is the strong model really stronger?"""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from ptr_data.hashing import hashed
from ptr_data.jsonl import from_json
from ptr_data.methods.common.questions import unique_questions
from ptr_data.methods.common.tools import DataJob
from ptr_data.methods.ptr.measures import (
    GivenMeasure,
    JudgeMeasure,
    Measure,
    judge_pairs,
    read_scores,
    score_answers,
)
from ptr_data.methods.ptr.prompts import weak_opening
from ptr_data.methods.ptr.strength import GateSettings, ScoreArray, StrengthComparison, compare
from ptr_data.models.model import Prompt, TextModelSettings
from ptr_data.pipeline.units import StageStats
from ptr_data.records import Question
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the comparison of the models depends on."""

    gate: GateSettings | None
    measure: Measure | None
    models: Sequence[TextModelSettings]
    weak: Sequence[TextModelSettings]
    strong: TextModelSettings


def gate(job: DataJob, facts: GateFacts) -> StageStats:
    """Compare each weak model with the strong one on a sample of the questions.

    All models answer the question alone: what the strong model makes of the weak ones' thoughts is
    another question.
    """
    if facts.gate is None or facts.measure is None:
        raise ValueError("there is nothing to measure")
    sample = heapq.nsmallest(
        facts.gate.sample, unique_questions(job), key=lambda q: (hashed("gate", 0, q.id), q.id)
    )
    weak = {settings.name: settings for settings in facts.weak}
    scores = _scores(job, sample, facts.measure, [*weak.values(), facts.strong], facts.models)
    return {"comparisons": [_plain(each) for each in compare(scores, facts.strong.name)]}


def check(stats: Sequence[StageStats], facts: GateFacts) -> None:
    """Stop the build if the gate failed."""
    if facts.gate is None or not facts.gate.required:
        return
    alpha = facts.gate.alpha
    if failed := [c for unit in stats for c in comparisons_of(unit) if not c.passes(alpha)]:
        reasons = "; ".join(_sentence(comparison) for comparison in failed)
        raise UserError(
            f"gate: the strong model {facts.strong.name} is not shown to be stronger than "
            f"{' and '.join(c.weak for c in failed)} ({reasons}); choose other models, or set "
            "`gate.required: false` to build all the same."
        )


def comparisons_of(stats: StageStats) -> tuple[StrengthComparison, ...]:
    """Read the comparisons back."""
    return tuple(_comparison(plain) for plain in stats["comparisons"])


def _scores(
    job: DataJob,
    sample: Sequence[Question],
    measure: Measure,
    compared: Sequence[TextModelSettings],
    models: Sequence[TextModelSettings],
) -> Mapping[str, tuple[ScoreArray, ScoreArray]]:
    """Score the models that are compared, of which the last is the strong one."""
    *weak, strong = [settings.name for settings in compared]
    if isinstance(measure, GivenMeasure):
        given = read_scores(sample, [*weak, strong], measure)
        return {name: (given[name], given[strong]) for name in weak}
    texts = {settings.name: _answers(job, sample, settings) for settings in compared}
    if isinstance(measure, JudgeMeasure):
        (judge,) = [settings for settings in models if settings.name == measure.model]

        def ask(conversations: Sequence[Conversation]) -> list[str]:
            return _ask(job, judge, conversations)

        return {name: judge_pairs(sample, texts[name], texts[strong], ask) for name in weak}
    scores = {name: score_answers(sample, answers, measure) for name, answers in texts.items()}
    return {name: (scores[name], scores[strong]) for name in weak}


def _answers(job: DataJob, sample: Sequence[Question], settings: TextModelSettings) -> list[str]:
    prompts = [Prompt(question, weak_opening(question.text)) for question in sample]
    texts = job.tools.model(settings).generate(prompts, 1, job.unit.file("ledger"))
    return [text.text if text.failed is None else "" for (text,) in texts]


def _ask(
    job: DataJob, judge: TextModelSettings, conversations: Sequence[Conversation]
) -> list[str]:
    nobody = Question("", "", "", "", 0)
    prompts = [Prompt(nobody, conversation) for conversation in conversations]
    texts = job.tools.model(judge).generate(prompts, 1, job.unit.file("ledger"))
    return [text.text for (text,) in texts]


def _plain(comparison: StrengthComparison) -> dict[str, object]:
    """JSON has no nan."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in asdict(comparison).items()
    }


def _comparison(plain: Mapping[str, object]) -> StrengthComparison:
    values = {key: math.nan if value is None else value for key, value in plain.items()}
    found: StrengthComparison = from_json(values, StrengthComparison)
    return found


def _sentence(comparison: StrengthComparison) -> str:
    if not comparison.pairs:
        return f"no query has a score for both it and {comparison.weak}"
    return (
        f"{comparison.strong} scores {comparison.strong_mean:.3f}, {comparison.weak} "
        f"{comparison.weak_mean:.3f} on {comparison.pairs} queries, p = {comparison.adjusted_p:.3f}"
    )
