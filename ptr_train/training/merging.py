"""Merges adapters into their model, for programs that load whole models only."""

import json
import shutil
from pathlib import Path

from ptr_eval.errors import UserError
from ptr_eval.extras import require

_ALONGSIDE = ("README.md", "ptr_train.yaml", "ptr_record.json")


def merge_adapters(checkpoint: Path, out: Path) -> None:
    """Merge the adapters of a checkpoint, and save the whole model as a Hugging Face folder."""
    try:
        adapters = json.loads((checkpoint / "adapter_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{checkpoint} has no adapters; name a checkpoint that was trained with `lora`."
        ) from error
    if out.exists():
        raise UserError(f"{out} exists already; choose another --out.")
    require("`ptr-train merge`", "train", "torch", "transformers", "peft")
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from ptr_eval.config import open_config
    from ptr_train.config import TrainConfig
    from ptr_train.training.checkpoints import MARKER
    from ptr_train.training.end_of_answers import stop_at_end_of_answers

    base = AutoModelForCausalLM.from_pretrained(
        adapters["base_model_name_or_path"], revision=adapters.get("revision"), dtype="auto"
    )
    with torch.no_grad():
        model = PeftModel.from_pretrained(base, str(checkpoint)).merge_and_unload()
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    if (checkpoint / MARKER).is_file():
        trained = open_config(checkpoint / MARKER, ()).checked(TrainConfig)
        stop_at_end_of_answers(model, tokenizer, trained.encoding)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    for name in _ALONGSIDE:
        if (checkpoint / name).is_file():
            shutil.copy(checkpoint / name, out / name)
