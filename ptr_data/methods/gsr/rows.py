"""Finished rows: refinements of candidates, and direct solutions."""

import hashlib
from collections.abc import Mapping

from ptr_data.export.training_rows import (
    IftRow,
    Provenance,
    RowScores,
    RowTokens,
    Split,
    TextOrigin,
    TrainingRow,
    storable,
    trained,
)
from ptr_data.methods.gsr.prompts import bare
from ptr_data.methods.gsr.records import Solution, SolvedGroup
from ptr_eval.conversation import Conversation


def refine_row(
    solved: SolvedGroup, place: int, answer: str, origins: Mapping[str, TextOrigin], split: Split
) -> TrainingRow:
    """Make a row in which candidates are refined."""
    group, text = solved.group, solved.texts[place]
    question = group.query
    answer = storable(answer)
    return TrainingRow(
        id=f"refine-{question.id}-{place}",
        kind="refine",
        split=split,
        messages=trained(Conversation.ask(storable(group.prompt)), answer),
        query=storable(question.text),
        thoughts=tuple(storable(candidate.text) for candidate in group.candidates),
        answer=answer,
        draft=None,
        reference=storable(question.reference),
        source=storable(question.source),
        source_row=question.row,
        provenance=Provenance(
            tuple(origins[candidate.model] for candidate in group.candidates), origins[text.model]
        ),
        scores=RowScores(correct=group.correct),
        tokens=RowTokens(tuple(candidate.tokens for candidate in group.candidates), text.tokens),
    )


def direct_row(
    solution: Solution, asked: str, answer: str, origin: TextOrigin | None, split: Split
) -> TrainingRow:
    """Make a row in which a question is solved without candidates."""
    question, answer = solution.query, storable(answer)
    return TrainingRow(
        id=direct_id(solution),
        kind="direct",
        split=split,
        messages=trained(Conversation.ask(storable(asked)), answer),
        query=storable(question.text),
        thoughts=(),
        answer=answer,
        draft=None,
        reference=storable(question.reference),
        source=storable(question.source),
        source_row=question.row,
        provenance=Provenance(answer=origin),
        scores=RowScores(),
        tokens=RowTokens((), solution.tokens),
    )


def without_candidates(row: TrainingRow, wording: str) -> IftRow:
    """Derive the row that shows the question alone, with the same answer."""
    return IftRow(row.id, trained(Conversation.ask(bare(row.query, wording)), row.answer))


def direct_id(solution: Solution) -> str:
    """Name the row of a solution; the same solution of the same question has one name."""
    digest = hashlib.sha256(solution.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"direct-{solution.query.id}-{digest}"
