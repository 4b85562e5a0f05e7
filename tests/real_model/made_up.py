"""Made-up questions in the forms of GSM8K and of ARC."""

from pathlib import Path

from tests.benchmark_fixtures import lines, write

SUMS = [
    ("Tom has 3 red pens and 4 blue pens. How many pens does Tom have?", 7),
    ("What is 2 + 2?", 4),
    ("Ann had 12 plums and ate 5 of them. How many plums are left?", 7),
    ("A bus has 20 seats, and 8 people sit in it. How many seats are free?", 12),
    ("A box holds 6 eggs. How many eggs do 3 boxes hold?", 18),
    ("Eve reads 10 pages a day. How many pages does she read in 4 days?", 40),
]
SHOWN = [("A cat has 4 legs. How many legs do 2 cats have?", 8), ("What is 9 - 3?", 6)]
CHOICES = [
    ("What do cows drink?", ["water", "sand", "glass", "light"], "A"),
    ("Which of these can fly?", ["a stone", "a sparrow", "a fish", "a shoe"], "B"),
    ("When does the sun rise?", ["at noon", "at midnight", "in the morning", "never"], "C"),
    ("What is ice made of?", ["wood", "iron", "cloth", "water"], "D"),
]


def write_questions(folder: Path) -> Path:
    """Write a data folder with all of them."""
    asked, shown = (
        [{"question": text, "answer": f"We count.\n#### {number}"} for text, number in sums]
        for sums in (SUMS, SHOWN)
    )
    choices = [
        {
            "id": f"made-up-{number}",
            "question": {
                "stem": stem,
                "choices": [
                    {"text": text, "label": label}
                    for label, text in zip("ABCD", options, strict=True)
                ],
            },
            "answerKey": key,
        }
        for number, (stem, options, key) in enumerate(CHOICES)
    ]
    return write(
        folder,
        {
            "gsm8k/test.jsonl": lines(asked),
            "gsm8k/train.jsonl": lines(shown),
            "arc/ARC-Easy-Test.jsonl": lines(choices),
        },
    )
