"""The files of a checkpoint beside its weights: model card, term weights, record, configuration."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ptr_data.files import written
from ptr_eval.strict_yaml import dump_yaml
from ptr_train.config import TrainConfig
from ptr_train.training.card import model_card
from ptr_train.training.checkpoints import MARKER
from ptr_train.training.run_record import RunRecord, write_record

if TYPE_CHECKING:
    from ptr_train.training.trainer import ObjectiveTrainer

_WEIGHTS = "term_weights.json"


def finish_checkpoint(
    config: TrainConfig,
    record: RunRecord,
    trainer: "ObjectiveTrainer",
    folder: Path,
    cost: Mapping[str, float],
) -> None:
    """Add the model card, the loss's term weights, the record and, last, the configuration."""
    record = replace(record, cost=dict(cost))
    logged = [entry for entry in trainer.state.log_history if "loss" in entry]
    card = model_card(
        config,
        record,
        trainer.state.global_step,
        trainer.train_dataset.kinds,
        logged[-1] if logged else {},
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
    (folder / _WEIGHTS).write_text(
        json.dumps(trainer.loss_spec.weights.state_dict()), encoding="utf-8"
    )
    write_run(config, record, folder)


def write_run(config: TrainConfig, record: RunRecord, folder: Path) -> None:
    """Write the record of a run into a folder and, last, its configuration."""
    write_record(folder, record)
    with written(folder / MARKER) as draft:
        draft.write_text(dump_yaml(config.written()), encoding="utf-8")


def load_term_weights(trainer: "ObjectiveTrainer", folder: Path) -> None:
    """Restore the state of the loss's term weights from a checkpoint."""
    saved = json.loads((folder / _WEIGHTS).read_text(encoding="utf-8"))
    trainer.loss_spec.weights.load_state_dict(saved)
