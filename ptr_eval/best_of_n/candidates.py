"""The groups of candidates that a saved run holds: its first round's answers, sample by sample."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ptr_eval.errors import UserError
from ptr_eval.harness.lm_eval_format import asked_question
from ptr_eval.runs import Answer, SavedTask, questions, tasks_wanted
from ptr_eval.thinking import read_mark


@dataclass(frozen=True, slots=True)
class Group:
    """Candidates for one answer."""

    doc_id: int
    """The document."""
    number: int
    """Which of the document's groups, from 0."""
    question: str
    """What was asked, without system prompt and examples."""
    texts: tuple[str, ...]
    """What the candidates say after their thinking blocks; empty where that is nothing."""
    correct: tuple[bool | None, ...]
    """Whether each is correct under the headline scorer; None where its request failed or was
    refused, which says nothing of the model."""

    @property
    def contenders(self) -> list[int]:
        """The positions of the candidates that say anything, the first of equal ones."""
        return [i for i, text in enumerate(self.texts) if text and text not in self.texts[:i]]


@dataclass(frozen=True, slots=True)
class TaskGroups:
    """A task's groups, all of the same size."""

    task: str
    """The task."""
    samples: Path
    """The samples file that they are from."""
    size: int
    """How many candidates k each has."""
    groups: tuple[Group, ...]
    """The groups, by document and number."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    correct: bool | None


def read_groups(run: Path, tasks: Sequence[str] = (), group: int | None = None) -> list[TaskGroups]:
    """Read the groups of candidates of a saved run."""
    found = []
    for name, task in tasks_wanted(run, tasks).items():
        groups = tuple(_groups(task, group))
        found.append(TaskGroups(name, task.samples, _size(groups, task.samples), groups))
    return found


def _groups(saved: SavedTask, size: int | None) -> Iterator[Group]:
    thinking_end = read_mark(saved.description.settings["thinking_end"])
    for question in sorted(questions(saved), key=lambda question: question.number):
        if not all(answer.grades or answer.reply.missing for answer in question.answers):
            raise UserError(
                f"{saved.samples}, document {question.number}: its answers are not scored; "
                "`ptr-eval rescore` the run first."
            )
        drawn = _candidates(question.answers, thinking_end)
        asked = asked_question(saved.config["doc_to_text"], question.fields)
        for number, group in enumerate(_regrouped(drawn, size, saved.samples)):
            yield Group(
                doc_id=question.number,
                number=number,
                question=asked,
                texts=tuple(candidate.text for candidate in group),
                correct=tuple(candidate.correct for candidate in group),
            )


def _candidates(answers: Sequence[Answer], thinking_end: str) -> list[list[_Candidate]]:
    """List a question's first answers by sample and position."""
    placed: dict[int, dict[int, _Candidate]] = {}
    for answer in answers:
        if answer.round != 1:
            continue
        reply = answer.reply
        text = "" if reply.missing else reply.visible(thinking_end).text.strip()
        correct = None if reply.missing else answer.correct
        placed.setdefault(answer.sample, {})[answer.position] = _Candidate(text, correct)
    return [[group[i] for i in sorted(group)] for _, group in sorted(placed.items())]


def _regrouped(
    drawn: list[list[_Candidate]], size: int | None, samples: Path
) -> list[list[_Candidate]]:
    if size is None:
        if all(len(group) == 1 for group in drawn):
            raise UserError(
                f"{samples} has samples of one answer each, which leave nothing to choose; make "
                "groups of several with --group N."
            )
        return drawn
    if any(len(group) > 1 for group in drawn):
        raise UserError(
            f"--group {size}: the samples in {samples} are groups of candidates already; "
            "leave it out."
        )
    if len(drawn) < size:
        raise UserError(
            f"--group {size}: {samples} has {len(drawn)} samples of a question; choose fewer."
        )
    alone = [candidate for (candidate,) in drawn]
    return [alone[i : i + size] for i in range(0, len(alone) - size + 1, size)]


def _size(groups: Sequence[Group], samples: Path) -> int:
    sizes = {len(group.texts) for group in groups}
    if len(sizes) != 1:
        raise UserError(f"{samples} has groups of {sorted(sizes)} candidates; run it again whole.")
    return sizes.pop()
