"""Saved runs with rounds of known worth."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ptr_eval.harness.rescore import score
from ptr_eval.runs.judgements import Judgement, read_judgements

Rounds = Sequence[int | str | None]
"""By round, what an answer is worth, or its text; None for a request that failed."""


def save_rounds(
    out: Path, data: Path, samples: Mapping[int, Sequence[Rounds]], **metadata: Any
) -> Path:
    """Save a run; by question and sample, its rounds."""
    out.mkdir(parents=True, exist_ok=True)
    first = next(iter(samples.values()))
    rows = [
        {"doc_id": n, "responses": [text_of(n, one) for rounds in drawn for one in rounds]}
        for n, drawn in samples.items()
    ]
    responses = out / "responses.jsonl"
    responses.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = {
        "ptr_protocol": "sequential", "ptr_rounds": len(first[0]), "ptr_samples": len(first),
        "ptr_data": str(data), "ptr_scorers": "strict", **metadata,
    }  # fmt: skip
    score("ptr_gsm8k", responses, out, metadata=settings)
    return out


def text_of(question: int, worth: int | str | None) -> str | None:
    if worth is None or isinstance(worth, str):
        return worth
    return f"worth {worth} of [q{question}], so the answer is {100 + question}."


def judged(run: Path) -> Judgement:
    """Read the only judgement of a run."""
    (samples,) = run.rglob("samples_*.jsonl")
    (judgement,) = read_judgements(samples.parent)
    return judgement
