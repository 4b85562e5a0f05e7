"""The tiny study's statistics: intervals over seeds and questions hold what they promise."""

from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

means: Any = import_module("studies.tiny.means")
findings: Any = import_module("studies.tiny.findings")


def drawn(rng: np.random.Generator, seeds: float, questions: float) -> npt.NDArray[np.float64]:
    """Five seeds and sixty questions, each with an effect of its own."""
    of_seed = rng.normal(0, seeds, (5, 1))
    of_question = rng.normal(0, questions, (1, 60))
    return np.asarray(of_seed + of_question + rng.normal(0, 1, (5, 60)))


@pytest.mark.parametrize(("seeds", "questions"), [(0.3, 0.5), (0.0, 1.0), (0.5, 0.0)])
def test_intervals_cover_what_varies_between_seeds_and_questions(
    seeds: float, questions: float
) -> None:
    rng = np.random.default_rng(0)
    drawn_means = [means.mean_of(drawn(rng, seeds, questions)) for _ in range(1000)]
    covered = np.mean([mean.low <= 0 <= mean.high for mean in drawn_means])
    assert 0.925 <= covered <= 1.0
    rejected = np.mean([mean.p_both < 0.05 for mean in drawn_means])
    assert rejected == pytest.approx(1 - covered)


def test_the_p_by_question_is_that_of_the_paired_t_test() -> None:
    values = drawn(np.random.default_rng(1), 0.2, 0.3) + 0.1
    expected = stats.ttest_1samp(values.mean(axis=0), 0).pvalue
    assert means.mean_of(values).p_questions == pytest.approx(expected)


def test_a_difference_without_any_spread_is_certain() -> None:
    assert means.mean_of(np.zeros((5, 10))).p_both == 1
    same = means.mean_of(np.ones((5, 10)))
    assert (same.low, same.value, same.high, same.p_questions) == (1, 1, 1, 0)


def test_tables_and_numbers_are_written_plainly() -> None:
    mean = means.mean_of(np.array([[0.5, 0.7], [0.6, 0.8]]))
    assert means.points(mean).startswith("+65.0 [")
    assert means.percent(mean).startswith("65.0 ± ")
    assert [means.p_value(p) for p in (0.0004, 0.04)] == ["< 0.001", "0.040"]
    assert findings.markdown([["a", "b"], ["1", "2"]]) == "| a | b |\n|---|---|\n| 1 | 2 |"
