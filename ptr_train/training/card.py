"""The model card of a checkpoint: what was trained on which data, how, and how to use it."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from ptr_eval import __version__
from ptr_train.config import TrainConfig
from ptr_train.training.cost import cost_lines
from ptr_train.training.run_record import RunRecord
from ptr_train.training.selection import tally_text

_METHODS = {
    "ptr": "progressive thought refinement",
    "ift": "instruction fine-tuning",
    "dpo": "direct preference optimisation",
    "gsr": "generative self-refinement",
}


def model_card(
    config: TrainConfig,
    record: RunRecord,
    step: int,
    rows: Mapping[str, int],
    logged: Mapping[str, Any],
) -> str:
    """Write a model card."""
    method = _METHODS[config.loss.objective]
    # Others do not know the folders of this machine, and should not.
    base, data = _public(config.model.name), config.data.path.name
    header: dict[str, Any] = {
        "library_name": "transformers" if config.lora is None else "peft",
        "pipeline_tag": "text-generation",
        "tags": ["ptr-train", config.loss.objective],
    }
    known = base if base == config.model.name else None
    if known:
        header["base_model"] = known
    optimizer, train = config.optimizer, config.train
    sizes = train.per_device_batch_size, train.gradient_accumulation_steps, record.processes
    versions = {n: found for n, found in record.environment.items() if n != "hardware"}
    facts = {
        "base model": base,
        "data": data,
        "rows": tally_text(rows),
        "method": f"{config.loss.objective} ({method})",
        "trained": "all weights" if config.lora is None else f"adapters of rank {config.lora.rank}",
        "step": f"{step:,}",
        "batch": " x ".join(map(str, sizes)),
        "learning rate": f"{optimizer.learning_rate:g}, {optimizer.schedule}",
        "precision": config.model.precision,
        "seed": f"{config.seed}",
        "made with": ", ".join(f"{name} {found}" for name, found in versions.items()),
        "hardware": f"{record.processes} x {record.environment['hardware']}",
        **_changes(record),
        **({"data seen": record.rows["line"]} if record.rows else {}),
        **(cost_lines(record.cost) if record.cost else {}),
        **{name: f"{value:.4g}" for name, value in logged.items() if _is_loss(name, value)},
    }
    loaded = "pretrained=." if config.lora is None else f"pretrained={known or 'BASE'},peft=."
    where = (
        "" if known or config.lora is None else f" BASE is the folder of the base model, {base}."
    )
    table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in facts.items())
    return (
        f"---\n{yaml.safe_dump(header, sort_keys=False)}---\n\n# {_cell(config.out.name)}\n\n"
        f"Trained by {method} with ptr-eval {__version__}, to refine its answers when it is asked "
        f"again.\n\n| | |\n|---|---|\n{table}\n\n"
        "The whole configuration is in `ptr_train.yaml`. To ask the model for several rounds:"
        f"{where}\n\n"
        f"    ptr-eval run --model hf --model_args {loaded} --tasks ptr_gsm8k "
        "--apply_chat_template\n"
    )


def _changes(record: RunRecord) -> dict[str, str]:
    """Tell which settings were changed on the way; paths are left out."""
    told = [
        f"{each['field']} from {each['before']} to {each['now']} after step {each['step']:,}"
        for each in record.changes
        if not str(each["field"]).endswith((".name", ".path", ".chat_template"))
    ]
    return {"changed on the way": "; ".join(told)} if told else {}


def _public(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2] if name.startswith(("/", "~")) else name


def _is_loss(name: str, value: Any) -> bool:
    other = ("epoch", "learning_rate", "grad_norm")
    return isinstance(value, float) and name not in other and not name.endswith("_count")


def _cell(text: str) -> str:
    """Escape what Markdown would read as markup in a name."""
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", " ".join(text.split()))
