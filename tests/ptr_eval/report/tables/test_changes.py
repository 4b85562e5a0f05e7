"""The tables of changes: what is compared, and by which test."""

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats as reference
from statsmodels.stats.contingency_tables import cochrans_q

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.changes import changes_table, omnibus_table
from ptr_eval.stats import holm, mcnemar_exact
from tests.ptr_eval.report.panel_factory import SPELT, assert_sound, cells, column, made

FIVE_FIXED_ONE_BROKEN = ["wc"] * 5 + ["cw"] + ["cc"] * 3 + ["uw"]


def test_one_comparison_by_hand() -> None:
    table = changes_table([made(*FIVE_FIXED_ONE_BROKEN)])
    assert column(table, "round") == ["2"]
    assert column(table, "difference (points)") == ["+40.0"]
    assert column(table, "fixed (%)") == ["50.0"]
    assert column(table, "broken (%)") == ["10.0"]
    assert column(table, "fix rate (%)") == ["83.3"]
    assert column(table, "break rate (%)") == ["25.0"]
    assert column(table, "churn (%)") == ["70.0"]
    assert column(table, "test") == ["McNemar"]
    assert cells(table, "p")[0].value == pytest.approx(mcnemar_exact(5, 1))


def test_answers_that_only_confirm_are_counted_round_by_round() -> None:
    kept = [[[0.0, 1.0, 1.0]], [[0.0, 1.0, 0.0]], [[0.0, 0.0, np.nan]]]
    table = changes_table([made("ccc", "www", "cw-", kept=kept)])
    assert column(table, "kept (%)") == ["66.7", "50.0"]


def test_the_interval_is_of_paired_differences() -> None:
    table = changes_table([made(*FIVE_FIXED_ONE_BROKEN)])
    differences = np.array([1] * 5 + [-1] + [0] * 4)
    interval = reference.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert cells(table, "95% low")[0].value == pytest.approx(100 * interval.low)
    assert cells(table, "95% high")[0].value == pytest.approx(100 * interval.high)
    error = 100 * reference.sem(differences)
    assert cells(table, "detectable")[0].value == pytest.approx(2.8016 * error, rel=1e-4)


def test_every_round_is_compared_with_the_first_and_p_values_are_adjusted_together() -> None:
    words = ["wcc"] * 9 + ["wwc"] * 4 + ["ccw"] + ["ccc"] * 6
    table = changes_table([made(*words)])
    assert column(table, "round") == ["2", "3"]
    raw = [mcnemar_exact(9, 0), mcnemar_exact(13, 1)]
    assert [cell.value for cell in cells(table, "p")] == pytest.approx(raw)
    assert [cell.value for cell in cells(table, "p (Holm)")] == pytest.approx(holm(raw))


def test_runs_are_adjusted_by_themselves() -> None:
    table = changes_table([made(*["wc"] * 6, "ww", run=run) for run in "ab"])
    assert column(table, "p (Holm)") == column(table, "p")


@pytest.mark.parametrize(
    "panel",
    [
        made("wc/wc", "wc/ww", "cc/cw", "ww/wc"),
        made("wc", "wc", "cw", "ww", clusters=["p", "p", "q", "r"]),
        made("wc", "wc", "cw", "ww", scores=[[[0, 0.9]], [[0.1, 0.8]], [[1, 0.2]], [[0, 0]]]),
    ],
    ids=["samples", "clusters", "fractions"],
)
def test_where_answers_are_not_independent_the_t_test_stands_in(panel: Panel) -> None:
    table = changes_table([panel])
    assert column(table, "test") == ["paired t"]
    assert cells(table, "p")[0].value is not None
    assert column(omnibus_table([panel]), "p") == ["n/a"]


def test_the_t_test_is_of_item_means() -> None:
    table = changes_table([made("wc/wc", "wc/ww", "cc/cw", "ww/wc")])
    peer = reference.ttest_rel([1, 0.5, 0.5, 0.5], [0, 0, 1, 0])
    assert cells(table, "p")[0].value == pytest.approx(peer.pvalue)
    assert column(table, "items") == ["4"]


def test_an_answer_unrecorded_in_either_round_is_left_out_of_both() -> None:
    table = changes_table([made("wc", "wc", "cw", "-c", "c-")])
    assert column(table, "items") == ["3"]
    assert column(table, "difference (points)") == ["+33.3"]
    assert column(table, "fixed (%)") == ["66.7"]


def test_a_sample_unrecorded_in_either_round_is_left_out_of_its_item() -> None:
    table = changes_table([made("wc/c-", "ww/ww")])
    assert column(table, "difference (points)") == ["+50.0"]


def test_errors_are_over_clusters() -> None:
    words, clusters = ["wc", "wc", "ww", "ww"], ["p", "p", "q", "q"]
    assert column(changes_table([made(*words)]), "standard error") == ["28.9"]
    clustered = changes_table([made(*words, clusters=clusters)])
    assert column(clustered, "standard error") == ["50.0"]
    assert column(clustered, "clusters") == ["2"]


def test_no_change_is_no_evidence() -> None:
    table = changes_table([made("cc", "cc", "ww")])
    assert column(table, "p") == ["1.000"]
    assert column(table, "difference (points)") == ["0.0"]
    assert column(table, "95% low") == column(table, "detectable") == ["n/a"]


def test_one_round_has_nothing_to_compare() -> None:
    assert changes_table([made("c", "w")]).rows == ()
    assert column(omnibus_table([made("c", "w")]), "p") == ["n/a"]


def test_cochrans_q() -> None:
    words = ["wcc"] * 9 + ["wwc"] * 4 + ["ccw"] + ["ccc"] * 6
    peer = cochrans_q(np.array([[letter == "c" for letter in word] for word in words]).astype(int))
    table = omnibus_table([made(*words)])
    assert cells(table, "Cochran's Q")[0].value == pytest.approx(peer.statistic)
    assert cells(table, "p")[0].value == pytest.approx(peer.pvalue)
    assert column(table, "items") == ["20"]


@given(SPELT)
@settings(max_examples=60, deadline=None)
def test_whatever_is_recorded_the_tables_are_sound(items: list[str]) -> None:
    panel = made(*items)
    assert_sound([changes_table([panel]), omnibus_table([panel])])
