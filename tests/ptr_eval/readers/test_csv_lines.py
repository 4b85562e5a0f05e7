"""Long fields, whatever else the process has loaded."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from ptr_data.sources.rows import read_data
from ptr_eval.errors import UserError
from ptr_eval.readers import csv_lines, read_rows
from ptr_eval.readers.csv_lines import Lines

LONG = "x" * 200_000


@pytest.fixture(autouse=True, params=[9, 131_072, 2**31 - 1])
def limit_of_the_process(request: pytest.FixtureRequest) -> Iterator[int]:
    """Libraries set this when they are imported; readers must neither heed nor change it."""
    before = csv.field_size_limit(request.param)
    yield request.param
    assert csv.field_size_limit(before) == request.param


def test_a_long_field_is_read_whatever_the_process_allows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"q\n{LONG}\n")
    assert [row.values for row in read_rows(path)] == [{"q": LONG}]
    assert [row.values for row in read_data(path)] == [{"q": LONG}]


def test_a_field_above_the_limit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lines, "LARGEST_FIELD", 1000)
    path = tmp_path / "a.csv"
    path.write_text(f"q\n{LONG}\n")
    with pytest.raises(UserError, match=r"a\.csv cannot be read as CSV \(field larger than"):
        list(read_rows(path))
    with pytest.raises(UserError, match=r"a\.csv, line 2: not CSV \(field larger than"):
        list(read_data(path))


def test_lines_of_text_are_counted_through_quotes() -> None:
    lines = Lines(io.StringIO('a\n"b\nc"\nd\n', newline=""))
    assert [(line, lines.number) for line in lines] == [(["a"], 1), (["b\nc"], 3), (["d"], 4)]
