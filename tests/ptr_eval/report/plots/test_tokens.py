"""Accuracy against tokens."""

from pathlib import Path

import numpy as np
import pytest

from ptr_eval.report.plots import accuracy_against_tokens
from ptr_eval.report.plots.tokens import tokens_so_far
from tests.ptr_eval.report.panel_factory import made
from tests.ptr_eval.report.plots.figure_reader import legend_texts, rendered, y_data

TOKENS = np.array([[[10.0, 20.0]], [[30.0, 60.0]]])


def test_tokens_add_up_over_rounds() -> None:
    assert tokens_so_far(made("wc", "cc", generated_tokens=TOKENS)).tolist() == [20, 60]
    missing = np.where(TOKENS == 60, np.nan, TOKENS)
    assert tokens_so_far(made("wc", "c-", generated_tokens=missing)).tolist() == [20, 40]


def test_points_are_rounds_at_their_cost(tmp_path: Path) -> None:
    panels = [made("wc", "cc", generated_tokens=TOKENS), made("cc", "ww", run="b")]
    (plot,) = accuracy_against_tokens(panels)
    (axes,) = plot.figure.axes
    line = axes.get_lines()[0]
    assert np.asarray(line.get_xdata()).tolist() == [20, 60]
    assert y_data(axes, "run") == pytest.approx([50, 100])
    assert y_data(axes, "b") == pytest.approx([50, 50])
    assert legend_texts(plot.figure) == ["run", "b"]
    assert plot.name == "accuracy-against-tokens--task"
    rendered(plot, tmp_path)


def test_no_point_touches_the_frame() -> None:
    (plot,) = accuracy_against_tokens([made("wc", "cc", generated_tokens=TOKENS)])
    low, high = plot.figure.axes[0].get_xlim()
    assert low == 0
    assert high > 60


def test_whiskers_hold_the_accuracies() -> None:
    tokens = np.full((4, 1, 2), 5.0)
    (plot,) = accuracy_against_tokens([made("wc", "cc", "cw", "ww", generated_tokens=tokens)])
    (axes,) = plot.figure.axes
    (whiskers,) = axes.collections
    for segment, accuracy in zip(whiskers.get_paths(), y_data(axes, "run"), strict=True):
        low, high = np.asarray(segment.vertices)[:, 1]
        assert low < accuracy < high


def test_runs_without_tokens_are_left_out() -> None:
    none = np.zeros((2, 1, 2))
    silent = made("wc", "cc", run="silent", generated_tokens=none)
    (plot,) = accuracy_against_tokens([silent, made("wc", "cc")])
    assert legend_texts(plot.figure) == ["run"]
    assert accuracy_against_tokens([silent]) == []


def test_a_run_keeps_its_look_when_others_are_left_out() -> None:
    silent = made("wc", "cc", run="silent", generated_tokens=np.full((2, 1, 2), np.nan))
    (alone,) = accuracy_against_tokens([silent, made("wc", "cc")])
    (both,) = accuracy_against_tokens([made("wc", "cc", run="silent"), made("wc", "cc")])
    (one,), (_, other) = (plot.figure.axes[0].get_lines() for plot in (alone, both))
    assert one.get_color() == other.get_color()
