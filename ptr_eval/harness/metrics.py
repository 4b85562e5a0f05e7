"""From a question's answers to the numbers that lm-eval averages: `<metric>@t` and others.

Every value is one number per question, so the mean over questions is the reported figure and
its standard error is lm-eval's own; but for figures such as BLEU, which are computed from sums of
counts. Several samples of a question count as their mean. `@t`
always means "after round t". Requests that failed or were refused are no answers: they are left out
of every figure but shares of requests and costs, and a question without any answer in a
round has no value there.

Where the first round has a group of k candidates, `score@1` is their mean (pass@1), and later
rounds are compared with their vote: gap@t = selfRef@k - maj@k = fixed@t - broken@t.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np

from ptr_eval.harness.scorers import Scorer
from ptr_eval.protocols import Outcome
from ptr_eval.runs import Answer
from ptr_eval.scoring import pass_at_k
from ptr_eval.stats.voting import vote
from ptr_eval.texts.overlap import CorpusFigure

TOKENS = ("prompt_tokens", "generated_tokens")
OUTCOMES: tuple[Outcome, ...] = ("failed", "refused", "empty", "cut_off")
SHARES = (*OUTCOMES, "truncated")
Value = float | list[int]
"""What is measured of a question: a number, or the counts of a figure over all questions."""


@dataclass(frozen=True, slots=True)
class RoundMetrics:
    """Which metrics a task reports under one of its scorers."""

    scorer: Scorer
    """The scorer."""
    answers_per_round: tuple[int, ...]
    """How many answers each round has."""
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
        return self.answers_per_round[0]

    def names(self) -> Iterator[tuple[str, bool]]:
        """List what is reported."""
        measured = [self.scorer.metric, *self.scorer.parts, *self.scorer.figures]
        good = {*measured, "score", "fixed"}
        head, tail = (["score"], [*SHARES, *TOKENS]) if self.headline else ([], [])
        for name in [*head, *measured]:
            yield from ((f"{name}@{t}", True) for t in range(1, len(self.answers_per_round) + 1))
        yield from ((name, True) for name in self._of_several())
        for name in ["fixed", "broken", "no_answer", "kept", *tail]:
            for t in range(1, len(self.answers_per_round) + 1):
                if t > 1 or name not in ("fixed", "broken"):
                    yield f"{name}@{t}", name in good

    def _of_several(self) -> Iterator[str]:
        """Name what only several answers have: pass@k of a round, and the group's vote."""
        for k in sorted({*self.pass_k, self.group} - {1}):
            for t, size in enumerate(self.answers_per_round, start=1):
                if k in self.pass_k and k <= size * self.samples:
                    yield f"pass{k}@{t}"
                elif k == self.group and t == 1:
                    yield f"pass{k}@1"
        if self.group > 1:
            yield f"maj{self.group}@1"
            yield from (f"gap@{t}" for t in range(2, len(self.answers_per_round) + 1))

    def of(self, samples: Sequence[Sequence[Sequence[Answer]]]) -> dict[str, Value]:
        """Measure one document."""
        each = [self._of_sample(sample) for sample in samples]
        values: dict[str, Value] = dict(self._counts(samples))
        for name, _ in self.names():
            if known := [one[name] for one in each if name in one]:
                values[name] = fmean(known)
        for k in self.pass_k:
            for t in range(len(self.answers_per_round)):
                right = [answer.correct for sample in samples for answer in _there(sample[t])]
                if k <= len(right):
                    values[f"pass{k}@{t + 1}"] = float(pass_at_k([sum(right)], [len(right)], k)[0])
        return {name: values[name] for name, _ in self.names() if name in values}

    def _counts(
        self, samples: Sequence[Sequence[Sequence[Answer]]]
    ) -> Iterator[tuple[str, list[int]]]:
        """Add up the counts of a document's answers in each round."""
        for t in range(len(self.answers_per_round)):
            scores = [answer.score for sample in samples for answer in _there(sample[t])]
            for name in self.scorer.figures if scores else ():
                yield f"{name}@{t + 1}", np.sum([s.counts[name] for s in scores], axis=0).tolist()

    def _of_sample(self, rounds: Sequence[Sequence[Answer]]) -> dict[str, float]:
        values: dict[str, float] = {}
        first = _there(rounds[0])
        before = self._vote(first) if first else None
        if self.group > 1 and len(first) == self.group:
            values[f"pass{self.group}@1"] = float(any(answer.correct for answer in first))
            values[f"maj{self.group}@1"] = self._vote(first)
        for t, answers in enumerate(rounds, start=1):
            if there := _there(answers):
                values.update(self._of_round(there, t))
                if t > 1 and before is not None:
                    values.update(_compared(before, fmean(answer.correct for answer in there), t))
            if self.headline:
                values.update(_shares_and_costs(answers, t))
        return values

    def _of_round(self, answers: Sequence[Answer], t: int) -> dict[str, float]:
        scores = [answer.score for answer in answers]
        value = fmean(score.value for score in scores)
        return {
            f"{self.scorer.metric}@{t}": value,
            **({f"score@{t}": value} if self.headline else {}),
            **{
                f"{part}@{t}": fmean(score.parts.get(part, 0.0) for score in scores)
                for part in self.scorer.parts
            },
            f"no_answer@{t}": fmean(score.verdict == "unparsed" for score in scores),
            f"kept@{t}": fmean(score.kept for score in scores),
        }

    def _vote(self, answers: Sequence[Answer]) -> float:
        """Find how often the first round is right: its vote, if it has several answers."""
        if self.group == 1:
            return float(answers[0].correct)
        classes = [answer.grade.answer_class for answer in answers]
        return vote(np.array(classes), np.array([answer.correct for answer in answers]))


def metric_list(metrics: Iterable[RoundMetrics]) -> list[dict[str, Any]]:
    """List for lm-eval what is reported under any scorer."""
    found = {name: up for each in metrics for name, up in each.names()}
    sums = of_sums(metrics)
    return [
        # lm-eval knows the names of the figures, too; the task says how ours are made.
        {
            "metric": name,
            "aggregation": name.partition("@")[0] if name in sums else "mean",
            "higher_is_better": up,
        }
        for name, up in found.items()
    ]


def of_sums(metrics: Iterable[RoundMetrics]) -> dict[str, Callable[..., float]]:
    """Return, of the metrics that are no means, how each is made of all questions' counts."""
    return {
        f"{name}@{t}": partial(_of_counts, figure)
        for each in metrics
        for name, figure in each.scorer.figures.items()
        for t in range(1, len(each.answers_per_round) + 1)
    }


def _of_counts(figure: CorpusFigure, counts: Sequence[Sequence[int]]) -> float:
    return float(figure.value(np.sum(counts, axis=0)))


def _there(answers: Sequence[Answer]) -> list[Answer]:
    """Leave out what failed or was refused, which is no answer."""
    return [answer for answer in answers if not answer.reply.missing]


def _compared(before: float, after: float, t: int) -> dict[str, float]:
    """Compare a round with the first."""
    return {
        f"fixed@{t}": (1 - before) * after,
        f"broken@{t}": before * (1 - after),
        f"gap@{t}": after - before,
    }


def _shares_and_costs(answers: Sequence[Answer], t: int) -> dict[str, float]:
    """Count what became of a round's turns, scored or not, and what those with an answer cost."""
    replies = [turn.reply for answer in answers for turn in answer.turns]
    shares = {f"{name}@{t}": fmean(r.outcome == name for r in replies) for name in OUTCOMES}
    there = [reply for reply in replies if not reply.missing]
    if not there:
        return shares
    return {
        **shares,
        f"truncated@{t}": fmean(reply.truncated for reply in there),
        f"prompt_tokens@{t}": float(sum(reply.prompt_tokens for reply in there)),
        f"generated_tokens@{t}": float(sum(reply.generated_tokens for reply in there)),
    }
