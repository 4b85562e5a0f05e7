"""Multiple-choice benchmarks: MMLU, ARC, CommonsenseQA, GPQA, Winogrande, HellaSwag.

Knights and Knaves becomes multiple choice, too.
"""

import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ptr_eval.readers.row import SourceRow

_TAG = re.compile(r"\[[^\[\]]*\]")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _question(
    row: SourceRow,
    question: str,
    labels: Sequence[str],
    choices: Sequence[str],
    gold: str,
    **more: Any,
) -> dict[str, Any]:
    if gold not in labels:
        raise row.wrong(f"its answer {gold!r} is none of its labels {', '.join(labels)}")
    return {
        "question": question.strip(),
        "labels": list(labels),
        "choices": [choice.strip() for choice in choices],
        "gold": gold,
        "target": f"The answer is {gold}.",
        **more,
    }


def _question_with_letters(
    row: SourceRow, question: str, choices: Sequence[str], gold: int, **more: Any
) -> dict[str, Any]:
    labels = list(_LETTERS[: len(choices)])
    if not 0 <= gold < len(choices):
        raise row.wrong(f"its answer is option {gold}, but it has {len(choices)} options")
    return _question(row, question, labels, choices, labels[gold], **more)


def mmlu(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read MMLU: the authors' CSV (subject in the file's name) or the hub's rows."""
    if "choices" in row.values:
        subject = row.text("subject")
        choices, gold = row.get("choices"), row.integer("answer")
        yield _question_with_letters(row, row.text("question"), choices, gold, subject=subject)
        return
    subject = Path(row.source).stem.rsplit("_", 1)[0]
    choices = [row.text(letter) for letter in "ABCD"]
    answer = row.text("answer").strip()
    yield _question(row, row.text("question"), list("ABCD"), choices, answer, subject=subject)


def arc(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read ARC and CommonsenseQA: the authors' JSON Lines or the hub's rows.

    Labels may be letters or digits, and there are not always four choices.
    """
    question = row.get("question")
    if isinstance(question, dict):
        inner = SourceRow(question, row.source, row.number)
        stem, listed = inner.text("stem"), inner.get("choices")
        labels, choices = [c["label"] for c in listed], [c["text"] for c in listed]
    else:
        stem, listed = row.text("question"), row.get("choices")
        labels, choices = listed["label"], listed["text"]
    yield _question(row, stem, labels, choices, row.text("answerKey"), id=row.text("id"))


def gpqa(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read GPQA; a hash of the question decides the order of the four answers.

    In a fixed order the right answer would always be the first one. An order from a shared random
    generator would differ between prompting and scoring.
    """
    question, right = row.text("Question"), row.text("Correct Answer")
    choices = [right, *(row.text(f"Incorrect Answer {i}") for i in (1, 2, 3))]
    subject = row.values.get("High-level domain") or ""
    yield _shuffled_question(row, question, choices, _random_by(question), subject=subject)


def _random_by(question: str) -> random.Random:
    return random.Random(hashlib.sha256(question.encode("utf-8")).hexdigest())


def _shuffled_question(
    row: SourceRow, question: str, choices: Sequence[str], generator: random.Random, **more: Any
) -> dict[str, Any]:
    """Make a question of four choices in random order, of which the first given is right."""
    order = generator.sample(range(4), 4)
    return _question_with_letters(
        row, question, [choices[i] for i in order], order.index(0), **more
    )


def knights_and_knaves(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read Knights and Knaves: who tells lies, as a choice among four assignments.

    A hash of the puzzle decides which three of all other assignments are the wrong ones, and the
    order. A puzzle has one solution, so no other assignment is right.
    """
    puzzle, names, solution = row.text("quiz"), row.get("names"), row.get("solution")
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise row.wrong("column 'names' must be a list of names")
    if not (isinstance(solution, list) and {type(knight) for knight in solution} == {bool}):
        raise row.wrong("column 'solution' must be a list of true and false")
    if not 2 <= len(names) == len(solution):
        raise row.wrong(f"it has {len(names)} names for {len(solution)} knights and knaves")
    # An assignment is a number with one binary digit for each person.
    right = sum(knight << place for place, knight in enumerate(solution))
    generator = _random_by(puzzle)
    drawn = generator.sample(range(2 ** len(names) - 1), 3)
    numbers = [right, *(number + (number >= right) for number in drawn)]
    yield _shuffled_question(row, puzzle, [_assignment(names, n) for n in numbers], generator)


def _assignment(names: Sequence[str], number: int) -> str:
    """Write an assignment in the words of the benchmark."""
    *some, last = (
        f"{name} is a {'knight' if number >> place & 1 else 'knave'}"
        for place, name in enumerate(names)
    )
    return f"{', '.join(some)}, and {last}."


def winogrande(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read Winogrande: a sentence with a blank and two options to fill it."""
    choices = [row.text("option1"), row.text("option2")]
    answer = row.text("answer")
    if answer not in ("1", "2"):
        raise row.wrong(f"column 'answer' must be 1 or 2, not {answer!r}")
    yield _question_with_letters(row, row.text("sentence"), choices, int(answer) - 1)


def hellaswag(row: SourceRow) -> Iterator[dict[str, Any]]:
    """Read HellaSwag: a context and four endings."""
    context = _untagged(f"{row.text('activity_label')}: {row.text('ctx')}")
    gold = row.integer("label")
    source = row.values.get("source_id") or ""
    endings = [_untagged(ending) for ending in row.get("endings")]
    yield _question_with_letters(row, context, endings, gold, source=source)


def _untagged(text: str) -> str:
    """Remove the marks of the WikiHow half of HellaSwag, such as [step]."""
    text = text.replace(" [title]", ". ")
    return " ".join(_TAG.sub("", text).split())
