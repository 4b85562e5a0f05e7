"""Answer flows."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib.patches import PathPatch, Rectangle

from ptr_eval.report.plots import answer_flow
from ptr_eval.report.plots.flow import STATES, flow
from tests.ptr_eval.report.panel_factory import SPELT, made
from tests.ptr_eval.report.plots.figure_reader import legend_texts, rendered, texts_in


def test_moves_between_states_are_counted_over_items_and_samples() -> None:
    found = flow(made("cw/cc", "wc/uc", "ww/c-"))
    assert STATES == ("correct", "wrong", "no answer", "missing")
    assert found.counts.tolist() == [[3, 2, 1, 0], [3, 2, 0, 1]]
    assert found.moves.tolist() == [[[1, 1, 0, 1], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]]


@settings(max_examples=40)
@given(SPELT)
def test_what_leaves_a_round_arrives_in_the_next(items: list[str]) -> None:
    panel = made(*items)
    found = flow(panel)
    assert (found.counts.sum(axis=1) == panel.verdicts[:, :, 0].size).all()
    assert np.array_equal(found.moves.sum(axis=2), found.counts[:-1])
    assert np.array_equal(found.moves.sum(axis=1), found.counts[1:])


def test_stacks_and_bands_are_as_tall_as_their_counts(tmp_path: Path) -> None:
    (plot,) = answer_flow([made("cww", "wcc", "wcc", "uuc", "ccc")])
    (axes,) = plot.figure.axes
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    for at in range(3):
        here = [bar for bar in bars if round(bar.get_x() + bar.get_width() / 2) == at]
        assert sum(bar.get_height() for bar in here) == 5
        tops = sorted((bar.get_y(), bar.get_y() + bar.get_height()) for bar in here)
        assert all(low < high for (_, low), (high, _) in pairwise(tops))
    bands = [patch for patch in axes.patches if isinstance(patch, PathPatch)]
    sizes = [float(np.asarray(band.get_path().vertices)[-2, 1]) for band in bands]
    starts = [float(np.asarray(band.get_path().vertices)[0, 1]) for band in bands]
    moved = [size - start for size, start in zip(sizes, starts, strict=True)]
    assert sum(moved) == pytest.approx(10)
    shown = texts_in(rendered(plot, tmp_path))
    assert {"round 1", "round 2", "round 3", "correct", "wrong", "no answer"} <= {*shown}
    assert legend_texts(plot.figure) == ["correct", "wrong", "no answer"]


def test_bands_stay_within_the_stacks_they_join() -> None:
    (plot,) = answer_flow([made("cw", "wc", "wu", "uc", "cc", "c-", "-w")])
    (axes,) = plot.figure.axes
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    spans = {
        side: [(b.get_y(), b.get_y() + b.get_height()) for b in bars if round(b.get_x()) == side]
        for side in (0, 1)
    }
    for band in axes.patches:
        if isinstance(band, PathPatch):
            corners = np.asarray(band.get_path().vertices)[:-1]
            for side, at in ((0, [0, 7]), (1, [3, 4])):
                low, high = sorted(corners[at, 1])
                assert any(a - 1e-9 <= low < high <= b + 1e-9 for a, b in spans[side])


def test_states_that_never_occur_are_not_in_the_legend() -> None:
    (right,) = answer_flow([made("cc", "cc")])
    assert legend_texts(right.figure) == ["correct"]
    (partly,) = answer_flow([made("cw", "c-")])
    assert legend_texts(partly.figure) == ["correct", "wrong", "missing"]


def test_tasks_come_before_runs_up_to_the_limit() -> None:
    panels = [made("wc", run=run, task=task) for run in "ab" for task in "tu"]
    names = ["answer-flow--a--t", "answer-flow--b--t", "answer-flow--a--u"]
    assert [plot.name for plot in answer_flow(panels, limit=3)] == names
    assert len(answer_flow([made("wc", task=str(at)) for at in range(30)])) == 24


def test_samples_are_said_to_be_counted() -> None:
    (plot,) = answer_flow([made("cw/cc", "wc/uc")])
    assert "(2 items, 2 samples of each)" in plot.caption
