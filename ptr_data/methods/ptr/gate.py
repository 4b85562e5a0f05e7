"""The gate: before the expensive stages, is the strong model really stronger?"""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from ptr_data.hashing import hashed
from ptr_data.jsonl import from_json
from ptr_data.methods.common.questions import all_questions
from ptr_data.methods.common.tools import Tools
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.measures import (
    GivenMeasure,
    JudgeMeasure,
    judge_pairs,
    read_scores,
    score_answers,
)
from ptr_data.methods.ptr.prompts import weak_opening
from ptr_data.methods.ptr.strength import ScoreArray, StrengthComparison, compare
from ptr_data.models.model import Prompt
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Question
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError


def gate(unit: Unit, shards: Sequence[Unit], tools: Tools[PtrConfig]) -> StageStats:
    """Compare each weak model with the strong one on a sample of the queries.

    All models answer the query alone: what the strong model makes of the weak ones' thoughts is
    another question.
    """
    config = tools.config
    if config.gate is None or config.measure is None:
        return {"comparisons": []}
    sample = heapq.nsmallest(
        config.gate.sample, all_questions(shards), key=lambda q: (hashed("gate", 0, q.id), q.id)
    )
    comparisons = compare(_scores(unit, sample, tools), config.strong)
    return {"comparisons": [_plain(comparison) for comparison in comparisons]}


def check(counts: StageStats, config: PtrConfig) -> tuple[StrengthComparison, ...]:
    """Stop the build if the gate failed."""
    comparisons = comparisons_of(counts)
    if config.gate is None or not config.gate.required:
        return comparisons
    alpha = config.gate.alpha
    if failed := [c for c in comparisons if not c.passes(alpha)]:
        said = "; ".join(_sentence(comparison) for comparison in failed)
        raise UserError(
            f"gate: the strong model {config.strong} is not shown to be stronger than "
            f"{' and '.join(c.weak for c in failed)} ({said}); choose other models, or set "
            "`gate.required: false` to build all the same."
        )
    return comparisons


def comparisons_of(counts: StageStats) -> tuple[StrengthComparison, ...]:
    """Read the comparisons back."""
    return tuple(_comparison(plain) for plain in counts["comparisons"])


def _scores(
    unit: Unit, sample: Sequence[Question], tools: Tools[PtrConfig]
) -> Mapping[str, tuple[ScoreArray, ScoreArray]]:
    config = tools.config
    measure, weak = config.measure, list(dict.fromkeys(config.weak))
    if isinstance(measure, GivenMeasure):
        given = read_scores(sample, [*weak, config.strong], measure)
        return {name: (given[name], given[config.strong]) for name in weak}
    written = {name: _answers(unit, sample, name, tools) for name in [*weak, config.strong]}
    if isinstance(measure, JudgeMeasure):
        judge = measure.model

        def ask(conversations: Sequence[Conversation]) -> list[str]:
            return _ask(unit, judge, conversations, tools)

        return {
            name: judge_pairs(sample, written[name], written[config.strong], ask) for name in weak
        }
    if measure is None:
        return {}
    scores = {name: score_answers(sample, texts, measure) for name, texts in written.items()}
    return {name: (scores[name], scores[config.strong]) for name in weak}


def _answers(
    unit: Unit, sample: Sequence[Question], name: str, tools: Tools[PtrConfig]
) -> list[str]:
    prompts = [Prompt(question, weak_opening(question.text)) for question in sample]
    texts = tools.model(name).generate(prompts, 1, unit.file("ledger"))
    return [text.text if text.failed is None else "" for (text,) in texts]


def _ask(
    unit: Unit, judge: str, conversations: Sequence[Conversation], tools: Tools[PtrConfig]
) -> list[str]:
    nobody = Question("", "", "", "", 0)
    prompts = [Prompt(nobody, conversation) for conversation in conversations]
    texts = tools.model(judge).generate(prompts, 1, unit.file("ledger"))
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
