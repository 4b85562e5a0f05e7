"""Which settings may change when a training is resumed, and what did change.

Every field of the configuration has a class; a test looks for fields that have none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ptr_train.config import TrainConfig

Kind = Literal["may change", "fixed", "by content"]

FIELDS: Mapping[str, Kind] = {
    "out": "may change",
    "model.name": "by content",
    "model.revision": "by content",
    "model.chat_template": "by content",
    "model.attention": "may change",
    "model.precision": "fixed",
    "model.max_position_embeddings": "fixed",
    "model.gradient_checkpointing": "may change",
    "model.cpu": "may change",
    "data.path": "by content",
    "data.kinds": "fixed",
    "data.limit": "fixed",
    "data.same_questions": "fixed",
    "data.encoding": "fixed",
    "data.pack": "fixed",
    "data.embedder": "fixed",
    "loss": "fixed",
    "kernel": "may change",
    "lora": "fixed",
    "optimizer": "may change",
    "train.per_device_batch_size": "fixed",
    "train.gradient_accumulation_steps": "fixed",
    "train.epochs": "may change",
    "train.max_steps": "may change",
    "train.group_by_length": "may change",
    "train.logging_steps": "may change",
    "save": "may change",
    "evaluate": "may change",
    "sharding.deepspeed": "fixed",
    "sharding.fsdp": "fixed",
    "sharding.fsdp_layer": "fixed",
    "sharding.timeout": "may change",
    "seed": "fixed",
    "tensorboard": "may change",
    "wandb": "may change",
}
"""Each field's class, or that of all fields of a record. `by content`: its value may change if the
fingerprint of what it names is the same."""

WHOLE = ("data.encoding", "loss", "kernel", "lora", "optimizer", "save", "evaluate")
"""The records all of whose fields have one class."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field that has another value than before."""

    field: str
    """The field, with dots between its parts."""
    before: Any
    """Its value in the configuration of the checkpoint; None also where it had no such field."""
    now: Any
    """Its value now."""

    @property
    def kind(self) -> Kind:
        """The class of the field."""
        return kind_of(self.field)

    def __str__(self) -> str:
        return f"`{self.field}` was {_shown(self.before)} and is {_shown(self.now)}"


def kind_of(field: str) -> Kind:
    """Give the class of a field."""
    return next(kind for name, kind in FIELDS.items() if f"{field}.".startswith(f"{name}."))


def find_changes(before: TrainConfig, now: TrainConfig) -> list[Change]:
    """List the fields that have another value than before."""
    old, new = (dict(_flat(config.written())) for config in (before, now))
    names = list(dict.fromkeys([*old, *new]))
    return [
        Change(name, old.get(name), new.get(name))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _flat(values: Mapping[str, Any], start: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        inner = isinstance(value, Mapping) and value
        found += _flat(value, f"{start}{name}.") if inner else [(f"{start}{name}", value)]
    return found


def _shown(value: Any) -> str:
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)
