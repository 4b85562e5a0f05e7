"""Reads the configuration of a training: a file or a shipped one, and what `--set` changes."""

from collections.abc import Sequence
from pathlib import Path

from ptr_eval.config import open_config
from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.shipped import train_configs


def read_config(source: str, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a configuration; one that is shipped is read as if it were in the current folder."""
    shipped = train_configs().get(source)
    path = Path(source)
    if shipped is None and not path.is_file():
        names = ", ".join(train_configs())
        raise UserError(
            f"{source}: no such file, and not one of the shipped configurations {names}."
        )
    return open_config(shipped or path, overrides, name=path).checked(TrainConfig)
