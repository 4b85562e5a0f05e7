"""The configurations that come with the package, by their names."""

from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent / "configs"


def train_configs() -> Mapping[str, Path]:
    """List the ready training configurations."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.yaml"))}


def deepspeed_configs() -> Mapping[str, Path]:
    """List the ready DeepSpeed configurations."""
    return {path.stem: path for path in sorted((_FOLDER / "deepspeed").glob("*.json"))}
