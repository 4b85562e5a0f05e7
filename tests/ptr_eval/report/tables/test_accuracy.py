"""The accuracy table: which errors and intervals it shows, and when."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from ptr_eval.report.data.panels import Panel, panels
from ptr_eval.report.plots.curves import curve
from ptr_eval.report.tables.accuracy import accuracy_table
from ptr_eval.report.tables.table import Table
from ptr_eval.stats import VERDICTS, wilson
from tests.ptr_eval.report.panel_factory import SPELT, assert_sound, cells, column, made


def tabulate(*given_panels: Panel) -> Table:
    return accuracy_table(given_panels, rng=np.random.default_rng(0), resamples=1000)


def test_a_row_per_run_and_round() -> None:
    table = tabulate(made("cw", "wc", "cc", run="a"), made("c", "w", run="b", task="other"))
    assert column(table, "run") == ["a", "a", "b"]
    assert column(table, "task") == ["task", "task", "other"]
    assert column(table, "round") == ["1", "2", "1"]
    assert column(table, "score (%)") == ["66.7", "66.7", "50.0"]
    assert column(table, "standard error") == ["33.3", "33.3", "50.0"]


def test_the_bootstrap_is_near_the_t_interval_where_items_are_many() -> None:
    table = tabulate(made(*["c"] * 150, *["w"] * 150))
    for end in ("low", "high"):
        student, drawn = cells(table, f"95% {end}")[0], cells(table, f"bootstrap {end}")[0]
        assert student.value == pytest.approx(drawn.value, abs=0.6)


def test_errors_are_over_clusters() -> None:
    words = ["c", "c", "w", "w"]
    clustered = tabulate(made(*words, clusters=["p", "p", "q", "q"]))
    assert column(clustered, "standard error") == ["50.0"]
    assert column(clustered, "clusters") == ["2"]
    assert column(tabulate(made(*words)), "standard error") == ["28.9"]


def test_items_are_averaged_over_samples_first() -> None:
    table = tabulate(made("c/w", "c/-"))
    assert column(table, "score (%)") == ["75.0"]
    assert column(table, "items") == ["2"]


@pytest.mark.parametrize(("letter", "right"), [("c", 4), ("w", 0), ("u", 0)])
def test_all_alike_is_no_certainty(letter: str, right: int) -> None:
    table = tabulate(made(*[letter] * 8, clusters=list("aabbccdd")))
    expected = wilson(right, 4)
    assert cells(table, "95% low")[0].value == pytest.approx(100 * expected.low)
    assert cells(table, "95% high")[0].value == pytest.approx(100 * expected.high)
    assert column(table, "bootstrap low") == ["n/a"]


def test_equal_scores_between_zero_and_one_have_no_interval() -> None:
    table = tabulate(made("w", "w", "w", scores=np.full((3, 1, 1), 0.4)))
    assert cells(table, "score (%)")[0].value == pytest.approx(40)
    assert column(table, "95% low") == ["n/a"]


@pytest.mark.parametrize(
    ("letters", "clusters"),
    [
        ("c" * 20, None),
        ("w" * 20, None),
        ("c" * 20, list("aabbccddee") * 2),
        ("cw" * 10, None),
        ("ccw" * 7, list("aab" * 7)),
        ("c" + "w" * 19, None),
    ],
)
def test_the_table_and_the_plot_show_the_same_interval(
    letters: str, clusters: list[str] | None
) -> None:
    given: dict[str, Any] = {} if clusters is None else {"clusters": clusters}
    panel = made(*letters, **given)
    table, drawn = tabulate(panel), curve(panel)
    low, high = cells(table, "95% low")[0].value, cells(table, "95% high")[0].value
    assert (drawn.low[0], drawn.high[0]) == pytest.approx((low, high))
    assert 0 <= drawn.low[0] < drawn.high[0] <= 100


def test_intervals_end_where_scores_do() -> None:
    table = tabulate(made("cw", "cw", "cw", "wc"))
    assert column(table, "95% high")[0] == "100.0"
    assert column(table, "95% low")[1] == "0.0"


def test_a_round_without_records_is_not_available() -> None:
    table = tabulate(made("c-", "w-"))
    assert column(table, "score (%)") == ["50.0", "n/a"]
    assert column(table, "items") == ["2", "0"]


@given(SPELT)
@settings(max_examples=40, deadline=None)
def test_whatever_is_recorded_the_table_is_sound(items: list[str]) -> None:
    assert_sound([tabulate(made(*items))])


def test_panels_cut_from_a_tidy_table() -> None:
    rows = [
        {"item": item, "round": round_, "verdict": verdict, "score": float(verdict == "correct")}
        for item, verdicts in enumerate([("wrong", "correct"), ("correct", "correct")])
        for round_, verdict in enumerate(verdicts, start=1)
    ]
    frame = pd.DataFrame(rows).assign(
        run="r", checkpoint="c", method="PTR", instruction="", step=pd.NA, task="t", scorer="exact",
        subject="", cluster=[0, 0, 1, 1], sample=0, answer="x", prompt_tokens=1,
        cached_tokens=np.nan, generated_tokens=1, seconds=np.nan, kept=False, outcome="answered",
    )  # fmt: skip
    frame["verdict"] = pd.Categorical(frame["verdict"], categories=VERDICTS)
    assert column(tabulate(*panels(frame)), "score (%)") == ["50.0", "100.0"]
