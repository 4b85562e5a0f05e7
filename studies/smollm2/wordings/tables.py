"""The tables of the report: CSV files, and the same as Markdown between marks in its text."""

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from ptr_eval.instructions import SYNTHESES
from ptr_eval.stats import mcnemar_exact

from .figures import change_of, figures_of, scores_of, without_alone
from .files import kept
from .plan import COMPARED, CONFIRMED
from .questions import TASKS, newest_of, templates_of
from .rounds import LATER

Row = Sequence[str]
WORDINGS_HEAD = (
    "questions", "task", "wording", "asked", "no answer", "interval", "none, not cut off",
    "accuracy", "letters apart", "most named", "largest in key", "cut off", "tokens",
)  # fmt: skip
ROUNDS_HEAD = (
    "task", "said", "asked", "same", "no answer", "lost answer", "lost question", "copies marks",
    "accuracy before", "accuracy after",
)  # fmt: skip
PAIRS_HEAD = ("task", "said", "instead of", "asked", "only it has none", "only the other", "p")
PAIRS = (("final", "neutral"), ("restate", "examine"))
"""What is said, and instead of which default."""


def write_tables(out: Path, data: Path, embedder: str, report: Path) -> None:
    """Score the kept answers, and write the tables.

    Args:
        out: The folder of answers.
        data: The folder of official files.
        embedder: The embedding model for summaries.
        report: The report's folder.
    """
    report.mkdir(parents=True, exist_ok=True)
    tables = {
        "wordings": (WORDINGS_HEAD, list(_wordings(out, data, embedder))),
        "rounds": (ROUNDS_HEAD, list(_rounds(out, data))),
        "pairs": (PAIRS_HEAD, list(_pairs(out, data))),
    }
    text = report / "prompts.md"
    for name, (head, rows) in tables.items():
        with (report / f"prompts_{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])
        if text.exists():
            _put(_markdown(head, rows), name, text)


def _wordings(out: Path, data: Path, embedder: str) -> Iterator[Row]:
    for part, places in (("compared", COMPARED), ("confirmed", CONFIRMED)):
        for task in TASKS:
            for wording in templates_of(task):
                there = kept(out / "answers" / f"{task}.{wording}.jsonl")
                rows = [there[place] for place in places if place in there]
                if rows:
                    chosen = wording == newest_of(task)
                    name = f"{wording} (chosen)" if chosen and wording != "v1" else wording
                    scores = scores_of(task, rows, data, embedder)
                    figures = figures_of(task, rows, scores, data)
                    without, letters = figures.without, figures.letters
                    yield (
                        part, task, name, str(len(rows)), _percent(without.value),
                        f"{_percent(without.low)} to {_percent(without.high)}",
                        _percent(figures.whole_without), _percent(figures.value),
                        _percent(letters.distance) if letters else "",
                        f"{letters.most} {_percent(letters.share)}" if letters else "",
                        _percent(letters.in_key) if letters else "",
                        _percent(figures.cut_off), f"{figures.tokens:.0f}",
                    )  # fmt: skip


def _rounds(out: Path, data: Path) -> Iterator[Row]:
    for task, later in LATER.items():
        first = kept(out / "answers" / f"{task}.{newest_of(task)}.jsonl")
        drawn = kept(out / "rounds" / f"{task}.candidates.jsonl")
        for name in (*later.instructions, *SYNTHESES):
            after = kept(out / "rounds" / f"{task}.{name}.jsonl")
            if after:
                before = first if name in later.instructions else drawn
                change = change_of(task, before, after, data)
                shares = (
                    change.same, change.without, change.lost_answer, change.lost_question,
                    change.copies_marks, change.before, change.after,
                )  # fmt: skip
                yield (task, name, str(len(after)), *map(_percent, shares))


def _pairs(out: Path, data: Path) -> Iterator[Row]:
    for task in LATER:
        for said, instead in PAIRS:
            one, other = (kept(out / "rounds" / f"{task}.{name}.jsonl") for name in (said, instead))
            if asked := len(one.keys() & other.keys()):
                alone = without_alone(task, one, other, data)
                p = f"{mcnemar_exact(*alone):.3f}"
                yield (task, said, instead, str(asked), *map(str, alone), p)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _markdown(head: Row, rows: Sequence[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _put(table: str, name: str, text: Path) -> None:
    pattern = re.compile(f"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    old = text.read_text(encoding="utf-8")
    new, times = pattern.subn(lambda found: f"{found[1]}{table}\n{found[2]}", old)
    if times != 1:
        sys.exit(f"{text} must have <!-- {name} --> and <!-- end --> once, where the table goes.")
    text.write_text(new, encoding="utf-8")
