"""Another model for the rounds from the second on, which refines what the first one wrote."""

from pathlib import Path
from typing import Any

from lm_eval.api.model import LM

from ptr_eval.config import Settings, Text, read_yaml_config
from ptr_eval.errors import UserError
from ptr_eval.harness.loading import load_model


class Aggregator(Settings):
    """A model that refines what another one wrote."""

    backend: Text
    """A backend of lm-eval, such as `hf`."""
    args: dict[str, Any]
    """Its arguments, as --model_args takes them."""


def load_aggregator(choice: str, lm: LM) -> LM:
    """Load the model that answers from the second round on."""
    backend, colon, model = choice.partition(":")
    if choice.endswith((".yaml", ".yml")):
        asked = read_yaml_config(Path(choice).expanduser(), Aggregator)
    elif colon and backend and model:
        name = "model" if "completions" in backend else "pretrained"
        asked = Aggregator(backend=backend, args={name: model})
    else:
        raise UserError(
            f"ptr_aggregator={choice}: write BACKEND:MODEL, such as hf:./model, or name a YAML "
            "file with `backend` and `args`."
        )
    same = {name: getattr(lm, name, None) for name in ("device", "batch_size")}
    taken = {name: str(value) for name, value in same.items() if value is not None}
    return load_model(asked.backend, {**taken, **asked.args})
