"""What finished rows come to: counts that are plain JSON and can be added up over shards.

A tally maps a name to a histogram, from a value, written as text, to how many have it. From
these the statistics of the whole are exact, whatever the number of shards and rows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from ptr_data.export.training_rows import RowKind, TrainingRow

Histogram = dict[str, int]
RowTally = dict[str, Histogram]

_KINDS = get_args(RowKind)
_FIELDS = ("thought", "answer")


@dataclass(frozen=True, slots=True)
class LengthStatistics:
    """How long the texts of a field are, in tokens."""

    kind: str
    """The kind of rows, such as `ptr` or `sft`."""
    field: str
    """`thought` or `answer`."""
    texts: int
    """How many texts there are."""
    min: int
    """The shortest."""
    median: int
    """Half are at most so long."""
    mean: float
    """The mean."""
    p95: int
    """95 % are at most so long."""
    max: int
    """The longest."""


@dataclass(frozen=True, slots=True)
class ThoughtNumber:
    """How many refinement rows show a number of thoughts."""

    thoughts: int
    """The number of thoughts."""
    wanted: float
    """The share of rows that was asked for, from 0 to 1."""
    rows: int
    """How many rows have it."""
    share: float
    """The share they make up."""


@dataclass(frozen=True, slots=True)
class AnswerLengths:
    """Answers against the last thought shown, in characters; only rows with a thought count."""

    rows: int
    """How many rows there are."""
    longer: int
    """How many answers are longer than that thought."""
    shorter: int
    """How many are shorter."""
    answer: float
    """The mean length of these answers."""
    thought: float
    """The mean length of these thoughts."""


def tally(rows: Iterable[TrainingRow]) -> RowTally:
    """Count rows and the lengths of their texts."""
    counts: dict[str, Counter[str]] = {}

    def count(name: str, value: str | int, by: int = 1) -> None:
        counts.setdefault(name, Counter())[str(value)] += by

    for row in rows:
        count("rows", f"{row.kind} {row.split}")
        for tokens in row.tokens.thoughts:
            count(f"{row.kind} thought", tokens)
        if row.tokens.answer is not None:
            count(f"{row.kind} answer", row.tokens.answer)
        if row.kind == "ptr":
            count("thoughts", len(row.thoughts))
        if row.scores.correct is not None:
            count("correct", row.scores.correct)
        if row.thoughts:
            answer, thought = len(row.answer), len(row.thoughts[-1])
            count("lengths", "longer", answer > thought)
            count("lengths", "shorter", answer < thought)
            count("lengths", "rows")
            count("characters", "answer", answer)
            count("characters", "thought", thought)
    return _ordered(counts)


def merged(tallies: Iterable[RowTally]) -> RowTally:
    """Add tallies up."""
    total: dict[str, Counter[str]] = {}
    for part in tallies:
        for name, histogram in part.items():
            total.setdefault(name, Counter()).update(histogram)
    return _ordered(total)


def length_statistics(counts: RowTally) -> tuple[LengthStatistics, ...]:
    """Describe the lengths of all fields that were counted."""
    found = ((k, f, counts.get(f"{k} {f}")) for k in _KINDS for f in _FIELDS)
    return tuple(_statistics(kind, field, hist) for kind, field, hist in found if hist)


def thought_numbers(counts: RowTally, wanted: Mapping[int, float]) -> tuple[ThoughtNumber, ...]:
    """Compare the numbers of thoughts with those asked for."""
    got = {int(number): rows for number, rows in counts.get("thoughts", {}).items()}
    total = sum(got.values())
    return tuple(
        ThoughtNumber(n, wanted.get(n, 0.0), got.get(n, 0), got.get(n, 0) / total if total else 0.0)
        for n in sorted({*got, *wanted})
    )


def answer_lengths(counts: RowTally) -> AnswerLengths | None:
    """Compare answers with the thoughts before them."""
    found, characters = counts.get("lengths"), counts.get("characters")
    if not found or not characters:
        return None
    rows = found["rows"]
    return AnswerLengths(
        rows,
        found["longer"],
        found["shorter"],
        characters["answer"] / rows,
        characters["thought"] / rows,
    )


def _statistics(kind: str, field: str, histogram: Histogram) -> LengthStatistics:
    lengths, counts = np.array(sorted((int(k), n) for k, n in histogram.items())).T
    median, p95 = np.quantile(lengths, (0.5, 0.95), weights=counts, method="inverted_cdf")
    return LengthStatistics(
        kind=kind,
        field=field,
        texts=int(counts.sum()),
        min=int(lengths[0]),
        median=int(median),
        mean=float(lengths @ counts / counts.sum()),
        p95=int(p95),
        max=int(lengths[-1]),
    )


def _ordered(counts: Mapping[str, Mapping[str, int]]) -> RowTally:
    return {name: dict(sorted(counts[name].items())) for name in sorted(counts)}
