"""Which answers meet: each against the first, the previous, or the same of another run."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ptr_eval.errors import UserError
from ptr_eval.judging.contestants import Contestant, JudgedQuestion, read_contestants
from ptr_eval.runs import SavedTask, read_run, tasks_wanted


@dataclass(frozen=True, slots=True)
class Match:
    """Two answers to the same question that are to be compared."""

    question: JudgedQuestion
    """The question."""
    later: Contestant
    """The answer for which the result counts."""
    earlier: Contestant
    """The other one."""
    control: bool = False
    """Whether both are samples of one model and round."""

    @property
    def texts(self) -> tuple[str, str]:
        """What both say."""
        return self.later.text or "", self.earlier.text or ""

    @property
    def equal(self) -> bool:
        """Whether both say the same, which is a tie without a judge."""
        return self.texts[0] == self.texts[1]


@dataclass(frozen=True, slots=True)
class TaskMatches:
    """The matches of a task."""

    saved: SavedTask
    """The task."""
    other: SavedTask | None
    """The same task of the run compared with; None for the same run."""
    matches: tuple[Match, ...]
    """The matches, those of the control last."""
    left_out: Mapping[int, int]
    """By round, how many there are not, since an answer is missing."""

    @property
    def models(self) -> tuple[str, ...]:
        """The models whose answers meet."""
        return (self.saved.model, self.other.model) if self.other else (self.saved.model,)


def read_matches(
    run: Path, tasks: Sequence[str], compare: str, other: Path | None, *, control: bool
) -> list[TaskMatches]:
    """Find the matches of a saved run."""
    saved = tasks_wanted(run, tasks)
    others = {task.task: task for task in read_run(other, list(saved))} if other else {}
    if other and (absent := [task for task in saved if task not in others]):
        raise UserError(f"--compare run:{other}: it has no {', '.join(absent)}; choose --tasks.")
    return [_of_task(task, others.get(task.task), compare, control) for task in saved.values()]


def _of_task(saved: SavedTask, other: SavedTask | None, compare: str, control: bool) -> TaskMatches:
    found = list(read_contestants(saved))
    if other is None:
        met = [match for question in found for match in _within(question, compare)]
    else:
        theirs = {question.number: question for question in read_contestants(other)}
        met = [match for question in found for match in _between(question, theirs, saved, other)]
    if not met:
        raise UserError(
            f"{saved.samples} has nothing to compare: "
            + ("it has one round; compare with another run." if other is None else "no round of "
               f"{other.samples} is about the same question.")
        )  # fmt: skip
    if control:
        met += [match for question in found for match in _control(question)]
    whole = [m for m in met if m.later.text is not None and m.earlier.text is not None]
    missing = Counter(m.later.place[1] for m in met if not m.control) - Counter(
        m.later.place[1] for m in whole if not m.control
    )
    return TaskMatches(saved, other, tuple(whole), dict(sorted(missing.items())))


def _within(question: JudgedQuestion, compare: str) -> Iterator[Match]:
    """Let each answer from round 2 on meet one of an earlier round.

    Where a round has several answers, they are taken in turn: candidates of a round are equally
    likely to stand anywhere.
    """
    for sample in question.samples:
        rounds = question.rounds(sample)
        for round_ in sorted(rounds)[1:]:
            before = rounds[min(rounds) if compare == "first" else round_ - 1]
            for later in rounds[round_]:
                yield Match(question, later, before[later.place[2] % len(before)])


def _between(
    question: JudgedQuestion,
    theirs: Mapping[int, JudgedQuestion],
    saved: SavedTask,
    other: SavedTask,
) -> Iterator[Match]:
    same = theirs.get(question.number)
    if same is None:
        return
    if same.fingerprint != question.fingerprint:
        raise UserError(
            f"{saved.samples} and {other.samples} have different questions under the number "
            f"{question.number}; compare runs of the same data."
        )
    for place, later in question.answers.items():
        if place in same.answers:
            yield Match(question, later, same.answers[place])


def _control(question: JudgedQuestion) -> Iterator[Match]:
    """Let the first two samples of the last round meet: half of the wins are expected."""
    if len(question.samples) < 2:
        return
    one, other = (question.rounds(sample) for sample in question.samples[:2])
    last = max(one)
    if last in other:
        yield Match(question, other[last][0], one[last][0], control=True)
