"""A small build: made-up queries, recorded generations, and benchmarks made on the spot."""

import json
from pathlib import Path
from typing import Any

import yaml

from ptr_data.methods.ptr.config import PtrConfig
from ptr_eval.config import read_yaml_config

QUESTIONS = 30
WORDS = "amber basil cedar delta ember fjord grove haven islet jetty knoll lagoon".split()


def question(number: int) -> str:
    a, b = WORDS[number % 12], WORDS[(number // 12 + 5) % 12]
    return f"Number {number}: how would you explain {a} and {b} to a child of {number + 4} years?"


def write_queries(path: Path, numbers: range = range(QUESTIONS)) -> None:
    rows = [{"question": question(n), "output": f"Like this: {n}."} for n in numbers]
    # One copy, one picture, one empty question.
    rows += [rows[0], {"question": "What is in this image? ![x](y.png)", "output": "A cat."}]
    rows.append({"question": "", "output": "Nothing."})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_recording(path: Path, numbers: range = range(QUESTIONS)) -> None:
    lines = []
    for n in numbers:
        drafts = [f"A first try at {n}.", f"Perhaps it is {n}, perhaps not."]
        answers = [f"It is surely {n}, for {WORDS[(n + i) % 12]} is green." for i in range(3)]
        if n == 7:
            answers = ["", "", ""]
        lines.append({"query": question(n), "model": "small", "texts": drafts})
        lines.append({"query": question(n), "model": "large", "texts": answers})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def write_scores(path: Path) -> None:
    lines = [
        {"query": question(n), "model": model, "score": score + n / 1000}
        for n in range(QUESTIONS)
        for model, score in (("small", 0.2), ("large", 0.7))
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def settings(**changed: Any) -> dict[str, Any]:
    """The configuration; no embedding model is needed where nothing is compared."""
    return {
        "out": "out",
        "sources": [{"path": "queries.jsonl", "license": "cc0-1.0"}],
        "shard": 10,
        "cleaning": {"languages": []},
        "decontamination": None,
        "models": [
            {"name": "small", "backend": "recorded", "args": {"file": "recorded.jsonl"}},
            {"name": "large", "backend": "recorded", "args": {"file": "recorded.jsonl"}},
        ],
        "weak": ["small"],
        "strong": "large",
        "measure": {"kind": "given", "file": "scores.jsonl"},
        "answers": {"samples": 1},
        "split": {"dev": 0.2},
        **changed,
    }


def prepare(folder: Path, **changed: Any) -> Path:
    """Write a build's files; returns its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    write_queries(folder / "queries.jsonl")
    write_recording(folder / "recorded.jsonl")
    write_scores(folder / "scores.jsonl")
    path = folder / "build.yaml"
    path.write_text(yaml.safe_dump(settings(**changed)), encoding="utf-8")
    return path


def config(folder: Path, **changed: Any) -> PtrConfig:
    return read_yaml_config(prepare(folder, **changed), PtrConfig)


def finished(out: Path) -> dict[str, bytes]:
    """All finished files, without the work in progress."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and "work" not in path.relative_to(out).parts
    }
