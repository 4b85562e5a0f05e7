"""Small runs: fifty rows to learn by heart, and the configuration that does it on a CPU."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ptr_eval.instructions import INSTRUCTIONS
from ptr_train.config import TrainConfig
from ptr_train.reading import read_config

ROWS = 50


def answer(number: int) -> str:
    return f"The answer is {number + 1}."


def messages(number: int, thoughts: int) -> list[dict[str, Any]]:
    """A question, so many wrong thoughts, and the right answer."""
    asked = {"role": "user", "content": f"Question: Which number comes after {number}?"}
    said: list[dict[str, Any]] = [asked]
    for thought in range(thoughts):
        wrong = f"The answer is {number - thought}."
        said.append({"role": "assistant", "content": wrong, "weight": 0})
        said.append({"role": "user", "content": INSTRUCTIONS["neutral"]})
    return [*said, {"role": "assistant", "content": answer(number), "weight": 1}]


def write_data(folder: Path, rows: int = ROWS, dev: int = 0) -> Path:
    """Write rows with 0, 1 and 2 thoughts, and preference pairs, as `ptr-data build` lays them."""
    for name, numbers in (("train", range(rows)), ("dev", range(60, 60 + dev))):
        kept = [_row(number) for number in numbers]
        _write(folder / "data" / f"{name}.jsonl", kept)
        _write(folder / "dpo" / f"{name}.jsonl", [_pair(row) for row in kept])
    return folder


def write_gsr_data(folder: Path, direct: int = 12, refine: int = 12, dev: int = 2) -> Path:
    """Write rows that solve directly, and as many that refine two candidates."""
    for name, first, sizes in (("train", 0, (direct, refine)), ("dev", 60, (dev, dev))):
        kept = [_gsr_row("direct", number) for number in range(first, first + sizes[0])]
        kept += [_gsr_row("refine", number) for number in range(first, first + sizes[1])]
        _write(folder / "data" / f"{name}.jsonl", kept)
    return folder


def config_of(folder: Path, model: Path, data: Path, *overrides: str) -> TrainConfig:
    """A run of twenty steps in float32, from a configuration file in the folder."""
    settings = {
        "out": "out",
        "model": {"name": str(model), "precision": "fp32", "cpu": True},
        "data": {"path": str(data)},
        "optimizer": {"learning_rate": 3e-3, "warmup_steps": 0},
        "train": {
            "per_device_batch_size": 4,
            "gradient_accumulation_steps": 1,
            "max_steps": 20,
            "logging_steps": 1,
        },
        "tensorboard": False,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "train.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return read_config(str(path), overrides)


def logged(checkpoint: Path, name: str = "loss") -> list[float]:
    """What was logged under a name, up to a checkpoint."""
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    return [entry[name] for entry in state["log_history"] if name in entry]


def _row(number: int) -> dict[str, Any]:
    kind = "ptr" if number % 3 else "sft"
    return {"id": f"ptr-{number}", "kind": kind, "messages": messages(number, number % 3)}


def _gsr_row(kind: str, number: int) -> dict[str, Any]:
    asked, said = messages(number, 0)
    if kind == "refine":
        candidates = f"{answer(number)} Or: {answer(number + 3)}"
        asked = {**asked, "content": f"{asked['content']} Candidates: {candidates}"}
        said = {**said, "content": f"<think>\nOne fits.\n</think>\n\n{said['content']}"}
    return {"id": f"{kind}-{number}", "kind": kind, "messages": [asked, said]}


def _pair(row: Mapping[str, Any]) -> dict[str, Any]:
    number = int(row["id"].removeprefix("ptr-"))
    return {
        "id": row["id"],
        "prompt": [{"role": "user", "content": row["messages"][0]["content"]}],
        "chosen": [{"role": "assistant", "content": answer(number)}],
        "rejected": [{"role": "assistant", "content": answer(number + 7)}],
    }


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
