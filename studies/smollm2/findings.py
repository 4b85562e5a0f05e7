"""What the study found, in tables; what was not run is named.

python -m studies.smollm2.findings STUDY REPORT
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ptr_eval.stats import interval, paired_difference, wilson

from .answers import Floats, read, scores, tokens, unparsed, vote
from .arms import METHODS, ROUNDS, TASKS, TRAINED, UNTRAINED, VOTES, Ask

Table = list[list[str]]
ASKS = (*UNTRAINED, *TRAINED)


def parts(study: Path) -> Iterator[str]:
    """Write the findings, part by part."""
    frame = read(study, ASKS)
    run = [ask for ask in ASKS if ask.name in set(frame["run"].astype(str))]
    questions = len(scores(frame, run[0].name))
    yield (
        f"{len(TASKS)} tasks, {questions} questions in all. Accuracy in percent; differences in "
        "points with 95 % intervals over questions, and the smallest difference that would have "
        "been found in 80 % of such studies (MDE)."
    )
    if missing := [ask.says for ask in ASKS if ask not in run]:
        yield f"Not run: {'; '.join(missing)}."
    yield "## Does thinking again help? All tasks"
    yield markdown(rounds_table(frame, run, TASKS))
    for task in TASKS:
        yield f"### {task}"
        yield markdown(rounds_table(frame, run, (task,)))
    yield "## Against each other, all tasks"
    yield markdown(claims_table(frame, {ask.name for ask in run}))
    yield "## Answers without an answer"
    yield markdown(unparsed_table(frame, run))
    yield "## Tokens of a question"
    yield markdown(tokens_table(frame, run))
    if (study / "retention.json").exists():
        yield "## What training costs elsewhere"
        yield markdown(retention_table(study))


def rounds_table(frame: pd.DataFrame, run: Sequence[Ask], tasks: Sequence[str]) -> Table:
    """Tabulate accuracy by round."""
    head = [f"round {t}" for t in range(1, ROUNDS + 1)]
    rows = [["run", *head, f"round {ROUNDS} - round 1", "MDE", "fixed", "broken"]]
    for ask in run:
        of_run = scores(frame, ask.name, tasks)[:, :ROUNDS]
        before, after = of_run[:, 0], of_run[:, -1]
        rows.append(
            [
                ask.says if ask.method == "Prompt" else f"{ask.method}, asked to refine",
                *(percent(of_run[:, t]) for t in range(ROUNDS)),
                *points(before, after),
                str(int((after > before).sum())),
                str(int((after < before).sum())),
            ]
        )
    return rows


def claims_table(frame: pd.DataFrame, run: set[str]) -> Table:
    """Tabulate what is compared between runs, question by question."""
    rows = [["what", "against", "difference", "MDE"]]
    if not {"neutral", "null", "resample"} <= run:
        return rows
    neutral = scores(frame, "neutral")
    equal = equal_voters(frame)
    compared = [
        ("refining, last round", "being asked again, last round", neutral[:, -1],
         scores(frame, "null")[:, -1]),
        ("refining, last round", f"a vote of {ROUNDS} answers (equal calls)", neutral[:, -1],
         vote(frame, "resample", ROUNDS)),
        ("refining, last round", f"a vote of {equal} answers (equal tokens, prompts included)",
         neutral[:, -1], vote(frame, "resample", equal)),
    ]  # fmt: skip
    if "ptr" in run:
        of_ptr = scores(frame, "ptr")
        for other in ("neutral", *(name for name in METHODS[1:] if name in run)):
            says = "Prompt" if other == "neutral" else other.upper()
            theirs = scores(frame, other)
            compared += [
                ("PTR, first round", f"{says}, first round", of_ptr[:, 0], theirs[:, 0]),
                ("PTR, last round", f"{says}, last round", of_ptr[:, -1], theirs[:, -1]),
                ("PTR, what the rounds add", f"{says}, what the rounds add",
                 of_ptr[:, -1] - of_ptr[:, 0], theirs[:, -1] - theirs[:, 0]),
            ]  # fmt: skip
    return rows + [
        [what, against, *points(theirs, ours)] for what, against, ours, theirs in compared
    ]


def equal_voters(frame: pd.DataFrame) -> int:
    """Count the answers without history that take the tokens of all rounds, prompts included."""

    def both(run: str, rounds: int) -> float:
        return sum(tokens(frame, run, rounds, f"{kind}_tokens") for kind in ("prompt", "generated"))

    each = both("resample", VOTES) / VOTES
    return min(VOTES, max(1, round(both("neutral", ROUNDS) / each)))


def unparsed_table(frame: pd.DataFrame, run: Sequence[Ask]) -> Table:
    """Tabulate the share of answers in which no answer was found, in the first and last round."""
    rows = [["run", *TASKS]]
    for ask in run:
        cells = []
        for task in TASKS:
            lost = unparsed(frame, ask.name, task)[:, :ROUNDS]
            first = wilson(lost[:, 0].sum(), len(lost))
            cells.append(
                f"{100 * first.value:.0f} [{100 * first.low:.0f}, {100 * first.high:.0f}]; "
                f"last {100 * lost[:, -1].mean():.0f}"
            )
        rows.append([ask.name, *cells])
    return rows


def tokens_table(frame: pd.DataFrame, run: Sequence[Ask]) -> Table:
    """Tabulate what the rounds of a question take."""
    rows = [["run", "prompts", "generated"]]
    for ask in run:
        cost = [
            tokens(frame, ask.name, VOTES, f"{kind}_tokens") for kind in ("prompt", "generated")
        ]
        rows.append([ask.name, *(f"{tokens_of:.0f}" for tokens_of in cost)])
    return rows


def retention_table(study: Path) -> Table:
    """Tabulate the loss on texts kept apart, in nats a token, and its change."""
    losses = {
        name: np.array(of)
        for name, of in json.loads((study / "retention.json").read_text()).items()
    }
    before = losses["model"]
    rows = [["model", "loss on texts kept apart", "change", "MDE"]]
    for name, after in losses.items():
        change = paired_difference(before, after)
        told = f"{change.value:+.3f} [{change.low:+.3f}, {change.high:+.3f}]"
        rest = ["", ""] if name == "model" else [told, f"{change.detectable:.3f}"]
        rows.append([name, f"{after.mean():.3f}", *rest])
    return rows


def percent(values: Floats) -> str:
    """Write a mean with its interval."""
    mean = interval(values)
    return f"{100 * mean.value:.1f} [{100 * mean.low:.1f}, {100 * mean.high:.1f}]"


def points(before: Floats, after: Floats) -> tuple[str, str]:
    """Write a difference with its interval, and what could have been found."""
    found = paired_difference(before, after)
    if not found.error > 0:
        return f"{100 * found.value:+.1f}, the same for every question", ""
    told = f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"
    return told, f"{100 * found.detectable:.1f}"


def markdown(rows: Table) -> str:
    """Write a table."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def main() -> None:
    """Read the command line and write the findings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=Path, help="the folder of the study")
    parser.add_argument("out", type=Path, help="where to write")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    findings = "\n\n".join(parts(given.study))
    (given.out / "findings.md").write_text(findings + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
