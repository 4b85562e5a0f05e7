"""What answers show: how many name none, which letters they name, and how many are right."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.harness.settings import TaskSettings
from ptr_eval.harness.task_file import read_task_file
from ptr_eval.harness.task_spec import TaskSpec
from ptr_eval.scoring import Score
from ptr_eval.stats import Estimate, wilson

from .questions import TASKS, questions_of

LOST_QUESTION = re.compile(
    r"ready to help|next question|happy to help|here to help|how can I (?:help|assist)|"
    r"what (?:is|'s) your question|please (?:provide|share)|what would you like",
    re.IGNORECASE,
)
"""What an answer says that has lost sight of the question."""


@dataclass(frozen=True, slots=True)
class Letters:
    """Which letters answers name."""

    distance: float
    """The total variation between the letters' shares in the answers and in the key."""
    most: str
    """The letter named most often."""
    share: float
    """Its share of the answers that name one."""
    in_key: float
    """The largest share that a letter has in the key."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one wording on some questions of one task."""

    without: Estimate
    """The share without an answer, with Wilson's 95 % interval."""
    whole_without: float
    """The share that ended by themselves, and have none."""
    value: float
    """The mean of the scores."""
    cut_off: float
    """The share of answers that the limit of tokens cut."""
    tokens: float
    """The mean length of an answer."""
    letters: Letters | None
    """For multiple choice."""


def scores_of(
    task: str, rows: Sequence[dict[str, Any]], data: Path, embedder: str = "BAAI/bge-m3"
) -> list[Score]:
    """Score the first answer of each row with the task's own scorer.

    Args:
        task: The task.
        rows: The answers.
        data: The folder of official files.
        embedder: The embedding model for summaries.

    Returns:
        The scores.
    """
    questions = questions_of(task, data)
    spec = TaskSpec.read(read_task_file(task))
    settings = TaskSettings.from_metadata({"ptr_embedder": embedder})
    items = [(row["answers"][0], questions[row["place"]]) for row in rows]
    return spec.scorers["strict"][1].score(items, settings)


def figures_of(
    task: str, rows: Sequence[dict[str, Any]], scores: Sequence[Score], data: Path
) -> Figures:
    """Count.

    Args:
        task: The task.
        rows: The answers to one wording.
        scores: Their scores.
        data: The folder of official files.

    Returns:
        The figures.
    """
    number = len(rows)
    cut = ["length" in row["ends"] for row in rows]
    none = [score.verdict == "unparsed" for score in scores]
    gold = [questions_of(task, data)[row["place"]].get("gold") for row in rows]
    return Figures(
        without=wilson(sum(none), number),
        whole_without=sum(n and not c for n, c in zip(none, cut, strict=True)) / number,
        value=sum(score.value for score in scores) / number,
        cut_off=sum(cut) / number,
        tokens=sum(row["tokens"] for row in rows) / number,
        letters=_letters(scores, gold) if TASKS[task].kind == "choice" else None,
    )


def _letters(scores: Sequence[Score], gold: Sequence[Any]) -> Letters:
    named = Counter(score.answer for score in scores if score.answer is not None)
    key = Counter(gold)
    total = max(1, sum(named.values()))
    apart = sum(abs(named[one] / total - key[one] / len(gold)) for one in named.keys() | key.keys())
    ((most, times),) = named.most_common(1) or [("", 0)]
    return Letters(apart / 2, str(most), times / total, max(key.values()) / len(gold))


@dataclass(frozen=True, slots=True)
class Change:
    """What became of first answers in the next round, as shares of the questions."""

    same: float
    """Equal word for word to the first answer, or to one of the candidates."""
    without: float
    """The scorer finds no answer."""
    lost_answer: float
    """There was an answer, and there is none."""
    lost_question: float
    """It speaks of no question, such as "I'm ready to help"."""
    copies_marks: float
    """It writes the marks of candidates."""
    before: float
    """Accuracy of the first answers."""
    after: float
    """Accuracy of the next ones."""


def change_of(
    task: str, before: dict[int, dict[str, Any]], after: dict[int, dict[str, Any]], data: Path
) -> Change:
    """Compare next answers with the first ones; of candidates, the first stands for their scores.

    Args:
        task: The task.
        before: The first answers, by the question's place.
        after: The next ones.
        data: The folder of official files.

    Returns:
        The shares.
    """
    places = sorted(after)
    old = scores_of(task, [before[place] for place in places], data)
    new = scores_of(task, [after[place] for place in places], data)
    texts = [after[place]["answers"][0] for place in places]
    known = [{text.strip() for text in before[place]["answers"]} for place in places]
    lost = [o.answer is not None and n.answer is None for o, n in zip(old, new, strict=True)]
    return Change(
        same=_share([text.strip() in them for text, them in zip(texts, known, strict=True)]),
        without=_share([score.answer is None for score in new]),
        lost_answer=_share(lost),
        lost_question=_share([bool(LOST_QUESTION.search(text)) for text in texts]),
        copies_marks=_share(["<candidate" in text or "</candidate" in text for text in texts]),
        before=_share([score.value for score in old]),
        after=_share([score.value for score in new]),
    )


def without_alone(
    task: str, one: dict[int, dict[str, Any]], other: dict[int, dict[str, Any]], data: Path
) -> tuple[int, int]:
    """Count the questions on which only one of two texts has no answer.

    Args:
        task: The task.
        one: Texts by the question's place.
        other: Others.
        data: The folder of official files.

    Returns:
        On how many questions only the one has no answer, and only the other.
    """
    places = sorted(one.keys() & other.keys())
    here, there = (
        [score.answer is None for score in scores_of(task, [rows[at] for at in places], data)]
        for rows in (one, other)
    )
    pairs = list(zip(here, there, strict=True))
    return pairs.count((True, False)), pairs.count((False, True))


def _share(values: Sequence[float]) -> float:
    return sum(values) / len(values)
