"""Saved answers and panels of texts, made up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from ptr_eval.protocols import Reply
from ptr_eval.report.data.text_measures import TextMeasures, TextReader
from ptr_eval.report.data.text_panels import TextPanel
from ptr_eval.runs import Answer, Grade, ReportedTask, RunLabel
from ptr_eval.scoring import Score


@dataclass(frozen=True)
class Said:
    """What a model wrote, and what the scorer made of it."""

    text: str
    kept: bool = False
    failed: bool = False
    found: Score | None = None


def reader(kind: str) -> TextReader:
    """Make a reader of a task with one scorer."""
    task = SimpleNamespace(
        scorer="strict", description=SimpleNamespace(scorers={"strict": kind}, settings={})
    )
    return TextReader(cast(ReportedTask, task))


def answers(rounds: Sequence[Sequence[Said]], question: int = 0, sample: int = 0) -> list[Answer]:
    """Number what a dialogue says: a list a round."""
    return [
        _answer(said, question, sample, t, position)
        for t, together in enumerate(rounds, start=1)
        for position, said in enumerate(together)
    ]


def _answer(said: Said, *place: int) -> Answer:
    reply = Reply(said.text, "asked", 1, 1, failure="it failed" if said.failed else None)
    score = said.found or Score(1.0, "correct", said.text, "found", kept=said.kept)
    grades = {} if said.failed else {"strict": Grade(score)}
    question, sample, round_, position = place
    return Answer(question, sample, round_, position, reply, grades=grades)


def measured(kind: str, *dialogues: Sequence[Sequence[Said]]) -> TextMeasures:
    """Measure dialogues, each about a question of its own."""
    found = reader(kind)
    for question, rounds in enumerate(dialogues):
        found.add(answers(rounds, question))
    return found.finish()


def panel(
    values: Mapping[str, Any] | None = None,
    counts: Mapping[str, Any] | None = None,
    signatures: Mapping[str, str] | None = None,
) -> TextPanel:
    """Make a panel: by measure, a list of rounds for each item."""
    arrays = {name: np.array(each, dtype=float) for name, each in (values or {}).items()}
    counted = {name: np.array(each, dtype=float) for name, each in (counts or {}).items()}
    items = len(next(iter((*arrays.values(), *counted.values()))))
    return TextPanel(
        label=RunLabel("run", "checkpoint", "PTR"),
        task="task",
        clusters=np.array([f"item {i}" for i in range(items)]),
        values=arrays,
        answers={name: (~np.isnan(each)).sum(axis=0) for name, each in arrays.items()},
        counts=counted,
        signatures=signatures or {},
    )
