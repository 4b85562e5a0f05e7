"""The tasks that are asked here, their questions, and the prompts that wordings make of them."""

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lm_eval.utils import apply_template

from ptr_eval.harness.task_file import read_task_file
from ptr_eval.harness.task_spec import TaskSpec

from .texts import WORDINGS

SEED = 16
MATHS_500 = "ptr_math500"


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the comparison."""

    kind: str
    """The kind of its wordings; "" where only its own wording is measured."""
    splits: tuple[str, ...]
    """Where its questions come from; the second is used when the first has too few."""
    tokens: int
    """The longest answer."""


TASKS = {
    "ptr_arc_easy": Task("choice", ("validation",), 96),
    "ptr_arc_challenge": Task("choice", ("validation", "test"), 96),
    "ptr_mmlu": Task("choice", ("dev", "test"), 96),
    "ptr_commonsense_qa": Task("choice", ("train",), 96),
    "ptr_winogrande": Task("choice", ("train", "validation"), 96),
    "ptr_hellaswag": Task("choice", ("validation",), 96),
    "ptr_gsm8k": Task("number", ("train",), 512),
    "ptr_math": Task("", ("test",), 512),
    "ptr_drop": Task("spans", ("validation",), 96),
    "ptr_xsum": Task("", ("test",), 96),
    "ptr_humaneval": Task("", ("test",), 512),
}
"""The tasks. MATH-500 has MATH's wording, and GPQA has MMLU's."""


@cache
def questions_of(name: str, data: Path) -> list[dict[str, Any]]:
    """Shuffle a task's questions, split by split, always the same way.

    Args:
        name: The task.
        data: The folder of official files.

    Returns:
        The questions; those of MATH-500 are left out of MATH.
    """
    spec = TaskSpec.read(read_task_file(name))
    found: list[dict[str, Any]] = []
    for split in TASKS[name].splits:
        questions = spec.source.read(split, data)
        random.Random(SEED).shuffle(questions)
        found += questions
    if name == "ptr_math":
        kept = TaskSpec.read(read_task_file(MATHS_500)).source.read("test", data)
        left_out = {question["question"] for question in kept}
        found = [question for question in found if question["question"] not in left_out]
    return found


@cache
def templates_of(name: str) -> dict[str, str]:
    """List a task's wordings, whole: the former one and those compared.

    Args:
        name: The task.

    Returns:
        Jinja templates by the wording's name; `v1` is the former one.
    """
    config = read_task_file(name)
    former = str((config["ptr"].get("prompts") or {}).get("v1") or config["doc_to_text"])
    head = former.rpartition("\n")[0]
    compared = WORDINGS.get(TASKS[name].kind, {})
    return {"v1": former, **{key: f"{head}\n{last}" for key, last in compared.items()}}


def newest_of(name: str) -> str:
    """Find which of the wordings the task's file has now.

    Args:
        name: The task.

    Returns:
        The wording's name.
    """
    now = read_task_file(name)["doc_to_text"]
    return next(wording for wording, text in templates_of(name).items() if text == now)


def prompts_of(name: str, wording: str, places: range, data: Path) -> dict[int, str]:
    """Word questions.

    Args:
        name: The task.
        wording: The wording.
        places: The questions' places; those that the task lacks are left out.
        data: The folder of official files.

    Returns:
        The prompts by place.
    """
    questions, template = questions_of(name, data), templates_of(name)[wording]
    there = [place for place in places if place < len(questions)]
    return {place: str(apply_template(template, dict(questions[place]))) for place in there}
