"""A small comparison: questions, recorded answers in every way, and scores of them."""

import json
from pathlib import Path
from typing import Any

import yaml

from tests.ptr_data.methods.ptr.ptr_factory import QUESTIONS, WORDS, question, write_queries

SCORES = {
    "small": 0.2,
    "large": 0.5,
    "large+examples": 0.55,
    "large+thoughts(small)": 0.6,
    "large+thoughts(small)+examples": 0.8,
}
"""The mean scores of all answers, by name."""


def settings(**changed: Any) -> dict[str, Any]:
    models = [
        {"name": name, "backend": "recorded", "args": {"file": "recorded.jsonl"}}
        for name in ("small", "large")
    ]
    return {
        "out": "out",
        "sources": [{"path": "queries.jsonl"}],
        "sample": 20,
        "cleaning": {"languages": []},
        "models": models,
        "weak": "small",
        "strong": "large",
        "measure": {"kind": "given", "file": "scores.jsonl"},
        **changed,
    }


def text_of(name: str, number: int) -> str:
    return f"{name} says {number} and {WORDS[number % 12]}."


def score_of(name: str, number: int) -> float:
    """Scores differ by question, and not equally for all answers."""
    return SCORES[name] + number * len(name) % 7 / 100


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def prepare(folder: Path, **changed: Any) -> Path:
    """Write a comparison's files; returns its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    write_queries(folder / "queries.jsonl")
    named = [(name, number) for name in SCORES for number in range(QUESTIONS)]
    write_lines(
        folder / "recorded.jsonl",
        [
            {"query": question(n), "model": name, "texts": [text_of(name, n), f"Perhaps {n}."]}
            for name, n in named
        ],
    )
    write_lines(
        folder / "scores.jsonl",
        [{"query": question(n), "model": name, "score": score_of(name, n)} for name, n in named],
    )
    path = folder / "compare.yaml"
    path.write_text(yaml.safe_dump(settings(**changed)), encoding="utf-8")
    return path
