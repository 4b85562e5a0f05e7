"""What the demo's runs say: the table of rounds, and whether thinking again helps.

All figures come from the saved runs. Intervals and p values are paired, over questions.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ptr_eval.report import RunEntry
from ptr_eval.report.data.tidy import build
from ptr_eval.runs import find_tasks
from ptr_eval.stats import Difference, paired_difference, wilson

Scores = npt.NDArray[np.float64]
CONDITIONS = {
    "refine": "refine the answer",
    "repeat": "give it again (control)",
    "resample": "start over (control)",
}
"""What the model is asked for from the second round on, by the run's name."""
LEVEL = 0.05


def read(out: Path) -> pd.DataFrame:
    """Read all answers of the demo's runs, a row each."""
    entries = [RunEntry(path=out / "runs" / name, name=name) for name in CONDITIONS]
    return build(find_tasks(entries), {}).frame


def scores_of(frame: pd.DataFrame) -> dict[str, dict[str, Scores]]:
    """Arrange scores.

    Args:
        frame: All answers.

    Returns:
        By task and run, one score a question and round. [N, T]
    """
    found: dict[str, dict[str, Scores]] = {}
    for (task, run), rows in frame.groupby(["task", "run"], observed=True):
        cells = rows.pivot_table(index="item", columns="round", values="score")
        found.setdefault(str(task), {})[str(run)] = cells.to_numpy()
    return found


def pooled(scores: Mapping[str, Mapping[str, Scores]]) -> dict[str, Scores]:
    """Put the questions of all tasks below each other, by run; each is [N, T]."""
    return {name: np.concatenate([runs[name] for runs in scores.values()]) for name in CONDITIONS}


def generated_tokens(frame: pd.DataFrame) -> int:
    """Count what was generated; the shared first round only once."""
    is_own = (frame["round"] > 1) | (frame["run"] == "refine")
    return int(frame.loc[is_own, "generated_tokens"].sum())


def table(scores: Mapping[str, Mapping[str, Scores]]) -> str:
    """Write the mean score by task, request and round, in percent, as Markdown."""
    several = {"all": pooled(scores)} if len(scores) > 1 else {}
    rounds = next(iter(pooled(scores).values())).shape[1]
    lines = [f"| {'score in %':<18} | {'then asked to':<23} |"]
    lines[0] += "".join(f" round {t} |" for t in range(1, rounds + 1))
    lines.append("|" + "-" * 20 + "|" + "-" * 25 + "|" + "--------:|" * rounds)
    for task, runs in {**scores, **several}.items():
        for name, asked in CONDITIONS.items():
            label = f"{task} ({len(runs[name])})"
            means = 100 * runs[name].mean(axis=0)
            cells = "".join(f" {mean:7.1f} |" for mean in means)
            lines.append(f"| {label:<18} | {asked:<23} |{cells}")
    return "\n".join(lines)


def sentence(scores: Mapping[str, Scores]) -> str:
    """Say whether thinking again helps, by how much, and how sure that is.

    Args:
        scores: By run. [N, T]

    Returns:
        One sentence.
    """
    first, last = scores["refine"][:, 0], scores["refine"][:, -1]
    own, rounds = paired_difference(first, last), scores["refine"].shape[1]
    again, over = (
        _points(paired_difference(scores[name][:, -1], last)) for name in ("repeat", "resample")
    )
    return (
        f"{_summary(own)}: over {len(first)} questions its score goes from "
        f"{100 * first.mean():.1f} % in round 1 to {100 * last.mean():.1f} % in round {rounds}, "
        f"{_points(own)}; {_sensitivity(own)}; against only giving the answer again, round "
        f"{rounds} is {again}, and against starting over {over}."
    )


def _summary(change: Difference) -> str:
    if not change.p < LEVEL:
        return "Thinking again does not measurably change how well this model answers"
    if change.value > 0:
        return "Thinking again helps this model"
    return "Thinking again does not help this model but makes its answers worse"


def _points(change: Difference) -> str:
    value = f"{100 * change.value:+.1f} points"
    if not change.error > 0:
        return f"{value} (the same for every question)"
    p = "p < 0.001" if change.p < 0.001 else f"p = {change.p:.3f}"
    return f"{value} (95 % interval {100 * change.low:+.1f} to {100 * change.high:+.1f}, {p})"


def _sensitivity(change: Difference) -> str:
    if change.error > 0:
        return (
            f"a true change of {100 * change.detectable:.1f} points is the smallest that four of "
            "five such runs would show"
        )
    most = 100 * wilson(0, change.items).high
    return f"at most {most:.1f} % of such questions change (95 % interval)"


def show(out: Path) -> None:
    """Print the table and the sentence, and write them to `finding.md`."""
    frame = read(out)
    scores = scores_of(frame)
    text = (
        f"{table(scores)}\n\n{sentence(pooled(scores))}\n\n"
        f"{generated_tokens(frame):,} tokens were generated.\n"
    )
    (out / "finding.md").write_text(text, encoding="utf-8")
    print(text)


def main() -> None:
    """Print what a demo's folder says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the folder that demo.py wrote")
    show(parser.parse_args().out)


if __name__ == "__main__":
    main()
