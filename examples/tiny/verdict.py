"""What a recipe's results say: the table of rounds, and a sentence for each family.

Intervals and p values are paired, over questions; another seed of training would differ further.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ptr_eval.report import RunEntry
from ptr_eval.report.data.tidy import build
from ptr_eval.runs import find_tasks
from ptr_eval.stats import Difference, paired_difference

Scores = npt.NDArray[np.float64]
METHODS = ("Prompt", "IFT", "DPO", "PTR")
LEARNED = "PTR"
FAMILIES = {"ptr_tiny": "In-family", "ptr_tiny_heldout": "Held-out family"}
LEVEL = 0.05


def read(results: Path) -> dict[str, dict[str, Scores]]:
    """Read all scores.

    Args:
        results: A folder with a run in a folder of each method.

    Returns:
        By task and method, one score a question and round. [N, T]
    """
    entries = [RunEntry(path=results / method, name=method) for method in METHODS]
    table = build(find_tasks(entries), {}).frame
    found: dict[str, dict[str, Scores]] = {}
    for (task, run), rows in table.groupby(["task", "run"], observed=True):
        cells = rows.pivot_table(index="item", columns="round", values="score")
        found.setdefault(str(task), {})[str(run)] = cells.to_numpy()
    return found


def table(scores: Mapping[str, Mapping[str, Scores]]) -> str:
    """Write accuracy by family, method and round, in percent.

    Args:
        scores: By task and method. [N, T]

    Returns:
        The table, in Markdown.
    """
    rounds = scores[next(iter(FAMILIES))][LEARNED].shape[1]
    head = f"| {'family':<15} | {'method':<6} |"
    lines = [head + "".join(f" round {t} |" for t in range(1, rounds + 1))]
    lines.append("|" + "-" * 17 + "|" + "-" * 8 + "|" + "--------:|" * rounds)
    for task, family in FAMILIES.items():
        for method in METHODS:
            means = 100 * scores[task][method].mean(axis=0)
            cells = "".join(f" {mean:7.1f} |" for mean in means)
            lines.append(f"| {family:<15} | {method:<6} |{cells}")
    return "\n".join(lines)


def sentence(family: str, scores: Mapping[str, Scores]) -> str:
    """Say what was learned, and how sure that is.

    Args:
        family: What is spoken of.
        scores: By method. [N, T]

    Returns:
        A sentence; it says so where nothing was gained.
    """
    ours = scores[LEARNED]
    last, rounds = ours[:, -1], ours.shape[1]
    means = {method: scores[method].mean(axis=0) for method in METHODS if method != LEARNED}
    rival = max(means, key=lambda method: float(means[method].max()))
    best = int(means[rival].argmax())
    own = paired_difference(ours[:, 0], last)
    other = paired_difference(scores[rival][:, best], last)
    return (
        f"{family}: {_summary(own, other)}: {LEARNED}'s round {rounds} differs from its round 1 by "
        f"{_points(own)}, and from the best round of the others, {rival}'s round {best + 1}, by "
        f"{_points(other)}."
    )


def _summary(own: Difference, other: Difference) -> str:
    if _sign(own) <= 0:
        lost = ", later rounds are worse" if _sign(own) < 0 else ""
        return f"nothing was gained, {LEARNED} did not learn to refine{lost}"
    if _sign(other) > 0:
        return f"{LEARNED} learned to refine, and that pays"
    return f"{LEARNED} learned to refine, but another method is as good or better"


def _sign(difference: Difference) -> int:
    """Tell 1, a gain beyond doubt, from -1, a loss, and 0, neither."""
    return int(np.sign(difference.value)) if difference.p < LEVEL else 0


def _points(difference: Difference) -> str:
    if not difference.error > 0:
        return f"{100 * difference.value:+.1f} points (the same of every question)"
    p = "p < 0.001" if difference.p < 0.001 else f"p = {difference.p:.3f}"
    low, high = 100 * difference.low, 100 * difference.high
    return f"{100 * difference.value:+.1f} points (95 % interval {low:+.1f} to {high:+.1f}, {p})"


def main() -> None:
    """Print the table and the sentences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="a folder with a run in a folder of each method")
    scores = read(parser.parse_args().results)
    print(table(scores))
    for task, family in FAMILIES.items():
        print(f"\n{sentence(family, scores[task])}")
    count = len(scores[next(iter(FAMILIES))][LEARNED])
    print(f"\nOne seed, {count} questions a family: chance in training is not in these intervals.")


if __name__ == "__main__":
    main()
