"""Reading files: every form, and errors that name file, row and column."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from ptr_eval.readers import SourceRow, read_rows

ROWS = [{"a": "1", "b": "x, \u2028 y"}, {"a": "2", "b": ""}]


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(path: Path, columns: list[str] | None = None) -> list[Any]:
    return [dict(row.values) for row in read_rows(path, columns)]


def test_json_lines_with_blank_lines_and_unicode_line_ends(tmp_path: Path) -> None:
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS) + "\r\n"
    assert read(write(tmp_path / "a.jsonl", text)) == ROWS
    assert read(write(tmp_path / "a.jsonl.gz", gzip.compress(text.encode()))) == ROWS


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (ROWS, ROWS),
        ({"k1": {"a": 1}, "k2": {"a": 2}}, [{"key": "k1", "a": 1}, {"key": "k2", "a": 2}]),
        ({"a": 1}, [{"a": 1}]),
        ([], []),
    ],
    ids=["list", "by key", "one row", "empty"],
)
def test_json(tmp_path: Path, data: Any, rows: list[Any]) -> None:
    assert read(write(tmp_path / "a.json", json.dumps(data))) == rows


def test_csv_with_header_quotes_and_line_ends_inside(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", '\ufeffQ,A\r\n"one\ntwo, ""three""",4\r\n')
    assert read(path) == [{"Q": 'one\ntwo, "three"', "A": "4"}]


def test_csv_without_header(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.csv", "1,2\n3,4\n"), ["x", "y"]) == [
        {"x": "1", "y": "2"},
        {"x": "3", "y": "4"},
    ]


def test_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == ROWS


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", '{"a": 1}\n{"a": \n', r"a\.jsonl, line 2: not JSON"),
        ("a.jsonl", '{"a": 1}\n[1]\n', r"a\.jsonl, row 2: expected an object"),
        ("a.json", "{", r"a\.json: not JSON"),
        ("a.json", "[1, 2]", r"a\.json, row 1: expected an object"),
        ("a.json", "3", r"a\.json, row 1: expected an object"),
        ("a.csv", "q,a\n1,2\n1,2,3\n", r"a\.csv, row 2: 3 columns where 2 are expected \(q, a\)"),
        ("a.jsonl.gz", "not gzip", r"a\.jsonl\.gz cannot be read"),
        ("a.jsonl.gz", gzip.compress(b"{}" * 99, mtime=0)[:-9], r"a\.jsonl\.gz cannot be read"),
        ("a.jsonl", b'{"a": "\xff"}', r"a\.jsonl cannot be read"),
        ("a.parquet", "no", r"a\.parquet cannot be read"),
        ("a.txt", "no", r"a\.txt is none of \.jsonl, \.json, \.csv and \.parquet"),
        ("missing.jsonl", None, r"missing\.jsonl cannot be read"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, data: bytes | str | None, message: str
) -> None:
    if data is not None:
        write(tmp_path / name, data)
    with pytest.raises(UserError, match=message) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_missing_or_wrong_column_is_named_with_its_row() -> None:
    row = SourceRow({"a": None, "c": [1]}, "f.csv", 3)
    with pytest.raises(
        UserError, match=r"f\.csv, row 3: has no column 'a' or 'b' \(its columns: a, c\)"
    ):
        row.get("a", "b")
    with pytest.raises(UserError, match=r"f\.csv, row 3: column 'c' must be text, not list"):
        row.text("c")
