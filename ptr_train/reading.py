"""Reading a training's configuration: a file or a shipped one, and what is set over it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ptr_eval.config import checked
from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.shipped import train_configs


class _Loader(yaml.SafeLoader):
    """Reads 1e-5 as the number that YAML 1.2 says it is; version 1.1 takes it for text."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def read_config(source: str, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a configuration."""
    shipped = train_configs().get(source)
    path = shipped or Path(source)
    if shipped is None and not path.is_file():
        names = ", ".join(train_configs())
        raise UserError(f"{source}: no such file, and none of the shipped {names}.")
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be read: {' '.join(str(error).split())}.") from error
    raw = {} if raw is None else raw
    if isinstance(raw, dict):
        for override in overrides:
            _set(raw, override)
    return checked(raw, TrainConfig, Path(source))


def _set(raw: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not all(key.split(".")):
        raise UserError(f"--set {override}: write it as key=value, such as --set train.batch=2.")
    try:
        value = yaml.load(text, _Loader)
    except yaml.YAMLError:
        raise UserError(f"--set {key}: {text!r} is no YAML; quote it.") from None
    *parents, last = key.split(".")
    place = raw
    for parent in parents:
        if place.get(parent) is None:
            place[parent] = {}
        place = place[parent]
        if not isinstance(place, dict):
            raise UserError(f"--set {key}: `{parent}` is a value and has no fields to set.")
    place[last] = value
