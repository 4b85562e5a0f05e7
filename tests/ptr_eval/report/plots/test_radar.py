"""Radars of tasks."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.projections.polar import PolarAxes

from ptr_eval.report.plots import task_radar
from tests.ptr_eval.report.panel_factory import made
from tests.ptr_eval.report.plots.figure_reader import legend_texts, rendered, texts_in, y_data


def test_each_round_is_a_closed_polygon_of_accuracies(tmp_path: Path) -> None:
    panels = [made("wc", "ww", task="t"), made("cw", "cc", task="u"), made("wc", "wc", task="v")]
    (plot,) = task_radar(panels)
    (axes,) = plot.figure.axes
    assert isinstance(axes, PolarAxes)
    assert y_data(axes, "round 1") == [0, 100, 0, 0]
    assert y_data(axes, "round 2") == [50, 50, 100, 50]
    angles = np.asarray(axes.get_lines()[0].get_xdata())
    assert angles.tolist() == pytest.approx([0, 2 * np.pi / 3, 4 * np.pi / 3, 0])
    assert axes.get_ylim() == (0, 100)
    assert {"t", "u", "v", "20", "100", "round 1", "round 2"} <= {
        *texts_in(rendered(plot, tmp_path))
    }
    assert plot.name == "task-radar--run"


@pytest.mark.parametrize("count", [3, 8, 14, 15, 40])
def test_names_of_any_number_of_tasks_are_drawn_whole(count: int, tmp_path: Path) -> None:
    panels = [made("wc", "cc", task=f"a_long_name_of_task_{at}") for at in range(count)]
    (plot,) = task_radar(panels)
    shown = texts_in(rendered(plot, tmp_path))
    assert sum(text.startswith("a_long_na") for text in shown) == count


def test_names_are_read_from_the_left_on_both_sides() -> None:
    panels = [made("wc", "cc", task=f"task {at}") for at in range(30)]
    (plot,) = task_radar(panels)
    turns = [text.get_rotation() for text in plot.figure.axes[0].texts]
    assert len(set(turns)) > 10
    assert all(turn <= 90 + 1e-6 or turn >= 270 - 1e-6 for turn in turns)


def test_few_names_are_upright_and_do_not_overlap() -> None:
    (plot,) = task_radar([made("wc", "cc", task=f"a_long_name_of_task_{at}") for at in range(14)])
    plot.figure.draw_without_rendering()
    texts = plot.figure.axes[0].texts
    assert {text.get_rotation() for text in texts} == {0}
    boxes = [text.get_window_extent() for text in texts]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_fewer_than_three_tasks_are_bars_with_whiskers(tmp_path: Path) -> None:
    (plot,) = task_radar([made("wc", "ww"), made("cwc", "cww", task="u")])
    (axes,) = plot.figure.axes
    heights = [[bar.get_height() for bar in bars] for bars in axes.containers]
    assert heights == [[0, 100], [50, 0], [0, 50]]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["task", "u"]
    assert axes.get_ylim()[0] == 0
    assert axes.collections
    assert "95 % t intervals" in plot.caption
    assert legend_texts(plot.figure) == ["round 1", "round 2", "round 3"]
    rendered(plot, tmp_path)


def test_ten_rounds_have_ten_looks() -> None:
    (plot,) = task_radar([made(5 * "wc", 5 * "cc")])
    (axes,) = plot.figure.axes
    looks = {(bars[0].get_facecolor(), bars[0].get_hatch()) for bars in axes.containers}
    assert len(looks) == 10
    assert len({bars[0].get_hatch() for bars in axes.containers}) == 10


def test_every_run_has_a_radar_of_its_own_tasks() -> None:
    panels = [made("wc", "cw", run=run, task=task) for task in "tuvw" for run in "ab"]
    plots = task_radar([panel for panel in panels if (panel.label.run, panel.task) != ("b", "w")])
    assert [plot.name for plot in plots] == ["task-radar--a", "task-radar--b"]
    assert [len(plot.figure.axes[0].texts) for plot in plots] == [4, 3]
