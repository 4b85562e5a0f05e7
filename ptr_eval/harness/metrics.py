"""From a document's scores to the scalars that lm-eval averages: `<metric>@t` and company.

Every value is one number per document, so the mean over documents is the reported figure and
its standard error is lm-eval's own. Several samples of a document count as their mean.

Where the first round has a group of k candidates, `score@1` is their mean (pass@1), and later
rounds are compared with their vote: gap@t = selfRef@k - maj@k = fixed@t - broken@t.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from ptr_eval.harness.scorers import Scorer
from ptr_eval.scoring import Score, pass_at_k
from ptr_eval.stats.voting import vote

COSTS = ("prompt_tokens", "generated_tokens")
COUNTS = ("failed", "cut")


@dataclass(frozen=True, slots=True)
class Scored:
    """One answer: its score, and the record of how it came about.

    Printed, it is the extracted answer, which is what lm-eval logs as the filtered response.
    """

    score: Score
    record: Mapping[str, Any]

    def __str__(self) -> str:
        return self.score.answer or ""


@dataclass(frozen=True, slots=True)
class Measures:
    """Which scalars a task reports under one of its scorers."""

    scorer: Scorer
    """The scorer."""
    steps: tuple[int, ...]
    """How many answers each round asks for."""
    samples: int
    """How many samples of each document are drawn."""
    headline: bool
    """Whether this is the task's first scorer, which also carries `score@t` (what groups average)
    and the run's costs."""
    pass_k: tuple[int, ...] = ()
    """The k > 1 of pass@k to report."""

    @property
    def group(self) -> int:
        """How many answers the first round has; above 1 it is a group of candidates."""
        return self.steps[0]

    def names(self) -> Iterator[tuple[str, bool]]:
        """List what is reported."""
        measured = [self.scorer.metric, *self.scorer.parts]
        good = {*measured, "score", "fixed"}
        head, tail = (["score"], [*COUNTS, *COSTS]) if self.headline else ([], [])
        for name in [*head, *measured]:
            yield from ((f"{name}@{t}", True) for t in range(1, len(self.steps) + 1))
        yield from ((name, True) for name in self._of_several())
        for name in ["fixed", "broken", "unparsed", *tail]:
            for t in range(1, len(self.steps) + 1):
                if t > 1 or name not in ("fixed", "broken"):
                    yield f"{name}@{t}", name in good

    def _of_several(self) -> Iterator[str]:
        """Name what only several answers have: pass@k of a round, and the group's vote."""
        for k in sorted({*self.pass_k, self.group} - {1}):
            for t, size in enumerate(self.steps, start=1):
                if k in self.pass_k and k <= size * self.samples:
                    yield f"pass@{k}@{t}"
                elif k == self.group and t == 1:
                    yield f"pass@{k}@1"
        if self.group > 1:
            yield f"maj@{self.group}@1"
            yield from (f"gap@{t}" for t in range(2, len(self.steps) + 1))

    def of(self, samples: Sequence[Sequence[Sequence[Scored]]]) -> dict[str, float]:
        """Measure one document."""
        each = [self._of_sample(sample) for sample in samples]
        values = {name: fmean(one[name] for one in each) for name in each[0]}
        for k in self.pass_k:
            for t in range(len(self.steps)):
                right = [_right(answer) for sample in samples for answer in sample[t]]
                if k <= len(right):
                    values[f"pass@{k}@{t + 1}"] = float(pass_at_k([sum(right)], [len(right)], k)[0])
        return {name: values[name] for name, _ in self.names()}

    def _of_sample(self, rounds: Sequence[Sequence[Scored]]) -> dict[str, float]:
        values: dict[str, float] = {}
        before = self._vote(rounds[0])
        if self.group > 1:
            values[f"pass@{self.group}@1"] = float(any(map(_right, rounds[0])))
            values[f"maj@{self.group}@1"] = before
        for t, answers in enumerate(rounds, start=1):
            scores = [answer.score for answer in answers]
            values[f"{self.scorer.metric}@{t}"] = fmean(score.value for score in scores)
            for part in self.scorer.parts:
                values[f"{part}@{t}"] = fmean(score.parts.get(part, 0.0) for score in scores)
            values[f"unparsed@{t}"] = fmean(score.verdict == "unparsed" for score in scores)
            if t > 1:
                after = fmean(map(_right, answers))
                values[f"fixed@{t}"] = (1 - before) * after
                values[f"broken@{t}"] = before * (1 - after)
                values[f"gap@{t}"] = after - before
            if self.headline:
                values[f"score@{t}"] = values[f"{self.scorer.metric}@{t}"]
                values.update(_costs(answers, t))
        return values

    def _vote(self, answers: Sequence[Scored]) -> float:
        """Find how often the first round is right: its vote, if it has several answers."""
        if len(answers) == 1:
            return float(_right(answers[0]))
        classes = [answer.record["scores"][answer.record["scorer"]]["class"] for answer in answers]
        return vote(np.array(classes), np.array([_right(answer) for answer in answers]))


def _right(answer: Scored) -> bool:
    return answer.score.verdict == "correct"


def _costs(answers: Sequence[Scored], t: int) -> dict[str, float]:
    records = [answer.record for answer in answers]
    return {
        f"failed@{t}": fmean(record["failed"] is not None for record in records),
        f"cut@{t}": fmean(record["prompt_cut"] for record in records),
        **{f"{name}@{t}": float(sum(record[name] for record in records)) for name in COSTS},
    }
