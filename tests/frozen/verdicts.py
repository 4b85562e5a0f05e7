"""Verdicts on all recorded answers and cases, boiled down to a digest a scorer and source."""

import gzip
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from ptr_eval import scoring
from ptr_eval.scoring import Score

CASES = Path(__file__).parents[1] / "cases"
Rows = Iterable[dict[str, Any]]


def digest(scores: Iterable[Score]) -> dict[str, Any]:
    """Count verdicts, and hash verdict, value and answer of each score in order."""
    found, listed = hashlib.sha256(), list(scores)
    for score in listed:
        found.update(json.dumps([score.verdict, score.value, score.answer]).encode())
    counts = Counter(score.verdict for score in listed)
    return {"sha256": found.hexdigest()[:16], **dict(sorted(counts.items()))}


def graders(name: str) -> Rows:
    with gzip.open(Path(os.environ["PTR_GRADERS"], name), "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def of_gsm8k() -> dict[str, Any]:
    rows = list(graders("gsm8k_6b_solutions.jsonl.gz"))

    def each(score: Callable[..., Score], **more: Any) -> dict[str, Any]:
        return digest(score(row["response"], gold=str(row["gold"]), **more) for row in rows)

    return {
        "number_strict": each(scoring.score_number, mode="strict"),
        "number_flexible": each(scoring.score_number, mode="flexible"),
        "upstream_number": each(scoring.upstream_number),
    }


def of_math500() -> dict[str, Any]:
    rows = list(graders("math500_qwen2_7b_samples.jsonl.gz"))
    pairs = [(said, row["answer"]) for row in rows for said in row["assistant_answer"]]
    responses, golds = [said for said, _ in pairs], [gold for _, gold in pairs]
    return {
        "maths": digest(scoring.score_maths_batch(responses, golds)),
        "upstream_maths": digest(scoring.upstream_maths(said, gold=gold) for said, gold in pairs),
    }


def of_humaneval() -> dict[str, Any]:
    path = Path(os.environ["PTR_DATA"], "humaneval", "HumanEval.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        problems = {row["task_id"]: row for row in map(json.loads, file)}
    rows = list(graders("humaneval_completions.jsonl.gz"))
    asked = [problems[row["task_id"]] for row in rows]
    strict = [
        scoring.extract_program(
            row["completion"], prompt=problem["prompt"], entry_point=problem["entry_point"]
        )
        for row, problem in zip(rows, asked, strict=True)
    ]
    lax = [
        scoring.upstream_code(row["completion"], entry_point=problem["entry_point"])
        for row, problem in zip(rows, asked, strict=True)
    ]
    return {
        "code": digest(scoring.score_programs(strict, asked)),
        "upstream_code": digest(scoring.score_programs(lax, asked)),
    }


def of_given_cases() -> dict[str, Any]:
    """Score the given cases, by scorer."""
    lines = Path(os.environ["PTR_CASES"], "answers.jsonl").read_text(encoding="utf-8").splitlines()
    found: dict[str, list[Score]] = {}
    for row in map(json.loads, lines):
        found.setdefault(row["scorer"], []).append(_given(row))
    return {scorer: digest(scores) for scorer, scores in found.items()}


def _given(row: dict[str, Any]) -> Score:
    said, scorer = row["response"], row["scorer"]
    if scorer == "options":
        gold = row.get("gold") or next(iter(row["options"]))
        return scoring.score_options(said, options=row["options"], gold=gold)
    if scorer.startswith("number"):
        return scoring.score_number(
            said, gold=str(row.get("gold", "0")), mode=scorer.removeprefix("number_")
        )
    if scorer == "maths":
        return scoring.score_maths(said, gold=row["gold"])
    return scoring.score_spans(said, golds=row["golds"])


def of_own_cases() -> dict[str, Any]:
    """Score the tables of cases beside the tests."""
    options = yaml.safe_load((CASES / "options.yaml").read_text(encoding="utf-8"))
    numbers = yaml.safe_load((CASES / "numbers.yaml").read_text(encoding="utf-8"))
    maths = yaml.safe_load((CASES / "maths.yaml").read_text(encoding="utf-8"))
    spans = yaml.safe_load((CASES / "spans.yaml").read_text(encoding="utf-8"))
    counted = [row["response"] for rows in numbers.values() for row in rows]
    return {
        "options": digest(_of_options(options)),
        "number_strict": digest(scoring.score_number(r, gold="18", mode="strict") for r in counted),
        "number_flexible": digest(
            scoring.score_number(r, gold="18", mode="flexible") for r in counted
        ),
        "maths": digest(
            scoring.score_maths(row["response"], gold=row["gold"])
            for rows in maths.values()
            for row in rows
            if isinstance(row, dict)
        ),
        "spans": digest(scoring.score_spans(row["response"], golds=row["golds"]) for row in spans),
    }


def _of_options(table: dict[str, Any]) -> Iterator[Score]:
    for group in table["groups"]:
        options = table["options"][group["options"]]
        for said in group["responses"]:
            yield scoring.score_options(said, options=options, gold=next(iter(options)))


SOURCES: dict[str, Callable[[], dict[str, Any]]] = {
    "gsm8k": of_gsm8k,
    "math500": of_math500,
    "humaneval": of_humaneval,
    "given_cases": of_given_cases,
    "own_cases": of_own_cases,
}
