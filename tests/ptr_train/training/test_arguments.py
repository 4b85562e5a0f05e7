"""What the Trainer is told, and what is refused before it is."""

import importlib.util
import json
from pathlib import Path

import pytest

from ptr_eval.config import checked
from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.training.arguments import training_arguments


def config(folder: Path, **more: object) -> TrainConfig:
    wanted = {
        "out": str(folder / "out"), "model": {"name": "m", "precision": "fp32", "cpu": True},
        "data": {"path": str(folder)}, "tensorboard": False, **more,
    }  # fmt: skip
    return checked(json.loads(json.dumps(wanted)), TrainConfig, folder / "c.yaml")


def test_loggers_are_those_asked_for(tmp_path: Path) -> None:
    assert training_arguments(config(tmp_path), resuming=False).report_to == []
    with_board = training_arguments(config(tmp_path, tensorboard=True), resuming=False)
    assert with_board.report_to == ["tensorboard"]


@pytest.mark.parametrize(
    ("more", "missing", "message"),
    [
        ({"wandb": True}, "wandb", "`wandb` needs wandb; install it with pip install wandb."),
        (
            {"tensorboard": True},
            "tensorboard",
            "`tensorboard` needs tensorboard; install it with pip install 'ptr-eval[train]'.",
        ),
        (
            {"lora": {"rank": 2}},
            "peft",
            "`lora` needs peft; install it with pip install 'ptr-eval[train]'.",
        ),
        (
            {"sharding": {"deepspeed": "zero2"}},
            "deepspeed",
            "`sharding.deepspeed` needs deepspeed; install it with pip install 'ptr-eval[train]'.",
        ),
    ],
)
def test_what_is_not_installed_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, object],
    missing: str,
    message: str,
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else found(name)
    )
    with pytest.raises(UserError) as caught:
        training_arguments(config(tmp_path, **more), resuming=False)
    assert str(caught.value) == message
