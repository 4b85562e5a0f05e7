"""Accuracy over rounds."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from ptr_eval.report.plots import accuracy_over_rounds
from ptr_eval.report.plots.curves import curve
from ptr_eval.report.plots.picture import Plot
from tests.ptr_eval.report.panel_factory import made
from tests.ptr_eval.report.plots.figure_reader import legend_texts, rendered, texts_in, y_data


def only_axes(plot: Plot) -> Axes:
    (axes,) = plot.figure.axes
    return axes


def dashes_of(line: Line2D) -> object:
    # The public getter calls all dashes "--".
    return vars(line)["_unscaled_dash_pattern"]


def test_lines_are_accuracies_in_per_cent(tmp_path: Path) -> None:
    panels = [made("wcc", "wwc", "ccw", "wcc"), made("ccc", "www", "cww", "wwc", run="b")]
    (plot,) = accuracy_over_rounds(panels)
    axes = only_axes(plot)
    assert y_data(axes, "run") == pytest.approx([25, 75, 75])
    assert y_data(axes, "b") == pytest.approx([50, 25, 50])
    assert axes.get_xticks().tolist() == [1, 2, 3]
    assert axes.get_ylabel() == "accuracy (%)"
    assert axes.get_xlabel() == "round"
    shown = texts_in(rendered(plot, tmp_path))
    assert "Accuracy over rounds: task" in shown
    assert legend_texts(plot.figure) == ["run", "b"]
    assert plot.name == "accuracy-over-rounds--task"
    assert "4 items per run and task" in plot.caption


def test_bands_are_the_intervals_around_their_lines() -> None:
    panel = made("wcc", "wwc", "ccw", "wcc")
    (plot,) = accuracy_over_rounds([panel])
    (band,) = only_axes(plot).collections
    assert isinstance(band, FillBetweenPolyCollection)
    (line,) = only_axes(plot).get_lines()
    assert to_hex(band.get_facecolor()[0]) == line.get_color()
    found, (path,) = curve(panel), band.get_paths()
    corners = np.asarray(path.vertices)
    for at, round_ in enumerate((1, 2, 3)):
        here = corners[corners[:, 0] == round_, 1]
        assert here.min() == pytest.approx(found.low[at])
        assert here.max() == pytest.approx(found.high[at])
        assert here.min() <= y_data(only_axes(plot), "run")[at] <= here.max()


def test_the_baseline_alone_is_dashed_and_named() -> None:
    panels = [made("wc", "cc", run=run) for run in ("a", "base", "c")]
    (plot,) = accuracy_over_rounds(panels, "base")
    dashes = {line.get_label(): dashes_of(line) for line in only_axes(plot).get_lines()}
    dashed = dashes_of(Line2D([], [], linestyle="--"))
    assert [run for run, pattern in dashes.items() if pattern == dashed] == ["base"]
    assert "The dashed line is the baseline, base." in plot.caption
    (without,) = accuracy_over_rounds(panels)
    assert "dashed" not in without.caption


def test_a_baseline_of_one_round_goes_through_all() -> None:
    (plot,) = accuracy_over_rounds([made("c", "w", run="base"), made("wcc", "wcw")], "base")
    assert y_data(only_axes(plot), "base") == [50, 50, 50]


def test_runs_differ_in_grey() -> None:
    panels = [made("wc", "cc", run=f"run {at}") for at in range(20)]
    (plot,) = accuracy_over_rounds(panels, "run 3")
    lines = only_axes(plot).get_lines()
    looks = {(line.get_marker(), repr(dashes_of(line))) for line in lines}
    assert len(looks) == 20
    assert legend_texts(plot.figure) == [f"run {at}" for at in range(20)]


def test_several_tasks_come_with_an_overview() -> None:
    panels = [made("wc", "cc", task=task, run=run) for task in "tuvwx" for run in "ab"]
    del panels[3]
    plots = accuracy_over_rounds(panels)
    assert [plot.name for plot in plots] == [
        "accuracy-over-rounds",
        *(f"accuracy-over-rounds--{task}" for task in "tuvwx"),
    ]
    overview = plots[0].figure
    assert [axes.get_title(loc="left") for axes in overview.axes] == ["t", "u", "v", "w", "x"]
    assert [len(axes.get_lines()) for axes in overview.axes] == [2, 1, 2, 2, 2]
    assert legend_texts(overview) == ["a", "b"]
    assert legend_texts(plots[2].figure) == ["a"]


def test_a_run_looks_the_same_in_all_plots() -> None:
    panels = [made("wc", "cc", task=t, run=r) for t, r in (("t", "a"), ("t", "b"), ("u", "b"))]
    colours = {
        line.get_color()
        for plot in accuracy_over_rounds(panels)
        for axes in plot.figure.axes
        for line in axes.get_lines()
        if line.get_label() == "b"
    }
    assert len(colours) == 1


def test_points_of_one_round_stand_side_by_side_with_whiskers() -> None:
    panels = [made("c", "w", "c", run=run) for run in ("a", "b", "c")]
    (plot,) = accuracy_over_rounds(panels)
    axes = only_axes(plot)
    x = [float(np.asarray(line.get_xdata())[0]) for line in axes.get_lines()]
    assert len(set(x)) == 3
    low, high = axes.get_xlim()
    assert low < min(x) < max(x) < high
    assert len(axes.collections) == 3
    assert axes.get_xticks().tolist() == [1]


def test_small_differences_are_not_blown_up() -> None:
    scores = np.tile([[[0.500, 0.501]]], (40, 1, 1))
    (plot,) = accuracy_over_rounds([made(*40 * ["wc"], scores=scores)])
    low, high = only_axes(plot).get_ylim()
    assert high - low >= 10
