"""What finished rows come to: counts that are plain JSON and can be added up over shards.

A tally maps a name to a histogram, from a value, written as text, to how many have it. From
these the statistics of the whole are exact, whatever the number of shards and rows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from ptr_data.export.training_rows import Kind, Row

Histogram = dict[str, int]
Tally = dict[str, Histogram]

_KINDS = get_args(Kind)
_FIELDS = ("thought", "answer")


@dataclass(frozen=True, slots=True)
class LengthStatistics:
    """How long the texts of a field are, in tokens.

    Attributes:
        kind: The kind of rows, such as `ptr` or `sft`.
        field: `thought` or `answer`.
        texts: How many texts there are.
        min: The shortest.
        median: Half are at most so long.
        mean: The mean.
        p95: 95 % are at most so long.
        max: The longest.
    """

    kind: str
    field: str
    texts: int
    min: int
    median: int
    mean: float
    p95: int
    max: int


@dataclass(frozen=True, slots=True)
class ThoughtNumber:
    """How many refinement rows show a number of thoughts.

    Attributes:
        thoughts: The number of thoughts.
        wanted: The share of rows that was asked for, from 0 to 1.
        rows: How many rows have it.
        share: The share they make up.
    """

    thoughts: int
    wanted: float
    rows: int
    share: float


@dataclass(frozen=True, slots=True)
class AnswerLengths:
    """Answers against the last thought shown, in characters; only rows with a thought count.

    Attributes:
        rows: How many rows there are.
        longer: How many answers are longer than that thought.
        shorter: How many are shorter.
        answer: The mean length of these answers.
        thought: The mean length of these thoughts.
    """

    rows: int
    longer: int
    shorter: int
    answer: float
    thought: float


def tally(rows: Iterable[Row]) -> Tally:
    """Count rows and the lengths of their texts.

    Args:
        rows: Finished rows, in any order; read once.

    Returns:
        The tally.
    """
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


def merged(tallies: Iterable[Tally]) -> Tally:
    """Add tallies up.

    Args:
        tallies: Of any number of shards.

    Returns:
        The tally of them all, the same in whatever order they come.
    """
    total: dict[str, Counter[str]] = {}
    for part in tallies:
        for name, histogram in part.items():
            total.setdefault(name, Counter()).update(histogram)
    return _ordered(total)


def length_statistics(counts: Tally) -> tuple[LengthStatistics, ...]:
    """Describe the lengths of all fields that were counted.

    Args:
        counts: The tally of all rows.

    Returns:
        One record per kind and field.
    """
    found = ((k, f, counts.get(f"{k} {f}")) for k in _KINDS for f in _FIELDS)
    return tuple(_statistics(kind, field, hist) for kind, field, hist in found if hist)


def thought_numbers(counts: Tally, wanted: Mapping[int, float]) -> tuple[ThoughtNumber, ...]:
    """Compare the numbers of thoughts with those asked for.

    Args:
        counts: The tally of all rows.
        wanted: The share of each number, from 0 to 1.

    Returns:
        One record per number that was asked for or occurs, in order.
    """
    got = {int(number): rows for number, rows in counts.get("thoughts", {}).items()}
    total = sum(got.values())
    return tuple(
        ThoughtNumber(n, wanted.get(n, 0.0), got.get(n, 0), got.get(n, 0) / total if total else 0.0)
        for n in sorted({*got, *wanted})
    )


def answer_lengths(counts: Tally) -> AnswerLengths | None:
    """Compare answers with the thoughts before them.

    Args:
        counts: The tally of all rows.

    Returns:
        The comparison; None if no row shows a thought.
    """
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


def _ordered(counts: Mapping[str, Mapping[str, int]]) -> Tally:
    return {name: dict(sorted(counts[name].items())) for name in sorted(counts)}
