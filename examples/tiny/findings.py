"""What the study found: tables and figures over all seeds and questions, negative results too.

A mean over S seeds and N questions has two sources of error: which seeds were trained, and which
questions were asked. Intervals take both: their variance is that of the seeds' means plus that
of the questions' means less that of single answers (Cameron, Gelbach and Miller 2011), with
Student's t of S - 1 degrees of freedom. Tests "by question" are the paired t test of the
questions' means over all seeds, and take the seeds as given.
"""

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr, stdtrit
from study import ARMS, ROUNDS, VOTES, Arm

from ptr_eval.report import RunEntry
from ptr_eval.report.results import find_tasks
from ptr_eval.report.tidy import build
from ptr_eval.stats import majority_curve, votes

Floats = npt.NDArray[np.float64]
IN, OUT, SKILLS = "ptr_tiny", "ptr_tiny_heldout", "ptr_tiny_skills"
FAMILIES = {IN: "in-family", OUT: "held-out family"}


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over seeds and questions.

    Attributes:
        value: The mean.
        low: Lower end of its 95 % interval over seeds and questions.
        high: Upper end.
        p_questions: Two-sided p of 0, by question, all seeds pooled.
        p_both: Two-sided p of 0, over seeds and questions.
        by_seed: The mean of each seed. [S]
    """

    value: float
    low: float
    high: float
    p_questions: float
    p_both: float
    by_seed: Floats


def mean_of(values: Floats) -> Mean:
    """Average over seeds and questions.

    Args:
        values: One number a seed and question. [S, N]

    Returns:
        The mean with its interval and tests.
    """
    seeds, questions = values.shape
    centred = values - values.mean()

    def variance(means: Floats) -> float:
        groups = means.size
        return float((means**2).sum()) / (groups * max(groups - 1, 1))

    by_question = variance(centred.mean(axis=0))
    both = variance(centred.mean(axis=1)) + by_question - variance(centred.ravel())
    error = math.sqrt(max(both, by_question, variance(centred.mean(axis=1))))
    value = float(values.mean())
    half = float(stdtrit(max(seeds - 1, 1), 0.975)) * error
    return Mean(
        value, value - half, value + half,
        _p(value, math.sqrt(by_question), questions - 1), _p(value, error, max(seeds - 1, 1)),
        values.mean(axis=1),
    )  # fmt: skip


def _p(value: float, error: float, degrees: int) -> float:
    if error == 0:
        return 1.0 if value == 0 else 0.0
    return float(2 * stdtr(degrees, -abs(value) / error))


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

    def subjects(self, task: str) -> pd.Series:
        """Give each question's subject, by item."""
        rows = self.table[self.table["task"] == task]
        return rows.groupby("item")["subject"].first().astype(str)

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


def accuracy_table(answers: Answers, task: str) -> list[list[str]]:
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


def needs_table(answers: Answers, arm: str, task: str) -> list[list[str]]:
    """Tabulate an arm's accuracy by the passes that a question needs.

    Args:
        answers: All answers.
        arm: The arm.
        task: The task.

    Returns:
        Rows of cells, the first the head.
    """
    scores, subjects = answers.scores("rounds", arm, task), answers.subjects(task)
    rows = [["passes needed", "questions", *(f"round {t}" for t in range(1, ROUNDS + 1))]]
    for subject in sorted(subjects.unique()):
        chosen = scores[:, (subjects == subject).to_numpy()]
        cells = [f"{100 * chosen[..., t].mean():.1f}" for t in range(ROUNDS)]
        rows.append([subject.removeprefix("need "), str(chosen.shape[1]), *cells])
    return rows


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


def groups_table(answers: Answers, task: str) -> list[list[str]]:
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


def skills(answers: Answers, arm: str) -> dict[str, Floats]:
    """Give an arm's scores in what the base model could do, in round 1.

    Args:
        answers: All answers.
        arm: The arm.

    Returns:
        By kind of question, the scores. [S, N]
    """
    subjects = answers.subjects(SKILLS)
    first = answers.scores("rounds", arm, SKILLS)[..., 0]
    return {kind: first[:, (subjects == kind).to_numpy()] for kind in sorted(subjects.unique())}


def skills_table(answers: Answers) -> list[list[str]]:
    """Tabulate what is left of what the base model could do.

    Args:
        answers: All answers.

    Returns:
        Rows of cells, the first the head.
    """
    found = {arm.says: skills(answers, arm.name) for arm in answers.arms}
    rows = [["method", *next(iter(found.values()))]]
    for says, kinds in found.items():
        rows.append([says, *(percent(mean_of(scores)) for scores in kinds.values())])
    return rows


def seeds_table(answers: Answers) -> list[list[str]]:
    """Set what each seed's base model could do beside what PTR made of it.

    Args:
        answers: All answers.

    Returns:
        Rows of cells, the first the head.
    """
    columns = {
        f"base: {kind}": scores.mean(axis=1) for kind, scores in skills(answers, "prompt").items()
    }
    for task, family in FAMILIES.items():
        ptr = answers.scores("rounds", "ptr", task).mean(axis=1)
        columns |= {f"PTR {family}: round {t}": ptr[:, t - 1] for t in (1, ROUNDS)}
    rows = [["seed", *columns]]
    for i, seed in enumerate(answers.seeds):
        rows.append([str(seed), *(f"{100 * values[i]:.1f}" for values in columns.values())])
    return rows


def costs_table(answers: Answers, study: Path) -> list[list[str]]:
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


def percent(mean: Mean) -> str:
    """Write a mean with its interval, in percent."""
    half = 100 * (mean.high - mean.low) / 2
    return f"{100 * mean.value:.1f} ± {half:.1f}"


def points(mean: Mean) -> str:
    """Write a difference with its interval, in points."""
    return f"{100 * mean.value:+.1f} [{100 * mean.low:+.1f}, {100 * mean.high:+.1f}]"


def p_value(p: float) -> str:
    """Write a p value."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Write a table."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def report(answers: Answers, study: Path, out: Path) -> None:
    """Write tables and figures.

    Args:
        answers: All answers.
        study: The study's folder.
        out: Where to write.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / "findings.md").write_text("\n\n".join(_parts(answers, study)) + "\n")
    for name, figure in figures(answers, study):
        figure.savefig(out / f"{name}.png", dpi=150, metadata={"Software": None})
    by_seed(answers).to_csv(out / "accuracy.csv", index=False)


def _parts(answers: Answers, study: Path) -> Iterator[str]:
    seeds, questions = answers.scores("rounds", "ptr", IN).shape[:2]
    yield (
        f"Means over {seeds} seeds and {questions} questions of each family, in percent; ± and "
        "brackets are 95 % intervals over seeds and questions."
    )
    run = answers.arms
    if missing := [arm.says for arm in ARMS if arm not in run]:
        yield f"Not run with every seed, and left out: {'; '.join(missing)}."
    for task, family in FAMILIES.items():
        yield f"### Comparisons, {family}"
        rows = [
            [
                "PTR's last round",
                "difference (points)",
                "p, by question",
                "p, seeds and questions",
                "each seed",
            ]
        ]
        for claim in claims(answers, task):
            mean = claim.mean
            each = " ".join(f"{100 * value:+.0f}" for value in mean.by_seed)
            rows.append(
                [claim.says, points(mean), p_value(mean.p_questions), p_value(mean.p_both), each]
            )
        yield markdown(rows)
    for task, family in FAMILIES.items():
        yield f"### Accuracy by round, {family}"
        yield markdown(accuracy_table(answers, task))
    yield "### PTR by the passes that a recalculation needs, in-family"
    yield markdown(needs_table(answers, "ptr", IN))
    for task, family in FAMILIES.items():
        yield f"### Votes without history, {family}"
        yield markdown(votes_table(answers, task))
    for task, family in FAMILIES.items():
        yield f"### Combining four candidates, {family}"
        yield markdown(groups_table(answers, task))
    yield "### What the base model could do, round 1"
    yield markdown(skills_table(answers))
    yield "### How the seeds differ"
    yield markdown(seeds_table(answers))
    yield "### Cost"
    yield markdown(costs_table(answers, study))


def votes_table(answers: Answers, task: str) -> list[list[str]]:
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


def by_seed(answers: Answers) -> pd.DataFrame:
    """List the accuracy of every arm, seed, task and round.

    Args:
        answers: All answers.

    Returns:
        One row each.
    """
    rows = []
    for arm in answers.arms:
        for task in (*FAMILIES, SKILLS):
            means = answers.scores("rounds", arm.name, task).mean(axis=1)
            for seed, of_seed in zip(answers.seeds, means, strict=True):
                rows += [
                    {
                        "arm": arm.name,
                        "task": task,
                        "seed": seed,
                        "round": t,
                        "accuracy": round(v, 4),
                    }
                    for t, v in enumerate(of_seed, start=1)
                ]
    return pd.DataFrame(rows)


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


def figures(answers: Answers, study: Path) -> Iterator[tuple[str, Any]]:
    """Draw accuracy over rounds, by need, and over training.

    Args:
        answers: All answers.
        study: The study's folder.

    Yields:
        Names and figures.
    """
    from matplotlib.figure import Figure

    from ptr_eval.report.style import COLOURS, MARKERS

    rounds = np.arange(1, ROUNDS + 1)
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
                rounds + 0.05 * (i - (len(drawn) - 1) / 2), value, (value - low, high - value),
                color=COLOURS[i], marker=MARKERS[i], label=label, elinewidth=0.8, capsize=2,
            )  # fmt: skip
        panel.set(title=family, xlabel="round", xticks=rounds)
        panel.set_ylim(-2, 100)
    axes[0].set_ylabel("accuracy (%)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    yield "rounds", figure

    scores, subjects = answers.scores("rounds", "ptr", IN), answers.subjects(IN)
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    panel = figure.subplots()
    for i, subject in enumerate(sorted(subjects.unique())):
        chosen = 100 * scores[:, (subjects == subject).to_numpy()].mean(axis=(0, 1))
        count = int((subjects == subject).sum())
        panel.plot(
            rounds,
            chosen,
            color=COLOURS[i],
            marker=MARKERS[i],
            label=f"{subject} ({count} questions)",
        )
    panel.set(xlabel="round", xticks=rounds, ylabel="accuracy (%)", ylim=(0, 100))
    panel.set_title("PTR by passes needed, in-family")
    figure.legend(loc="outside right center")
    yield "need", figure

    figure = Figure(figsize=(5, 3.6), layout="constrained")
    panel = figure.subplots()
    curves = np.array([training_curve(study / f"seed-{seed}") for seed in answers.seeds])
    steps = curves[0, :, 0]
    for t in (1, 2, 3, 5):
        means = 100 * curves[:, :, t]
        panel.plot(
            steps, means.mean(axis=0), color=COLOURS[t], marker=MARKERS[t], label=f"round {t}"
        )
    panel.set(xlabel="training step", ylabel="accuracy (%)", ylim=(0, 100))
    panel.set_title("PTR while it is trained\nin-family, 100 questions of the dev split")
    panel.legend()
    yield "training", figure


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


def main() -> None:
    """Read the command line and write the findings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path, help="the folder of the study")
    parser.add_argument("out", type=Path, help="where to write")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    given = parser.parse_args()
    report(read(given.study, given.seeds, given.split), given.study, given.out)


if __name__ == "__main__":
    main()
