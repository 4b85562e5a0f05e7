"""What the study found, in tables and figures over all seeds and questions."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from studies.markdown import markdown

from .answers import FAMILIES, IN, Answers, by_seed, read
from .arms import ARMS
from .figures import figures
from .tables import (
    Table,
    accuracy_table,
    claims_table,
    costs_table,
    groups_table,
    needs_table,
    seeds_table,
    skills_table,
    votes_table,
)


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

    def of_families(title: str, table: Callable[[Answers, str], Table]) -> Iterator[str]:
        for task, family in FAMILIES.items():
            yield from (f"### {title}, {family}", markdown(table(answers, task)))

    yield from of_families("Comparisons", claims_table)
    yield from of_families("Accuracy by round", accuracy_table)
    yield "### PTR by the passes that a recalculation needs, in-family"
    yield markdown(needs_table(answers, "ptr", IN))
    yield from of_families("Votes without history", votes_table)
    yield from of_families("Combining four candidates", groups_table)
    yield "### What the base model could do, round 1"
    yield markdown(skills_table(answers))
    yield "### How the seeds differ"
    yield markdown(seeds_table(answers))
    yield "### Cost"
    yield markdown(costs_table(answers, study))


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
