"""Later answers to be read by a person, and how often that reader and the scorers agree.

    python -m studies.smollm2.reading draw STUDY TEXTS --tasks ptr_arc_easy --number 100 --seed 1
    python -m studies.smollm2.reading compare TEXTS READINGS

`draw` writes answers of rounds 2 and 3 with question and right answer, and without the verdicts,
which stand in a file beside it. A reading is `{"id": ..., "verdict": ..., "kind": ...}`: the
verdict is correct, wrong or unparsed; the kind says how the text speaks of the earlier answer.

What counts as an answer: the last statement that is not taken back. The letter of an option counts
before the text of another one ("A. nitrogen" is A). A list of the options is no answer, nor is an
option that is only mentioned; one in a sentence of the question's own words is. A number counts
where it is stated as the answer ("The answer is 18", "#### 18") or stands alone, but neither in a
conclusion in other words ("So it takes 18 days.") nor where the text is cut off behind a digit.
"""

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ptr_data.jsonl import write_records
from ptr_eval.readers import read_rows
from ptr_eval.report import RunEntry
from ptr_eval.runs import find_tasks, questions

KINDS = ("repeated", "kept", "revised", "remark", "restated", "no value", "cut off")
"""The same words again; a confirmation without an answer; another answer or way; something about
the answer and none; the question told again; an attempt without a value; an end in the middle."""


def draw(study: Path, tasks: Sequence[str], number: int, seed: int) -> list[dict[str, object]]:
    """Draw answers of rounds 2 and 3 of all runs, each text to a question once."""
    entries = [RunEntry(path=folder) for folder in sorted((study / "results").iterdir())]
    found: dict[tuple[str, int, str], dict[str, object]] = {}
    for task in find_tasks(entries):
        if task.task not in tasks:
            continue
        run = task.samples.relative_to(study / "results").parts[0]
        for question in questions(task.saved):
            by_round = {answer.round: answer for answer in question.answers}
            for t in (2, 3):
                if (answer := by_round.get(t)) is None or not answer.grades:
                    continue
                text = answer.reply.response
                found.setdefault(
                    (task.task, question.number, text),
                    {
                        "id": f"{task.task}-{question.number}-{t}-{run}",
                        "question": dict(question.fields), "target": question.target,
                        "before": by_round[t - 1].reply.response, "text": text,
                        "verdict": answer.score.verdict, "answer": answer.score.answer,
                        "how": answer.score.how, "kept": answer.score.kept,
                    },
                )  # fmt: skip
    rows = sorted(found.values(), key=lambda row: str(row["id"]))
    return random.Random(seed).sample(rows, min(number, len(rows)))


def compare(texts: Path, readings: Path) -> str:
    """Say how often reader and scorers agree, where not, and of which kinds the texts are."""
    verdicts = {row["id"]: row for row in _rows(texts.with_suffix(".verdicts.jsonl"))}
    read = list(_rows(readings))
    if strange := [row["id"] for row in read if row["id"] not in verdicts]:
        raise SystemExit(f"{readings}: {strange[0]} is no text of {texts}.")
    apart = [row for row in read if row["verdict"] != verdicts[row["id"]]["verdict"]]
    kinds = Counter(str(row["kind"]) for row in read)
    lines = [
        f"{len(read) - len(apart)} of {len(read)} verdicts agree.",
        *(f"- {kind}: {count}" for kind, count in kinds.most_common()),
        *(
            f"- {row['id']}: the reader says {row['verdict']}, the scorer "
            f"{verdicts[row['id']]['verdict']} ({verdicts[row['id']]['how']})"
            for row in apart
        ),
    ]
    return "\n".join(lines)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [dict(row.values) for row in read_rows(path)]


def main() -> None:
    """Read the command line, and draw or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw")
    drawing.add_argument("study", type=Path)
    drawing.add_argument("texts", type=Path)
    drawing.add_argument("--tasks", nargs="+", required=True)
    drawing.add_argument("--number", type=int, default=100)
    drawing.add_argument("--seed", type=int, default=1)
    comparing = commands.add_parser("compare")
    comparing.add_argument("texts", type=Path)
    comparing.add_argument("readings", type=Path)
    given = parser.parse_args()
    if given.command == "compare":
        print(compare(given.texts, given.readings))
        return
    rows = draw(given.study, given.tasks, given.number, given.seed)
    judged = ("verdict", "answer", "how", "kept")
    write_records(given.texts.with_suffix(".verdicts.jsonl"),
           [{key: row[key] for key in ("id", *judged)} for row in rows])  # fmt: skip
    write_records(given.texts, [{k: v for k, v in row.items() if k not in judged} for row in rows])


if __name__ == "__main__":
    main()
