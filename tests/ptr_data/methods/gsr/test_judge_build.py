"""Builds whose verifier is a judge."""

import json
import re
from pathlib import Path

import pytest

from ptr_data.build import build_from
from tests.ptr_data.methods.gsr.gsr_factory import prepare, settings
from tests.ptr_data.models.scripted import TextLM


def judge(prompt: str) -> str:
    """Verify, but say nothing of the first try, and break down at the second."""
    answer = prompt.partition("\nAnswer:\n")[2]
    if "try 0" in answer:
        return "I would have to think about it."
    if "try 1" in answer:
        raise ValueError("overloaded")
    (number,) = re.findall(r"Add (\d+) to", prompt)
    right = f"boxed{{{2 * int(number)}}}" in answer
    return f"Verdict: {'correct' if right else 'wrong'}"


def test_what_a_judge_says_nothing_of_is_neither_shown_nor_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ptr_eval.harness.loading.load_model", lambda backend, args: TextLM(judge))
    said = {"name": "judge", "backend": "dummy", "args": {}}
    path = prepare(
        tmp_path,
        models=[*settings()["models"], said],
        verifier={"kind": "judge", "model": "judge"},
        candidates={"samples": 6, "keep": 5},
    )
    out = build_from(path).folder
    shown = (out / "data" / "train.jsonl").read_text()
    assert "try 2" in shown
    assert "try 0" not in shown
    assert "try 1" not in shown
    report = json.loads((out / "manifest.json").read_text())["report"]
    verdicts = report["verdicts"]["student"]
    assert verdicts["no verdict"] > 0
    assert verdicts["judge failed"] > 0
    assert report["verifier"] == "the verdict of the model judge, in the form plain"
    assert f"no verdict: {verdicts['no verdict']}" in (out / "README.md").read_text()
