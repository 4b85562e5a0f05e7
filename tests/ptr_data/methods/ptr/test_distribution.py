"""The distribution of consistency scores."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_data.methods.ptr.distribution import (
    ScoreDistribution,
    consistency_plot,
    kept_per_threshold,
    score_counts,
    share_kept,
)
from ptr_eval.report.plots.picture import render, save

SCORES = st.lists(st.floats(-1, 1).map(lambda x: round(x, 6)), min_size=1, max_size=40)


@given(SCORES, st.integers(-1000, 1000))
@settings(max_examples=100, deadline=None)
def test_the_share_kept_is_exact_for_three_decimals(scores: list[float], least: int) -> None:
    threshold = least / 1000
    kept = sum(score >= threshold for score in scores) / len(scores)
    assert share_kept(ScoreDistribution(None, score_counts(scores)), threshold) == kept


def test_unscored_queries_do_not_count() -> None:
    assert score_counts([0.7, None, 0.7004, -0.0005]) == {"-1": 1, "700": 2}
    assert share_kept(ScoreDistribution(None, {}), 0.5) == 1.0


def test_the_chosen_threshold_is_among_those_listed() -> None:
    scores = ScoreDistribution(0.75, score_counts([0.72, 0.75, 0.9, 0.1]))
    kept = dict(kept_per_threshold(scores))
    assert list(kept) == sorted({*(step / 10 for step in range(10)), 0.75})
    assert (kept[0.0], kept[0.7], kept[0.75], kept[0.8]) == (1.0, 0.75, 0.5, 0.25)


def axes_of(scores: ScoreDistribution) -> list[Any]:
    return list(consistency_plot(scores).figure.axes)


@pytest.mark.parametrize("threshold", [0.7, None])
def test_the_plot_shows_all_queries_and_the_threshold(threshold: float | None) -> None:
    scores = ScoreDistribution(threshold, score_counts([0.701, 0.702, 0.9, -0.2]))
    counts, kept = axes_of(scores)
    assert sum(bar.get_height() for bar in counts.patches) == 4
    drawn = [list(line.get_xdata()) for line in counts.lines]
    assert drawn == ([] if threshold is None else [[0.7, 0.7]])
    assert list(kept.lines[0].get_ydata()) == [100, 75, 50, 25]


def test_one_score_is_enough_and_equal_scores_give_equal_files(tmp_path: Path) -> None:
    files = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        plot = consistency_plot(ScoreDistribution(0.7, score_counts([0.5])))
        files.append([path.read_bytes() for path in save(render(plot), tmp_path / name)])
    assert files[0] == files[1]
