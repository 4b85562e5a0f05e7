"""Another model for the rounds from the second on, which refines what the first one wrote."""

from pathlib import Path
from typing import Any

from pydantic import ValidationInfo, field_validator

from ptr_eval.config import Settings, Text, read_yaml_config
from ptr_eval.errors import UserError

PATH_ARGUMENTS = ("pretrained", "tokenizer", "peft", "delta", "lora_local_path")
"""The arguments of a model that may be local paths."""


class Aggregator(Settings):
    """A model that refines what another one wrote."""

    backend: Text
    """A backend of lm-eval, such as `hf`."""
    args: dict[str, Any]
    """Its arguments, as --model_args takes them; local paths may be relative to the file."""

    @field_validator("args")
    @classmethod
    def _beside_the_file(cls, args: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        folder = (info.context or {}).get("folder")
        given = [name for name in PATH_ARGUMENTS if folder and args.get(name)]
        paths = {name: Path(folder or "", Path(str(args[name])).expanduser()) for name in given}
        return args | {name: str(path) for name, path in paths.items() if path.exists()}


def read_aggregator(choice: str) -> Aggregator:
    """Read which model is meant: `BACKEND:MODEL`, or a YAML file."""
    backend, colon, model = choice.partition(":")
    if choice.endswith((".yaml", ".yml")):
        return read_yaml_config(Path(choice).expanduser(), Aggregator)
    if colon and backend and model:
        name = "model" if "completions" in backend else "pretrained"
        return Aggregator(backend=backend, args={name: model})
    raise UserError(
        f"ptr_aggregator={choice}: write BACKEND:MODEL, such as hf:./model, or name a YAML "
        "file with `backend` and `args`."
    )
