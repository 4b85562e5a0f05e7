"""Finished rows: refinements of thoughts, and plain answers.

A refinement row is a conversation that the protocol of evaluation asked: it is driven with the
weak models' thoughts as replies, and the strong model's answer ends it. So what a model is
trained on and what it is asked in evaluation are the same by construction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ptr_data.export.training_rows import (
    Origin,
    Provenance,
    Row,
    Scores,
    Split,
    Tokens,
    storable,
    trained,
)
from ptr_data.filters.consistency import Consistency
from ptr_data.records import Candidate, Generation, Query
from ptr_eval.conversation import Conversation
from ptr_eval.protocols import Reply, Sequential


def ptr_row(
    candidate: Candidate,
    score: Consistency,
    protocol: Sequential,
    origins: Mapping[str, Origin],
    split: Split,
) -> Row:
    """Make a refinement row of a candidate that passed all filters."""
    query, shown = candidate.query, candidate.thoughts[: candidate.shown]
    answer, draft = candidate.answers[score.medoid], _draft(candidate)
    thoughts = tuple(storable(thought.text) for thought in shown)
    asked = conversation(storable(query.text), thoughts, protocol)
    return Row(
        id=f"ptr-{query.id}",
        kind="ptr",
        split=split,
        messages=trained(asked, storable(answer.text)),
        query=storable(query.text),
        thoughts=thoughts,
        answer=storable(answer.text),
        rejected=None if draft is None else storable(draft.text),
        reference=storable(query.reference),
        source=storable(query.source),
        source_row=query.row,
        provenance=Provenance(
            tuple(origins[thought.model] for thought in shown),
            origins[answer.model],
            None if draft is None else origins[draft.model],
        ),
        scores=Scores(score.samples, score.thoughts),
        tokens=Tokens(tuple(thought.tokens for thought in shown), answer.tokens),
    )


def sft_row(query: Query, split: Split, tokens: int | None = None) -> Row:
    """Make a plain row of a question that its source answers."""
    if not query.reference.strip():
        raise ValueError(f"{query.source}, row {query.row}: no answer to train on")
    text, answer = storable(query.text), storable(query.reference)
    return Row(
        id=f"sft-{query.id}",
        kind="sft",
        split=split,
        messages=trained(Conversation.ask(text), answer),
        query=text,
        thoughts=(),
        answer=answer,
        rejected=None,
        reference=answer,
        source=storable(query.source),
        source_row=query.row,
        provenance=Provenance(),
        scores=Scores(),
        tokens=Tokens((), tokens),
    )


def conversation(query: str, thoughts: Sequence[str], protocol: Sequential) -> Conversation:
    """Find what evaluation would ask after these replies."""
    dialogue = replace(protocol, rounds=len(thoughts) + 1).converse(Conversation.ask(query))
    (turn,) = next(dialogue)
    for thought in thoughts:
        (turn,) = dialogue.send([Reply(thought)])
    return turn.conversation


def _draft(candidate: Candidate) -> Generation | None:
    """Choose what to reject: a thought that is whole, rather one that is not shown."""
    shown = candidate.shown
    drafts = (*candidate.thoughts[shown:], *candidate.thoughts[:shown])
    usable = (d for d in drafts if d.failed is None and not d.full and d.text.strip())
    return next(usable, None)
