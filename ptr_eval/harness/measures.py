"""From a document's scores to the scalars that lm-eval averages: `<metric>@t` and company.

Every value is one number per document, so the mean over documents is the reported figure and
its standard error is lm-eval's own. Several samples of a document count as their mean.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ptr_eval.harness.scorers import Scorer
from ptr_eval.scoring import Score, pass_at_k
from ptr_eval.stats.transitions import transition

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
    """Which scalars a task reports under one of its scorers.

    Attributes:
        scorer: The scorer.
        rounds: How many rounds are asked.
        headline: Whether this is the task's first scorer, which also carries `score@t` (what
            groups average) and the run's costs.
        pass_k: The k > 1 of pass@k to report.
    """

    scorer: Scorer
    rounds: int
    headline: bool
    pass_k: tuple[int, ...] = ()

    def names(self) -> Iterator[tuple[str, bool]]:
        """List what is reported.

        Yields:
            Each scalar's name, and whether more of it is better.
        """
        measured = [self.scorer.metric, *self.scorer.parts, *(f"pass@{k}" for k in self.pass_k)]
        good = {*measured, "score", "fixed"}
        head, tail = (["score"], [*COUNTS, *COSTS]) if self.headline else ([], [])
        for name in [*head, *measured, "fixed", "broken", "unparsed", *tail]:
            for t in range(1, self.rounds + 1):
                if t > 1 or name not in ("fixed", "broken"):
                    yield f"{name}@{t}", name in good

    def of(self, samples: Sequence[Sequence[Sequence[Scored]]]) -> dict[str, float]:
        """Measure one document.

        Args:
            samples: Its answers by sample, round and position.

        Returns:
            The scalars by name, in the order of `names`.
        """
        each = [self._of_sample(sample) for sample in samples]
        values = {name: fmean(one[name] for one in each) for name in each[0]}
        for k in self.pass_k:
            for t in range(self.rounds):
                right = sum(_right(sample[t]) for sample in samples)
                values[f"pass@{k}@{t + 1}"] = float(pass_at_k([right], [len(samples)], k)[0])
        return {name: values[name] for name, _ in self.names()}

    def _of_sample(self, rounds: Sequence[Sequence[Scored]]) -> dict[str, float]:
        values: dict[str, float] = {}
        for t, answers in enumerate(rounds, start=1):
            scores = [answer.score for answer in answers]
            values[f"{self.scorer.metric}@{t}"] = fmean(score.value for score in scores)
            for part in self.scorer.parts:
                values[f"{part}@{t}"] = fmean(score.parts.get(part, 0.0) for score in scores)
            values[f"unparsed@{t}"] = fmean(score.verdict == "unparsed" for score in scores)
            if t > 1:
                change = transition(_right(rounds[0]), _right(answers))
                values[f"fixed@{t}"], values[f"broken@{t}"] = change
            if self.headline:
                values[f"score@{t}"] = values[f"{self.scorer.metric}@{t}"]
                values.update(_costs(answers, t))
        return values


def _right(answers: Sequence[Scored]) -> bool:
    return all(answer.score.verdict == "correct" for answer in answers)


def _costs(answers: Sequence[Scored], t: int) -> dict[str, float]:
    records = [answer.record for answer in answers]
    return {
        f"failed@{t}": fmean(record["failed"] is not None for record in records),
        f"cut@{t}": fmean(record["prompt_cut"] for record in records),
        **{f"{name}@{t}": float(sum(record[name] for record in records)) for name in COSTS},
    }
