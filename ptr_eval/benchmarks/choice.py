"""Multiple-choice benchmarks: MMLU, ARC, CommonsenseQA, GPQA, Winogrande, HellaSwag."""

import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ptr_eval.benchmarks.rows import Row

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
    """Read MMLU: the authors' CSV (subject in the file's name) or the hub's rows.

    Args:
        row: One question.

    Yields:
        The document.
    """
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

    Args:
        row: One question.

    Yields:
        The document.
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

    Args:
        row: One question.

    Yields:
        The document.
    """
    question, right = row.text("Question"), row.text("Correct Answer")
    choices = [right, *(row.text(f"Incorrect Answer {i}") for i in (1, 2, 3))]
    seed = hashlib.sha256(question.encode("utf-8")).hexdigest()
    order = random.Random(seed).sample(range(4), 4)
    subject = row.values.get("High-level domain") or ""
    shuffled = [choices[i] for i in order]
    yield _lettered(row, question, shuffled, order.index(0), subject=subject)


def winogrande(row: Row) -> Iterator[dict[str, Any]]:
    """Read Winogrande: a sentence with a blank and two fillers.

    Args:
        row: One sentence.

    Yields:
        The document.
    """
    choices = [row.text("option1"), row.text("option2")]
    answer = row.text("answer")
    if answer not in ("1", "2"):
        raise row.wrong(f"column 'answer' must be 1 or 2, not {answer!r}")
    yield _lettered(row, row.text("sentence"), choices, int(answer) - 1)


def hellaswag(row: Row) -> Iterator[dict[str, Any]]:
    """Read HellaSwag: a context and four endings.

    Args:
        row: One context.

    Yields:
        The document.
    """
    context = _untagged(f"{row.text('activity_label')}: {row.text('ctx')}")
    gold = row.whole("label")
    source = row.values.get("source_id") or ""
    endings = [_untagged(ending) for ending in row.get("endings")]
    yield _lettered(row, context, endings, gold, source=source)


def _untagged(text: str) -> str:
    """Take out the marks that the WikiHow half of HellaSwag carries, such as [step]."""
    text = text.replace(" [title]", ". ")
    return " ".join(_TAG.sub("", text).split())
