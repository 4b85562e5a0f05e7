"""Files of finished rows: what readers find in them, and that equal rows give equal bytes."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptr_data.export.files import DERIVED, SCHEMAS, ExportSettings, export_dropped, export_rows
from ptr_data.export.training_rows import (
    DpoRow,
    IftRow,
    PromptCompletionRow,
    Provenance,
    RowScores,
    RowTokens,
    TextOrigin,
    TrainingMessage,
    TrainingRow,
)
from ptr_data.jsonl import from_json, read_records
from ptr_data.methods.ptr.rows import ptr_row
from ptr_data.records import Dropped
from tests.ptr_data.export.row_factory import (
    ORIGINS,
    PROTOCOL,
    TEXTS,
    plain,
    query,
    question_texts,
    refined,
)
from tests.ptr_data.export.test_training_rows import SCORE

ROWS = (
    refined("a"),
    refined("b", "dev", shown=0),
    plain("c"),
    replace(refined("d"), draft=None, scores=RowScores()),
)


SIZES = {"data": (3, 1), "prompt_completion": (3, 1), "ift": (3, 1), "dpo": (1, 1)}


def exported(folder: Path, rows: Any = ROWS, row_group: int = 2) -> Path:
    export_rows(rows, folder, ExportSettings(row_group=row_group))
    return folder


def texts(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def weighted(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the weights that JSON Lines leave out."""
    messages = [{"weight": None, **message} for message in row.get("messages", ())]
    return {**row, "messages": messages}


def test_every_set_and_split_is_there_in_both_formats(tmp_path: Path) -> None:
    files = export_rows(ROWS, tmp_path, ExportSettings())
    assert {file.path: file.rows for file in files} == {
        f"{set_}/{split}.{ending}": count
        for set_, counts in SIZES.items()
        for split, count in zip(("train", "dev"), counts, strict=True)
        for ending in ("parquet", "jsonl")
    }
    for file in files:
        content = (tmp_path / file.path).read_bytes()
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert set(texts(tmp_path)) == {file.path for file in files}


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    one, other = exported(tmp_path / "one"), exported(tmp_path / "other")
    os.utime(one / "data/train.parquet", (0, 0))
    assert texts(one) == texts(other)


def test_row_groups_have_the_stated_size(tmp_path: Path) -> None:
    rows = [refined(str(n)) for n in range(7)]
    file = pq.ParquetFile(exported(tmp_path, rows, 3) / "data/train.parquet")
    groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert groups == [3, 3, 1]


def test_an_error_leaves_the_old_files_alone(tmp_path: Path) -> None:
    before = texts(exported(tmp_path))

    def broken() -> Iterator[TrainingRow]:
        yield refined("other")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        exported(tmp_path, broken())
    assert texts(tmp_path) == before


@pytest.mark.parametrize(
    ("schema", "record"),
    [
        (SCHEMAS["data"], TrainingRow),
        (SCHEMAS["prompt_completion"], PromptCompletionRow),
        (SCHEMAS["ift"], IftRow),
        (SCHEMAS["dpo"], DpoRow),
        (SCHEMAS["data"].field("messages").type.value_type, TrainingMessage),
        (SCHEMAS["data"].field("provenance").type, Provenance),
        (SCHEMAS["data"].field("provenance").type.field("answer").type, TextOrigin),
        (SCHEMAS["data"].field("scores").type, RowScores),
        (SCHEMAS["data"].field("tokens").type, RowTokens),
    ],
)
def test_columns_are_the_fields_of_the_records(schema: Any, record: Any) -> None:
    assert is_dataclass(record)
    names = [schema.field(i).name for i in range(len(list(schema)))]
    assert names == [field.name for field in fields(record)]


@given(TEXTS, st.lists(TEXTS, max_size=2), st.text(max_size=40))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_comes_back_as_it_was(
    tmp_path: Path, question: str, thoughts: list[str], answer: str
) -> None:
    made = question_texts(thoughts, len(thoughts), query(question, answer))
    row = ptr_row(made, SCORE, PROTOCOL, ORIGINS, "train")
    exported(tmp_path, [row])
    (found,) = pq.read_table(tmp_path / "data/train.parquet").to_pylist()
    assert from_json(found, TrainingRow) == row
    (line,) = lines(tmp_path / "data/train.jsonl")
    assert from_json(weighted(line), TrainingRow) == row


def test_json_lines_state_a_weight_on_assistant_messages_alone(tmp_path: Path) -> None:
    exported(tmp_path)
    for row in lines(tmp_path / "data/train.jsonl"):
        for message in row["messages"]:
            assert ("weight" in message) == (message["role"] == "assistant")
    for pair in lines(tmp_path / "dpo/train.jsonl"):
        assert set(pair["prompt"][0]) == set(pair["rejected"][0]) == {"role", "content"}


@pytest.mark.parametrize("set_", list(SCHEMAS))
@pytest.mark.parametrize("ending", ["parquet", "json"])
def test_datasets_reads_all_files(
    set_: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets

    exported(tmp_path)
    suffix = "jsonl" if ending == "json" else ending
    loaded = datasets.load_dataset(
        ending,
        data_files={s: str(tmp_path / set_ / f"{s}.{suffix}") for s in ("train", "dev")},
        cache_dir=str(tmp_path / "cache"),
    )
    derive = DERIVED[set_]
    for split in ("train", "dev"):
        wanted = [derive(row) for row in ROWS if row.split == split]
        records = [record for record in wanted if record is not None]
        assert [row["id"] for row in loaded[split]] == [record.id for record in records]
    first = derive(ROWS[0])
    assert from_json(weighted(loaded["train"][0]), type(first)) == first


def test_json_lines_are_read_with_the_schema_even_if_a_column_starts_out_empty(
    tmp_path: Path,
) -> None:
    import datasets

    late = replace(refined("z"), draft="no")
    exported(tmp_path, [replace(refined(str(n)), draft=None) for n in range(20)] + [late])
    features = datasets.Features.from_arrow_schema(SCHEMAS["data"])
    loaded = datasets.load_dataset(
        "json",
        data_files=str(tmp_path / "data/train.jsonl"),
        features=features,
        chunksize=4096,
        cache_dir=str(tmp_path / "cache"),
        split="train",
    )
    assert loaded["draft"] == [None] * 20 + ["no"]


def test_empty_splits_have_columns(tmp_path: Path) -> None:
    exported(tmp_path, [refined()])
    for set_, schema in SCHEMAS.items():
        empty = pd.read_parquet(tmp_path / set_ / "dev.parquet")
        assert (len(empty), list(empty.columns)) == (0, schema.names)
        assert (tmp_path / set_ / "dev.jsonl").read_bytes() == b""


def test_pandas_reads_both_formats(tmp_path: Path) -> None:
    exported(tmp_path)
    binary = pd.read_parquet(tmp_path / "data/train.parquet")
    text = pd.read_json(tmp_path / "data/train.jsonl", lines=True)
    expected = [row for row in ROWS if row.split == "train"]
    for frame in (binary, text):
        assert list(frame.columns) == SCHEMAS["data"].names
        assert list(frame["id"]) == [row.id for row in expected]
        assert list(frame["answer"]) == [row.answer for row in expected]
        assert [len(m) for m in frame["messages"]] == [len(row.messages) for row in expected]


def test_what_was_dropped_is_written_beside(tmp_path: Path) -> None:
    dropped = [Dropped(query(f"q{n}"), "clean", "url", "http://x") for n in range(3)]
    file = export_dropped(iter(dropped), tmp_path)
    assert (file.path, file.rows) == ("dropped.jsonl", 3)
    assert list(read_records(tmp_path / "dropped.jsonl", Dropped)) == dropped
