"""What candidates are worth, the more of them there are."""

from itertools import combinations

import numpy as np
import pytest

from ptr_eval.report.tables.candidates import candidates_table
from tests.ptr_eval.report.group_factory import groups_of, measured
from tests.ptr_eval.report.panel_factory import assert_sound, cells, column


def test_candidates_are_pooled_and_all_choices_averaged() -> None:
    table = candidates_table(measured(groups_of("ca>c cb>a", "aa>c ac>c")))
    assert column(table, "k") == ["1", "2", "3", "4"]
    right = [[1, 0, 1, 0], [0, 0, 0, 1]]
    passes = [
        100 * np.mean([np.mean([max(s) for s in combinations(q, k)]) for q in right])
        for k in (1, 2, 3, 4)
    ]
    assert [cell.value for cell in cells(table, "pass@k (%)")] == pytest.approx(passes)
    assert column(table, "refined@k (%)") == ["–", "75.0", "–", "–"]
    assert_sound([table])


def test_pools_stop_at_the_fewest_samples_of_any_question() -> None:
    table = candidates_table(measured(groups_of("c a c", "a c a")))
    assert column(table, "k") == ["1", "2", "3"]
    assert column(table, "maj@k (%)") == ["50.0", "50.0", "50.0"]
