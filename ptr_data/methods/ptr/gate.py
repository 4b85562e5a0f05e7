"""The gate: before the expensive stages, is the strong model really stronger?"""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from ptr_data.hashing import hashed
from ptr_data.jsonl import from_json
from ptr_data.methods.common.questions import unique_questions
from ptr_data.methods.common.tools import DataJob
from ptr_data.methods.ptr.measures import (
    GivenMeasure,
    JudgedModels,
    JudgeMeasure,
    Measure,
    ScorerMeasure,
    judge_pairs,
    read_scores,
    score_answers,
)
from ptr_data.methods.ptr.prompts import weak_opening
from ptr_data.methods.ptr.strength import GateSettings, ScoreArray, StrengthComparison, compare
from ptr_data.models.ask import together
from ptr_data.models.model import Prompt, TextModelSettings
from ptr_data.pipeline.units import StageStats, StageWork
from ptr_data.records import Question
from ptr_eval.conversation import Conversation
from ptr_eval.errors import UserError
from ptr_eval.judge import (
    JudgeForm,
    JudgeReply,
    count_outcomes,
    outcomes_in_words,
    read_text,
    require_readable,
)

if TYPE_CHECKING:
    from ptr_eval.harness.asks import Work


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the comparison of the models depends on."""

    gate: GateSettings | None
    measure: Measure | None
    models: Sequence[TextModelSettings]
    weak: Sequence[TextModelSettings]
    strong: TextModelSettings


def gate(job: DataJob, facts: GateFacts) -> StageWork:
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
    compared = [*weak.values(), facts.strong]
    if isinstance(facts.measure, JudgeMeasure):
        found = yield from _judged(job, sample, facts.measure, compared, facts.models)
        scores = {name: (one.weak, one.strong) for name, one in found.items()}
        outcomes = {name: count_outcomes(one.matches) for name, one in found.items()}
        least = facts.gate.least_decided
        comparisons = [
            _with_matches(each, outcomes[each.weak], least)
            for each in compare(scores, facts.strong.name)
        ]
    else:
        scored = yield from _scores(job, sample, facts.measure, compared)
        comparisons = compare(scored, facts.strong.name)
    return {"comparisons": [_plain(each) for each in comparisons]}


def check(stats: Sequence[StageStats], facts: GateFacts) -> None:
    """Stop the build if the gate failed."""
    if facts.gate is None or not facts.gate.required:
        return
    alpha = facts.gate.alpha
    comparisons = [each for unit in stats for each in comparisons_of(unit)]
    if few := [each for each in comparisons if not each.enough]:
        reasons = "; ".join(f"{c.weak}: {outcomes_in_words(c.matches or {})}" for c in few)
        raise UserError(
            f"gate: the judge decided too few matches with the strong model {facts.strong.name} to "
            f"tell whether it is stronger ({reasons}); choose another judge or "
            "`measure.judge_form`, or set `gate.required: false` to build all the same."
        )
    if failed := [each for each in comparisons if not each.passes(alpha)]:
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
    measure: ScorerMeasure | GivenMeasure,
    compared: Sequence[TextModelSettings],
) -> "Work[Mapping[str, tuple[ScoreArray, ScoreArray]]]":
    """Score the models that are compared, of which the last is the strong one."""
    *weak, strong = [settings.name for settings in compared]
    if isinstance(measure, GivenMeasure):
        given = read_scores(sample, [*weak, strong], measure)
        return {name: (given[name], given[strong]) for name in weak}
    texts = yield from _all_answers(job, sample, compared)
    scores = {name: score_answers(sample, answers, measure) for name, answers in texts.items()}
    return {name: (scores[name], scores[strong]) for name in weak}


def _judged(
    job: DataJob,
    sample: Sequence[Question],
    measure: JudgeMeasure,
    compared: Sequence[TextModelSettings],
    models: Sequence[TextModelSettings],
) -> "Work[Mapping[str, JudgedModels]]":
    """Let a judge compare each weak model with the strong one, which is the last."""
    *weak, strong = [settings.name for settings in compared]
    (judge,) = [settings for settings in models if settings.name == measure.model]
    texts = yield from _all_answers(job, sample, compared)
    form = measure.form

    def ask(conversations: Sequence[Conversation]) -> "Work[list[JudgeReply]]":
        return _ask(job, judge, form, conversations)

    works = [judge_pairs(sample, texts[name], texts[strong], form, ask) for name in weak]
    found = dict(zip(weak, (yield from together(works)), strict=True))
    matches = [match for one in found.values() for match in one.matches]
    require_readable(matches, judge.name, form, "`measure.judge_form`")
    return found


def _with_matches(
    comparison: StrengthComparison, outcomes: dict[str, int], least: float
) -> StrengthComparison:
    enough = outcomes["decided"] >= least * sum(outcomes.values())
    return replace(comparison, matches=outcomes, enough=enough)


def _all_answers(
    job: DataJob, sample: Sequence[Question], models: Sequence[TextModelSettings]
) -> "Work[dict[str, list[str | None]]]":
    answers = yield from together([_answers(job, sample, settings) for settings in models])
    return {settings.name: texts for settings, texts in zip(models, answers, strict=True)}


def _answers(
    job: DataJob, sample: Sequence[Question], settings: TextModelSettings
) -> "Work[list[str | None]]":
    prompts = [Prompt(question, weak_opening(question.text)) for question in sample]
    texts = yield from job.tools.model(settings).generate(prompts, 1, job.unit.file("ledger"))
    return [text.text if text.failed is None else None for (text,) in texts]


def _ask(
    job: DataJob,
    judge: TextModelSettings,
    form: JudgeForm,
    conversations: Sequence[Conversation],
) -> "Work[list[JudgeReply]]":
    nobody = Question("", "", "", "", 0)
    prompts = [Prompt(nobody, conversation) for conversation in conversations]
    texts = yield from job.tools.model(judge).generate(prompts, 1, job.unit.file("ledger"))
    return [read_text(form, text.text, text.failed, cut=text.full) for (text,) in texts]


def _plain(comparison: StrengthComparison) -> dict[str, object]:
    """JSON has no nan."""
    return {
        key: None if isinstance(value, float) and math.isnan(value) else value
        for key, value in asdict(comparison).items()
    }


def _comparison(plain: Mapping[str, object]) -> StrengthComparison:
    values = {
        key: math.nan if value is None and key != "matches" else value
        for key, value in {"matches": None, "enough": True, **plain}.items()
    }
    found: StrengthComparison = from_json(values, StrengthComparison)
    return found


def _sentence(comparison: StrengthComparison) -> str:
    if not comparison.pairs:
        return f"no query has a score for both it and {comparison.weak}"
    return (
        f"{comparison.strong} scores {comparison.strong_mean:.3f}, {comparison.weak} "
        f"{comparison.weak_mean:.3f} on {comparison.pairs} queries, p = {comparison.adjusted_p:.3f}"
    )
