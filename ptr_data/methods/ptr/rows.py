"""Finished rows: refinements of thoughts, and plain answers.

A refinement row is a conversation that the protocol of evaluation asked: it is driven with the
weak models' thoughts as replies, and the strong model's answer ends it. So what a model is
trained on and what it is asked in evaluation are the same by construction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ptr_data.export.training_rows import (
    Provenance,
    RowScores,
    RowTokens,
    Split,
    TextOrigin,
    TrainingRow,
    storable,
    trained,
)
from ptr_data.filters.consistency import Consistency
from ptr_data.methods.ptr.records import QuestionTexts
from ptr_data.records import GeneratedText, Question
from ptr_eval.conversation import Conversation
from ptr_eval.protocols import Reply, Sequential


def ptr_row(
    texts: QuestionTexts,
    score: Consistency,
    protocol: Sequential,
    origins: Mapping[str, TextOrigin],
    split: Split,
) -> TrainingRow:
    """Make a refinement row of a candidate that passed all filters."""
    question, shown = texts.query, texts.thoughts[: texts.shown]
    answer, draft = texts.answers[score.medoid], _draft(texts)
    thoughts = tuple(storable(thought.text) for thought in shown)
    asked = conversation(storable(question.text), thoughts, protocol)
    return TrainingRow(
        id=f"ptr-{question.id}",
        kind="ptr",
        split=split,
        messages=trained(asked, storable(answer.text)),
        query=storable(question.text),
        thoughts=thoughts,
        answer=storable(answer.text),
        draft=None if draft is None else storable(draft.text),
        reference=storable(question.reference),
        source=storable(question.source),
        source_row=question.row,
        provenance=Provenance(
            tuple(origins[thought.model] for thought in shown),
            origins[answer.model],
            None if draft is None else origins[draft.model],
        ),
        scores=RowScores(score.samples, score.thoughts),
        tokens=RowTokens(tuple(thought.tokens for thought in shown), answer.tokens),
    )


def sft_row(question: Question, split: Split, tokens: int | None = None) -> TrainingRow:
    """Make a plain row of a question that its source answers."""
    if not question.reference.strip():
        raise ValueError(f"{question.source}, row {question.row}: no answer to train on")
    text, answer = storable(question.text), storable(question.reference)
    return TrainingRow(
        id=f"sft-{question.id}",
        kind="sft",
        split=split,
        messages=trained(Conversation.ask(text), answer),
        query=text,
        thoughts=(),
        answer=answer,
        draft=None,
        reference=answer,
        source=storable(question.source),
        source_row=question.row,
        provenance=Provenance(),
        scores=RowScores(),
        tokens=RowTokens((), tokens),
    )


def conversation(question: str, thoughts: Sequence[str], protocol: Sequential) -> Conversation:
    """Find what evaluation would ask after these replies."""
    dialogue = replace(protocol, rounds=len(thoughts) + 1).converse(Conversation.ask(question))
    (turn,) = next(dialogue)
    for thought in thoughts:
        (turn,) = dialogue.send([Reply(thought)])
    return turn.conversation


def _draft(texts: QuestionTexts) -> GeneratedText | None:
    """Choose what to prefer the answer to: a whole thought, rather one that is not shown."""
    shown = texts.shown
    thoughts = (*texts.thoughts[shown:], *texts.thoughts[:shown])
    usable = (d for d in thoughts if d.failed is None and not d.full and d.text.strip())
    return next(usable, None)
