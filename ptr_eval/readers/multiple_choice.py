"""Multiple-choice benchmarks: MMLU, ARC, CommonsenseQA, GPQA, Winogrande, HellaSwag.

Knights and Knaves is made into one.
"""

import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ptr_eval.readers.files import Row

_TAG = re.compile(r"\[[^\[\]]*\]")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _document(
    row: Row, question: str, labels: Sequence[str], choices: Sequence[str], gold: str, **more: Any
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


def _lettered(
    row: Row, question: str, choices: Sequence[str], gold: int, **more: Any
) -> dict[str, Any]:
    labels = list(LETTERS[: len(choices)])
    if not 0 <= gold < len(choices):
        raise row.wrong(f"its answer is option {gold}, but it has {len(choices)} options")
    return _document(row, question, labels, choices, labels[gold], **more)


def mmlu(row: Row) -> Iterator[dict[str, Any]]:
    """Read MMLU: the authors' CSV (subject in the file's name) or the hub's rows."""
    if "choices" in row.values:
        subject = row.text("subject")
        choices, gold = row.get("choices"), row.whole("answer")
        yield _lettered(row, row.text("question"), choices, gold, subject=subject)
        return
    subject = Path(row.source).stem.rsplit("_", 1)[0]
    choices = [row.text(letter) for letter in "ABCD"]
    answer = row.text("answer").strip()
    yield _document(row, row.text("question"), list("ABCD"), choices, answer, subject=subject)


def arc(row: Row) -> Iterator[dict[str, Any]]:
    """Read ARC and CommonsenseQA: the authors' JSON Lines or the hub's rows.

    Labels may be letters or digits, and there are not always four choices.
    """
    question = row.get("question")
    if isinstance(question, dict):
        inner = Row(question, row.source, row.number)
        stem, listed = inner.text("stem"), inner.get("choices")
        labels, choices = [c["label"] for c in listed], [c["text"] for c in listed]
    else:
        stem, listed = row.text("question"), row.get("choices")
        labels, choices = listed["label"], listed["text"]
    yield _document(row, stem, labels, choices, row.text("answerKey"), id=row.text("id"))


def gpqa(row: Row) -> Iterator[dict[str, Any]]:
    """Read GPQA; the four answers are ordered by a hash of the question.

    A fixed order would tell the answer (the right one is the first column), and one drawn from
    a shared generator would differ between prompting and scoring.
    """
    question, right = row.text("Question"), row.text("Correct Answer")
    choices = [right, *(row.text(f"Incorrect Answer {i}") for i in (1, 2, 3))]
    subject = row.values.get("High-level domain") or ""
    yield _shuffled(row, question, choices, _generator(question), subject=subject)


def _generator(question: str) -> random.Random:
    return random.Random(hashlib.sha256(question.encode("utf-8")).hexdigest())


def _shuffled(
    row: Row, question: str, choices: Sequence[str], generator: random.Random, **more: Any
) -> dict[str, Any]:
    """Order four choices, of which the first is right."""
    order = generator.sample(range(4), 4)
    return _lettered(row, question, [choices[i] for i in order], order.index(0), **more)


def knights_and_knaves(row: Row) -> Iterator[dict[str, Any]]:
    """Read Knights and Knaves: who lies, as a choice among four assignments.

    The three wrong ones are drawn from all others by a hash of the puzzle, and so is the order.
    A puzzle has one solution, so that no other assignment agrees with what is said.
    """
    puzzle, names, solution = row.text("quiz"), row.get("names"), row.get("solution")
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise row.wrong("column 'names' must be a list of names")
    if not (isinstance(solution, list) and {type(knight) for knight in solution} == {bool}):
        raise row.wrong("column 'solution' must be a list of true and false")
    if not 2 <= len(names) == len(solution):
        raise row.wrong(f"it has {len(names)} names for {len(solution)} knights and knaves")
    # An assignment is a number, one binary digit a person.
    right = sum(knight << place for place, knight in enumerate(solution))
    generator = _generator(puzzle)
    drawn = generator.sample(range(2 ** len(names) - 1), 3)
    numbers = [right, *(number + (number >= right) for number in drawn)]
    yield _shuffled(row, puzzle, [_assignment(names, n) for n in numbers], generator)


def _assignment(names: Sequence[str], number: int) -> str:
    """Write an assignment as the benchmark does."""
    *some, last = (
        f"{name} is a {'knight' if number >> place & 1 else 'knave'}"
        for place, name in enumerate(names)
    )
    return f"{', '.join(some)}, and {last}."


def winogrande(row: Row) -> Iterator[dict[str, Any]]:
    """Read Winogrande: a sentence with a blank and two fillers."""
    choices = [row.text("option1"), row.text("option2")]
    answer = row.text("answer")
    if answer not in ("1", "2"):
        raise row.wrong(f"column 'answer' must be 1 or 2, not {answer!r}")
    yield _lettered(row, row.text("sentence"), choices, int(answer) - 1)


def hellaswag(row: Row) -> Iterator[dict[str, Any]]:
    """Read HellaSwag: a context and four endings."""
    context = _untagged(f"{row.text('activity_label')}: {row.text('ctx')}")
    gold = row.whole("label")
    source = row.values.get("source_id") or ""
    endings = [_untagged(ending) for ending in row.get("endings")]
    yield _lettered(row, context, endings, gold, source=source)


def _untagged(text: str) -> str:
    """Take out the marks that the WikiHow half of HellaSwag carries, such as [step]."""
    text = text.replace(" [title]", ". ")
    return " ".join(_TAG.sub("", text).split())
