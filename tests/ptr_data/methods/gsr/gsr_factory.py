"""A small build by generative self-refinement, with recorded generations."""

import json
from pathlib import Path
from typing import Any

import yaml

from ptr_data.methods.gsr.config import GsrConfig
from ptr_eval.config import read_yaml_config
from tests.ptr_data.methods.ptr.ptr_factory import WORDS

QUESTIONS = 30
NEVER_SOLVED = 5
"""The place of a question to which the teacher finds no solution."""


def question(number: int) -> str:
    a, b = WORDS[number % 12], WORDS[(number // 12 + 5) % 12]
    return f"Add {number} to {number}: how many {a} stones lie beside a {b}?"


def answer(number: int) -> int:
    return 2 * number


def candidates(number: int) -> list[str | None]:
    """Six candidates, of which `number % 7` are correct; the last is missing for some."""
    right = number % 7
    texts: list[str | None] = [
        f"Let me see, try {i}. So \\boxed{{{answer(number) + (0 if i < right else 1 + i)}}}."
        for i in range(6)
    ]
    if number % 10 == 9:
        texts[5] = None
    return texts


def solutions(number: int) -> list[str]:
    """Ten solutions, of which `number % 11` are correct."""
    right = 0 if number == NEVER_SOLVED else number % 11
    return [
        f"Hm, candidate {i}.</think>\nIt is \\boxed{{{answer(number) + (i >= right)}}}."
        for i in range(10)
    ]


def write_source(path: Path, numbers: range = range(QUESTIONS), **changed: Any) -> None:
    """Two rows a question, each with a solution; and rows that the prefilter drops."""
    rows = [
        {
            "problem": question(n),
            "expected_answer": str(answer(n)),
            "pass_rate_72b_tir": "0.5",
            "problem_type": "has_answer_extracted",
            "generated_solution": f"<think>Way {way}</think>So \\boxed{{{answer(n)}}}, by {way}.",
            **changed,
        }
        for n in numbers
        for way in range(2 + n)
    ]
    rows.append({**rows[0], "problem": "Which one is easy, really?", "pass_rate_72b_tir": "0.97"})
    rows.append({**rows[0], "problem": "Which one is unknown?", "pass_rate_72b_tir": "n/a"})
    rows.append({**rows[0], "problem": "Which one is a proof?", "problem_type": "converted_proof"})
    rows.append({**rows[0], "problem": "Which one is open to us?", "expected_answer": None})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_recording(path: Path, numbers: range = range(QUESTIONS)) -> None:
    lines = [
        {"query": question(n), "model": model, "texts": texts}
        for n in numbers
        for model, texts in (("student", candidates(n)), ("teacher", solutions(n)))
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def settings(**changed: Any) -> dict[str, Any]:
    columns = {"question": "problem", "answer": "expected_answer"}
    return {
        "method": "gsr",
        "out": "out",
        "sources": [{"path": "source.jsonl", "columns": columns, "license": "cc-by-4.0"}],
        "shard": 100,
        "cleaning": {"languages": []},
        "duplicates": {"near": False},
        "decontamination": None,
        "prefilter": {"where": {"problem_type": "has_answer_extracted"}},
        "models": [
            {"name": name, "backend": "recorded", "args": {"file": "recorded.jsonl"}}
            for name in ("student", "teacher")
        ],
        "student": "student",
        "teacher": "teacher",
        "split": {"dev": 0.2},
        **changed,
    }


def prepare(folder: Path, **changed: Any) -> Path:
    """Write a build's files; returns its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    write_source(folder / "source.jsonl")
    write_recording(folder / "recorded.jsonl")
    path = folder / "gsr.yaml"
    path.write_text(yaml.safe_dump(settings(**changed)), encoding="utf-8")
    return path


def config(folder: Path, **changed: Any) -> GsrConfig:
    return read_yaml_config(prepare(folder, **changed), GsrConfig)
