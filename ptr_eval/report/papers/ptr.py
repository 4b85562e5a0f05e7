"""Figures of Progressive Thought Refinement (arXiv 2410.13413)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BENCHMARKS = {
    "ptr_mmlu": "MMLU",
    "ptr_humaneval": "HumanEval",
    "ptr_drop": "DROP",
    "ptr_xsum": "XSum",
    "ptr_gsm8k": "GSM8K",
    "ptr_math": "MATH",
    "ptr_arc_challenge": "ARC",
    "ptr_gpqa_diamond": "GPQA",
    "ptr_winogrande": "Winogrande",
    "ptr_commonsense_qa": "CommonsenseQA",
}
"""By task, the paper's name for it, in the paper's order; its ARC and GPQA name no subset."""


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A row of the paper's Table 1, in percent."""

    model: str
    """The base model."""
    method: str
    """`Prompt`, `IFT`, `RL` (preference optimisation) or `PTR`."""
    iteration: int
    """The iteration, from 1."""
    values: dict[str, float]
    """By benchmark, under the paper's name for it."""
    printed_average: float
    """The average as printed, which does not always follow from the values."""

    @property
    def average(self) -> float:
        """The average of the values."""
        return sum(self.values.values()) / len(self.values)


@cache
def table1() -> tuple[PublishedRow, ...]:
    """Read Table 1: methods by iteration and benchmark."""
    table = json.loads(Path(__file__).with_name("ptr.json").read_text(encoding="utf-8"))
    return tuple(
        PublishedRow(
            model=row["model"],
            method=row["method"],
            iteration=row["iteration"],
            values=dict(zip(table["columns"], row["values"], strict=True)),
            printed_average=row["average"],
        )
        for row in table["rows"]
    )
