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
    with pytest.raises(UserError, match=r"a\.jsonl, line 3: not JSON"):
        next(rows)


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
        ("a.csv", b"q\n1\n", "is none of .jsonl, .json (both also .gz) and .parquet"),
        ("a.parquet.gz", b"", "is none of"),
        ("a.jsonl", b'{"q": 1}\n[1]\n', "line 2: expected an object with named columns, not list"),
        ("a.jsonl", b'[\n{"q": 1}\n]', "holds a JSON array, not JSON Lines; name it .json"),
        ("a.jsonl", b'{"q": "\xff"}\n', "line 1: not JSON"),
        ("a.jsonl", b'{"q": ' + b"[" * 200_000, "line 1: not JSON"),
        ("a.jsonl.gz", b"no gzip", "cannot be read"),
        ("a.jsonl.gz", gzip.compress(json_lines(ROWS))[:-20], "cannot be read"),
        ("a.json", b'{"q": 1}\n{"q": 2}\n', "if it has one row a line, name it .jsonl"),
        ("a.json", b'{"q": 1}', "must hold a JSON array of rows, not dict"),
        ("a.json", b"[1]", "row 1: expected an object"),
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


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_an_array_too_large_to_load_is_refused_with_the_remedy(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, name, ROWS)
    monkeypatch.setattr(ptr_data.sources.rows, "LARGEST_ARRAY", 1_000)
    with pytest.raises(UserError, match=r"more than 0\.00095.* MiB.* convert it to JSON Lines"):
        list(read_data(path))
