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


def test_the_configuration_s_names_are_those_of_transformers(tmp_path: Path) -> None:
    train = {
        "per_device_batch_size": 2,
        "gradient_accumulation_steps": 3,
        "max_steps": 4,
        "logging_steps": 5,
    }
    found = training_arguments(config(tmp_path, train=train, optimizer={"max_grad_norm": 0.5}))
    assert {name: getattr(found, name) for name in list(train)[1:]} == dict(list(train.items())[1:])
    assert (found.per_device_train_batch_size, found.per_device_eval_batch_size) == (2, 2)
    assert found.max_grad_norm == 0.5


@pytest.mark.parametrize(
    ("optimizer", "steps"),
    [({}, 6), ({"warmup_ratio": 0.5}, 100), ({"warmup_ratio": 0.0}, 0), ({"warmup_steps": 7}, 7)],
)
def test_the_warm_up_takes_a_share_of_all_steps_or_its_own(
    tmp_path: Path, optimizer: dict[str, float], steps: int
) -> None:
    found = training_arguments(config(tmp_path, optimizer=optimizer))
    assert found.get_warmup_steps(200) == steps


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


def test_bfloat16_needs_a_gpu_that_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transformers.utils.is_torch_bf16_gpu_available", lambda: False)
    with pytest.raises(UserError, match=r"^`model.precision: bf16` needs a GPU .*model.cpu: true"):
        training_arguments(config(tmp_path, model={"name": "m"}))
    training_arguments(config(tmp_path, model={"name": "m", "cpu": True}))
