"""What the base model can do besides refining, as questions: what fine-tuning may make it forget.

A question may hold a whole conversation up to the user's last word, with its marks.
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

from models import END, base_turns
from sheets import PROBLEMS, Problem, Split, draw_from, write_rows

KINDS = ("question", "two", "show")


def skills(
    split: Split, rng: random.Random, each: int, problem: Problem
) -> Iterator[dict[str, str]]:
    """Draw conversations.

    Args:
        split: The split that their questions belong to.
        rng: The source of randomness.
        each: How many of every kind.
        problem: The problem.

    Yields:
        Rows; their subject is the kind, and for lone questions the family.
    """
    for kind in KINDS:
        for family in problem.families:
            sheets = draw_from(split, rng, [family])
            for _ in range(each // len(problem.families)):
                *before, (asked, gold, _) = base_turns(sheets, rng, kind)
                said = "".join(f"{user} <bot> {answer} {END} <user> " for user, answer, _ in before)
                subject = f"lone question: {family}" if kind == "question" else NAMES[kind]
                yield {"question": said + asked, "gold": gold, "subject": subject}


NAMES = {"two": "second question", "show": "reading results"}


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write, in folders by split")
    parser.add_argument("--each", type=int, default=99, help="conversations of every kind")
    parser.add_argument("--problem", choices=PROBLEMS, default="sheets")
    given = parser.parse_args()
    splits: tuple[Split, ...] = ("dev", "test")
    for split in splits:
        rows = skills(split, random.Random(f"{split} skills"), given.each, PROBLEMS[given.problem])
        write_rows(given.folder / split / "skills.jsonl", rows)


if __name__ == "__main__":
    main()
