"""What is measured of the texts of one saved task, answer by answer.

Edit distance, copies and programs are measured here, from what was saved; counts of n-grams stand
in the scores.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np

from ptr_eval.runs import Answer, ReportedTask
from ptr_eval.scoring.similarity import ROUGE
from ptr_eval.stats.arrays import Codes, Floats
from ptr_eval.texts.overlap import CORPUS_FIGURES
from ptr_eval.texts.python_code import CodeQuality, code_quality
from ptr_eval.texts.rewriting import Rewriting, rewriting
from ptr_eval.texts.words import Words, words_of
from ptr_eval.thinking import DEFAULT_END

REWRITING = ("edited", "copied", "copied_from_one", "unchanged", "cut")
"""What is measured of every answer of a later round; the fields of `Rewriting`."""

CODE_NAMES: Mapping[str, str] = {
    "parsed": "can be parsed (%)",
    "docstring": "has a docstring (%)",
    "type_hints": "has type hints (%)",
    "input_checks": "checks its input (%)",
    "tests": "has tests (%)",
    "complexity": "cyclomatic complexity",
    "lines": "lines",
}
"""What is measured of programs, `parsed` and the fields of `CodeQuality`, and what it is called."""

_PROGRAMS = ("code", "upstream_code")

_quality = lru_cache(maxsize=1_000)(code_quality)  # Rounds often repeat a program.


@dataclass(frozen=True, slots=True, eq=False)
class TextMeasures:
    """What was measured of A answers."""

    places: Codes
    """Each answer's item, sample, round and position. [A, 4]"""
    values: Mapping[str, Floats]
    """By name, one number an answer; nan where there is nothing to measure. [A]"""
    counts: Mapping[str, Floats]
    """By figure, each answer's counts; nan where there are none. [A, counts]"""

    def rows_of(self, items: Sequence[int]) -> dict[tuple[int, ...], int]:
        """Find the rows of some items, by the answers' places."""
        rows = np.nonzero(np.isin(self.places[:, 0], np.asarray(items, dtype=np.int64)))[0]
        return dict(zip(map(tuple, self.places[rows].tolist()), rows.tolist(), strict=True))


class TextReader:
    """Measures one question after the other."""

    def __init__(self, task: ReportedTask) -> None:
        kind = task.description.scorers[task.scorer]
        self._scorer = task.scorer
        self._end = str(task.description.settings.get("thinking_end", DEFAULT_END))
        self._programs = kind in _PROGRAMS
        self._places: list[tuple[int, int, int, int]] = []
        names = (*REWRITING, *(CODE_NAMES if self._programs else ()))
        self._values: dict[str, list[float]] = {name: [] for name in names}
        if kind == "similarity":
            self._values |= {name: [] for name in ROUGE}
        self._counts: dict[str, list[tuple[int, ...] | None]] = {}
        if kind == "similarity":
            self._counts = {name: [] for name in CORPUS_FIGURES}

    def add(self, answers: Sequence[Answer]) -> None:
        """Measure the answers to a question, which come by sample, round and position."""
        found = _rewritings(answers, self._scorer, self._end)
        for answer, rewritten in zip(answers, found, strict=True):
            self._places.append((answer.question, *answer.place))
            measured: dict[str, float] = {}
            if rewritten is not None:
                measured = {name: getattr(rewritten, name) for name in REWRITING}
            score = None if answer.reply.missing else answer.grades[self._scorer].score
            if score is not None and self._counts:
                measured |= {name: score.parts[name] for name in ROUGE if name in score.parts}
            if self._programs and score is not None and score.answer:
                measured |= _of_program(_quality(score.answer))
            for name, column in self._values.items():
                column.append(float(measured.get(name, np.nan)))
            for name, counted in self._counts.items():
                counted.append(None if score is None else score.counts.get(name))

    def finish(self) -> TextMeasures:
        """Return everything."""
        return TextMeasures(
            places=np.array(self._places, dtype=np.int64).reshape(-1, 4),
            values={name: np.array(column) for name, column in self._values.items()},
            counts={name: _stacked(column) for name, column in self._counts.items()},
        )


def _rewritings(answers: Sequence[Answer], scorer: str, end: str) -> Iterator[Rewriting | None]:
    """Compare every answer with those of the round before in its sample."""
    before: list[Words] = []
    sample = -1
    for (of_sample, _), together in groupby(answers, key=lambda a: (a.sample, a.round)):
        if of_sample != sample:
            sample, before = of_sample, []
        texts: list[Words] = []
        for answer in together:
            words, found = _compared(answer, before, scorer, end)
            texts += [words] if words is not None and words.words else []
            yield found
        before = texts


def _compared(
    answer: Answer, before: Sequence[Words], scorer: str, end: str
) -> tuple[Words | None, Rewriting | None]:
    """Return what stands after an answer, and how it compares with what stood before it.

    Where a response only confirms, the answer before it stands; which of several, is not known.
    """
    if answer.reply.outcome != "answered":
        return None, None
    if answer.round > 1 and scorer in answer.grades and answer.grades[scorer].score.kept:
        if len(before) != 1:
            return None, None
        return before[0], Rewriting(0.0, 1.0, 1.0, unchanged=True, cut=before[0].cut)
    words = words_of(answer.reply.visible(end).text)
    return words, rewriting(words, before) if words.words and before else None


def _of_program(quality: CodeQuality | None) -> dict[str, float]:
    return {"parsed": 0.0} if quality is None else {"parsed": 1.0, **asdict(quality)}


def _stacked(rows: Sequence[tuple[int, ...] | None]) -> Floats:
    """Make an array of counts; nan where there are none."""
    size = next((len(row) for row in rows if row is not None), 0)
    blank = (np.nan,) * size
    return np.array([blank if row is None else row for row in rows], dtype=np.float64)
