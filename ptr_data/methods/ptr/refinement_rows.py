"""Refinement rows, made of the candidates that hold together."""

from collections.abc import Sequence
from dataclasses import dataclass

from ptr_data.export.tallies import tally
from ptr_data.export.training_rows import TrainingRow, split_of
from ptr_data.files import written
from ptr_data.filters.consistency import Consistency, consistencies, verdict
from ptr_data.filters.ngrams import NgramIndex, matches
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.tools import Tools, embedder, origins
from ptr_data.methods.ptr.config import PtrConfig
from ptr_data.methods.ptr.distribution import score_counts
from ptr_data.methods.ptr.rows import ptr_row
from ptr_data.pipeline.shards import KEPT, passed, write_shard
from ptr_data.pipeline.units import StageStats, Unit
from ptr_data.records import Dropped, QuestionTexts
from ptr_eval.protocols import Sequential

SCORED = "scored.jsonl"


@dataclass(frozen=True, slots=True)
class ScoredTexts:
    """A candidate and its consistency, for reading on both sides of the threshold."""

    score: float
    """The mean cosine of the strong model's samples."""
    candidate: QuestionTexts
    """The candidate."""


def rows(unit: Unit, shard: Unit, tools: Tools[PtrConfig]) -> StageStats:
    """Make training rows of the candidates that hold together."""
    config, index = tools.config, tools.index()
    candidates = list(read_records(shard.file(KEPT), QuestionTexts))
    scores = _scores(candidates, tools)
    judged = [
        (c, score, _judged(c, score, config, index))
        for c, score in zip(candidates, scores, strict=True)
    ]
    protocol, how = Sequential(1, config.instruction), origins(config)
    made: list[TrainingRow] = [
        ptr_row(c, score, protocol, how, split_of(c.query.id, config.split.dev, config.split.seed))
        for c, score, dropped in judged
        if dropped is None
    ]
    dropped = [d for _, _, d in judged if d]
    write_shard(unit, made, dropped)
    scored = [ScoredTexts(score.samples, c) for c, score, _ in judged if score.samples is not None]
    with written(unit.file(SCORED)) as draft:
        write_records(draft, scored)
    return {
        **passed("rows", len(candidates), dropped),
        "tally": tally(made),
        "consistency": score_counts(score.samples for score in scores),
    }


def _scores(candidates: Sequence[QuestionTexts], tools: Tools[PtrConfig]) -> list[Consistency]:
    """Score candidates; no embedding model is loaded where there is nothing to compare."""
    settings = tools.config.consistency
    if tools.config.answers.samples == 1 and settings.thought_threshold is None:
        return [Consistency(0, None, None) for _ in candidates]
    return consistencies(
        [[answer.text for answer in c.answers] for c in candidates],
        [[thought.text for thought in c.thoughts[: c.shown]] for c in candidates],
        embedder(tools.config.consistency.embedder),
    )


def _judged(
    candidate: QuestionTexts, score: Consistency, config: PtrConfig, index: NgramIndex | None
) -> Dropped | None:
    if fault := verdict(score, config.consistency):
        return Dropped(candidate.query, "rows", *fault)
    match = matches(candidate.answers[score.medoid].text, index) if index is not None else None
    if match is not None:
        detail = f'{match.split} document {match.document}, in the answer: "{match.words}"'
        return Dropped(candidate.query, "rows", f"holds text of {match.task}", detail)
    return None
