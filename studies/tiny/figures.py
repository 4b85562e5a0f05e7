"""The figures of the study."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ptr_eval.report.plots.style import COLOURS, MARKERS

from .answers import FAMILIES, IN, Answers
from .arms import ROUNDS
from .means import mean_of

_DRAWN = {
    "prompt": "Prompt",
    "ift-compute": "IFT",
    "dpo": "DPO",
    "ptr": "PTR",
    "ptr-shuffled": "PTR, shuffled",
    "ptr-no-mask": "PTR, no mask",
    "ptr-two": "PTR, two thoughts",
}
"""The arms that are drawn."""

_ROUNDS = np.arange(1, ROUNDS + 1)


def figures(answers: Answers, study: Path) -> Iterator[tuple[str, Figure]]:
    """Draw accuracy over rounds, by need, and over training.

    Args:
        answers: All answers.
        study: The study's folder.

    Yields:
        Names and figures.
    """
    yield "rounds", _over_rounds(answers)
    yield "need", _by_need(answers)
    yield "training", _over_training(answers, study)


def _over_rounds(answers: Answers) -> Figure:
    drawn = {arm.name: _DRAWN[arm.name] for arm in answers.arms if arm.name in _DRAWN}
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for panel, (task, family) in zip(axes, FAMILIES.items(), strict=True):
        for i, (arm, label) in enumerate(drawn.items()):
            scores = answers.scores("rounds", arm, task)
            means = [mean_of(scores[..., t]) for t in range(ROUNDS)]
            value, low, high = (
                100 * np.array([getattr(m, f) for m in means]) for f in ("value", "low", "high")
            )
            # Beside each other, so that whiskers can be told apart.
            panel.errorbar(
                _ROUNDS + 0.05 * (i - (len(drawn) - 1) / 2), value, (value - low, high - value),
                color=COLOURS[i], marker=MARKERS[i], label=label, elinewidth=0.8, capsize=2,
            )  # fmt: skip
        panel.set(title=family, xlabel="round", xticks=_ROUNDS)
        panel.set_ylim(-2, 100)
    axes[0].set_ylabel("accuracy (%)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _by_need(answers: Answers) -> Figure:
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    panel = figure.subplots()
    for i, (subject, scores) in enumerate(answers.by_subject("ptr", IN).items()):
        label = f"{subject} ({scores.shape[1]} questions)"
        means = 100 * scores.mean(axis=(0, 1))
        panel.plot(_ROUNDS, means, color=COLOURS[i], marker=MARKERS[i], label=label)
    panel.set(xlabel="round", xticks=_ROUNDS, ylabel="accuracy (%)", ylim=(0, 100))
    panel.set_title("PTR by passes needed, in-family")
    figure.legend(loc="outside right center")
    return figure


def _over_training(answers: Answers, study: Path) -> Figure:
    figure = Figure(figsize=(5, 3.6), layout="constrained")
    panel = figure.subplots()
    curves = np.array([training_curve(study / f"seed-{seed}") for seed in answers.seeds])
    steps, means = curves[0, :, 0], 100 * curves.mean(axis=0)
    for t in (1, 2, 3, 5):
        panel.plot(steps, means[:, t], color=COLOURS[t], marker=MARKERS[t], label=f"round {t}")
    panel.set(xlabel="training step", ylabel="accuracy (%)", ylim=(0, 100))
    panel.set_title("PTR while it is trained\nin-family, 100 questions of the dev split")
    panel.legend()
    return figure


def training_curve(seed: Path) -> list[list[float]]:
    """Read the evaluations that were made while PTR was trained.

    Args:
        seed: The seed's folder.

    Returns:
        For each, the step and the accuracy of every round.
    """
    rows = []
    for path in (seed / "runs" / "ptr" / "eval").rglob("results_*.json"):
        results = json.loads(path.read_text())
        figures = results["results"][IN]
        step = int(path.relative_to(seed / "runs" / "ptr" / "eval").parts[0].rpartition("-")[2])
        rows.append([step, *(figures[f"score@{t},exact"] for t in range(1, ROUNDS + 1))])
    return sorted(rows)
