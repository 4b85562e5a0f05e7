"""An encoded folder, a reference and a folder in use are what the training needs, or refused."""

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from ptr_eval.errors import UserError
from ptr_train.encoding.storage import SUMMARY
from ptr_train.run import encode, train
from ptr_train.training.models import load_tokenizer
from ptr_train.training.out_lock import locked
from ptr_train.training.row_dataset import open_rows
from tests.ptr_train.training.run_factory import config_of, logged


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, rows: Path) -> Path:
    """Rows that were encoded with a length of 300, and otherwise by default."""
    folder = tmp_path_factory.mktemp("encoded")
    encode(config_of(folder, tiny_model, rows, "data.encoding.max_length=300"))
    return folder / "out" / "encoded"


def opened(folder: Path, model: Path, data: Path, *overrides: str) -> None:
    config = config_of(folder, model, data, *overrides)
    assert open_rows(config, load_tokenizer(config.model), "train") is not None


@pytest.mark.parametrize(
    "overrides", [[], ["data.encoding.max_length=300"], ["data.encoding.shard=7"]]
)
def test_an_encoded_folder_is_used_as_it_is(
    tmp_path: Path, tiny_model: Path, encoded: Path, overrides: list[str]
) -> None:
    opened(tmp_path, tiny_model, encoded, *overrides)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("loss={objective: ift}", '`data.encoding.type` was "ptr" and is "ift"'),
        ("data.encoding.max_length=200", "`data.encoding.max_length` was 300 and is 200"),
        ("loss={objective: ptr, thought_mask: false}",
         "`data.encoding.thought_mask` was true and is false"),
        ("data.encoding.shuffle_thoughts=1",
         "`data.encoding.shuffle_thoughts` was null and is 1"),
    ],
)  # fmt: skip
def test_an_encoding_with_other_settings_is_refused(
    tmp_path: Path, tiny_model: Path, encoded: Path, said: str, named: str
) -> None:
    with pytest.raises(UserError) as caught:
        opened(tmp_path, tiny_model, encoded, said)
    assert f"encoded otherwise than this training needs ({named})" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_encoding_by_another_template_or_tokenizer_is_refused(
    tmp_path: Path, tiny_model: Path, encoded: Path
) -> None:
    template = tmp_path / "t.jinja"
    template.write_text("{% for m in messages %}{{ m.content }}\n{% endfor %}")
    with pytest.raises(UserError, match="the chat template is another one"):
        opened(tmp_path, tiny_model, encoded, f"model.chat_template={template}")
    other = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    text = json.loads((other / "tokenizer.json").read_text())
    text["added_tokens"][-1]["content"] = "<|changed|>"
    (other / "tokenizer.json").write_text(json.dumps(text))
    with pytest.raises(UserError, match="the tokenizer is another one"):
        opened(tmp_path, other, encoded)


def test_an_encoding_of_an_earlier_version_is_used_with_a_warning(
    tmp_path: Path, tiny_model: Path, encoded: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = Path(shutil.copytree(encoded, tmp_path / "old"))
    summary = json.loads((old / "train" / SUMMARY).read_text())
    for name in ("inputs", "longest", "thoughts"):
        del summary[name]
    (old / "train" / SUMMARY).write_text(json.dumps(summary))
    with caplog.at_level(logging.WARNING):
        opened(tmp_path, tiny_model, old)
    assert "did not record tokenizer and chat template" in caplog.text


def test_a_reference_of_another_model_is_refused(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    config = config_of(tmp_path, tiny_model, rows, "loss={objective: dpo}", "train.max_steps=1")
    train(config)
    shutil.rmtree(tmp_path / "out" / "checkpoint-1")
    # Killed before its first checkpoint, a training starts again from what it has computed.
    assert logged(train(config))[0] == pytest.approx(0.6931, abs=1e-4)
    other = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    weights = load_file(other / "model.safetensors")
    save_file(
        {name: value * 1.5 for name, value in weights.items()},
        other / "model.safetensors",
        {"format": "pt"},
    )
    moved = config_of(tmp_path / "new", other, rows, "loss={objective: dpo}", "train.max_steps=1")
    shutil.copytree(tmp_path / "out" / "reference", tmp_path / "new" / "out" / "reference")
    shutil.copy(tmp_path / "out" / "ptr_train.yaml", tmp_path / "new" / "out")
    with pytest.raises(
        UserError, match=r"train\.npz is the reference of another training .other m"
    ):
        train(moved)
    shutil.copy(tmp_path / "out" / "ptr_record.json", tmp_path / "new" / "out")
    with pytest.raises(UserError, match="the model's files are not the same"):
        train(moved)


def test_two_trainings_do_not_share_a_folder(tmp_path: Path, tiny_model: Path, rows: Path) -> None:
    out = tmp_path / "out"
    holder = subprocess.Popen(
        [sys.executable, "-c", "import pathlib\nfrom ptr_train.training.out_lock import locked\n"
         f"with locked(pathlib.Path({str(out)!r})):\n    print('held', flush=True)\n    input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        with pytest.raises(UserError) as caught:
            train(config_of(tmp_path, tiny_model, rows))
    finally:
        holder.communicate("\n")
    assert str(caught.value) == (
        f"{out} is in use by another training (process {holder.pid}); wait until it ends, or "
        "choose another `out`."
    )
    assert list(out.iterdir()) == [out / ".lock"]
    with locked(out):
        pass


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written to .*; name another folder as `out`"):
        with locked(tmp_path / "file"):
            pass
