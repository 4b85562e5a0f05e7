"""Accuracy by number of correct candidates."""

from pathlib import Path

import numpy as np
import pytest

from ptr_eval.report.plots import ByCorrect, accuracy_by_correct_candidates
from ptr_eval.stats import Estimate
from tests.ptr_eval.report.plots.estimate_factory import NONE, about, exactly
from tests.ptr_eval.report.plots.figure_reader import legend_texts, rendered, texts_in, y_data


def found(
    task: str = "task", run: str = "run", published: tuple[float, ...] = (), **more: list[Estimate]
) -> ByCorrect:
    accuracy = {"selfRef@2": [about(0.1), about(0.6), exactly(1)], **more}
    return ByCorrect(run, task, [2680, 7, 30], accuracy, published)


def test_lines_are_methods_over_correct_candidates(tmp_path: Path) -> None:
    vote = [exactly(0), about(0.5), exactly(1)]
    (plot,) = accuracy_by_correct_candidates([found(vote=vote)])
    (axes,) = plot.figure.axes
    assert y_data(axes, "selfRef@2") == pytest.approx([10, 60, 100])
    assert y_data(axes, "vote") == pytest.approx([0, 50, 100])
    assert plot.name == "accuracy-by-correct-candidates--run"
    shown = texts_in(rendered(plot, tmp_path))
    assert {"selfRef@2", "vote", "n=2,680", "7", "30"} <= {*shown}
    assert "published" not in {*shown}
    assert "ollow" not in plot.caption


def test_methods_stand_side_by_side() -> None:
    (plot,) = accuracy_by_correct_candidates([found(a=[about(0.1)] * 3, b=[about(0.1)] * 3)])
    starts = [float(np.asarray(line.get_xdata())[0]) for line in plot.figure.axes[0].get_lines()]
    assert len(set(starts)) == 3
    assert max(map(abs, starts)) < 0.5


def test_whiskers_stay_within_zero_and_one_hundred() -> None:
    (plot,) = accuracy_by_correct_candidates([found(vote=[about(0.02), NONE, about(0.99)])])
    ends = [
        np.asarray(segment.vertices)[:, 1]
        for lines in plot.figure.axes[0].collections
        for segment in lines.get_paths()
    ]
    assert len(ends) == 4
    assert np.min(ends) == 0
    assert np.max(ends) == 100


def test_published_values_are_hollow_and_said_to_be_published(tmp_path: Path) -> None:
    (plot,) = accuracy_by_correct_candidates(
        [found("t", published=(0.06, float("nan"), 0.9)), found("u")]
    )
    first, second = plot.figure.axes
    (points,) = [line for line in first.get_lines() if line.get_label() == "published"]
    assert np.asarray(points.get_ydata())[[0, 2]] == pytest.approx([6, 90])
    assert points.get_markerfacecolor() == "none"
    assert points.get_linestyle() == "None"
    assert "published" not in {line.get_label() for line in second.get_lines()}
    assert legend_texts(plot.figure) == ["selfRef@2", "published"]
    assert "Hollow points are published" in plot.caption
    rendered(plot, tmp_path)


def test_levels_without_groups_are_gaps(tmp_path: Path) -> None:
    one = ByCorrect("run", "task", [3, 0, 1], {"vote": [about(0.3), NONE, exactly(1)]})
    (plot,) = accuracy_by_correct_candidates([one])
    assert np.isnan(y_data(plot.figure.axes[0], "vote")).tolist() == [False, True, False]
    rendered(plot, tmp_path)


def test_a_method_keeps_its_look_in_all_runs_and_tasks() -> None:
    other = ByCorrect("b", "task", [1, 1, 1], {"vote": [about(0.5)] * 3})
    both, alone = accuracy_by_correct_candidates([found(vote=[about(0.5)] * 3), other])
    lines = [plot.figure.axes[0].get_lines()[-1] for plot in (both, alone)]
    assert {line.get_label() for line in lines} == {"vote"}
    assert lines[0].get_color() == lines[1].get_color()


def test_ten_candidates_on_many_tasks_fit(tmp_path: Path) -> None:
    many = [
        ByCorrect("run", f"a_long_name_of_task_{at}", [12_345] * 11, {"v": [about(0.5)] * 11})
        for at in range(5)
    ]
    (plot,) = accuracy_by_correct_candidates(many)
    assert sum(text == "12,345" for text in texts_in(rendered(plot, tmp_path))) == 50
    assert plot.figure.get_size_inches()[0] < 13


def test_runs_without_groups_are_left_out() -> None:
    empty = ByCorrect("run", "task", [0, 0], {"vote": [NONE, NONE]})
    assert accuracy_by_correct_candidates([empty]) == []
    assert accuracy_by_correct_candidates([]) == []
