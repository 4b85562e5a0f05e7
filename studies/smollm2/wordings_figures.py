"""What the answers to a wording show: how many have none, which letters they name, and accuracy."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptr_eval.harness.settings import TaskSettings
from ptr_eval.harness.task_file import read_task_file
from ptr_eval.harness.task_spec import TaskSpec
from ptr_eval.stats import Estimate, wilson

from .wordings_questions import TASKS, questions_of


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one wording on some questions of one task."""

    task: str
    wording: str
    asked: int
    no_answer: int
    value: float
    """The mean of the scores."""
    cut_off: int
    """How many answers the limit of tokens cut."""
    tokens: float
    """The mean length of an answer."""
    distance: float | None = None
    """The total variation between the shares of letters in answers and in the key."""
    most: str = ""
    """The letter that the answers name most often."""
    most_share: float | None = None
    """Its share of the answers that name one."""
    most_gold: float | None = None
    """The largest share that a letter has in the key."""

    @property
    def without(self) -> Estimate:
        """The share without an answer, with Wilson's 95 % interval."""
        return wilson(self.no_answer, self.asked)


def figures_of(
    task: str, wording: str, rows: Sequence[dict[str, Any]], data: Path, embedder: str
) -> Figures:
    """Score answers with the task's own scorer, and count.

    Args:
        task: The task.
        wording: The wording.
        rows: Its answers.
        data: The folder of official files.
        embedder: The embedding model for summaries.

    Returns:
        The figures.
    """
    questions = questions_of(task, data)
    spec = TaskSpec.read(read_task_file(task))
    settings = TaskSettings.from_metadata({"ptr_embedder": embedder})
    items = [(row["answer"], questions[row["place"]]) for row in rows]
    scores = spec.scorers["strict"][1].score(items, settings)
    common = dict(
        task=task, wording=wording, asked=len(rows),
        no_answer=sum(score.verdict == "unparsed" for score in scores),
        value=sum(score.value for score in scores) / len(scores),
        cut_off=sum(row["end"] == "length" for row in rows),
        tokens=sum(row["tokens"] for row in rows) / len(rows),
    )  # fmt: skip
    if TASKS[task].kind != "choice":
        return Figures(**common)
    named = Counter(score.answer for score in scores if score.answer is not None)
    gold = Counter(question["gold"] for _, question in items)
    total = sum(named.values()) or 1
    letters = named.keys() | gold.keys()
    apart = sum(abs(named[one] / total - gold[one] / len(items)) for one in letters) / 2
    ((most, times),) = named.most_common(1) or [("", 0)]
    return Figures(
        **common, distance=apart, most=most, most_share=times / total,
        most_gold=max(gold.values()) / len(items),
    )  # fmt: skip
