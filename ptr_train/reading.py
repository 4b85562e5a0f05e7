"""Reads the configuration of a training: a file or a shipped one, and what `--set` changes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ptr_eval.config import ConfigFile, open_config
from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.shipped import train_configs


def read_config(source: str, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a configuration; one that is shipped is read as if it were in the current folder."""
    return _open(source, overrides).checked(TrainConfig)


def read_to_train(source: str, overrides: Sequence[str] = (), *, here: bool = True) -> TrainConfig:
    """Read a configuration of which all that it names is needed now.

    What is missing is reported with what is malformed: with `here`, also what this machine lacks.
    """
    from ptr_train.training.preflight import missing_parts

    file = _open(source, overrides)
    problems = (*file.problems, *missing_parts(file, here=here))
    return replace(file, problems=problems).checked(TrainConfig)


def _open(source: str, overrides: Sequence[str]) -> ConfigFile:
    shipped = train_configs().get(source)
    path = Path(source)
    if shipped is None and not path.is_file():
        names = ", ".join(train_configs())
        raise UserError(
            f"{source}: no such file, and not one of the shipped configurations {names}."
        )
    return open_config(shipped or path, overrides, name=path)
