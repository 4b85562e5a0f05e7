"""Means and figures by round, with intervals that resample items."""

import numpy as np
import pytest

from ptr_eval.report.data.text_panels import TextEstimate, TextPanel, estimates
from ptr_eval.texts.overlap import bleu, overlap_counts
from tests.ptr_eval.report.text_factory import panel

NAN = np.nan


def found_in(one: TextPanel) -> dict[tuple[str, int], TextEstimate]:
    found = estimates(one, rng=np.random.default_rng(1), resamples=400)
    return {(each.name, each.round): each for each in found}


def test_means_are_over_the_items_that_are_measured() -> None:
    found = found_in(panel({"edited": [[NAN, 0.2], [NAN, 0.6], [NAN, NAN]]}))
    assert list(found) == [("edited", 2)]
    assert found["edited", 2].value == pytest.approx(0.4)
    assert found["edited", 2].items == 2


def test_intervals_are_those_of_resampled_items() -> None:
    values = np.random.default_rng(2).random((200, 1))
    one = found_in(panel({"copied": values}))["copied", 1]
    error = values.std() / np.sqrt(200)
    assert one.low == pytest.approx(one.value - 1.96 * error, abs=0.3 * error)
    assert one.high == pytest.approx(one.value + 1.96 * error, abs=0.3 * error)


def test_equal_items_have_no_interval() -> None:
    one = found_in(panel({"parsed": [[1.0], [1.0]]}))["parsed", 1]
    assert one.value == 1
    assert np.isnan([one.low, one.high]).all()


def test_a_corpus_figure_is_computed_from_the_sums() -> None:
    pairs = [("the cat sat on a mat", "the cat sat on the mat"), ("a dog ran", "the dog ran off")]
    counts = np.array([overlap_counts(*pair)["bleu"] for pair in pairs] * 20, dtype=float)
    rounds = np.stack([counts, np.full_like(counts, NAN)], axis=1)
    found = found_in(panel(counts={"bleu": rounds}))
    assert list(found) == [("bleu", 1)]  # Round 2 has no counts.
    one = found["bleu", 1]
    assert one.value == pytest.approx(float(bleu(counts.sum(axis=0))))
    assert one.low < one.value < one.high
    assert one.items == 40


def test_a_run_without_counts_has_no_figure() -> None:
    assert found_in(panel(counts={"bleu": np.empty((3, 2, 0))})) == {}
