"""Samples files of lm-eval: one row a document and scorer, in which every answer is described.

A file is read once, row by row, into columns; where each row stands is kept, so that the few
rows whose texts are shown can be read again without going through the file.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ptr_eval.errors import UserError
from ptr_eval.runs.results import TaskFile
from ptr_eval.stats import VERDICTS

_ANSWER = (
    "item", "sample", "round", "position", "verdict", "score", "answer", "class",
    "prompt_tokens", "generated_tokens", "visible_tokens", "full", "shortened", "cut",
    "failed",
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


def read_answers(file: TaskFile, cluster: str | None) -> TaskAnswers:
    """Read a samples file."""
    columns: dict[str, list[Any]] = {name: [] for name in _ANSWER}
    opening: dict[str, list[str]] = {"subject": [], "cluster": []}
    offsets: dict[int, int] = {}
    hashes: dict[int, str] = {}
    sizes: list[int] = []
    for number, offset, row in _rows(file):
        try:
            doc_id, before = int(row["doc_id"]), len(columns["item"])
            for arguments in row["arguments"].values():
                _add(columns, doc_id, arguments["arg_2"], file.scorer)
            hashes[doc_id] = str(row["doc_hash"])
            document = row["doc"]
            opening["subject"].append(str(document.get("subject") or ""))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(
                f"{file.samples}, row {number}: not a sample of ptr-eval ({error!r})."
            ) from error
        opening["cluster"].append(_cluster(file, document, cluster, doc_id))
        sizes.append(len(columns["item"]) - before)
        offsets[doc_id] = offset
    if len(offsets) != file.expected:
        raise UserError(
            f"{file.samples} holds {len(offsets)} of the {file.expected} documents that "
            f"{file.results.name} speaks of; it was cut off or mixed up, so run it again."
        )
    return TaskAnswers(_frame(columns, opening, sizes), offsets, _fingerprint(hashes))


def read_rows_at(path: Path, offsets: Sequence[int]) -> Iterator[Mapping[str, Any]]:
    """Read single rows again."""
    with path.open("rb") as lines:
        for offset in offsets:
            lines.seek(offset)
            yield json.loads(lines.readline())


def _rows(file: TaskFile) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Go through the rows of one scorer: their numbers, where they begin, and themselves.

    Each document has one row a scorer, and every one of them describes all scores: only the
    first need be parsed.
    """
    ran = file.config["ptr"]["settings"].get("scorers") or file.config["ptr"]["scorers"]
    first = f'"filter": {json.dumps(next(iter(ran)))}'.encode()
    offset = 0
    with file.samples.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            begins, offset = offset, offset + len(line)
            if first not in line and line.endswith(b"}\n"):
                continue
            try:
                yield number, begins, json.loads(line)
            except ValueError as error:
                raise UserError(
                    f"{file.samples}, row {number}: not whole JSON; the file was cut off, so "
                    "run it again."
                ) from error


def _add(
    columns: dict[str, list[Any]], doc_id: int, record: Mapping[str, Any], scorer: str
) -> None:
    score = record["scores"][scorer]
    columns["item"].append(doc_id)
    columns["sample"].append(record["sample"])
    columns["round"].append(record["round"])
    columns["position"].append(record["position"])
    columns["verdict"].append(VERDICTS.index(score["verdict"]))
    columns["score"].append(float(score["value"]))
    columns["answer"].append(score["answer"])
    columns["class"].append(-1 if score["class"] is None else score["class"])
    columns["prompt_tokens"].append(record["prompt_tokens"])
    columns["generated_tokens"].append(record["generated_tokens"])
    columns["visible_tokens"].append(record["visible_tokens"])
    full = record.get("full")
    columns["full"].append(np.nan if full is None else float(full))
    columns["shortened"].append(record["shortened"])
    columns["cut"].append(bool(record["prompt_cut"]))
    columns["failed"].append(record["failed"] is not None)


def _cluster(file: TaskFile, document: Mapping[str, Any], column: str | None, doc_id: int) -> str:
    if column is None:
        return str(doc_id)
    if column not in document:
        raise UserError(
            f"{file.samples}: documents of {file.task} have no column {column!r} to cluster by; "
            f"they have {', '.join(document)}."
        )
    return str(document[column])


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
            "full": np.asarray(columns["full"], dtype=np.float64),
            "shortened": np.asarray(columns["shortened"], dtype=np.int16),
            "cut": np.asarray(columns["cut"], dtype=bool),
            "failed": np.asarray(columns["failed"], dtype=bool),
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
