"""What tokens go into."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Annotation

from ptr_eval.report.plots import TokenUse, token_composition
from tests.ptr_eval.report.plots.estimate_factory import NONE, about, exactly
from tests.ptr_eval.report.plots.figure_reader import legend_texts, rendered, texts_in

NAN = float("nan")
USE = TokenUse("run", "task", 900.0, 100.0, about(1000, 50), about(671, 40))


def test_halves_show_parts_and_costs(tmp_path: Path) -> None:
    (plot,) = token_composition([USE])
    parts, costs = plot.figure.axes
    thinking, summary = (bars[0] for bars in parts.containers)
    assert thinking.get_height() == 900
    assert (summary.get_y(), summary.get_height()) == (900, 100)
    assert [bars[0].get_height() for bars in costs.containers] == [1000, 671]
    assert legend_texts(plot.figure) == ["thinking", "summary", "solving directly", "refining"]
    assert {"10.0%", "−32.9%", "task"} <= {*texts_in(rendered(plot, tmp_path))}
    assert plot.name == "tokens-by-part--run"


def test_published_numbers_are_hollow_and_fit_in(tmp_path: Path) -> None:
    (plot,) = token_composition([replace(USE, published=(13232, 8878)), replace(USE, task="u")])
    costs = plot.figure.axes[1]
    points = [line for line in costs.get_lines() if line.get_label() == "published"]
    assert [np.asarray(line.get_ydata())[0] for line in points] == [13232, 8878]
    assert {line.get_markerfacecolor() for line in points} == {"none"}
    assert costs.get_ylim()[1] > 13232
    assert legend_texts(plot.figure)[-1] == "published"
    assert "published values" in plot.caption
    rendered(plot, tmp_path)


def test_the_saving_is_written_on_the_measured_bars() -> None:
    (plot,) = token_composition([replace(USE, published=(13232, 8878))])
    (saving,) = plot.figure.axes[1].texts
    assert isinstance(saving, Annotation)
    assert saving.get_text() == "−32.9%"
    assert saving.xy[1] == 1050


def test_without_thinking_only_costs_are_shown(tmp_path: Path) -> None:
    (plot,) = token_composition([replace(USE, thinking=NAN, summary=NAN, direct=exactly(500))])
    assert legend_texts(plot.figure) == ["solving directly", "refining"]
    assert "No thinking of candidates is recorded." in plot.caption
    assert "+34.2%" in texts_in(rendered(plot, tmp_path))


def test_without_refined_answers_only_parts_are_shown(tmp_path: Path) -> None:
    (plot,) = token_composition([replace(USE, refining=NONE)])
    assert legend_texts(plot.figure) == ["thinking", "summary"]
    assert "No tokens of refined answers are recorded." in plot.caption
    rendered(plot, tmp_path)


def test_without_either_nothing_is_drawn() -> None:
    nothing = replace(USE, thinking=NAN, summary=NAN, refining=NONE)
    assert token_composition([nothing]) == []
    (plot,) = token_composition([nothing, replace(USE, run="b")])
    assert plot.name == "tokens-by-part--b"


@pytest.mark.parametrize("count", [5, 12])
def test_many_tasks_fit(count: int, tmp_path: Path) -> None:
    (plot,) = token_composition([replace(USE, task=f"gsr_benchmark_{at}") for at in range(count)])
    shown = texts_in(rendered(plot, tmp_path))
    assert sum(text.startswith("gsr_bench") for text in shown) == 2 * count
