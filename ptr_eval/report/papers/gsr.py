"""Figures of Learning to Refine, the paper on generative self-refinement (arXiv 2509.00084)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

NAME = "GSR-7B"
"""The paper's model."""

SIZE = 4
"""The paper's number of candidates, but where it varies it."""

BENCHMARKS = {
    "gsr_aime24": "AIME24",
    "gsr_aime25": "AIME25",
    "gsr_amc22_23": "AMC22-23",
    "gsr_math500": "MATH500",
    "gsr_olympiadbench": "Olympiad",
}
"""By task, the paper's name for it."""

_NAMES = {**BENCHMARKS, "gsr_knights_and_knaves": "K&K"}
"""The same with the puzzles, which are in the paper's figures but not in its tables."""


@dataclass(frozen=True, slots=True)
class PublishedMeasure:
    """One row of the paper's Tables 1 to 3, in percent."""

    model: str
    """The model, before or after training."""
    method: str
    """How it was trained: `no training`, `direct solving only`, `refining only`, `hybrid`."""
    measure: str
    """What was measured, such as `maj@4`; a gap is in points."""
    values: Mapping[str, float]
    """By benchmark."""
    average: float | None
    """The average as printed; None where none is."""


@dataclass(frozen=True, slots=True)
class PublishedTokens:
    """A column of the paper's Table 4."""

    refining: float
    """Mean tokens generated to refine four candidates."""
    direct: float
    """Mean tokens generated to solve a question directly."""
    reduction: float
    """By how much fewer refining takes, in percent, as printed."""


@cache
def methods() -> tuple[PublishedMeasure, ...]:
    """Read Table 1: methods by benchmark."""
    return _measurements("methods")


@cache
def reached(task: str) -> dict[str, float]:
    """Say what the paper's model reaches on a task: in Table 1, and in the text on its figures."""
    name = _NAMES.get(task, "")
    table = {row.measure: row.values[name] for row in methods()
             if row.model == NAME and name in row.values}  # fmt: skip
    return {**table, **_content()["in_text"].get(name, {})}


@cache
def ablation() -> tuple[PublishedMeasure, ...]:
    """Read Table 2: models trained to solve, to refine, and to do both."""
    return _measurements("ablation")


@cache
def scales() -> tuple[PublishedMeasure, ...]:
    """Read Table 3: larger models without training and with it."""
    return _measurements("scales")


@cache
def tokens() -> dict[str, PublishedTokens]:
    """Read Table 4: what refining takes beside solving directly."""
    table, columns = _content()["tokens"], ("refining", "direct", "reduction")
    numbers = zip(*(table[name] for name in columns), strict=True)
    return dict(
        zip(_content()["benchmarks"], (PublishedTokens(*each) for each in numbers), strict=True)
    )


@cache
def by_correct_candidates() -> dict[str, tuple[tuple[int, int], ...]]:
    """Read Table 5: refined answers by how many of four candidates are correct."""
    rows = _content()["by_correct_candidates"]
    columns = zip(*rows, strict=True)
    return {
        name: tuple((int(right), int(total)) for right, total in column)
        for name, column in zip(_content()["benchmarks"], columns, strict=True)
    }


def _measurements(table: str) -> tuple[PublishedMeasure, ...]:
    # Tables that print fewer benchmarks print the first ones.
    return tuple(
        PublishedMeasure(
            model=row["model"],
            method=row["method"],
            measure=row["measure"],
            values=dict(zip(_content()["benchmarks"], row["values"], strict=False)),
            average=row.get("average"),
        )
        for row in _content()[table]
    )


@cache
def _content() -> dict[str, Any]:
    text = Path(__file__).with_name("gsr.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content
