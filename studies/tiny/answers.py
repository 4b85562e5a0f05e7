"""What every arm answered, by seed and question."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ptr_eval.report import RunEntry
from ptr_eval.report.data.tidy import build
from ptr_eval.runs import find_tasks
from ptr_eval.stats import majority_curve

from .arms import ARMS, Arm
from .means import Floats

IN, OUT, SKILLS = "ptr_tiny", "ptr_tiny_heldout", "ptr_tiny_skills"
FAMILIES = {IN: "in-family", OUT: "held-out family"}


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """All that was answered.

    Attributes:
        table: One row an answer, as `ptr_eval.report` reads it, with seed, kind and arm.
        seeds: The seeds.
    """

    table: pd.DataFrame
    seeds: tuple[int, ...]

    @property
    def arms(self) -> list[Arm]:
        """The arms that were evaluated in rounds with every seed."""
        rounds = self.table[self.table["kind"] == "rounds"]
        seeds = rounds.groupby("arm")["seed"].nunique()
        return [arm for arm in ARMS if seeds.get(arm.name, 0) == len(self.seeds)]

    def scores(self, kind: str, arm: str, task: str) -> Floats:
        """Give an arm's scores, samples and positions averaged: [S, N, T]."""
        rows = self._of(kind, arm, task)
        cells = rows.pivot_table(index=["seed", "item"], columns="round", values="score")
        return cells.to_numpy().reshape(len(self.seeds), -1, cells.shape[1])

    def groups(self, kind: str, arm: str, task: str) -> tuple[Any, Any]:
        """Give the first round's classes and correctness: [S, N, G, k] each."""
        rows = self._of(kind, arm, task)
        first = rows[rows["round"] == 1].sort_values(["seed", "item", "sample", "position"])
        shape = (len(self.seeds), first["item"].nunique(), first["sample"].nunique(), -1)
        correct = (first["verdict"] == "correct").to_numpy(dtype=float)
        return first["class"].to_numpy(dtype=int).reshape(shape), correct.reshape(shape)

    def by_subject(self, arm: str, task: str) -> dict[str, Floats]:
        """Give an arm's scores in rounds by the subject of the question: [S, N, T] each."""
        scores = self.scores("rounds", arm, task)
        rows = self._of("rounds", arm, task)
        subjects = rows.groupby("item")["subject"].first().astype(str).to_numpy()
        return {subject: scores[:, subjects == subject] for subject in sorted(set(subjects))}

    def tokens(self, kind: str, arm: str, task: str) -> tuple[float, float]:
        """Give mean tokens of a question's answers: prompts and generated."""
        rows = self._of(kind, arm, task)
        asked = len(self.seeds) * rows["item"].nunique()
        return rows["prompt_tokens"].sum() / asked, rows["generated_tokens"].sum() / asked

    def _of(self, kind: str, arm: str, task: str) -> pd.DataFrame:
        table = self.table
        chosen = (table["kind"] == kind) & (table["arm"] == arm) & (table["task"] == task)
        return table[chosen]


def read(study: Path, seeds: Sequence[int], split: str) -> Answers:
    """Read a study's results.

    Args:
        study: Its folder.
        seeds: The seeds.
        split: Which questions were evaluated.

    Returns:
        The answers.
    """
    entries = [
        RunEntry(path=folder, name=f"{seed}/{kind.name}/{folder.name}", checkpoint=folder.name)
        for seed in seeds
        for kind in sorted((study / f"seed-{seed}" / f"{split}-results").iterdir())
        for folder in sorted(kind.iterdir())
    ]
    table = build(find_tasks(entries), {}).frame
    names = table["run"].astype(str).str.split("/", expand=True)
    return Answers(
        table.assign(seed=names[0].astype(int), kind=names[1], arm=names[2]), tuple(seeds)
    )


def vote_curves(answers: Answers, arm: str, task: str) -> Floats:
    """Compute the accuracy of a vote of 1 to `VOTES` answers without history: [S, N, VOTES].

    Args:
        answers: All answers.
        arm: The arm.
        task: The task.

    Returns:
        Means over all subsets of so many of a question's answers.
    """
    classes, correct = answers.groups("votes", arm, task)
    return np.array(
        [
            [majority_curve(c[0], r[0]) for c, r in zip(*of_seed, strict=True)]
            for of_seed in zip(classes, correct, strict=True)
        ]
    )


def by_seed(answers: Answers) -> pd.DataFrame:
    """List the accuracy of every arm, task, seed and round.

    Args:
        answers: All answers.

    Returns:
        One row each.
    """
    rows = []
    for arm in answers.arms:
        for task in (*FAMILIES, SKILLS):
            means = answers.scores("rounds", arm.name, task).mean(axis=1)
            rows += [
                (arm.name, task, seed, t, round(accuracy, 4))
                for seed, of_seed in zip(answers.seeds, means, strict=True)
                for t, accuracy in enumerate(of_seed, start=1)
            ]
    return pd.DataFrame(rows, columns=["arm", "task", "seed", "round", "accuracy"])
