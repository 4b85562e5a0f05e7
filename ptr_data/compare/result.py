"""What differs, tested on pairs of answers to the same questions; and what a build would have."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ptr_data.compare.answers import Texts, WrittenAnswers
from ptr_data.compare.arms import Arm, Contrast
from ptr_data.compare.config import CompareConfig
from ptr_data.compare.measuring import PairedScores
from ptr_data.filters.outputs import check_answer, check_generation
from ptr_data.methods.ptr.strength import ScoreArray, signed_rank_p
from ptr_eval.stats import holm, paired_difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of answers to the same questions, compared."""

    contrast: Contrast
    """What is compared."""
    questions: int
    """How many questions have a score for both."""
    before_mean: float
    """The mean score of the first; nan without questions, as below."""
    after_mean: float
    """The mean score of the others."""
    difference: float
    """Mean after minus mean before."""
    low: float
    """Lower end of its 95 % interval; nan where there is none."""
    high: float
    """Upper end; nan where there is none."""
    better: int
    """To how many questions the other answer is better."""
    worse: int
    """To how many it is worse."""
    p: float
    """Two-sided p value of Wilcoxon's signed-rank test."""
    adjusted_p: float
    """The same after Holm's correction over all comparisons."""
    before_length: float
    """Mean length of the first in characters."""
    after_length: float
    """Mean length of the others."""
    matches: dict[str, int] | None
    """How many of a judge's matches ended how; None if there was no judge."""

    def verdict(self, alpha: float) -> str:
        """Say in a word what came out: `better`, `worse` or `unclear`."""
        if not self.adjusted_p <= alpha:
            return "unclear"
        return "better" if self.difference > 0 else "worse"


@dataclass(frozen=True, slots=True)
class ModelPair:
    """What a build with a weak and a strong model would have, before consistency is looked at."""

    weak: str
    """The weak model."""
    strong: str
    """The strong model."""
    thoughts: float
    """The share of questions with a thought that is fit to be shown."""
    kept: float
    """The share of questions whose answer, made with thoughts and examples, is fit, too."""


def compare_all(
    compared: Sequence[Contrast], scores: Sequence[PairedScores], found: WrittenAnswers
) -> list[Comparison]:
    """Test everything that is compared."""
    known = [~(np.isnan(each.before) | np.isnan(each.after)) for each in scores]
    pairs = [
        (each.before[there], each.after[there])
        for each, there in zip(scores, known, strict=True)
    ]  # fmt: skip
    p_values = [_two_sided(after - before) for before, after in pairs]
    return [
        _comparison(contrast, pair, (p, adjusted), _lengths(contrast, there, found), each.matches)
        for contrast, each, there, pair, p, adjusted in zip(
            compared, scores, known, pairs, p_values, holm(p_values), strict=True
        )
    ]


def model_pairs(config: CompareConfig, found: WrittenAnswers) -> list[ModelPair]:
    """Count what would be left of each pair of models."""
    result = []
    for strong in config.strong:
        for weak in config.weak:
            drawn = found.thoughts[weak]
            fit = [
                [text for text in texts if check_generation(text, config.outputs) is None]
                for texts in drawn
            ]
            answers = found.answers[Arm(strong, weak, examples=True).name]
            kept = sum(
                answer is not None and check_answer(answer, shown, config.outputs) is None
                for answer, shown in zip(answers, fit, strict=True)
            )
            number = len(drawn)
            result.append(ModelPair(weak, strong, sum(map(bool, fit)) / number, kept / number))
    return result


def failures(found: WrittenAnswers, scores: Sequence[PairedScores]) -> int:
    """Count the requests to models, and a judge's matches, that failed."""
    thoughts = [text for texts in found.thoughts.values() for drawn in texts for text in drawn]
    names = [name for name in found.answers if name not in found.thoughts]
    answers = [text for name in names for text in found.answers[name] if text is not None]
    matches = sum((each.matches or {}).get("failed", 0) for each in scores)
    return sum(text.failed is not None for text in [*thoughts, *answers]) + matches


def _comparison(
    contrast: Contrast,
    pair: tuple[ScoreArray, ScoreArray],
    p_values: tuple[float, float],
    lengths: tuple[float, float],
    matches: dict[str, int] | None,
) -> Comparison:
    before, after = pair
    tested = paired_difference(before, after)
    return Comparison(
        contrast=contrast,
        questions=len(before),
        before_mean=_mean(before),
        after_mean=_mean(after),
        difference=tested.value,
        low=tested.low,
        high=tested.high,
        better=int(np.sum(after > before)),
        worse=int(np.sum(after < before)),
        p=p_values[0],
        adjusted_p=p_values[1],
        before_length=lengths[0],
        after_length=lengths[1],
        matches=matches,
    )


def _two_sided(differences: ScoreArray) -> float:
    if not len(differences):
        return float("nan")
    return min(1.0, 2 * min(signed_rank_p(differences), signed_rank_p(-differences)))


def _lengths(
    contrast: Contrast, there: Sequence[bool], found: WrittenAnswers
) -> tuple[float, float]:
    def mean(texts: Texts) -> float:
        places = zip(texts, there, strict=True)
        return _mean([len(text.text) for text, known in places if text is not None and known])

    return mean(found.answers[contrast.before]), mean(found.answers[contrast.after])


def _mean(values: Sequence[float] | ScoreArray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
