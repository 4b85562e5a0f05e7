"""Refined answers beside votes, and refinement gaps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ptr_eval.report.plots import refined_bars, refinement_gaps
from tests.ptr_eval.report.plots.estimate_factory import worth
from tests.ptr_eval.report.plots.figure_reader import legend_texts, rendered, texts_in, y_data

UNREFINED = worth(0.5, 0.6, float("nan"), run="plain")


def test_bars_are_one_candidate_vote_and_refined_answer(tmp_path: Path) -> None:
    found = [worth(0.129, 0.15, 0.074, run="base"), worth(0.373, 0.41, 0.482, run="trained")]
    (plot,) = refined_bars(found)
    (axes,) = plot.figure.axes
    heights = [[bar.get_height() for bar in bars] for bars in axes.containers]
    assert np.array(heights) == pytest.approx(
        np.array([[12.9, 37.3], [15, 41], [7.4, 48.2]]), abs=1e-9
    )
    assert legend_texts(plot.figure) == ["pass@1", "maj@4", "selfRef@4"]
    assert {"base", "trained", "7.4", "48.2"} <= {*texts_in(rendered(plot, tmp_path))}
    assert plot.name == "refined-answers--task"


def test_published_values_are_hollow_and_stand_at_their_bars(tmp_path: Path) -> None:
    published = (0.501, float("nan"), 0.66)
    found = [worth(0.1, 0.2, 0.3), replace(worth(0.2, 0.2, 0.3, run="b"), published=published)]
    (plot,) = refined_bars(found)
    (axes,) = plot.figure.axes
    (points,) = [line for line in axes.get_lines() if line.get_label() == "published"]
    assert np.asarray(points.get_ydata()) == pytest.approx([50.1, 66])
    bars = [container[1] for container in axes.containers if len(container.get_children()) == 2]
    middles = [bar.get_x() + bar.get_width() / 2 for bar in bars]
    assert np.asarray(points.get_xdata()) == pytest.approx([middles[0], middles[2]])
    assert points.get_markerfacecolor() == "none"
    assert axes.get_ylim()[1] > 66
    assert legend_texts(plot.figure)[-1] == "published"
    assert "Hollow points are published" in plot.caption
    rendered(plot, tmp_path)


def test_different_k_are_told_apart() -> None:
    (plot,) = refined_bars([worth(0.1, 0.2, 0.3), worth(0.1, 0.2, 0.3, run="b", size=8)])
    assert legend_texts(plot.figure) == ["pass@1", "maj@k", "selfRef@k"]
    ticks = [tick.get_text() for tick in plot.figure.axes[0].get_xticklabels()]
    assert ticks == ["run (k = 4)", "b (k = 8)"]
    assert "k is 4 to 8" in plot.caption


def test_another_model_s_answers_are_not_called_its_own() -> None:
    other = replace(worth(0.1, 0.2, 0.3, run="b"), by_itself=False)
    (plot,) = refined_bars([other])
    assert legend_texts(plot.figure)[-1] == "Ref@4"
    (plot,) = refined_bars([other, worth(0.1, 0.2, 0.3)])
    assert legend_texts(plot.figure)[-1] == "(self)Ref@4"


def test_many_bars_have_no_numbers(tmp_path: Path) -> None:
    (plot,) = refined_bars([worth(0.1, 0.2, 0.3, run=f"checkpoint-{at}") for at in range(20)])
    assert not plot.figure.axes[0].texts
    rendered(plot, tmp_path)


def test_gaps_stand_against_the_accuracy_of_candidates(tmp_path: Path) -> None:
    found = [
        worth(0.2, 0.3, 0.25, run="a", task="t"),
        worth(0.5, 0.6, 0.7, run="b", task="t"),
        worth(0.4, 0.4, 0.4, run="b", task="u"),
    ]
    (plot,) = refinement_gaps(found)
    first, second = plot.figure.axes
    assert y_data(first, "a") == pytest.approx([-5])
    assert y_data(first, "b") == pytest.approx([10])
    assert y_data(second, "b") == pytest.approx([0])
    (point,) = [line for line in first.get_lines() if line.get_label() == "b"]
    assert np.asarray(point.get_xdata()) == pytest.approx(50)
    low, high = first.get_ylim()
    assert low < -10
    assert high > 15
    assert legend_texts(plot.figure) == ["a", "b"]
    assert "selfRef@k − maj@k (points)" in texts_in(rendered(plot, tmp_path))
    assert plot.name == "refinement-gap"


def test_a_tiny_gap_does_not_look_large() -> None:
    (plot,) = refinement_gaps([worth(0.5, 0.5, 0.501)])
    (axes,) = plot.figure.axes
    assert np.ptp(axes.get_ylim()) >= 5
    assert np.ptp(axes.get_xlim()) >= 10


def test_runs_that_refined_nothing_are_left_out() -> None:
    assert refined_bars([UNREFINED]) == refinement_gaps([UNREFINED]) == []
    (bars,) = refined_bars([UNREFINED, worth(0.1, 0.2, 0.3)])
    assert len(bars.figure.axes[0].containers[0]) == 1
    (gaps,) = refinement_gaps([UNREFINED, worth(0.1, 0.2, 0.3)])
    assert legend_texts(gaps.figure) == ["run"]
