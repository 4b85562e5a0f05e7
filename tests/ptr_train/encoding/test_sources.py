"""Files of rows: found, cut into slices, and read slice by slice."""

from pathlib import Path

import pytest

from ptr_eval.errors import UserError
from ptr_train.encoding.sources import cut, find_file, read_slice
from tests.ptr_train.encoding.example_factory import made_row, write_rows


def test_files_are_found_and_cut(tmp_path: Path) -> None:
    data = write_rows(
        tmp_path / "train.jsonl", [made_row([], f"{n}", name=f"row-{n}") for n in range(5)]
    )
    data.write_text(data.read_text().replace("\n", "\n\n"))
    assert find_file(tmp_path, "train") == data
    slices = cut(data, 2)
    assert [(part.first, part.rows) for part in slices] == [(0, 2), (2, 2), (4, 1)]
    assert [place for part in slices for place, _ in read_slice(part)] == [
        f"{data}, row {n + 1} (row-{n})" for n in range(5)
    ]
    for wrong in (tmp_path / "absent", tmp_path):
        with pytest.raises(UserError, match=r"neither a \.parquet or \.jsonl file nor a folder"):
            find_file(wrong, "dev")
    broken = tmp_path / "broken.parquet"
    broken.write_text("no")
    with pytest.raises(UserError, match="cannot be read as Parquet"):
        cut(broken, 2)
