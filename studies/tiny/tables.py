"""The tables of the study: rows of cells, the first the head."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ptr_eval.stats import votes

from .answers import FAMILIES, IN, SKILLS, Answers, vote_curves
from .arms import ROUNDS, VOTES, Arm
from .means import Mean, mean_of, p_value, percent, points

Table = list[list[str]]


@dataclass(frozen=True, slots=True)
class Claim:
    """One comparison, stated before it was looked at.

    Attributes:
        says: What is claimed.
        mean: The difference, over seeds and questions.
    """

    says: str
    mean: Mean


def claims(answers: Answers, task: str) -> list[Claim]:
    """Make the comparisons that the method stands or falls with.

    Args:
        answers: All answers.
        task: The task.

    Returns:
        The comparisons.
    """
    ptr = answers.scores("rounds", "ptr", task)
    last = ptr[..., -1]
    ift = answers.scores("rounds", "ift-compute", task)
    best = int(ift.mean(axis=(0, 1)).argmax())
    shuffled = answers.scores("rounds", "ptr-shuffled", task)[..., -1]
    listed = [
        ("PTR's last round against its own first", last - ptr[..., 0]),
        (
            f"against round {best + 1}, the best, of IFT with as much computing",
            last - ift[..., best],
        ),
        ("against PTR trained on the thoughts of other questions", last - shuffled),
    ]
    for arm, whose in (("ptr", "PTR's own"), ("ift-compute", "IFT's")):
        curve = vote_curves(answers, arm, task)
        listed += [
            (
                f"against a vote of {k} of {whose} answers without history ({why})",
                last - curve[..., k - 1],
            )
            for k, why in ((ROUNDS, "equal calls"), (VOTES, "equal tokens"))
        ]
    return [Claim(says, mean_of(values)) for says, values in listed]


def claims_table(answers: Answers, task: str) -> Table:
    """Tabulate these comparisons.

    Args:
        answers: All answers.
        task: The task.

    Returns:
        Rows of cells, the first the head.
    """
    tests = ["p, by question", "p, seeds and questions"]
    rows = [["PTR's last round", "difference (points)", *tests, "each seed"]]
    for claim in claims(answers, task):
        mean = claim.mean
        each = " ".join(f"{100 * value:+.0f}" for value in mean.by_seed)
        p_values = [p_value(mean.p_questions), p_value(mean.p_both)]
        rows.append([claim.says, points(mean), *p_values, each])
    return rows


def accuracy_table(answers: Answers, task: str) -> Table:
    """Tabulate accuracy by arm and round.

    Args:
        answers: All answers.
        task: The task.

    Returns:
        Rows of cells, the first the head.
    """
    head = ["method", *(f"round {t}" for t in range(1, ROUNDS + 1)), "last - first", "seeds' last"]
    rows = [head]
    for arm in answers.arms:
        scores = answers.scores("rounds", arm.name, task)
        means = [mean_of(scores[..., t]) for t in range(scores.shape[2])]
        change = mean_of(scores[..., -1] - scores[..., 0])
        each = " ".join(f"{100 * value:.0f}" for value in means[-1].by_seed)
        rows.append([arm.says, *map(percent, means), points(change), each])
    return rows


def needs_table(answers: Answers, arm: str, task: str) -> Table:
    """Tabulate an arm's accuracy by the passes that a question needs.

    Args:
        answers: All answers.
        arm: The arm.
        task: The task.

    Returns:
        Rows of cells, the first the head.
    """
    rows = [["passes needed", "questions", *(f"round {t}" for t in range(1, ROUNDS + 1))]]
    for subject, scores in answers.by_subject(arm, task).items():
        cells = [f"{100 * scores[..., t].mean():.1f}" for t in range(ROUNDS)]
        rows.append([subject.removeprefix("need "), str(scores.shape[1]), *cells])
    return rows


def votes_table(answers: Answers, task: str) -> Table:
    """Tabulate votes of answers that were drawn without history.

    Args:
        answers: All answers.
        task: The task.

    Returns:
        Rows of cells, the first the head.
    """
    shown = (1, 3, ROUNDS, VOTES)
    head = ["method", *(f"maj@{k}" for k in shown), f"pass@{VOTES}"]
    rows = [[*head, "prompt tokens a question", "generated tokens a question"]]
    for arm in (arm for arm in answers.arms if arm.voted):
        curve = vote_curves(answers, arm.name, task)
        _, correct = answers.groups("votes", arm.name, task)
        asked, told = answers.tokens("votes", arm.name, task)
        rows.append([
            arm.says, *(percent(mean_of(curve[..., k - 1])) for k in shown),
            percent(mean_of(correct[:, :, 0].max(axis=-1))), f"{asked:.0f}", f"{told:.0f}",
        ])  # fmt: skip
    return rows


def groups_table(answers: Answers, task: str) -> Table:
    """Tabulate what combining candidates gives.

    Args:
        answers: All answers.
        task: The task.

    Returns:
        Rows of cells, the first the head.
    """
    rows = [
        ["method", "pass@1", "pass@4", "maj@4", "selfRef@4", "gap", "p (questions)", "p (both)"]
    ]
    for arm in (arm for arm in answers.arms if arm.parallel):
        classes, correct = answers.groups("groups", arm.name, task)
        voted = votes(classes, correct).mean(axis=2)
        refined = answers.scores("groups", arm.name, task)[..., 1]
        gap = mean_of(refined - voted)
        means = [correct.mean(axis=(2, 3)), correct.max(axis=3).mean(axis=2), voted, refined]
        rows.append([
            arm.says, *(percent(mean_of(m)) for m in means), points(gap), p_value(gap.p_questions),
            p_value(gap.p_both),
        ])  # fmt: skip
    return rows


def skills_table(answers: Answers) -> Table:
    """Tabulate what is left of what the base model could do.

    Args:
        answers: All answers.

    Returns:
        Rows of cells, the first the head.
    """
    found = {arm.says: answers.by_subject(arm.name, SKILLS) for arm in answers.arms}
    rows = [["method", *next(iter(found.values()))]]
    for says, kinds in found.items():
        rows.append([says, *(percent(mean_of(scores[..., 0])) for scores in kinds.values())])
    return rows


def seeds_table(answers: Answers) -> Table:
    """Set what each seed's base model could do beside what PTR made of it.

    Args:
        answers: All answers.

    Returns:
        Rows of cells, the first the head.
    """
    base = answers.by_subject("prompt", SKILLS)
    columns = {f"base: {kind}": scores[..., 0].mean(axis=1) for kind, scores in base.items()}
    for task, family in FAMILIES.items():
        ptr = answers.scores("rounds", "ptr", task).mean(axis=1)
        columns |= {f"PTR {family}: round {t}": ptr[:, t - 1] for t in (1, ROUNDS)}
    rows = [["seed", *columns]]
    for i, seed in enumerate(answers.seeds):
        rows.append([str(seed), *(f"{100 * values[i]:.1f}" for values in columns.values())])
    return rows


def costs_table(answers: Answers, study: Path) -> Table:
    """Tabulate what training and an evaluation in rounds take.

    Args:
        answers: All answers.
        study: The study's folder.

    Returns:
        Rows of cells, the first the head.
    """
    head = ["method", "training (TFLOP)", "training (s)"]
    rows = [[*head, "prompt tokens a question", "generated tokens a question"]]
    for arm in answers.arms:
        asked, told = answers.tokens("rounds", arm.name, IN)
        spent = training_cost(study, answers.seeds, arm) if arm.config else ("-", "-")
        rows.append([arm.says, *spent, f"{asked:.0f}", f"{told:.0f}"])
    return rows


def training_cost(study: Path, seeds: Sequence[int], arm: Arm) -> tuple[str, str]:
    """Say what an arm's training took.

    Args:
        study: The study's folder.
        seeds: The seeds.
        arm: The arm.

    Returns:
        10^12 floating-point operations on average, as the trainer counted them (6 a weight and
        token, padding included); and seconds, start and encoding included: their median, for
        other work disturbs them.
    """
    folders = [study / f"seed-{seed}" for seed in seeds]
    states = [
        json.loads(state.read_text())
        for folder in folders
        for state in (folder / "runs" / arm.name).glob("checkpoint-*/trainer_state.json")
    ]
    marks = [json.loads((f / "steps" / f"train-{arm.name}.json").read_text()) for f in folders]
    operations = np.mean([state["total_flos"] for state in states]) / 1e12
    return f"{operations:.1f}", f"{np.median([mark['seconds'] for mark in marks]):.0f}"
