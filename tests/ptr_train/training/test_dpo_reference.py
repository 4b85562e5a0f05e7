"""The pass that computes the reference of preference pairs: it shows progress and can be killed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ptr_train.training.pair_dataset as module
from ptr_train.run import train
from ptr_train.training.trainer import ObjectiveTrainer
from tests.ptr_train.training.run_factory import config_of, write_data

PAIRS = 22


def reference_of(folder: Path) -> Any:
    with np.load(folder / "out" / "reference" / "train.npz") as kept:
        return kept["values"]


class Forwards:
    """Counts the batches that go through the model, and stops at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self.stops_at = 0, 0
        forward = ObjectiveTrainer.run_on_hidden_states

        def counted(trainer: ObjectiveTrainer, *given: Any, **named: Any) -> Any:
            self.count += 1
            if self.count == self.stops_at:
                raise KeyboardInterrupt
            return forward(trainer, *given, **named)

        monkeypatch.setattr(ObjectiveTrainer, "run_on_hidden_states", counted)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "rows", PAIRS)


def run(folder: Path, model: Path, data: Path) -> None:
    train(config_of(folder, model, data, "loss={objective: dpo}", "train.max_steps=1"))


def test_a_killed_pass_goes_on_where_it_was_and_gives_the_same(
    tmp_path: Path, tiny_model: Path, data: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    run(tmp_path / "whole", tiny_model, data)
    assert f"Reference: 100%|██████████| {PAIRS}/{PAIRS}" in capsys.readouterr().err
    monkeypatch.setattr(module, "_KEPT_EVERY", 0.0)
    forwards = Forwards(monkeypatch)
    forwards.stops_at = 4
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", tiny_model, data)
    part = tmp_path / "killed" / "out" / "reference" / "train.part.npz"
    with np.load(part) as kept:
        known = len(kept["values"])
    assert 0 < known < PAIRS
    each = known // 3
    forwards.count, forwards.stops_at = 0, 0
    run(tmp_path / "killed", tiny_model, data)
    assert forwards.count == -(-(PAIRS - known) // each) + 1  # The rest, and one training step.
    assert not part.exists()
    np.testing.assert_array_equal(
        reference_of(tmp_path / "killed"), reference_of(tmp_path / "whole")
    )


@pytest.mark.parametrize("damage", ["other pairs", "broken"])
def test_what_a_pass_over_other_pairs_left_is_not_used(
    tmp_path: Path, tiny_model: Path, data: Path, damage: str
) -> None:
    run(tmp_path / "whole", tiny_model, data)
    part = tmp_path / "run" / "out" / "reference" / "train.part.npz"
    part.parent.mkdir(parents=True)
    if damage == "broken":
        part.write_bytes(b"PK\x03\x04")
    else:
        np.savez(part, stamp="other", values=np.ones((4, 2), np.float32))
    run(tmp_path / "run", tiny_model, data)
    np.testing.assert_array_equal(reference_of(tmp_path / "run"), reference_of(tmp_path / "whole"))
