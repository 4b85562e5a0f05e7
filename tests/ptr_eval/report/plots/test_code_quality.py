"""Programs over rounds."""

from pathlib import Path

import pytest

from ptr_eval.report.data.text_measures import CODE_NAMES
from ptr_eval.report.data.text_panels import measure_texts
from ptr_eval.report.plots import code_quality_over_rounds
from tests.ptr_eval.report.plots.figure_reader import rendered, texts_in, y_data
from tests.ptr_eval.report.text_factory import panel


def test_every_measure_has_axes_and_every_run_a_line(tmp_path: Path) -> None:
    values = {name: [[1.0, 0.5], [0.0, 0.5]] for name in CODE_NAMES}
    (plot,) = code_quality_over_rounds(measure_texts([panel(values)], seed=1, resamples=100))
    titles = [axes.get_title(loc="left") for axes in plot.figure.axes]
    assert titles == list(CODE_NAMES.values())
    assert y_data(plot.figure.axes[0], "run") == pytest.approx([50, 50])
    assert y_data(plot.figure.axes[-1], "run") == pytest.approx([0.5, 0.5])
    assert plot.name == "code-quality--task"
    assert "has tests (%)" in texts_in(rendered(plot, tmp_path))


def test_one_round_or_no_programs_are_no_plot() -> None:
    one = panel({"parsed": [[1.0]]}), panel({"edited": [[0.1, 0.2]]})
    assert code_quality_over_rounds(measure_texts(one, seed=1, resamples=100)) == []
