"""Fingerprints tell models apart by what they hold, wherever that lies."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import transformers

from ptr_eval.errors import UserError
from ptr_train.config import TrainedModelSettings
from ptr_train.encoding.identity import differing
from ptr_train.training.fingerprints import model_fingerprint


def of(name: object, revision: str | None = None) -> str:
    return model_fingerprint(TrainedModelSettings(name=str(name), revision=revision))


def test_a_folder_counts_by_its_model_files(tmp_path: Path, tiny_model: Path) -> None:
    copy = Path(shutil.copytree(tiny_model, tmp_path / "copy"))
    (copy / "README.md").write_text("Nothing of the model.")
    assert of(copy) == of(tiny_model)
    config = (copy / "config.json").read_text()
    (copy / "config.json").write_text(
        config.replace('"hidden_act": "silu"', '"hidden_act": "relu"')
    )
    assert of(copy) != of(tiny_model)


def test_a_model_on_the_hub_counts_by_its_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(name: str, revision: str | None) -> SimpleNamespace:
        return SimpleNamespace(_commit_hash={"v1": "a", "v2": "b"}.get(revision or "v2"))

    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", found)
    assert of("org/model") == of("org/model", "v2")
    assert of("org/model") != of("org/model", "v1")
    assert of("org/model") != of("org/other")


def test_a_model_that_is_nowhere_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"`model.name`: the configuration of .*/no cannot be"):
        of(tmp_path / "no")


def test_inputs_are_compared_by_name() -> None:
    before, now = {"model": "1", "data": "2", "older": "3"}, {"model": "1", "data": "4", "new": "5"}
    assert differing(before, now) == ["data"]
