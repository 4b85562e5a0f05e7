"""The table of stopping rules."""

import numpy as np
import pytest
from hypothesis import given, settings

from ptr_eval.report.data.panels import Panel
from ptr_eval.report.tables.stopping_rules import stopping_table
from ptr_eval.report.tables.table import Table
from tests.ptr_eval.report.panel_factory import SPELT, assert_sound, cells, column, made

LAST, BEST, AGREEMENT, ORACLE = range(4)


def tabulate(*panels: Panel) -> Table:
    return stopping_table(panels, rng=np.random.default_rng(0))


def test_the_rules_by_hand() -> None:
    table = tabulate(made("wcw", "wcw", "ccw", "wcc", generated_tokens=np.full((4, 1, 3), 7)))
    assert column(table, "rule") == [
        "last round (3)",
        "best fixed round (all items would choose 2)",
        "agreement",
        "oracle (upper bound, not a rule)",
    ]
    assert column(table, "score (%)") == ["25.0", "100.0", "50.0", "100.0"]
    assert column(table, "rounds") == ["3.00", "2.00", "2.75", "1.75"]
    assert column(table, "generated tokens") == ["21.0", "14.0", "19.2", "12.2"]


def test_one_item_cannot_choose_a_round_for_itself() -> None:
    table = tabulate(made("wc"))
    assert column(table, "score (%)") == ["100.0", "n/a", "100.0", "100.0"]
    assert column(table, "rounds")[BEST] == "n/a"


def test_unparsed_answers_never_agree() -> None:
    table = tabulate(made("uuu", "uuu"))
    assert column(table, "rounds")[AGREEMENT] == "3.00"
    assert column(table, "score (%)") == ["0.0"] * 4


def test_the_oracle_of_fractions_takes_the_best_round() -> None:
    scores = [[[0.2, 0.9, 0.4]], [[0.5, 0.1, 0.2]]]
    table = tabulate(made("www", "www", scores=scores))
    assert column(table, "score (%)")[ORACLE] == "70.0"


def test_only_dialogues_that_were_answered_throughout_are_replayed() -> None:
    table = tabulate(made(*["wcc"] * 30, "cxc"))
    assert column(table, "score (%)") == ["100.0", "100.0", "100.0", "100.0"]
    assert column(table, "rounds")[ORACLE] == "2.00"


def test_no_round_is_the_best_where_too_many_requests_failed() -> None:
    table = tabulate(made("wc", "cx", "cx"))
    assert column(table, "score (%)")[BEST] == "n.a.: 67 % failed"
    assert column(table, "rule")[BEST] == "best fixed round"


def test_samples_stop_by_themselves() -> None:
    table = tabulate(made("wc/cw", "cc/ww"))
    assert column(table, "rounds")[ORACLE] == "1.50"
    assert column(table, "score (%)")[ORACLE] == "75.0"


@given(SPELT)
@settings(max_examples=40, deadline=None)
def test_whatever_is_recorded_the_table_is_sound(items: list[str]) -> None:
    assert_sound([tabulate(made(*items))])


@given(SPELT.filter(lambda items: not {"-", "x"} & set("".join(items))))
@settings(max_examples=40, deadline=None)
def test_no_rule_beats_the_oracle(items: list[str]) -> None:
    scores = [cell.value for cell in cells(tabulate(made(*items)), "score (%)")]
    best = scores[ORACLE]
    assert best is not None
    assert all(score is None or score <= best + 1e-9 for score in scores)
    assert best == pytest.approx(
        100 * np.mean([np.mean(["c" in s for s in item.split("/")]) for item in items])
    )
