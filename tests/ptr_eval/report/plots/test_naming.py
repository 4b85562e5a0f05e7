"""Untrusted names, drawn and written to files."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptr_eval.report import plots
from ptr_eval.report.data.panels import Panel
from ptr_eval.report.plots.naming import readable, short_names, slugs
from ptr_eval.report.plots.picture import Plot, render
from tests.ptr_eval.report.panel_factory import made
from tests.ptr_eval.report.plots.figure_reader import checkpoint, rendered, texts_in

HOSTILE = (
    "x" * 200,
    "$x_{$",
    "<script>alert(1)</script>",
    "\U0001f916 & co.",
    "abc\u202egnp.exe",
    "_hidden",
    "多轮\x00\x1b[31m\n",
    "\ud800",
    "",
)


def all_plots(panels: Sequence[Panel], baseline: str | None = None) -> list[Plot]:
    return [
        *plots.accuracy_over_rounds(panels, baseline),
        *plots.task_radar(panels),
        *plots.answer_flow(panels, 3),
        *plots.accuracy_against_tokens(panels),
        *plots.training_series(panels),
    ]


def test_names_are_cut_in_the_middle() -> None:
    assert readable("Qwen2-7B-step-24000", 11) == "Qwen2…24000"
    assert readable("Qwen2-7B") == "Qwen2-7B"
    assert readable(" a\n\tb ") == "a b"


@settings(max_examples=200)
@given(st.text(), st.integers(4, 40))
def test_what_is_drawn_is_one_short_printable_line(name: str, limit: int) -> None:
    shown = readable(name, limit)
    assert 0 < len(shown) <= limit
    assert shown.isprintable()


@settings(max_examples=200)
@given(st.lists(st.text(st.sampled_from("aA-2!() "), max_size=4), unique=True))
def test_no_two_names_look_alike_or_share_a_file(names: list[str]) -> None:
    assert len(set(short_names(names).values())) == len(names)
    files = slugs(names).values()
    assert len(set(files)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", file) for file in files)


def test_runs_that_differ_in_unsafe_characters_keep_files_of_their_own() -> None:
    runs = ["a/b", "a\\b", "a b", "a..b", "A-B", "a-b-2", "../../a-b"]
    panels = [made("wc", "cw", run=run, task=task) for run in runs for task in ("t/u", "t u")]
    drawn = [
        *plots.accuracy_over_rounds(panels),
        *plots.task_radar(panels),
        *plots.answer_flow(panels),
    ]
    names = [plot.name for plot in drawn]
    assert len(names) == 3 + 7 + 14
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]{1,120}", name) for name in names)


def test_hostile_names_are_only_text(tmp_path: Path) -> None:
    runs = [made("wc", "cw", run=name, task=task) for name in HOSTILE for task in HOSTILE[:3]]
    drawn = [
        *plots.accuracy_over_rounds(runs, HOSTILE[1])[:2],
        *plots.task_radar(runs[:12])[1:3],
        *plots.answer_flow(runs[::-1], 2),
        *plots.accuracy_against_tokens(runs)[1:2],
        *plots.training_series(
            [checkpoint(step, "wc", task=t, method=HOSTILE[2]) for step in (0, 1) for t in HOSTILE]
        ),
    ]
    for plot in drawn:
        shown = texts_in(rendered(plot, tmp_path))
        assert all(text.isprintable() and len(text) < 90 for text in shown)
        assert "<script" not in render(plot).light_svg
        assert "\u202e" not in plot.title + plot.caption
    (overview, *_) = drawn
    shown = texts_in(rendered(overview, tmp_path))
    assert {"$x_{$", "<script>alert(1)</script>", "abcgnp.exe", " _hidden"} <= {*shown}


EDGES = {
    "one round": [made("c", "w"), made("w", "w", run="b")],
    "one item": [made("cwc"), made("www", run="b")],
    "one item and round": [made("c")],
    "all correct": [made("ccc", "ccc")],
    "all unparsed": [made("uu", "uu", task=task) for task in "tuv"],
    "nothing recorded": [made("--", "--")],
    "a round missing": [made("c-c", "w-w")],
    "missing rounds": [made("ccc", "w--", "wc-"), made("-", "c", run="b")],
    "runs of different length": [made("cw", "cc"), made("cwcwc", "ccccw", run="b")],
    "a task missing": [made("cw", task="t"), made("cc", task="u"), made("cc", run="b", task="u")],
    "fractions": [made("wc", "cw", scores=np.array([[[0.2, 0.4]], [[0.3, 0.9]]]))],
    "a training of nothing": [checkpoint(step, "-", task=t) for step in (0, 1) for t in "tu"],
}


@pytest.mark.parametrize("edge", EDGES)
def test_edge_cases_are_drawn(edge: str, tmp_path: Path) -> None:
    drawn = all_plots(EDGES[edge], baseline="b")
    assert len({plot.name for plot in drawn}) == len(drawn)
    for plot in drawn:
        shown = texts_in(rendered(plot, tmp_path))
        assert not any("nan" in text for text in shown)
