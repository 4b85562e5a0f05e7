"""Tables in Markdown, LaTeX and CSV."""

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.report.tables.formats import (
    escape_markdown,
    to_csv,
    to_latex,
    to_markdown,
    write_table,
)
from ptr_eval.report.tables.table import Cell, Table, TableRow

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


def table(*names: str, note: str = "") -> Table:
    rows = [
        TableRow((Cell(name), Cell("1.2", 1.23456, best=not at))) for at, name in enumerate(names)
    ]
    theirs = TableRow((Cell("paper"), Cell("9.9", 9.9)), published=True)
    return Table("made-up", "Made & up", ("run", "score"), (*rows, theirs), note)


def test_markdown_marks_the_best_and_what_is_published() -> None:
    assert to_markdown(table("a_b", "c|d", note="Mind <this>.")).splitlines() == [
        "### Made &amp; up",
        "",
        "| run | score |",
        "| --- | --- |",
        r"| a\_b | **1.2** |",
        r"| c\|d | 1.2 |",
        "| paper (published) | 9.9 |",
        "",
        "Mind &lt;this&gt;.",
    ]


def test_latex_escapes_and_marks() -> None:
    written = to_latex(table(r"50% of $x_1^2 & \cmd{}#~"))
    assert (
        r"50\% of \$x\_1\textasciicircum{}2 \& \textbackslash{}cmd\{\}\#\textasciitilde{}"
        in written
    )
    assert r"\textbf{1.2} \\" in written
    assert r"paper$^\dagger$ & 9.9 \\" in written
    assert r"$^\dagger$ As published." in written
    assert r"\begin{tabular}{lr}" in written


def test_csv_keeps_full_precision_and_says_what_is_published() -> None:
    assert list(csv.reader(io.StringIO(to_csv(table("a, b"))))) == [
        ["run", "score", "published"],
        ["a, b", "1.23456", "no"],
        ["paper", "9.9", "yes"],
    ]


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2+3", "@SUM(A1)"])
def test_spreadsheets_see_text_and_no_formula(name: str) -> None:
    (_, row, _) = csv.reader(io.StringIO(to_csv(table(name))))
    assert row[0] == f"'{name}"


def test_a_dash_for_nothing_stays_a_dash() -> None:
    (_, row, _) = csv.reader(io.StringIO(to_csv(table("-"))))
    assert row[0] == "-"


@given(TEXT)
def test_any_name_leaves_markdown_s_columns_alone(name: str) -> None:
    lines = to_markdown(table(name)).splitlines()
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[2:]]
    assert len(cells) == 4
    assert all(len(row) == 2 for row in cells)
    assert "<" not in escape_markdown(name)


@given(TEXT)
def test_any_name_leaves_latex_s_braces_balanced(name: str) -> None:
    bare = re.sub(r"\\[{}]", "", to_latex(table(name)))
    assert bare.count("{") == bare.count("}")
    assert len(to_latex(table(name)).splitlines()) == len(to_latex(table("x")).splitlines())


@given(TEXT)
def test_any_name_comes_back_from_csv(name: str) -> None:
    (_, row, _) = csv.reader(io.StringIO(to_csv(table(name))))
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", name)
    assert row[0] in (plain, f"'{plain}")


def test_every_form_is_written(tmp_path: Path) -> None:
    paths = write_table(table("a"), tmp_path)
    assert [path.name for path in paths] == ["made-up.md", "made-up.tex", "made-up.csv"]
    assert all(path.read_text(encoding="utf-8") for path in paths)
