"""Losses of a few training steps, objective by objective, on a model made on the spot."""

from pathlib import Path

from ptr_train.run import train
from tests.counting_model import make_model
from tests.ptr_train.training.run_factory import config_of, logged, write_data, write_gsr_data

STEPS = 4
OBJECTIVES = {
    "ptr": ("data", ("loss={objective: ptr}",)),
    "ptr_masked_ce": ("data", ("loss={objective: ptr, variant: masked_ce}",)),
    "ptr_packed": ("data", ("loss={objective: ptr}", "data.pack=true")),
    "ift": ("data", ("loss={objective: ift}",)),
    "dpo": ("data", ("loss={objective: dpo}",)),
    "gsr": ("gsr", ("loss={objective: gsr}",)),
    "ptr_lora": ("data", ("loss={objective: ptr}", "lora={}")),
}
"""By name, which rows are trained on and what is set for it."""


def losses(scratch: Path) -> dict[str, list[float]]:
    """Train a few steps with every objective; the losses that were logged, step by step."""
    model = scratch / "model"
    make_model(model)
    data = {"data": write_data(scratch / "rows"), "gsr": write_gsr_data(scratch / "gsr")}
    return {
        name: _losses(scratch / name, model, data[rows], *settings)
        for name, (rows, settings) in OBJECTIVES.items()
    }


def _losses(folder: Path, model: Path, data: Path, *settings: str) -> list[float]:
    config = config_of(folder, model, data, f"train.max_steps={STEPS}", *settings)
    train(config)
    (checkpoint,) = (folder / "out").glob("checkpoint-*")
    return logged(checkpoint)
