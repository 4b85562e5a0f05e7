"""Series of checkpoints."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh

from ptr_eval.report.plots import training_series
from ptr_eval.report.plots.picture import Plot
from tests.ptr_eval.report.panel_factory import made
from tests.ptr_eval.report.plots.figure_reader import (
    checkpoint,
    legend_texts,
    rendered,
    texts_in,
    y_data,
)

SERIES = [
    checkpoint(0, "ww", "wc", "cc", "ww", task="t"),
    checkpoint(0, "ww", "wc", "cc", "cc", task="u"),
    checkpoint(1000, "ww", "wc", "cc", "cc", task="t"),
    checkpoint(1000, "cw", "cw", "cc", "ww", task="u"),
    checkpoint(3000, "wc", "wc", "cc", "cc", task="t"),
    checkpoint(3000, "cc", "wc", "cc", "cc", task="u"),
]
"""Last rounds: t 50, 75, 100 and u 75, 25, 100 per cent at steps 0, 1000, 3000."""


def four(plots: list[Plot]) -> tuple[Axes, Axes, Axes, Axes]:
    lines, bars, boxes, heat, *_ = plots[0].figure.axes
    return lines, bars, boxes, heat


def test_a_series_gives_the_four_panels_and_the_rounds(tmp_path: Path) -> None:
    plots = training_series(SERIES)
    assert [plot.name for plot in plots] == ["training-series--ptr", "training-rounds--ptr"]
    for plot in plots:
        rendered(plot, tmp_path)
    assert "3 checkpoints; 4 items per run and task" in plots[0].caption


def test_lines_are_tasks_and_their_mean_in_its_spread() -> None:
    plots = training_series(SERIES)
    lines, *_ = four(plots)
    assert y_data(lines, "t") == pytest.approx([50, 75, 100])
    assert y_data(lines, "u") == pytest.approx([75, 25, 100])
    assert y_data(lines, "mean over tasks") == pytest.approx([62.5, 50, 100])
    assert np.asarray(lines.get_lines()[0].get_xdata()).tolist() == [0, 1000, 3000]
    assert lines.get_lines()[-1].get_linestyle() == "--"
    (band,) = lines.collections
    corners = np.asarray(band.get_paths()[0].vertices)
    spread = np.std([75, 25], ddof=1)
    here = corners[corners[:, 0] == 1000, 1]
    assert (here.min(), here.max()) == pytest.approx((50 - spread, 50 + spread))
    assert legend_texts(plots[0].figure) == ["t", "u", "mean over tasks"]


def test_bars_are_the_first_the_base_and_the_final_checkpoint() -> None:
    _, bars, *_ = four(training_series(SERIES))
    heights = [[bar.get_height() for bar in group] for group in bars.containers]
    assert heights == [[75, 25], [50, 75], [100, 100]]
    assert texts_of_legend(bars) == ["first (1,000)", "base (0)", "final (3,000)"]
    assert max(bars.get_yticks()) <= 100
    low, high = bars.get_ylim()
    assert low == 0
    assert high > 100


def texts_of_legend(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def test_without_a_base_model_there_is_no_base_bar() -> None:
    _, bars, *_ = four(training_series(SERIES[2:]))
    assert texts_of_legend(bars) == ["first (1,000)", "final (3,000)"]


def test_boxes_span_the_tasks_of_each_step() -> None:
    _, _, boxes, _ = four(training_series(SERIES))
    medians = [
        float(np.asarray(line.get_ydata())[0])
        for line in boxes.get_lines()
        if line.get_linewidth() == 1.8
    ]
    assert medians == pytest.approx([62.5, 50, 100])
    assert len(boxes.patches) == 3
    reached = np.concatenate([np.asarray(line.get_ydata()) for line in boxes.get_lines()])
    assert (reached.min(), reached.max()) == pytest.approx((25, 100))


def test_the_heat_map_holds_every_task_at_every_step() -> None:
    _, _, _, heat = four(training_series(SERIES))
    (mesh,) = heat.collections
    assert isinstance(mesh, QuadMesh)
    values = mesh.get_array()
    assert values is not None
    assert values.tolist() == [[50, 75, 100], [75, 25, 100]]
    assert [text.get_text() for text in heat.texts] == ["50", "75", "100", "75", "25", "100"]
    assert [tick.get_text() for tick in heat.get_yticklabels()] == ["t", "u"]
    assert [tick.get_text() for tick in heat.get_xticklabels()] == ["0", "1,000", "3,000"]
    assert heat.yaxis_inverted()


def test_rounds_are_lines_over_steps() -> None:
    _, rounds = training_series(SERIES)
    titles = [axes.get_title(loc="left") for axes in rounds.figure.axes]
    assert titles == ["mean over tasks", "t", "u"]
    assert y_data(rounds.figure.axes[1], "round 1") == pytest.approx([25, 50, 50])
    assert y_data(rounds.figure.axes[1], "round 2") == pytest.approx([50, 75, 100])
    assert legend_texts(rounds.figure) == ["round 1", "round 2"]


def test_a_task_missing_at_a_step_is_kept_out_of_means(tmp_path: Path) -> None:
    extra = [checkpoint(step, "cc", "cw", task="v") for step in (0, 3000)]
    plots = training_series([*SERIES, *extra])
    lines, _, boxes, heat = four(plots)
    assert y_data(lines, "v") == pytest.approx([50, np.nan, 50], nan_ok=True)
    assert y_data(lines, "mean over tasks") == pytest.approx([62.5, 50, 100])
    assert len(boxes.patches) == 3
    assert "2 tasks that all checkpoints answered" in plots[0].caption
    assert len(heat.texts) == 8
    for plot in plots:
        rendered(plot, tmp_path)


def test_one_task_has_no_mean(tmp_path: Path) -> None:
    plots = training_series([p for p in SERIES if p.task == "t"])
    assert legend_texts(plots[0].figure) == ["t"]
    for plot in plots:
        rendered(plot, tmp_path)


def test_tasks_no_checkpoint_shares_are_still_drawn(tmp_path: Path) -> None:
    for plot in training_series([SERIES[0], SERIES[3]]):
        rendered(plot, tmp_path)


def test_runs_of_one_step_are_averaged() -> None:
    again = checkpoint(3000, "ww", "ww", "ww", "ww", task="t")
    lines, *_ = four(training_series([*SERIES, again]))
    assert y_data(lines, "t") == pytest.approx([50, 75, 50])


def test_only_two_steps_or_more_of_one_method_are_a_series() -> None:
    other = [checkpoint(0, "wc", method="IFT"), checkpoint(5, "cc", method="IFT")]
    assert training_series([made("wc"), SERIES[0], SERIES[1]]) == []
    names = [plot.title for plot in training_series([*SERIES, *other, made("wc")])]
    assert names == [
        "Accuracy over training steps: PTR",
        "Rounds over training steps: PTR",
        "Accuracy over training steps: IFT",
        "Rounds over training steps: IFT",
    ]


def test_many_tasks_and_steps_stay_readable(tmp_path: Path) -> None:
    panels = [
        checkpoint(100 * step, "wc", "cw", task=f"subject {task}")
        for step in range(15)
        for task in range(30)
    ]
    plot, _ = training_series(panels)
    lines, _, boxes, heat = plot.figure.axes[:4]
    assert legend_texts(plot.figure) == ["each of the 30 tasks", "mean over tasks"]
    assert len(lines.get_lines()) == 31
    assert not heat.texts
    shown = texts_in(rendered(plot, tmp_path))
    assert "subject 29" in shown
    ticks = [tick.get_text() for tick in boxes.get_xticklabels()]
    assert len(ticks) <= 12
    assert ticks[-1] == "1,400"
    first, second = (heat.get_yticklabels()[at].get_window_extent() for at in (0, 1))
    assert not first.overlaps(second)
