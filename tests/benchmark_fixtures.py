"""Small made-up data in the published form of every benchmark: official files, and hub rows."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Rows = Sequence[Mapping[str, Any]]


class Form(NamedTuple):
    """One published form of a benchmark's data.

    Attributes:
        task: The task that reads it.
        files: File contents by path below the data folder.
    """

    task: str
    files: dict[str, bytes]


def lines(rows: Rows) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def table(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


GSM8K: Rows = [
    {"question": f"{n} + 1?", "answer": f"{n}+1=<<{n}+1={n + 1}>>{n + 1}\n#### {n + 1}"}
    for n in (1, 2, 1234, 5)
]
MATH: Rows = [
    {
        "problem": f"What is ${n}/2$?",
        "level": f"Level {n % 5 + 1}",
        "type": "Prealgebra",
        "solution": f"It is \\boxed{{\\frac{{{n}}}{{2}}}}.",
    }
    for n in (1, 3, 5, 7)
]
MATH_RENAMED: Rows = [
    {"question": r["problem"], "level": r["level"], "type": r["type"], "answer": r["solution"]}
    for r in MATH
]
MATH500: Rows = [
    {
        "problem": r["problem"],
        "solution": r["solution"],
        "answer": f"\\frac{{{n}}}{{2}}",
        "subject": "Prealgebra",
        "level": n % 5 + 1,
        "unique_id": f"test/{n}.json",
    }
    for n, r in zip((1, 3, 5, 7), MATH, strict=True)
]
CONTEST: Rows = [
    {"id": n, "problem": f"Find ${n}^2$.", "answer": f"{n * n:03}", "solution": f"It is {n * n}."}
    for n in (4, 5, 6, 7)
]
CONTEST_ASKING: Rows = [
    {
        "problem": f"{row['problem']}\n"
        "Please reason step by step, and put your final answer within \\boxed{}.",
        "answer": str(int(row["answer"])),
    }
    for row in CONTEST
]
CONTEST_FLOATS: Rows = [
    {"id": 0, "problem": row["problem"], "answer": float(row["answer"]), "url": "https://a.org"}
    for row in CONTEST
]
CONTEST_CAPITALS: Rows = [
    {"ID": "I-1", "Problem": row["problem"], "Answer": int(row["answer"]), "Solution": "Square."}
    for row in CONTEST
]
OLYMPIADBENCH: Rows = [
    {
        "id": 1600 + n,
        "subfield": "Algebra",
        "context": None,
        "question": f"Solve $x^2={n * n}$ over the reals.",
        "solution": [f"Take the root of ${n * n}$.", "Or factor."],
        "final_answer": [f"${n}$,$-{n}$"],
        "is_multiple_answer": True,
        "unit": None,
        "answer_type": "Numerical",
        "error": None,
    }
    for n in (2, 3, 5, 7)
]
OLYMPIADBENCH_HUB: Rows = [
    {**row, "image_1": None, "modality": "Text-only", "language": "English"}
    for row in OLYMPIADBENCH
]
KNIGHTS: Rows = [
    {
        "quiz": f"You meet 4 inhabitants: {', '.join(names)}. {names[0]} said, {said}",
        "names": names,
        "solution": solution,
        "solution_text": "...",
        "statements": "(('lying', 1), ...)",
        "index": number,
    }
    for number, (names, solution, said) in enumerate(
        [
            (["Ann", "Bob", "Cid", "Dot"], [True, False, True, False], '"Bob is a knave."'),
            (["Eve", "Fay", "Gus", "Hal"], [False, False, False, False], '"Gus is a knight."'),
            (["Ida", "Jim", "Kay", "Lou"], [True, True, True, True], '"Lou is a knight."'),
            (["Max", "Ned", "Oda", "Pam"], [False, True, True, False], '"Ned is a knave."'),
        ]
    )
]
MMLU_CSV = [[f"What is {n}, exactly?", "1", "2", "3", "4", "ABCD"[n - 1]] for n in (1, 2, 3, 4)]
MMLU: Rows = [
    {"question": q, "subject": "abstract_algebra", "choices": list(options), "answer": n}
    for n, (q, *options, _) in enumerate(MMLU_CSV)
]
ARC: Rows = [
    {
        "id": f"Q{n}",
        "question": {
            "stem": f"Which is number {n}?",
            "choices": [
                {"text": f"thing {i}", "label": str(i) if n == 4 else "ABCDE"[i - 1]}
                for i in range(1, 6 if n == 3 else 5)
            ],
        },
        "answerKey": "4" if n == 4 else "ABCD"[n - 1],
    }
    for n in (1, 2, 3, 4)
]
ARC_HUB: Rows = [
    {
        "id": row["id"],
        "question": row["question"]["stem"],
        "choices": {
            "text": [c["text"] for c in row["question"]["choices"]],
            "label": [c["label"] for c in row["question"]["choices"]],
        },
        "answerKey": row["answerKey"],
    }
    for row in ARC
]
GPQA: Rows = [
    {
        "Question": f"Which energy is {n} eV?\n",
        "Correct Answer": f"right {n}",
        "Incorrect Answer 1": f"wrong {n}a",
        "Incorrect Answer 2": f"wrong {n}b",
        "Incorrect Answer 3": f"wrong {n}c",
        "High-level domain": "Physics",
    }
    for n in range(6)
]
GPQA_CSV = table([list(GPQA[0]), *(list(row.values()) for row in GPQA)])
WINOGRANDE: Rows = [
    {
        "qID": f"W{n}",
        "sentence": f"Ann met Eve {n} times, and _ was glad.",
        "option1": "Ann",
        "option2": "Eve",
        "answer": str(n % 2 + 1),
    }
    for n in range(4)
]
HELLASWAG: Rows = [
    {
        "ind": n,
        "activity_label": "Baking",
        "ctx": f"[header] Bake {n} cakes [title] Mix. [step] She",
        "label": n % 4,
        "endings": [f"stirs {i}. [substeps] Then rests." for i in range(4)],
        "source_id": f"wikihow~{n}",
    }
    for n in range(4)
]
PASSAGE = "In 1850 the town had 300 people, and Smith and Jones were its mayors until 3 May 1851."
NO_DATE = {"day": "", "month": "", "year": ""}
DROP: dict[str, dict[str, Any]] = {
    "nfl_1": {
        "passage": PASSAGE,
        "wiki_url": "",
        "qa_pairs": [
            {
                "question": "How many people?",
                "answer": {"number": "300", "date": NO_DATE, "spans": []},
                "query_id": "q1",
                "validated_answers": [{"number": "", "date": NO_DATE, "spans": ["300 people"]}],
            },
            {
                "question": "Who were mayors?",
                "answer": {"number": "", "date": NO_DATE, "spans": ["Smith", "Jones"]},
                "query_id": "q2",
            },
        ],
    },
    "nfl_2": {
        "passage": PASSAGE,
        "wiki_url": "",
        "qa_pairs": [
            {
                "question": "Until when?",
                "answer": {
                    "number": "",
                    "date": {"day": "3", "month": "May", "year": "1851"},
                    "spans": [],
                },
                "query_id": "q3",
                "validated_answers": [],
            },
        ],
    },
}
DROP_FLAT: Rows = [
    {
        "context": f"Passage: {PASSAGE}\nQuestion: {question}\nAnswer:",
        "completion": f" {reference.split('|')[0]}",
        "ref_text": reference,
    }
    for question, reference in [
        ("How many people?", "300|300 people"),
        ("Who were mayors?", "Smith and Jones"),
        ("Until when?", "3 May 1851"),
    ]
]
DROP_HUB: Rows = [
    {
        "section_id": section,
        "query_id": pair["query_id"],
        "passage": found["passage"],
        "question": pair["question"],
        "answer": {**pair["answer"], "worker_id": "", "hit_id": ""},
        "validated_answers": {
            key: [answer[key] for answer in pair.get("validated_answers", [])]
            for key in ("number", "date", "spans")
        },
    }
    for section, found in DROP.items()
    for pair in found["qa_pairs"]
]
XSUM: Rows = [
    {"document": f"{n} cats sat on a mat.\nAll day.", "summary": f"{n} cats sat.", "id": f"x{n}"}
    for n in range(4)
]
HUMANEVAL: Rows = [
    {
        "task_id": f"HumanEval/{n}",
        "prompt": f'def add{n}(a):\n    """Add {n}."""\n',
        "entry_point": f"add{n}",
        "canonical_solution": f"    return a + {n}\n",
        "test": f"def check(candidate):\n    assert candidate(1) == {n + 1}\n",
    }
    for n in range(4)
]

FORMS: dict[str, Form] = {
    "gsm8k": Form(
        "ptr_gsm8k", {"gsm8k/test.jsonl": lines(GSM8K), "gsm8k/train.jsonl": lines(GSM8K)}
    ),
    "gsm8k, the authors' checkout": Form(
        "ptr_gsm8k",
        {
            "grade-school-math/grade_school_math/data/test.jsonl": lines(GSM8K),
            "grade-school-math/grade_school_math/data/train.jsonl": lines(GSM8K),
        },
    ),
    "math, one file a problem": Form(
        "ptr_math",
        {
            f"MATH/{split}/{topic}/{n}.json": json.dumps(row).encode()
            for split in ("test", "train")
            for topic in ("algebra", "prealgebra")
            for n, row in enumerate(MATH)
        },
    ),
    "math, columns renamed": Form(
        "ptr_math",
        {"math/test.jsonl": lines(MATH_RENAMED), "math/train.jsonl": lines(MATH_RENAMED)},
    ),
    "math500": Form("ptr_math500", {"math500/test.jsonl": lines(MATH500)}),
    "aime24": Form("gsr_aime24", {"aime24/test.jsonl": lines(CONTEST)}),
    "aime25, asking for a box": Form("gsr_aime25", {"aime25/test.jsonl": lines(CONTEST_ASKING)}),
    "amc22_23": Form("gsr_amc22_23", {"amc22_23/amc.jsonl": lines(CONTEST_FLOATS)}),
    "math500, in parallel": Form("gsr_math500", {"math500/test.jsonl": lines(MATH500)}),
    "olympiadbench": Form("gsr_olympiadbench", {"olympiadbench/test.jsonl": lines(OLYMPIADBENCH)}),
    "olympiadbench, the authors' archive": Form(
        "gsr_olympiadbench",
        {"OlympiadBench/data/OE_TO_maths_en_COMP.json": json.dumps(OLYMPIADBENCH_HUB).encode()},
    ),
    "knights_and_knaves": Form(
        "gsr_knights_and_knaves",
        {"knights_and_knaves/regenerated/people4_num100.jsonl": lines(KNIGHTS)},
    ),
    "mmlu": Form(
        "ptr_mmlu",
        {
            f"data/{split}/{subject}_{split}.csv": table(MMLU_CSV)
            for split in ("test", "dev")
            for subject in ("abstract_algebra", "world_religions")
        },
    ),
    "arc_challenge": Form(
        "ptr_arc_challenge",
        {
            "ARC-V1-Feb2018-2/ARC-Challenge/ARC-Challenge-Test.jsonl": lines(ARC),
            "ARC-V1-Feb2018-2/ARC-Challenge/ARC-Challenge-Dev.jsonl": lines(ARC),
        },
    ),
    "arc_easy": Form(
        "ptr_arc_easy",
        {"arc/ARC-Easy-Test.jsonl": lines(ARC), "arc/ARC-Easy-Dev.jsonl": lines(ARC)},
    ),
    "commonsense_qa": Form(
        "ptr_commonsense_qa",
        {
            "commonsenseqa/dev_rand_split.jsonl": lines(ARC),
            "commonsenseqa/train_rand_split.jsonl.gz": gzip.compress(lines(ARC)),
        },
    ),
    "gpqa_diamond": Form("ptr_gpqa_diamond", {"dataset/gpqa_diamond.csv": GPQA_CSV}),
    "gpqa_main": Form("ptr_gpqa_main", {"gpqa/gpqa_main.csv": GPQA_CSV}),
    "winogrande": Form(
        "ptr_winogrande",
        {
            "winogrande_1.1/dev.jsonl": lines(WINOGRANDE),
            "winogrande_1.1/train_xl.jsonl": lines(WINOGRANDE),
        },
    ),
    "hellaswag": Form(
        "ptr_hellaswag",
        {
            "hellaswag/hellaswag_val.jsonl": lines(HELLASWAG),
            "hellaswag/hellaswag_train.jsonl": lines(HELLASWAG),
        },
    ),
    "drop, nested": Form(
        "ptr_drop",
        {
            "drop/drop_dataset_dev.json": json.dumps(DROP).encode(),
            "drop/drop_dataset_train.json": json.dumps(DROP).encode(),
        },
    ),
    "drop, flattened": Form(
        "ptr_drop",
        {
            "drop/drop_v0_dev.jsonl.gz": gzip.compress(lines(DROP_FLAT)),
            "drop/drop_dataset_train.json": json.dumps(DROP).encode(),
        },
    ),
    "xsum": Form("ptr_xsum", {"xsum/test.jsonl": lines(XSUM), "xsum/train.jsonl": lines(XSUM)}),
    "humaneval": Form(
        "ptr_humaneval", {"humaneval/HumanEval.jsonl.gz": gzip.compress(lines(HUMANEVAL))}
    ),
}
"""Every published form of a file, by name."""

HUB: dict[str, Rows] = {
    "ptr_gsm8k": GSM8K,
    "ptr_math": MATH,
    "ptr_math500": MATH500,
    "ptr_mmlu": MMLU,
    "ptr_arc_challenge": ARC_HUB,
    "ptr_arc_easy": ARC_HUB,
    "ptr_commonsense_qa": ARC_HUB,
    "ptr_gpqa_diamond": GPQA,
    "ptr_gpqa_main": GPQA,
    "ptr_winogrande": WINOGRANDE,
    "ptr_hellaswag": [{**row, "label": str(row["label"])} for row in HELLASWAG],
    "ptr_drop": DROP_HUB,
    "ptr_xsum": XSUM,
    "ptr_humaneval": HUMANEVAL,
    "gsr_aime24": CONTEST,
    "gsr_aime25": CONTEST_ASKING,
    "gsr_amc22_23": CONTEST_FLOATS,
    "gsr_math500": MATH500,
    "gsr_olympiadbench": OLYMPIADBENCH_HUB,
    "gsr_knights_and_knaves": KNIGHTS,
}
"""Rows as the hub has them, by task."""
