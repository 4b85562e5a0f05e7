"""Preference pairs, read from files and encoded."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ptr_eval.errors import UserError
from ptr_train.training.models import load_tokenizer
from ptr_train.training.pair_dataset import PairDataset, open_pairs
from tests.ptr_train.training.run_factory import config_of


def pair(number: int, **changed: Any) -> dict[str, Any]:
    row = {
        "id": f"p{number}",
        "prompt": [{"role": "user", "content": f"Which number comes after {number}?"}],
        "chosen": [{"role": "assistant", "content": f"{number + 1}"}],
        "rejected": [{"role": "assistant", "content": f"{number + 2} " * (number + 1)}],
    }
    return {**row, **changed}


def opened(folder: Path, model: Path, *overrides: str) -> PairDataset | None:
    config = config_of(folder / "run", model, folder / "data", "loss={objective: dpo}", *overrides)
    return open_pairs(config, load_tokenizer(config.model), "train")


def write(folder: Path, lines: list[str]) -> None:
    path = folder / "data" / "dpo" / "train.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines), encoding="utf-8")


def test_pairs_are_the_same_from_parquet_and_json_lines(tmp_path: Path, tiny_model: Path) -> None:
    rows = [pair(number) for number in range(300)]
    write(tmp_path / "a", [json.dumps(row) for row in rows])
    (tmp_path / "b" / "data").mkdir(parents=True)
    table = pa.Table.from_pylist([{**row, "origin": "x"} for row in rows])
    pq.write_table(table, tmp_path / "b" / "data" / "train.parquet", row_group_size=70)
    lines, parquet = (opened(tmp_path / name, tiny_model) for name in "ab")
    assert lines is not None
    assert parquet is not None
    assert lines.encoded == parquet.encoded
    assert [chosen.id for chosen, _ in lines.encoded] == [row["id"] for row in rows]
    assert lines.kinds == {"pairs": 300}
    assert lines[7].reference is None


def test_pairs_that_do_not_fit_are_left_out(tmp_path: Path, tiny_model: Path) -> None:
    write(tmp_path, [json.dumps(pair(number)) for number in range(60)])
    everything = opened(tmp_path, tiny_model)
    some = opened(tmp_path, tiny_model, "data.encoding.max_length=60")
    assert everything is not None
    assert some is not None
    fitting = [
        row.id
        for row, other in everything.encoded
        if max(len(row.input_ids), len(other.input_ids)) <= 60
    ]
    assert 0 < len(fitting) < 60
    assert [row.id for row, _ in some.encoded] == fitting
    with pytest.raises(UserError, match="has no pairs of up to 2 tokens each; add some, or raise"):
        opened(tmp_path, tiny_model, "data.encoding.max_length=2")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", r"train\.jsonl, row 2: no JSON \("),
        ("[]", r"train\.jsonl, row 2: must be a JSON object"),
        ('{"id": "x", "prompt": []}', r"row 2 \(x\): a preference pair must have `prompt`, `ch"),
        (json.dumps(pair(3, prompt=[])), r"row 2 \(p3\): messages must alternate between user"),
    ],
)
def test_a_row_that_is_no_pair_is_named(
    tmp_path: Path, tiny_model: Path, line: str, problem: str
) -> None:
    write(tmp_path, [json.dumps(pair(1)), line])
    with pytest.raises(UserError, match=problem):
        opened(tmp_path, tiny_model)
