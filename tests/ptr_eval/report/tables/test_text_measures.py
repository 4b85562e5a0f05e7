"""Tables of what texts are like."""

import numpy as np

from ptr_eval.report.data.text_panels import MeasuredTexts, TextPanel, measure_texts
from ptr_eval.report.tables.table import Table
from ptr_eval.report.tables.text_measures import (
    code_table,
    overlap_table,
    rewriting_table,
)
from ptr_eval.texts.overlap import CORPUS_FIGURES, overlap_counts
from tests.ptr_eval.report.panel_factory import assert_sound, column
from tests.ptr_eval.report.text_factory import panel

NAN = np.nan
REWRITTEN = {
    "edited": [[NAN, 0.5], [NAN, 0.25]],
    "copied": [[NAN, 0.5], [NAN, 1.0]],
    "copied_from_one": [[NAN, 0.25], [NAN, 0.5]],
    "unchanged": [[NAN, 0.0], [NAN, 0.0]],
    "cut": [[NAN, 1.0], [NAN, 0.0]],
}


def of(one: TextPanel) -> list[MeasuredTexts]:
    return measure_texts([one], seed=1, resamples=200)


def test_rewriting_has_a_row_a_later_round() -> None:
    table = rewriting_table(of(panel(REWRITTEN)))
    assert_sound([table])
    assert column(table, "round") == ["2"]
    assert column(table, "edited (%)") == ["37.5"]
    assert column(table, "copied (%)") == ["75.0"]
    assert column(table, "copied from one (%)") == ["37.5"]
    assert table.note.endswith("Of 1 comparisons only the first 1,000 words were read.")


def test_programs_have_a_row_a_measure_and_round() -> None:
    values = {"parsed": [[1.0, 1.0], [1.0, 0.0]], "complexity": [[2.0, 3.0], [4.0, NAN]]}
    table = code_table(of(panel(values)))
    assert_sound([table])
    assert column(table, "measure") == ["can be parsed (%)"] * 2 + ["cyclomatic complexity"] * 2
    assert column(table, "value") == ["100.0", "50.0", "3.0", "3.0"]
    assert column(table, "95% low")[0] == "n/a"


def test_overlap_states_how_its_figures_are_computed() -> None:
    counts = [overlap_counts("a cat sat on it", "a cat sat on it") for _ in range(2)]
    table = overlap_table(
        of(
            panel(
                {"rougeL": [[0.5], [0.25]]},
                {name: [[each[name]] for each in counts] for name in CORPUS_FIGURES},
                {"bleu": "tok:13a", "chrf": "nc:6"},
            )
        )
    )
    assert_sound([table])
    assert column(table, "measure") == ["ROUGE-L", "BLEU", "chrF"]
    assert column(table, "value") == ["37.5", "100.0", "100.0"]
    assert table.note.endswith(" BLEU tok:13a. chrF nc:6.")


def test_nothing_measured_is_no_row() -> None:
    measured = of(panel({"cut": [[NAN], [NAN]]}))
    tables: list[Table] = [make(measured) for make in (rewriting_table, code_table, overlap_table)]
    assert [table.rows for table in tables] == [(), (), ()]
