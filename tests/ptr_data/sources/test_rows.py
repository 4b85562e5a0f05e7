"""Data files are read row by row, and what is wrong in them is named."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ptr_data.sources.rows
from ptr_data.sources.rows import read_data
from ptr_eval.errors import UserError

ROWS = [{"question": f"What is {n}?", "answer": "It is\u2028a number."} for n in range(2_500)]


def json_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def written(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / name
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    data = json_lines(rows) if "jsonl" in name else json.dumps(rows).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json", "a.json.gz", "a.parquet"])
def test_every_form_gives_the_same_numbered_rows(tmp_path: Path, name: str) -> None:
    rows = list(read_data(written(tmp_path, name, ROWS)))
    assert [row.values for row in rows] == ROWS
    assert [row.number for row in rows] == list(range(1, len(ROWS) + 1))


def test_blank_lines_are_passed_over_and_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"q": 1}\r\n\r\n{"q": 2}')
    assert [(row.number, row.values) for row in read_data(path)] == [(1, {"q": 1}), (3, {"q": 2})]


def test_lines_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(json_lines(ROWS[:2]) + b"{\n")
    rows = read_data(path)
    assert [next(rows).number, next(rows).number] == [1, 2]
    assert next(rows).fault.startswith("not JSON (")


def test_parquet_is_read_in_batches(tmp_path: Path) -> None:
    rng = random.Random(0)
    rows = [{"question": rng.randbytes(5_000).hex()} for _ in range(200)]
    table = pa.Table.from_pylist(rows)
    with pq.ParquetWriter(tmp_path / "a.parquet", table.schema) as writer:
        for _ in range(10):
            writer.write_table(table)
    del table
    before = pa.total_allocated_bytes()
    allocated = [pa.total_allocated_bytes() - before for _ in read_data(tmp_path / "a.parquet")]
    assert len(allocated) == 2_000
    assert max(allocated) < 16e6


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"q\n1\n", "is none of .jsonl, .json, .csv, .tsv (all also .gz) and .parquet"),
        ("a.csv", b"q,q\n1,2\n", "its first line must name the columns, each by another name"),
        ("a.csv", b"q,\n1,2\n", "its first line must name the columns"),
        ("a.csv", b"q,a\n1,\xff\n", "not CSV ("),
        ("a.parquet.gz", b"", "is none of"),
        ("a.jsonl", b'[\n{"q": 1}\n]', "holds a JSON array, not JSON Lines; name it .json"),
        ("a.jsonl.gz", b"no gzip", "cannot be read"),
        ("a.jsonl.gz", gzip.compress(json_lines(ROWS))[:-20], "cannot be read"),
        ("a.json", b'{"q": 1}\n{"q": 2}\n', "if it has one row a line, name it .jsonl"),
        ("a.json", b'{"q": 1}', "must hold a JSON array of rows, not dict"),
        ("a.parquet", b"PAR1", "cannot be read as Parquet"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        list(read_data(tmp_path / name))
    assert str(caught.value).startswith(str(tmp_path / name))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "number", "raw", "fault"),
    [
        (
            "a.jsonl",
            b'{"q": 1}\n[1]\n',
            2,
            "[1]",
            "expected an object with named columns, not list",
        ),
        ("a.jsonl", b'{"q": "\xff"}\n', 1, '{"q": "\ufffd"}', "not JSON ("),
        ("a.jsonl", b'{"q": ' + b"[" * 200_000, 1, '{"q": [', "not JSON ("),
        ("a.json", b"[1]", 1, "1", "expected an object with named columns, not int"),
        ("a.csv", b"q,a\nx,y,z\n1,2\n", 2, "x,y,z", "has 3 fields, but its header 2"),
        ("a.tsv", b"q\ta\n\n\nx\n1\t2\n", 4, "x", "has 1 fields, but its header 2"),
    ],
)
def test_a_row_that_cannot_be_read_does_not_end_the_file(
    tmp_path: Path, name: str, content: bytes, number: int, raw: str, fault: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (broken,) = [row for row in read_data(tmp_path / name) if row.fault]
    assert broken.number == number
    assert broken.shown().startswith(raw)
    assert broken.fault.startswith(fault)


def test_a_table_has_its_columns_in_its_first_line(tmp_path: Path) -> None:
    text = '\ufeffquestion,answer\r\n"Why, ""Bo""?\nSay.",So.\r\n\r\nHow?,\r\n'
    (tmp_path / "a.csv").write_bytes(text.encode())
    assert [(row.number, row.unit, row.values) for row in read_data(tmp_path / "a.csv")] == [
        (2, "line", {"question": 'Why, "Bo"?\nSay.', "answer": "So."}),
        (5, "line", {"question": "How?", "answer": ""}),
    ]
    long = "x" * 300_000
    (tmp_path / "b.csv").write_text(f"question\n{long}\n")
    assert [row.values for row in read_data(tmp_path / "b.csv")] == [{"question": long}]


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_an_array_too_large_to_load_is_refused_with_the_remedy(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, name, ROWS)
    monkeypatch.setattr(ptr_data.sources.rows, "LARGEST_ARRAY", 1_000)
    with pytest.raises(UserError, match=r"more than 0\.00095.* MiB.* convert it to JSON Lines"):
        list(read_data(path))
