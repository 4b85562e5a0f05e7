"""Fingerprints of what a training reads: the model, the tokenizer, the template, the data."""

from pathlib import Path
from typing import Any

from ptr_data.hashing import content_ends, digest
from ptr_eval.errors import UserError
from ptr_train.config import TrainConfig, TrainedModelSettings
from ptr_train.encoding.identity import encoding_inputs
from ptr_train.encoding.sources import find_file
from ptr_train.encoding.storage import encoded_in
from ptr_train.objectives import DpoSettings

_MODEL_FILES = ("config.json", "*.safetensors", "*.bin", "*.index.json", "adapter_config.json")


def training_inputs(config: TrainConfig, tokenizer: Any, split: str = "train") -> dict[str, str]:
    """Fingerprint everything that a training reads."""
    if (folder := already_encoded(config, split)) is not None:
        data = digest([(path.name, content_ends(path)) for path in sorted(folder.rglob("*.arrow"))])
        inputs = encoding_inputs(tokenizer, config.encoding, folder) | {"data": data}
    else:
        inputs = encoding_inputs(tokenizer, config.encoding, data_file(config, split))
    return {"model": model_fingerprint(config.model), **inputs}


def already_encoded(config: TrainConfig, split: str) -> Path | None:
    """Find the folder of a split that is already encoded; None if the data are rows or pairs."""
    found = encoded_in(config.data.path, split)
    return None if isinstance(config.loss, DpoSettings) else found


def data_file(config: TrainConfig, split: str) -> Path:
    """Find the file of a split: of rows or, for dpo, of pairs."""
    folder = config.data.path / "dpo"
    pairs = isinstance(config.loss, DpoSettings) and folder.is_dir()
    return find_file(folder if pairs else config.data.path, split)


def model_fingerprint(settings: TrainedModelSettings) -> str:
    """Fingerprint a model's files: of a folder by content, on the hub by name and commit."""
    folder = Path(settings.name)
    if folder.is_dir():
        files = sorted({path for form in _MODEL_FILES for path in folder.glob(form)})
        return digest([(path.name, content_ends(path)) for path in files])
    from transformers import AutoConfig

    try:
        found = AutoConfig.from_pretrained(settings.name, revision=settings.revision)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:300].rstrip(".")
        raise UserError(
            f"`model.name`: the configuration of {settings.name} cannot be loaded ({reason}); name "
            "a model on the hub, or a folder, such as ./folder."
        ) from error
    return digest(settings.name, getattr(found, "_commit_hash", None) or settings.revision)
