"""Refinement rows, made of the questions whose answers agree."""

from collections.abc import Sequence
from dataclasses import dataclass

from ptr_data.export.tallies import tally
from ptr_data.export.training_rows import split_of
from ptr_data.files import written
from ptr_data.filters.consistency import (
    Consistency,
    ConsistencySettings,
    consistencies,
    verdict,
)
from ptr_data.filters.decontamination import DecontaminationSettings
from ptr_data.filters.ngrams import NgramIndex
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.config import SplitSettings
from ptr_data.methods.common.questions import benchmark_text
from ptr_data.methods.common.tools import DataJob, embedder, origins
from ptr_data.methods.ptr.answers import AnswerSettings
from ptr_data.methods.ptr.distribution import score_counts
from ptr_data.methods.ptr.records import QuestionTexts, ScoredTexts
from ptr_data.methods.ptr.rows import ptr_row
from ptr_data.models.model import TextModelSettings
from ptr_data.pipeline.shards import KEPT, passed, write_shard
from ptr_data.pipeline.stage import Inherited
from ptr_data.pipeline.units import StageStats
from ptr_data.records import Dropped
from ptr_eval.protocols import Sequential

SCORED = "scored.jsonl"


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What the rows depend on."""

    consistency: ConsistencySettings
    split: SplitSettings
    instruction: str
    benchmarks: DecontaminationSettings | None
    weak: Inherited[Sequence[TextModelSettings]]
    strong: Inherited[TextModelSettings]
    answers: Inherited[AnswerSettings]


def rows(job: DataJob, facts: RowFacts) -> StageStats:
    """Make training rows of the questions whose answers agree."""
    index, split = job.tools.index(facts.benchmarks), facts.split
    answered = list(read_records(job.shard("answers").file(KEPT), QuestionTexts))
    scores = _scores(answered, facts)
    judged = [
        (texts, score, _unfit(texts, score, facts, index))
        for texts, score in zip(answered, scores, strict=True)
    ]
    protocol, how = Sequential(1, facts.instruction), origins([*facts.weak, facts.strong])
    made = [
        ptr_row(texts, score, protocol, how, split_of(texts.query.id, split.dev, split.seed))
        for texts, score, dropped in judged
        if dropped is None
    ]
    dropped = [d for _, _, d in judged if d]
    write_shard(job.unit, made, dropped)
    scored = [ScoredTexts(score.samples, t) for t, score, _ in judged if score.samples is not None]
    with written(job.unit.file(SCORED)) as unfinished:
        write_records(unfinished, scored)
    return {
        **passed("rows", len(answered), dropped),
        "tally": tally(made),
        "consistency": score_counts(score.samples for score in scores),
    }


def _scores(answered: Sequence[QuestionTexts], facts: RowFacts) -> list[Consistency]:
    """Score questions; no embedding model is loaded where there is nothing to compare."""
    settings = facts.consistency
    if facts.answers.samples == 1 and settings.thought_threshold is None:
        return [Consistency(0, None, None) for _ in answered]
    return consistencies(
        [[answer.text for answer in texts.answers] for texts in answered],
        [[thought.text for thought in texts.thoughts[: texts.shown]] for texts in answered],
        embedder(settings.embedder),
    )


def _unfit(
    texts: QuestionTexts, score: Consistency, facts: RowFacts, index: NgramIndex | None
) -> Dropped | None:
    if fault := verdict(score, facts.consistency):
        return Dropped(texts.query, "rows", *fault)
    return benchmark_text(texts.query, texts.answers[score.medoid].text, "rows", index)
