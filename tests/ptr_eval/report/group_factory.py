"""Groups of candidates spelt as letters, by way of the tidy table."""

from typing import Any

import numpy as np
import pandas as pd

from ptr_eval.report.data.group_measures import GroupMeasures, measure
from ptr_eval.report.data.grouping import group_panels
from ptr_eval.report.data.groups import GroupOrigin, GroupPanel
from ptr_eval.report.data.outcomes import OUTCOMES

_ANSWERS = "cabde"
_OUTCOMES = {"x": "failed", "r": "refused", "0": "empty"}


def rows_of(item: int, spelt: str, run: str, task: str, **labels: Any) -> list[dict[str, Any]]:
    """Spell an item's rows: groups between spaces, rounds between >, a letter an answer.

    c is correct; a, b, d and e are wrong answers; - is none, 0 an empty text, x a request that
    failed, r one that was refused, and k only confirms.
    Candidates take 100 tokens, 30 of them visible, refined answers 60 and 20.
    """
    return [
        {
            "run": run, "checkpoint": "model", "method": "PTR", "instruction": "", "step": pd.NA,
            "task": task, "scorer": "exact", "subject": "", "cluster": str(item), "item": item,
            "sample": sample, "round": round_, "position": position,
            "verdict": None if letter in "xr" else "correct" if letter == "c"
            else "wrong" if letter in "abde" else "unparsed",
            "score": np.nan if letter in "xr" else float(letter == "c"),
            "answer": letter if letter in _ANSWERS else None,
            "class": _ANSWERS.find(letter),
            "prompt_tokens": 50 if round_ == 1 else 150, "cached_tokens": np.nan,
            "generated_tokens": 100 if round_ == 1 else 60,
            "visible_tokens": 0.0 if letter in "xr0" else 30.0 if round_ == 1 else 20.0,
            "seconds": np.nan, "at_limit": np.nan,
            "shortened_candidates": int(round_ == 2), "truncated": False,
            "outcome": _OUTCOMES.get(letter, "answered"), "kept": letter == "k", **labels,
        }
        for sample, group in enumerate(spelt.split())
        for round_, letters in enumerate(group.split(">"), start=1)
        for position, letter in enumerate(letters)
    ]  # fmt: skip


def frame_of(*items: str, run: str = "run", task: str = "task", **labels: Any) -> pd.DataFrame:
    """Spell a tidy table."""
    rows = [row for i, spelt in enumerate(items) for row in rows_of(i, spelt, run, task, **labels)]
    frame = pd.DataFrame(rows)
    frame["outcome"] = pd.Categorical(frame["outcome"], OUTCOMES)
    frame["verdict"] = pd.Categorical(frame["verdict"], ["correct", "wrong", "unparsed"])
    return frame


def groups_of(
    *items: str,
    run: str = "run",
    task: str = "task",
    origin: GroupOrigin | None = None,
    **labels: Any,
) -> GroupPanel:
    """Spell a group panel."""
    frame = frame_of(*items, run=run, task=task, **labels)
    (panel,) = group_panels(frame, {(run, task): origin or GroupOrigin({})})
    return panel


def measured(*panels: GroupPanel) -> list[GroupMeasures]:
    """Measure with few resamples."""
    return measure(panels, rng=np.random.default_rng(1), resamples=200)
