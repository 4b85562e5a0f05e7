"""All that a training would miss is said at once, before anything is loaded."""

from pathlib import Path
from typing import Any

import pytest

from ptr_eval.errors import UserError
from ptr_train.cli import main
from ptr_train.reading import read_to_train
from tests.ptr_train.training.run_factory import config_of, write_data

MISSING = ("model.name=./no-model", "model.chat_template=no.jinja", "data.path=no-data")


def problems_of(path: Path, *overrides: str, here: bool = True) -> list[str]:
    with pytest.raises(UserError) as caught:
        read_to_train(str(path), overrides, here=here)
    lines = str(caught.value).split("\n")
    return [line.removeprefix("  - ").removeprefix(f"{path}, ") for line in lines]


@pytest.fixture
def path(tmp_path: Path, tiny_model: Path) -> Path:
    config_of(tmp_path, tiny_model, write_data(tmp_path / "rows", rows=2))
    return tmp_path / "train.yaml"


def test_all_mistakes_are_said_at_once_and_nothing_is_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RANK", raising=False)
    evaluate = "evaluate={steps: 2, tasks: [ptr_nope]}"
    wrong = ("train.max_stepz=1", "loss={objective: x}", "sharding={fsdp: true}")
    with pytest.raises(SystemExit) as caught:
        main(["run", str(path), *_set(*wrong, "model.name=./no-model", evaluate)])
    problems = str(caught.value).split("\n")
    assert problems[0] == "5 problems:"
    assert [line.removeprefix(f"  - {path}, ").split(":")[0] for line in problems[1:]] == [
        "`model.name`", "`evaluate`", "`sharding.fsdp` needs a launcher, even for one GPU",
        "`loss.objective`", "`train.max_stepz`",
    ]  # fmt: skip
    assert not (path.parent / "out").exists()


def test_what_is_missing_is_named_with_its_field(path: Path) -> None:
    folder = path.parent
    assert problems_of(path, MISSING[0], MISSING[2]) == [
        "2 problems:",
        f"`model.name`: there is no folder {folder}/no-model.",
        f"`data.path`: {folder}/no-data is neither a .parquet or .jsonl file nor a folder with "
        "train.parquet or train.jsonl; name a folder that `ptr-data build` wrote.",
    ]
    (only,) = problems_of(path, MISSING[1])
    assert only == f"`model.chat_template`: there is no file {folder}/no.jinja."
    (only,) = problems_of(path, "evaluate={steps: 2, tasks: [ptr_nope]}")
    assert only.startswith("`evaluate`: ptr_nope: no such task; choose from ")


def test_a_dry_run_asks_for_no_gpu_and_no_packages(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformers.utils.is_torch_bf16_gpu_available", lambda: False)
    elsewhere = ("model.precision=bf16", "model.cpu=false", "sharding={deepspeed: zero3}")
    assert read_to_train(str(path), elsewhere, here=False).model.precision == "bf16"
    problems = problems_of(path, *elsewhere)
    assert problems[0] == "2 problems:"
    assert problems[1].startswith("`sharding.deepspeed` needs a launcher, even for one GPU")
    assert problems[2].startswith("`model.precision: bf16` needs a GPU that computes in bfloat16")


@pytest.mark.parametrize("wrong", ["model=3", "data=[]", "loss=3", "evaluate=x", "lora=3"])
def test_what_is_malformed_is_left_to_the_configuration(path: Path, wrong: str) -> None:
    (problem,) = problems_of(path, wrong)
    assert problem.startswith(f"`{wrong.partition('=')[0]}`: must be ")


def test_pairs_and_encoded_folders_are_data_too(path: Path) -> None:
    (path.parent / "rows" / "data" / "train.jsonl").unlink()
    assert problems_of(path)[0].startswith("`data.path`: ")
    assert read_to_train(str(path), ["loss={objective: dpo}"]).loss.objective == "dpo"


def _set(*overrides: str) -> list[Any]:
    return [word for each in overrides for word in ("--set", each)]
