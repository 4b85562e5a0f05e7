"""One process prepares a training for all: the others encode nothing, and meet its errors."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import accelerate.utils
import pytest

from ptr_eval.errors import UserError
from ptr_train.encoding.tokens import Encoder
from ptr_train.training.models import load_tokenizer
from ptr_train.training.preparing import open_data, prepare
from ptr_train.training.run_record import RunRecord
from tests.ptr_train.training.run_factory import config_of


@pytest.mark.parametrize("loss", ["ptr", "dpo"])
def test_only_the_first_process_encodes(
    tmp_path: Path, tiny_model: Path, rows: Path, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(
        tmp_path, tiny_model, rows, f"loss={{objective: {loss}}}", "evaluate={steps: 2}"
    )
    tokenizer = load_tokenizer(config.model)
    with pytest.raises(UserError, match=r"not finished|no finished encoding"):
        open_data(config, tokenizer, first=False)
    first = open_data(config, tokenizer, first=True)
    monkeypatch.setattr(Encoder, "encode", None)
    for here, there in zip(first, open_data(config, tokenizer, first=False), strict=True):
        assert list(there) == list(here)
    again = open_data(config, tokenizer, first=True)  # Nor does a run that is resumed.
    assert list(again[0]) == list(first[0])


@pytest.mark.parametrize("problem", [None, "the data are gone."])
def test_the_others_get_the_record_or_the_error_of_the_first(
    tmp_path: Path,
    tiny_model: Path,
    rows: Path,
    problem: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = RunRecord({"data": "1"}, 2)

    def broadcast(outcome: list[Any]) -> None:
        outcome[:] = [record, problem]

    monkeypatch.setattr(accelerate.utils, "broadcast_object_list", broadcast)
    said: list[str] = []
    config = config_of(tmp_path, tiny_model, rows)
    second = SimpleNamespace(process_index=1, world_size=2)
    if problem:
        with pytest.raises(UserError, match="the data are gone"):
            prepare(config, None, None, second, said.append)
    else:
        assert prepare(config, None, None, second, said.append) is record
    assert said == []
    assert not (tmp_path / "out").exists()
