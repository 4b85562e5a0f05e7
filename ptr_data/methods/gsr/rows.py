"""Finished rows: refinements of candidates, and direct solutions."""

import hashlib

from ptr_data.export.training_rows import (
    IftRow,
    Provenance,
    RowScores,
    RowTokens,
    TextOrigin,
    TrainingRow,
    split_of,
    storable,
    trained,
)
from ptr_data.methods.common.tools import origins
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.prompts import PromptSettings, bare
from ptr_data.methods.gsr.records import Solution, SolvedGroup, trained_text
from ptr_eval.conversation import Conversation


def refine_row(solved: SolvedGroup, place: int, config: GsrConfig) -> TrainingRow:
    """Make a row in which candidates are refined."""
    group, text = solved.group, solved.texts[place]
    question, how = group.query, origins(config)
    candidates = tuple(storable(candidate.text) for candidate in group.candidates)
    answer = _answer(text.text, config)
    return TrainingRow(
        id=f"refine-{question.id}-{place}",
        kind="refine",
        split=split_of(question.id, config.split.dev, config.split.seed),
        messages=trained(Conversation.ask(storable(group.prompt)), answer),
        query=storable(question.text),
        thoughts=candidates,
        answer=answer,
        rejected=None,
        reference=storable(question.reference),
        source=storable(question.source),
        source_row=question.row,
        provenance=Provenance(
            tuple(how[candidate.model] for candidate in group.candidates), how[text.model]
        ),
        scores=RowScores(correct=group.correct),
        tokens=RowTokens(tuple(candidate.tokens for candidate in group.candidates), text.tokens),
    )


def direct_row(solution: Solution, config: GsrConfig) -> TrainingRow:
    """Make a row in which a question is solved without candidates."""
    question = solution.query
    answer = _answer(solution.text, config)
    by: TextOrigin | None = origins(config)[solution.model] if solution.model else None
    return TrainingRow(
        id=direct_id(solution),
        kind="direct",
        split=split_of(question.id, config.split.dev, config.split.seed),
        messages=trained(Conversation.ask(storable(bare(question.text, config.prompt))), answer),
        query=storable(question.text),
        thoughts=(),
        answer=answer,
        rejected=None,
        reference=storable(question.reference),
        source=storable(question.source),
        source_row=question.row,
        provenance=Provenance(answer=by),
        scores=RowScores(),
        tokens=RowTokens((), solution.tokens),
    )


def without_candidates(row: TrainingRow, settings: PromptSettings) -> IftRow:
    """Derive the row that shows the question alone, with the same answer."""
    return IftRow(row.id, trained(Conversation.ask(bare(row.query, settings)), row.answer))


def direct_id(solution: Solution) -> str:
    """Name the row of a solution; the same solution of the same question has one name."""
    digest = hashlib.sha256(solution.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"direct-{solution.query.id}-{digest}"


def _answer(text: str, config: GsrConfig) -> str:
    end, keep = config.model(config.teacher).thinking_end, config.solutions.keep_thinking
    return storable(trained_text(text, end, keep_thinking=keep))
