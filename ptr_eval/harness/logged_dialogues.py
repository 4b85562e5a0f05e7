"""Dialogues put together again from what lm-eval logs of a task, scorer by scorer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lm_eval.loggers.utils import remove_none_pattern

from ptr_eval.runs import Answer, logged_answers

Sample = dict[str, Any]
"""What lm-eval logs of a question under one scorer."""


@dataclass(frozen=True, slots=True)
class LoggedDialogue:
    """All that is logged of one sample of a question."""

    question: int
    """The number of the question."""
    sample: int
    """Which of several samples of the question, from 0."""
    target: str
    """The right answer as the task words it."""
    answers: Sequence[Answer]
    """Its scored answers."""
    figures: Mapping[str, float]
    """The question's figures, by `<metric>@<round>,<scorer>`: means over its samples."""

    @property
    def turns(self) -> list[Answer]:
        """All its turns, scored or not."""
        return [turn for answer in self.answers for turn in answer.turns]

    def texts(self) -> dict[str, str]:
        """Lay out what the model wrote, by kind of turn and round: `response@3`, `critique@2`."""
        return _cells(
            (f"{'response' if turn.scored else turn.kind}@{turn.round}", shown(turn))
            for turn in self.turns
        )

    def verdicts(self) -> dict[str, str]:
        """Lay out what each scorer found, by round: `answer@3,strict`, `verdict@3,strict`."""
        return _cells(self._found())

    def _found(self) -> Iterator[tuple[str, str | None]]:
        for scorer in dict.fromkeys(name for answer in self.answers for name in answer.grades):
            for answer in self.answers:
                grade = answer.grades.get(scorer)
                where = f"{answer.round},{scorer}"
                yield f"answer@{where}", (grade.score.answer or "") if grade else None
                yield f"verdict@{where}", grade.score.verdict if grade else None


def dialogues_in(samples: list[Sample]) -> list[LoggedDialogue]:
    """Put a task's dialogues together again."""
    figures: dict[int, dict[str, float]] = {}
    targets: dict[int, str] = {}
    for sample in samples:
        number = sample["doc_id"]
        targets[number] = str(sample["target"])
        for name in sample["metrics"]:
            full, _ = remove_none_pattern(f"{name},{sample['filter']}")
            if not isinstance(sample[name], list):  # The counts of a figure over all questions.
                figures.setdefault(number, {})[full] = sample[name]
    return [
        LoggedDialogue(number, n, targets[number], dialogue, figures.get(number, {}))
        for number, answers in logged_answers(samples).items()
        for n, dialogue in _by_sample(answers).items()
    ]


def _by_sample(answers: Sequence[Answer]) -> dict[int, list[Answer]]:
    found: dict[int, list[Answer]] = {}
    for answer in answers:
        found.setdefault(answer.sample, []).append(answer)
    return found


def shown(turn: Answer) -> str:
    """Show a response, or in brackets why there is none."""
    reply = turn.reply
    why = f"({reply.outcome}: {reply.failure or reply.refusal})"
    return why if reply.missing else reply.response


def _cells(parts: Iterator[tuple[str, str | None]]) -> dict[str, str]:
    """Gather texts by name; several of one name are numbered by their places in one text."""
    found: dict[str, list[str | None]] = {}
    for name, text in parts:
        found.setdefault(name, []).append(text)
    cells = {}
    for name, texts in found.items():
        there = [(n, text) for n, text in enumerate(texts, start=1) if text is not None]
        if there:
            numbered = "\n\n".join(f"[{n}] {text}" for n, text in there)
            cells[name] = there[0][1] if len(texts) == 1 else numbered
    return cells
