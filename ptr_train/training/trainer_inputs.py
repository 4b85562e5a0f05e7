"""Batches as dictionaries, which transformers' Trainer moves to the device."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from ptr_train.objectives.base import Extras
from ptr_train.records import Batch

Inputs = dict[str, Any]
"""By name, the fields of a batch, the extras that are not None, and `rows`, the rows' ids."""

_ROWS = "rows"


def pack_inputs(batch: Batch, extras: Extras, rows: Sequence[str]) -> Inputs:
    """Put a batch into a dictionary."""
    inputs = {field.name: getattr(batch, field.name) for field in fields(Batch)}
    for field in fields(Extras):
        if (value := getattr(extras, field.name)) is not None:
            inputs[field.name] = value
    return {**inputs, _ROWS: list(rows)}


def unpack_inputs(inputs: Mapping[str, Any]) -> tuple[Batch, Extras]:
    """Get a batch and its extras from a dictionary."""
    batch = Batch(**{field.name: inputs[field.name] for field in fields(Batch)})
    return batch, Extras(**{field.name: inputs.get(field.name) for field in fields(Extras)})


def first_items(inputs: Mapping[str, Any], items: int, width: int) -> Inputs:
    """Take the first items of a batch; each has so many sequences."""
    return {
        name: value if name == _ROWS else value[: items * width] for name, value in inputs.items()
    }


def rows_of(inputs: Mapping[str, Any]) -> list[str]:
    """Give the ids of a batch's rows."""
    rows: list[str] = inputs[_ROWS]
    return rows
