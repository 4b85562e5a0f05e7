"""The answers of one saved task as columns.

A samples file is read once, question by question; where each question's row begins is kept, so
that the few whose texts are shown can be read again without reading the whole file.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ptr_eval.errors import UserError
from ptr_eval.report.data.outcomes import OUTCOMES
from ptr_eval.report.data.text_measures import TextMeasures, TextReader
from ptr_eval.runs import Answer, Grade, ReportedTask, SavedQuestion, questions
from ptr_eval.stats import VERDICTS

_COLUMNS = (
    "item", "sample", "round", "position", "verdict", "score", "answer", "class",
    "prompt_tokens", "generated_tokens", "visible_tokens", "at_limit", "shortened_candidates",
    "truncated", "outcome", "kept",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class TaskAnswers:
    """One samples file, read."""

    answers: pd.DataFrame
    """One row an answer; the columns of the tidy table that differ within the file."""
    offsets: dict[int, int]
    """By document number, where its row begins in the file, in bytes."""
    data: str
    """A fingerprint of the documents that were asked."""
    texts: TextMeasures
    """What was measured of the answers' texts."""


def read_answers(task: ReportedTask, cluster: str | None) -> TaskAnswers:
    """Read a samples file."""
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    opening: dict[str, list[str]] = {"subject": [], "cluster": []}
    offsets: dict[int, int] = {}
    fingerprints: dict[int, str] = {}
    sizes: list[int] = []
    texts = TextReader(task)
    for question in questions(task.saved):
        before = len(columns["item"])
        for answer in question.answers:
            _add(columns, answer, task)
        texts.add(question.answers)
        fingerprints[question.number] = question.fingerprint
        opening["subject"].append(str(question.fields.get("subject") or ""))
        opening["cluster"].append(_cluster(task, question, cluster))
        sizes.append(len(columns["item"]) - before)
        offsets[question.number] = question.offset
    if len(offsets) != task.saved.expected:
        raise UserError(
            f"{task.samples} holds {len(offsets)} of the {task.saved.expected} documents that "
            f"{task.saved.results.name} speaks of; it was cut off or mixed up, so run it again."
        )
    frame = _frame(columns, opening, sizes)
    return TaskAnswers(frame, offsets, _fingerprint(fingerprints), texts.finish())


def _add(columns: dict[str, list[Any]], answer: Answer, task: ReportedTask) -> None:
    reply, turns = answer.reply, [turn.reply for turn in answer.turns]
    grade = _grade(answer, task)
    columns["item"].append(answer.question)
    columns["sample"].append(answer.sample)
    columns["round"].append(answer.round)
    columns["position"].append(answer.position)
    columns["verdict"].append(-1 if grade is None else VERDICTS.index(grade.score.verdict))
    columns["score"].append(np.nan if grade is None else grade.score.value)
    columns["answer"].append(grade and grade.score.answer)
    number = grade and grade.answer_class
    columns["class"].append(-1 if number is None else number)
    # Costs are those of all turns that led to the answer.
    columns["prompt_tokens"].append(sum(turn.prompt_tokens for turn in turns))
    columns["generated_tokens"].append(sum(turn.generated_tokens for turn in turns))
    columns["visible_tokens"].append(reply.visible_tokens)
    reason = reply.finish_reason
    columns["at_limit"].append(np.nan if reason is None else float(reason == "length"))
    columns["shortened_candidates"].append(reply.shortened_candidates)
    columns["truncated"].append(any(turn.truncated for turn in turns))
    columns["outcome"].append(OUTCOMES.index(reply.outcome))
    columns["kept"].append(grade and grade.score.kept)


def _grade(answer: Answer, task: ReportedTask) -> Grade | None:
    """Pick an answer's grade; what failed or was refused has none."""
    if answer.reply.missing:
        return None
    if task.scorer not in answer.grades:
        raise UserError(
            f"{task.samples}: document {answer.question} is not scored by {task.scorer!r}; "
            "`ptr-eval rescore` the run first."
        )
    return answer.grades[task.scorer]


def _cluster(task: ReportedTask, question: SavedQuestion, column: str | None) -> str:
    if column is None:
        return str(question.number)
    if column not in question.fields:
        raise UserError(
            f"{task.samples}: documents of {task.task} have no column {column!r} to cluster by; "
            f"they have {', '.join(question.fields)}."
        )
    return str(question.fields[column])


def _frame(
    columns: dict[str, list[Any]], opening: Mapping[str, list[str]], sizes: Sequence[int]
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "item": np.asarray(columns["item"], dtype=np.int32),
            "sample": np.asarray(columns["sample"], dtype=np.int16),
            "round": np.asarray(columns["round"], dtype=np.int16),
            "position": np.asarray(columns["position"], dtype=np.int16),
            "verdict": pd.Categorical.from_codes(columns["verdict"], list(VERDICTS)),
            "score": np.asarray(columns["score"], dtype=np.float64),
            "answer": _texts(columns["answer"]),
            "class": np.asarray(columns["class"], dtype=np.int16),
            "prompt_tokens": np.asarray(columns["prompt_tokens"], dtype=np.int32),
            "generated_tokens": np.asarray(columns["generated_tokens"], dtype=np.int32),
            "visible_tokens": np.asarray(columns["visible_tokens"], dtype=np.float64),
            "at_limit": np.asarray(columns["at_limit"], dtype=np.float64),
            "shortened_candidates": np.asarray(columns["shortened_candidates"], dtype=np.int16),
            "truncated": np.asarray(columns["truncated"], dtype=bool),
            "outcome": pd.Categorical.from_codes(columns["outcome"], list(OUTCOMES)),
            "kept": pd.array(columns["kept"], dtype="boolean"),
        }
    )
    for name, values in opening.items():
        frame[name] = _texts(values).repeat(sizes)
    return frame


def _texts(values: Sequence[str | None]) -> pd.Categorical:
    """Keep each different text once; the same kind of column even where there are none."""
    codes, texts = pd.factorize(np.asarray(values, dtype=object))
    return pd.Categorical.from_codes(codes, pd.Index(texts, dtype=object))


def _fingerprint(hashes: Mapping[int, str]) -> str:
    listed = json.dumps(sorted(hashes.items())).encode()
    return hashlib.sha256(listed).hexdigest()[:12]
