"""The stages at which models write: thoughts, then answers, then the rows made of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ptr_data.export.tallies import tally
from ptr_data.export.training_rows import Row, ptr_row, split_of
from ptr_data.filters.consistency import Consistency, consistencies, verdict
from ptr_data.filters.ngrams import NgramIndex, matches
from ptr_data.jsonl import read_records, write_records
from ptr_data.methods.common.questions import KEPT, passed, write_shard
from ptr_data.methods.common.tools import Tools, embedder, origins
from ptr_data.methods.ptr.config import BuildConfig
from ptr_data.methods.ptr.distribution import score_counts
from ptr_data.methods.ptr.writing import Written, write_answers, write_thoughts
from ptr_data.pipeline.units import Counts, Unit, written
from ptr_data.records import Candidate, Dropped, Query
from ptr_eval.protocols import Sequential

LEFT_OUT, SCORED = "left-out.jsonl", "scored.jsonl"


@dataclass(frozen=True, slots=True)
class ScoredCandidate:
    """A candidate and its consistency, for reading on both sides of the threshold."""

    score: float
    """The mean cosine of the strong model's samples."""
    candidate: Candidate
    """The candidate."""


def thoughts(unit: Unit, shard: Unit, tools: Tools[BuildConfig]) -> Counts:
    """Let the weak models write thoughts."""
    config = tools.config
    queries = list(read_records(shard.file(KEPT), Query))
    models = [tools.model(name) for name in config.weak]

    def write() -> Written:
        ledger = unit.file("ledger")
        return write_thoughts(queries, models, config.thoughts, config.outputs, ledger)

    return _written(unit, "thoughts", len(queries), write)


def answers(unit: Unit, shard: Unit, tools: Tools[BuildConfig]) -> Counts:
    """Let the strong model write answers."""
    config = tools.config
    candidates = list(read_records(shard.file(KEPT), Candidate))
    strong = tools.model(config.strong)

    def write() -> Written:
        ledger = unit.file("ledger")
        return write_answers(candidates, strong, config.answers, config.outputs, ledger)

    return _written(unit, "answers", len(candidates), write)


def _written(unit: Unit, stage: str, given: int, write: Callable[[], Written]) -> Counts:
    made = write()
    write_shard(unit, made.candidates, made.dropped)
    with written(unit.file(LEFT_OUT)) as draft:
        write_records(draft, made.left_out)
    for leftover in unit.folder.glob(f"{unit.name}.ledger*"):
        leftover.unlink()  # What it held is in the shard now.
    reasons = Counter(text.reason for text in made.left_out)
    return {
        **passed(stage, given, list(made.dropped)),
        "texts left out": dict(sorted(reasons.items())),
    }


def rows(unit: Unit, shard: Unit, tools: Tools[BuildConfig]) -> Counts:
    """Make training rows of the candidates that hold together."""
    config, index = tools.config, tools.index()
    candidates = list(read_records(shard.file(KEPT), Candidate))
    scores = _scores(candidates, tools)
    judged = [
        (c, score, _judged(c, score, config, index))
        for c, score in zip(candidates, scores, strict=True)
    ]
    protocol, how = Sequential(1, config.instruction), origins(config)
    made: list[Row] = [
        ptr_row(c, score, protocol, how, split_of(c.query.id, config.split.dev, config.split.seed))
        for c, score, dropped in judged
        if dropped is None
    ]
    dropped = [d for _, _, d in judged if d]
    write_shard(unit, made, dropped)
    scored = [
        ScoredCandidate(score.samples, c) for c, score, _ in judged if score.samples is not None
    ]
    with written(unit.file(SCORED)) as draft:
        write_records(draft, scored)
    return {
        **passed("rows", len(candidates), dropped),
        "tally": tally(made),
        "consistency": score_counts(score.samples for score in scores),
    }


def _scores(candidates: Sequence[Candidate], tools: Tools[BuildConfig]) -> list[Consistency]:
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
    candidate: Candidate, score: Consistency, config: BuildConfig, index: NgramIndex | None
) -> Dropped | None:
    if fault := verdict(score, config.consistency):
        return Dropped(candidate.query, "rows", *fault)
    match = matches(candidate.answers[score.medoid].text, index) if index is not None else None
    if match is not None:
        detail = f'{match.split} document {match.document}, in the answer: "{match.words}"'
        return Dropped(candidate.query, "rows", f"holds text of {match.task}", detail)
    return None
