"""Whole encodings: files in, files out, resumed, by several processes, and what is said of them."""

import json
import multiprocessing
import os
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ptr_train.encoding.encode as module
from ptr_data.export.files import ExportSettings, export_rows
from ptr_eval.errors import UserError
from ptr_train.encoding.encode import encode, encode_files
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.encoding.sources import cut
from ptr_train.encoding.storage import Tally, open_encoded
from ptr_train.encoding.tokens import open_encoder
from tests.ptr_data.export.row_factory import plain, refined
from tests.ptr_train.encoding.example_factory import made_example, made_row, write_rows
from tests.ptr_train.encoding.tokenizer_factory import made_tokenizer

TOKENIZER = made_tokenizer("llama3")
SETTINGS = EncodingSettings(shard=2)


def rows_of(count: int) -> list[dict[str, Any]]:
    return [made_row([f"{n}"] * (n % 3), f"It is {n}.", name=f"row-{n}") for n in range(count)]


def test_rows_come_back_as_they_were_encoded(tmp_path: Path) -> None:
    data = write_rows(tmp_path / "rows.jsonl", rows_of(5))
    summary = encode_files(data, TOKENIZER, SETTINGS, tmp_path / "out")
    encoder = open_encoder(TOKENIZER, SETTINGS)
    wanted = encoder.encode(
        [made_example([f"{n}"] * (n % 3), f"It is {n}.", name=f"row-{n}") for n in range(5)]
    )
    found = open_encoded(tmp_path / "out")
    assert list(found) == wanted
    assert found[-1] == wanted[-1]
    assert list(found.lengths) == [len(row.input_ids) for row in wanted]
    assert list(pickle.loads(pickle.dumps(found))) == wanted
    with pytest.raises(IndexError):
        found[5]
    assert summary.total == Tally(
        5,
        sum(len(row.input_ids) for row in wanted),
        sum(weight > 0 for row in wanted for weight in row.weights),
    )
    assert [(file.path, file.rows) for file in summary.files] == [
        ("shards/00000.arrow", 2),
        ("shards/00001.arrow", 2),
        ("shards/00002.arrow", 1),
    ]
    assert {kind: found.rows for kind, found in summary.kinds.items()} == {"ptr": 3, "sft": 2}
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["total"]["rows"] == 5


def test_rows_keep_their_kinds(tmp_path: Path) -> None:
    kinds = ["direct", "refine", "refine", "sft"]
    rows = [{**made_row((), name=f"row-{n}"), "kind": kind} for n, kind in enumerate(kinds)]
    del rows[-1]["kind"]
    lines = write_rows(tmp_path / "rows.jsonl", [*rows, made_row(["3"])])
    summary = encode_files(lines, TOKENIZER, SETTINGS, tmp_path / "out")
    found = open_encoded(tmp_path / "out")
    assert found.kinds == [row.kind for row in found] == [*kinds, "ptr"]
    counted = {kind: tally.rows for kind, tally in summary.kinds.items()}
    assert counted == {"direct": 1, "ptr": 1, "refine": 2, "sft": 1}


def test_what_an_older_version_encoded_is_encoded_again(tmp_path: Path) -> None:
    data, out = write_rows(tmp_path / "rows.jsonl", rows_of(1)), tmp_path / "out"
    encode_files(data, TOKENIZER, SETTINGS, out)
    shard = out / "shards" / "00000.arrow"
    batch = pa.ipc.open_file(shard).get_batch(0).drop_columns(["kind"])
    with pa.ipc.new_file(shard, batch.schema) as writer:
        writer.write_batch(batch)
    with pytest.raises(UserError, match=r"an older version wrote it\); encode again"):
        open_encoded(out)[0]


def test_a_built_data_set_is_read_from_its_folder_in_both_forms(tmp_path: Path) -> None:
    rows = [refined(f"{n}?", "dev" if n == 1 else "train") for n in range(4)] + [plain()]
    export_rows(rows, tmp_path / "built", ExportSettings(row_group=1))
    first = encode_files(tmp_path / "built", TOKENIZER, SETTINGS, tmp_path / "a")
    assert (first.source, first.total.rows, len(first.files)) == ("train.parquet", 4, 2)
    dev = encode_files(tmp_path / "built", TOKENIZER, SETTINGS, tmp_path / "b", split="dev")
    assert dev.total.rows == 1
    lines = tmp_path / "built" / "data" / "train.jsonl"
    encode_files(lines, TOKENIZER, SETTINGS, tmp_path / "c")
    assert list(open_encoded(tmp_path / "a")) == list(open_encoded(tmp_path / "c"))


def test_a_second_call_goes_on_where_the_first_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = write_rows(tmp_path / "rows.jsonl", rows_of(6)), tmp_path / "out"
    done: list[str] = []
    store = module._store

    def counted(unit: Any, results: Any) -> Any:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(unit.name)
        return store(unit, results)

    monkeypatch.setattr(module, "_store", counted)
    with pytest.raises(KeyboardInterrupt):
        encode_files(data, TOKENIZER, SETTINGS, out)
    with pytest.raises(UserError, match="no finished encoding"):
        open_encoded(out)
    done.clear()
    encode_files(data, TOKENIZER, SETTINGS, out)
    assert done == ["00002"]
    assert [row.id for row in open_encoded(out)] == [f"row-{n}" for n in range(6)]
    encode_files(data, TOKENIZER, SETTINGS, out)
    assert done == ["00002"]


def test_another_setting_or_template_encodes_anew(tmp_path: Path) -> None:
    data, out = write_rows(tmp_path / "rows.jsonl", rows_of(2)), tmp_path / "out"
    lengths = []
    ift = EncodingSettings(type="ift")
    for template, settings in [("llama3", SETTINGS), ("llama3", ift), ("qwen2", ift)]:
        encode_files(data, made_tokenizer(template), settings, out)
        lengths.append(tuple(open_encoded(out).lengths))
    assert len(set(lengths)) == 3


def test_several_processes_make_the_same_files(tmp_path: Path) -> None:
    data = write_rows(tmp_path / "rows.jsonl", rows_of(9))
    before = dict(os.environ)
    one = encode_files(data, TOKENIZER, SETTINGS, tmp_path / "one")
    two = encode_files(data, TOKENIZER, SETTINGS, tmp_path / "two", processes=2)
    assert one == two
    for file in one.files:
        same = [(tmp_path / name / file.path).read_bytes() for name in ("one", "two")]
        assert same[0] == same[1]
    assert dict(os.environ) == before


def test_a_further_process_does_what_is_left_to_it(tmp_path: Path) -> None:
    data, out = write_rows(tmp_path / "rows.jsonl", rows_of(4)), tmp_path / "out"
    job = module._Job(
        tuple(cut(data, 2)), open_encoder(TOKENIZER, SETTINGS), SETTINGS, out / "shards", "print"
    )
    assert [unit.counts() for unit in job.units()] == [None, None]
    helper = multiprocessing.get_context("spawn").Process(target=module._help, args=(job,))
    helper.start()
    helper.join()
    assert helper.exitcode == 0
    assert all(unit.counts() for unit in job.units())


def test_rows_that_do_not_fit_are_counted_and_named(tmp_path: Path) -> None:
    long = made_row([], "very " * 60, name="long")
    data = write_rows(tmp_path / "rows.jsonl", [*rows_of(3), long])
    settings = EncodingSettings(max_length=80)
    summary = encode_files(data, TOKENIZER, settings, tmp_path / "out")
    assert (summary.total.rows, summary.dropped) == (3, {"too long": 1})
    assert (summary.truncated, summary.thoughts_dropped) == (1, 1)
    (left,) = [json.loads(s) for s in (tmp_path / "out/dropped.jsonl").read_text().splitlines()]
    assert (left["id"], left["reason"]) == ("long", "too long")
    assert left["tokens"] > 80


def test_shuffled_thoughts_are_other_rows(tmp_path: Path) -> None:
    rows = [made_row([f"mine is {n}"], name=f"row-{n}") for n in range(5)]
    rows += [made_row([], name="plain"), made_row(["a", "b"], name="lonely")]
    data = write_rows(tmp_path / "rows.jsonl", rows)
    settings = EncodingSettings(shuffle_thoughts=7, shard=2)
    summary = encode_files(data, TOKENIZER, settings, tmp_path / "out")
    assert summary.dropped == {"no other row with as many thoughts": 1}
    found = list(open_encoded(tmp_path / "out"))
    own = [made_example([f"mine is {n}"], name=f"row-{n}") for n in range(5)]
    texts = [TOKENIZER.decode(row.input_ids) for row in found[:5]]
    for number, text in enumerate(texts):
        assert f"mine is {number}" not in text
    assert len({text for text in texts}) == len(own)
    assert "mine" not in TOKENIZER.decode(found[5].input_ids)


def test_all_tokens_of_texts_and_of_conversations_count_in_pretraining(tmp_path: Path) -> None:
    rows = [{"id": "t", "text": "What is two and two? " * 9}, made_row(name="chat")]
    data = write_rows(tmp_path / "rows.jsonl", rows)
    settings = EncodingSettings(type="pretrain", max_length=80)
    summary = encode_files(data, TOKENIZER, settings, tmp_path / "out")
    found = list(open_encoded(tmp_path / "out"))
    assert [row.id for row in found][:2] == ["t#1", "t#2"]
    assert found[-1].id == "chat"
    assert all(set(row.weights) == {1.0} for row in found)
    assert summary.total.tokens == summary.total.supervised
    assert set(summary.kinds) == {"text", "ptr"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "rows.jsonl has no rows"),
        ("\n \n", "rows.jsonl has no rows"),
        ("{", "rows.jsonl, row 1: no JSON"),
        ("[]", "rows.jsonl, row 1: must be a JSON object"),
        ('{"id": "x", "messages": []}', r"rows.jsonl, row 1 \(x\) has no answer"),
        ('{"id": "x", "text": "y"}', r"row 1 \(x\): `messages` must be a list"),
        (
            json.dumps(made_row([], "a" * 400)),
            r"all rows were left out \(1 too long\); raise `max_length` 60",
        ),
    ],
)
def test_what_cannot_be_encoded_is_named(tmp_path: Path, content: str, said: str) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text(content)
    with pytest.raises(UserError, match=said):
        encode_files(data, TOKENIZER, EncodingSettings(max_length=60), tmp_path / "out")


def test_a_text_is_needed_in_pretraining(tmp_path: Path) -> None:
    data = write_rows(tmp_path / "rows.jsonl", [{"id": "x", "text": " "}])
    with pytest.raises(UserError, match=r"row 1 \(x\): `type: pretrain` needs rows with a `text`"):
        encode_files(data, TOKENIZER, EncodingSettings(type="pretrain"), tmp_path / "out")


def test_an_error_in_one_of_several_processes_is_said(tmp_path: Path) -> None:
    bad = {"id": "bad", "messages": []}
    data = write_rows(tmp_path / "rows.jsonl", [*rows_of(4), bad])
    with pytest.raises(UserError, match=r"row 5 \(bad\) has no answer"):
        encode_files(data, TOKENIZER, SETTINGS, tmp_path / "out", processes=2)


def test_a_tokenizer_is_loaded_by_name(tmp_path: Path) -> None:
    data = write_rows(tmp_path / "rows.jsonl", rows_of(2))
    TOKENIZER.save_pretrained(tmp_path / "model")
    encode(data, str(tmp_path / "model"), tmp_path / "out", SETTINGS)
    assert len(open_encoded(tmp_path / "out")) == 2
    with pytest.raises(UserError, match=r"The tokenizer of .*absent cannot be loaded"):
        encode(data, str(tmp_path / "absent"), tmp_path / "out", SETTINGS)


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_a_data_set_of_an_older_build_is_read(tmp_path: Path, ending: str) -> None:
    export_rows([refined("a"), plain("b")], tmp_path, ExportSettings())
    path = tmp_path / "data" / f"train.{ending}"
    encode_files(path, TOKENIZER, SETTINGS, tmp_path / "new")
    if ending == "jsonl":
        path.write_text(path.read_text().replace('"draft"', '"rejected"'))
        assert '"rejected"' in path.read_text()
    else:
        table = pq.read_table(path)
        names = ["rejected" if name == "draft" else name for name in table.column_names]
        pq.write_table(table.rename_columns(names), path)
        assert "rejected" in names
    encode_files(path, TOKENIZER, SETTINGS, tmp_path / "old")
    assert list(open_encoded(tmp_path / "old")) == list(open_encoded(tmp_path / "new"))
