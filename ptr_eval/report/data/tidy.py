"""The tidy table: one row an answer, of all tasks of all runs. All else is computed from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from os import sched_getaffinity
from pathlib import Path

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import union_categoricals
from tqdm import tqdm

from ptr_eval.report.data.columns import TaskAnswers, read_answers
from ptr_eval.report.data.panels import Floats
from ptr_eval.report.data.text_measures import TextMeasures
from ptr_eval.report.data.text_panels import TextPanel, text_panel
from ptr_eval.runs import CACHED, SECONDS, ReportedTask

COLUMNS = (
    "run", "checkpoint", "method", "instruction", "step", "task", "scorer", "subject", "cluster",
    "item", "sample", "round", "position", "verdict", "score", "answer", "class",
    "prompt_tokens", "cached_tokens", "generated_tokens", "visible_tokens", "seconds",
    "at_limit", "shortened_candidates", "truncated", "outcome", "kept",
)  # fmt: skip
"""The columns, in order.

`outcome` is what came of the request: answered, empty, cut_off, refused or failed. What was refused
or failed is no answer: its `verdict`, `score`, `answer` and `kept` are empty, and no figure counts
it. `position` is an answer's place in its round; answers to one item are equivalent if their
`class` is the same, -1 is none. `visible_tokens` are those after the thinking block; `at_limit` is
1 if the answer reached its token limit, empty where the backend does not report it;
`shortened_candidates` counts the candidates in the prompt that were shortened. `kept` says whether
the response only confirms an earlier answer, taken over or not. `cached_tokens` and `seconds` are
the round's totals, spread evenly over its answers; empty where they are not reported.
"""

_NULLABLE = ("step", "kept")
_MANY_BYTES = 20_000_000


@dataclass(frozen=True, slots=True, eq=False)
class TidyTable:
    """The tidy table, and what is needed to look at the answers themselves."""

    frame: pd.DataFrame
    """The table; its columns are `COLUMNS`."""
    files: tuple[ReportedTask, ...]
    """The samples files it was read from."""
    offsets: tuple[dict[int, int], ...]
    """By file, where each document's row begins."""
    data: tuple[str, ...]
    """By file, a fingerprint of the documents."""
    texts: tuple[TextMeasures, ...]
    """By file, what was measured of each answer's text."""
    text_panels: tuple[TextPanel, ...]
    """By file, the same by item and round."""


def build(files: Sequence[ReportedTask], clusters: Mapping[str, str]) -> TidyTable:
    """Read samples files into one table; large ones in parallel, with a progress bar."""
    columns = [clusters.get(file.task) for file in files]
    total = sum(file.samples.stat().st_size for file in files)
    workers = 1 if total < _MANY_BYTES else min(len(files), len(sched_getaffinity(0)))
    bar = partial(
        tqdm, total=total, desc="Reading", unit="B", unit_scale=True, disable=total < _MANY_BYTES
    )
    # Not multiprocessing, which would run the caller's script again in every worker.
    reading = joblib.Parallel(n_jobs=workers, return_as="generator")(
        joblib.delayed(read_answers)(file, column)
        for file, column in zip(files, columns, strict=True)
    )
    read = []
    with bar() as progress:
        for file, answers in zip(files, reading, strict=True):
            read.append(answers)
            progress.update(file.samples.stat().st_size)
    frame = _concat([_labelled(file, answers) for file, answers in zip(files, read, strict=True)])
    return TidyTable(
        frame,
        tuple(files),
        tuple(r.offsets for r in read),
        tuple(r.data for r in read),
        tuple(r.texts for r in read),
        tuple(text_panel(file, r) for file, r in zip(files, read, strict=True)),
    )


def write(frame: pd.DataFrame, folder: Path) -> list[Path]:
    """Write a table as `answers.parquet` and `answers.csv`."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    table = pa.Table.from_pandas(frame, preserve_index=False)
    paths = [folder / "answers.parquet", folder / "answers.csv"]
    pyarrow.parquet.write_table(table, paths[0], compression="zstd")
    plain = pa.table(
        {
            name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )
    pyarrow.csv.write_csv(plain, paths[1])
    return paths


def _labelled(file: ReportedTask, read: TaskAnswers) -> pd.DataFrame:
    """Add the columns that are the same throughout a file."""
    frame, label = read.answers.copy(deep=False), file.label
    constant = {
        "run": label.run,
        "checkpoint": label.checkpoint,
        "method": label.method,
        "instruction": label.instruction,
        "task": file.task,
        "scorer": file.scorer,
    }
    for name, value in constant.items():
        frame[name] = pd.Categorical.from_codes(np.zeros(len(frame), np.int8), [value])
    frame["step"] = pd.array([label.step] * len(frame), dtype="Int64")
    for column, name in (("seconds", SECONDS), ("cached_tokens", CACHED)):
        frame[column] = _spread(file.description.costs.get(name), frame["round"].to_numpy())
    return frame[list(COLUMNS)]


def _spread(totals: Sequence[float] | None, rounds: npt.NDArray[np.int16]) -> Floats:
    """Spread the rounds' totals evenly over their answers."""
    if totals is None or len(totals) < rounds.max(initial=0):
        return np.full(len(rounds), np.nan)
    answers = np.bincount(rounds - 1, minlength=len(totals))
    shares: Floats = np.asarray(totals, dtype=np.float64) / np.maximum(answers, 1)
    return shares[rounds - 1]


def _concat(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Stack frames, keeping categories: pandas alone would turn them into text."""
    columns = {
        name: union_categoricals([frame[name] for frame in frames])
        if isinstance(frames[0][name].dtype, pd.CategoricalDtype)
        else np.concatenate([frame[name].to_numpy() for frame in frames])
        for name in COLUMNS
        if name not in _NULLABLE
    }
    for name in _NULLABLE:
        columns[name] = pd.concat([frame[name] for frame in frames], ignore_index=True)
    return pd.DataFrame({name: columns[name] for name in COLUMNS})
