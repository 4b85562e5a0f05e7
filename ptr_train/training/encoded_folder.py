"""Whether a folder that is already encoded holds what the configuration would encode."""

import json
import logging
from pathlib import Path
from typing import Any

from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig
from ptr_train.encoding.identity import differing, encoding_inputs
from ptr_train.encoding.settings import EncodingSettings
from ptr_train.encoding.storage import Summary, read_summary
from ptr_train.objectives import PtrSettings

_log = logging.getLogger(__name__)


def check_encoding(folder: Path, config: TrainConfig, tokenizer: Any) -> None:
    """Refuse an encoding by another tokenizer or template, or with settings that are not ours.

    What the configuration leaves out is as it was when the folder was encoded.
    """
    summary = read_summary(folder)
    problems = _other_settings(summary, config)
    if summary.inputs is None:
        _log.warning(
            "%s was encoded by an earlier version, which did not record tokenizer and chat "
            "template: whether they are this model's is not known; encode it again.",
            folder,
        )
    else:
        chat = EncodingSettings(chat=summary.settings.get("chat"))
        now = encoding_inputs(tokenizer, chat, folder) | {"data": summary.inputs["data"]}
        problems += [f"the {name} is another one" for name in differing(summary.inputs, now)]
    if problems:
        raise UserError(
            f"{folder} was encoded otherwise than this training needs ({'; '.join(problems)}); "
            "encode the data again, or set it as it was."
        )


def _other_settings(summary: Summary, config: TrainConfig) -> list[str]:
    needed = config.encoding.model_dump(mode="json")
    names = {"type", *config.data.encoding.model_fields_set} - {"shard"}
    if isinstance(config.loss, PtrSettings):
        names.add("thought_mask")
    return [
        f"`data.encoding.{name}` was {json.dumps(summary.settings.get(name))} and is "
        f"{json.dumps(needed[name])}"
        for name in sorted(names)
        if summary.settings.get(name) != needed[name]
    ]
