"""The tables of the report: two CSV files, and the same as Markdown between marks in its text."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from .figures import change_of, figures_of, scores_of
from .files import kept
from .plan import COMPARED, CONFIRMED
from .questions import TASKS, newest_of, templates_of
from .rounds import ALL_INSTRUCTIONS, QUESTIONS, requests_of

Row = Sequence[str]
WORDINGS_HEAD = (
    "questions", "task", "wording", "asked", "no answer", "interval", "accuracy", "letters apart",
    "most named", "largest in key", "cut off", "tokens",
)  # fmt: skip
ROUNDS_HEAD = (
    "task", "said", "asked", "same", "lost answer", "lost question", "copies marks",
    "accuracy before", "accuracy after",
)  # fmt: skip


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
    }
    text = report / "prompts.md"
    for name, (head, rows) in tables.items():
        with (report / f"prompts_{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])
        if text.exists():
            old = text.read_text(encoding="utf-8")
            text.write_text(_replaced(old, name, _markdown(head, rows)), encoding="utf-8")


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
                        _percent(figures.value), _percent(letters.distance) if letters else "",
                        f"{letters.most} {_percent(letters.share)}" if letters else "",
                        _percent(letters.in_key) if letters else "",
                        _percent(figures.cut_off), f"{figures.tokens:.0f}",
                    )  # fmt: skip


def _rounds(out: Path, data: Path) -> Iterator[Row]:
    for task in QUESTIONS:
        first = kept(out / "answers" / f"{task}.{newest_of(task)}.jsonl")
        drawn = kept(out / "rounds" / f"{task}.candidates.jsonl")
        for name in (*ALL_INSTRUCTIONS, *requests_of("")):
            after = kept(out / "rounds" / f"{task}.{name}.jsonl")
            if after:
                change = change_of(task, first if name in ALL_INSTRUCTIONS else drawn, after, data)
                shares = (
                    change.same, change.lost_answer, change.lost_question, change.copies_marks,
                    change.before, change.after,
                )  # fmt: skip
                yield (task, name, str(len(after)), *map(_percent, shares))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _markdown(head: Row, rows: Sequence[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _replaced(text: str, name: str, table: str) -> str:
    pattern = re.compile(f"(<!-- {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{table}{found[2]}", text)
