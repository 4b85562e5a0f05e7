"""The questions on which wordings are compared, and those on which the chosen one is confirmed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lm_eval.utils import apply_template

from ptr_eval.harness.task_file import read_task_file
from ptr_eval.harness.task_spec import TaskSpec

from .wordings_texts import WORDINGS

Question = Mapping[str, Any]
SEED = 16
MATHS_500 = "ptr_math500"


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the comparison."""

    kind: str
    """The kind of its wordings; "" where only its present wording is measured."""
    splits: tuple[str, ...]
    """Where its questions come from, in this order."""
    tokens: int
    """The longest answer."""
    short: str = "strict"
    """The scorer's name in the task's file."""


TASKS = {
    "ptr_arc_easy": Task("choice", ("validation",), 96),
    "ptr_arc_challenge": Task("choice", ("validation", "test"), 96),
    "ptr_mmlu": Task("choice", ("dev", "test"), 96),
    "ptr_commonsense_qa": Task("choice", ("train",), 96),
    "ptr_winogrande": Task("choice", ("train", "validation"), 96),
    "ptr_hellaswag": Task("choice", ("validation",), 96),
    "ptr_gsm8k": Task("number", ("train",), 224),
    "ptr_math": Task("maths", ("test",), 256),
    "ptr_drop": Task("spans", ("validation",), 96),
    "ptr_xsum": Task("", ("test",), 96),
    "ptr_humaneval": Task("", ("test",), 256),
}
"""The tasks that can be asked. MATH-500 has MATH's wording, and GPQA has MMLU's."""


def questions_of(name: str, data: Path) -> list[dict[str, Any]]:
    """Shuffle a task's questions, split by split, always alike.

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


def templates_of(name: str) -> dict[str, str]:
    """List a task's wordings, whole: the former one and those compared.

    Args:
        name: The task.

    Returns:
        Jinja templates by the wording's name.
    """
    config = read_task_file(name)
    former = (config["ptr"].get("prompts") or {}).get("v1") or config["doc_to_text"]
    head = str(former).rpartition("\n")[0]
    compared = WORDINGS.get(TASKS[name].kind, {})
    return {"v1": former, **{key: f"{head}\n{last}" for key, last in compared.items()}}


def prompt_of(template: str, question: Question) -> str:
    """Word a question.

    Args:
        template: The wording.
        question: The question's fields.

    Returns:
        The prompt.
    """
    return str(apply_template(template, dict(question)))
