"""Batches as transformers' Trainer carries them: dictionaries, moved to the device as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from ptr_train.objectives.base import Extras
from ptr_train.records import Batch

Inputs = dict[str, Any]
"""The fields of a batch and those of its extras that are there, by name, and `rows`."""

_ROWS = "rows"


def pack_inputs(batch: Batch, extras: Extras, rows: Sequence[str]) -> Inputs:
    """Put a batch into a dictionary."""
    inputs = {field.name: getattr(batch, field.name) for field in fields(Batch)}
    for field in fields(Extras):
        if (value := getattr(extras, field.name)) is not None:
            inputs[field.name] = value
    return {**inputs, _ROWS: list(rows)}


def unpack_inputs(inputs: Mapping[str, Any]) -> tuple[Batch, Extras]:
    """Take a batch out of its dictionary."""
    batch = Batch(**{field.name: inputs[field.name] for field in fields(Batch)})
    return batch, Extras(**{field.name: inputs.get(field.name) for field in fields(Extras)})


def rows_of(inputs: Mapping[str, Any]) -> list[str]:
    """Name a batch's rows."""
    rows: list[str] = inputs[_ROWS]
    return rows
