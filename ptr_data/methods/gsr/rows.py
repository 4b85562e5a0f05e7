"""Finished rows: refinements of candidates, and direct solutions."""

import hashlib

from ptr_data.export.training_rows import (
    IftRow,
    Origin,
    Provenance,
    Row,
    Scores,
    Tokens,
    split_of,
    storable,
    trained,
)
from ptr_data.methods.common.tools import origins
from ptr_data.methods.gsr.config import GsrConfig
from ptr_data.methods.gsr.prompts import PromptSettings, bare
from ptr_data.methods.gsr.records import Solution, Solved, trained_text
from ptr_eval.conversation import Conversation


def refine_row(solved: Solved, place: int, config: GsrConfig) -> Row:
    """Make a row in which candidates are refined."""
    group, text = solved.group, solved.texts[place]
    query, how = group.query, origins(config)
    candidates = tuple(storable(candidate.text) for candidate in group.candidates)
    answer = _answer(text.text, config)
    return Row(
        id=f"refine-{query.id}-{place}",
        kind="refine",
        split=split_of(query.id, config.split.dev, config.split.seed),
        messages=trained(Conversation.ask(storable(group.prompt)), answer),
        query=storable(query.text),
        thoughts=candidates,
        answer=answer,
        rejected=None,
        reference=storable(query.reference),
        source=storable(query.source),
        source_row=query.row,
        provenance=Provenance(
            tuple(how[candidate.model] for candidate in group.candidates), how[text.model]
        ),
        scores=Scores(correct=group.correct),
        tokens=Tokens(tuple(candidate.tokens for candidate in group.candidates), text.tokens),
    )


def direct_row(solution: Solution, config: GsrConfig) -> Row:
    """Make a row in which a question is solved without candidates."""
    query = solution.query
    answer = _answer(solution.text, config)
    by: Origin | None = origins(config)[solution.model] if solution.model else None
    return Row(
        id=direct_id(solution),
        kind="direct",
        split=split_of(query.id, config.split.dev, config.split.seed),
        messages=trained(Conversation.ask(storable(bare(query.text, config.prompt))), answer),
        query=storable(query.text),
        thoughts=(),
        answer=answer,
        rejected=None,
        reference=storable(query.reference),
        source=storable(query.source),
        source_row=query.row,
        provenance=Provenance(answer=by),
        scores=Scores(),
        tokens=Tokens((), solution.tokens),
    )


def without_candidates(row: Row, settings: PromptSettings) -> IftRow:
    """Derive the row that shows the question alone, with the same answer."""
    return IftRow(row.id, trained(Conversation.ask(bare(row.query, settings)), row.answer))


def direct_id(solution: Solution) -> str:
    """Name the row of a solution; the same solution of the same question has one name."""
    digest = hashlib.sha256(solution.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"direct-{solution.query.id}-{digest}"


def _answer(text: str, config: GsrConfig) -> str:
    end, keep = config.model(config.teacher).thinking_end, config.solutions.keep_thinking
    return storable(trained_text(text, end, keep_thinking=keep))
