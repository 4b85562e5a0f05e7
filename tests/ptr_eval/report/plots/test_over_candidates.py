"""Accuracy over the number of candidates."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from ptr_eval.report.plots import OverCandidates, accuracy_over_candidates
from ptr_eval.stats import Estimate
from tests.ptr_eval.report.plots.estimate_factory import about
from tests.ptr_eval.report.plots.figure_reader import legend_texts, rendered, texts_in, y_data


def found(
    refined: Mapping[int, Estimate], most: int = 12, task: str = "task", run: str = "model"
) -> OverCandidates:
    passes = [about(0.5 + 0.01 * k) for k in range(most)]
    return OverCandidates(run, task, passes, [about(0.5)] * most, refined)


def x_data(axes: Axes, label: str) -> list[float]:
    (line,) = [line for line in axes.get_lines() if line.get_label() == label]
    return [float(x) for x in np.asarray(line.get_xdata())]


def test_refined_answers_stand_among_votes_and_passes(tmp_path: Path) -> None:
    (plot,) = accuracy_over_candidates([found({4: about(0.6), 2: about(0.55)})])
    (axes,) = plot.figure.axes
    assert x_data(axes, "selfRef@k") == [2, 4]
    assert y_data(axes, "selfRef@k") == pytest.approx([55, 60])
    assert x_data(axes, "pass@k") == x_data(axes, "maj@k") == list(range(1, 11))
    assert y_data(axes, "pass@k")[:3] == pytest.approx([50, 51, 52])
    assert legend_texts(plot.figure) == ["selfRef@k", "maj@k", "pass@k"]
    assert "candidates k" in texts_in(rendered(plot, tmp_path))
    assert plot.name == "accuracy-over-candidates--model"
    assert "only" not in plot.caption


def test_published_values_are_hollow_in_the_shape_of_their_line(tmp_path: Path) -> None:
    published = {"pass@k": {1: 0.501, 2: 0.9}, "selfRef@k": {2: 0.632}}
    records = [replace(found({2: about(0.6)}), published=published), found({}, task="u")]
    (plot,) = accuracy_over_candidates(records)
    first, second = plot.figure.axes
    points = {
        str(line.get_marker()): line
        for line in first.get_lines()
        if line.get_label() == "published"
    }
    (lines,) = ({str(line.get_label()): line for line in first.get_lines()},)
    passed, refined = (points[str(lines[name].get_marker())] for name in published)
    assert np.asarray(passed.get_xdata()) == pytest.approx([1, 2])
    assert np.asarray(passed.get_ydata()) == pytest.approx([50.1, 90])
    assert np.asarray(refined.get_ydata()) == pytest.approx([63.2])
    assert {line.get_markerfacecolor() for line in points.values()} == {"none"}
    assert first.get_ylim()[1] > 90
    assert "published" not in {line.get_label() for line in second.get_lines()}
    assert legend_texts(plot.figure)[-1] == "published"
    assert "Hollow points are published" in plot.caption
    rendered(plot, tmp_path)


def test_more_than_ten_are_shown_where_more_were_refined() -> None:
    (plot,) = accuracy_over_candidates([found({12: about(0.6)}, most=16)])
    assert x_data(plot.figure.axes[0], "maj@k")[-1] == 12


def test_a_single_k_is_said_to_be_one(tmp_path: Path) -> None:
    (plot,) = accuracy_over_candidates([found({4: about(0.6)}, most=4)])
    assert "from k = 4 candidates only" in plot.caption
    rendered(plot, tmp_path)


def test_nothing_refined_is_said_and_leaves_the_curves() -> None:
    (plot,) = accuracy_over_candidates([found({})])
    assert legend_texts(plot.figure) == ["maj@k", "pass@k"]
    assert "No refined answers are recorded." in plot.caption


def test_every_checkpoint_has_a_plot_with_a_panel_a_task() -> None:
    records = [found({}, task=task, run=run) for run in "ab" for task in "tuv"]
    plots = accuracy_over_candidates(records)
    assert [plot.name[-1] for plot in plots] == ["a", "b"]
    assert [axes.get_title(loc="left") for axes in plots[0].figure.axes] == ["t", "u", "v"]


def test_a_single_candidate_is_no_curve() -> None:
    assert accuracy_over_candidates([found({}, most=1)]) == []
    assert accuracy_over_candidates([found({}, most=0)]) == []
