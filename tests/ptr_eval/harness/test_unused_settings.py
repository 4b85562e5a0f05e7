"""A setting that nothing in a run uses is named, once."""

import json
from pathlib import Path
from typing import Any

import pytest

from ptr_eval.cli import main
from ptr_eval.harness.settings import TaskSettings
from ptr_eval.harness.unused_settings import changed, unused, used_by
from tests.scripted_lm import ScriptedLM, evaluate, evaluate_into

PARALLEL = {"candidates", "synthesis", "syntheses", "candidate_tokens", "order"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"instruction", "aggregator"}),
        ({"ptr_rounds": 1}, set()),
        ({"ptr_protocol": "resample"}, {"aggregator"}),
        ({"ptr_protocol": "parallel"}, PARALLEL | {"aggregator"}),
        ({"ptr_protocol": "parallel", "ptr_rounds": 1}, {"candidates"}),
        ({"ptr_protocol": "parallel", "ptr_rounds": 3}, PARALLEL | {"aggregator", "instruction"}),
    ],
)
def test_what_a_protocol_uses(settings: dict[str, Any], expected: set[str]) -> None:
    assert used_by(TaskSettings.from_metadata(settings), ()) == expected


def test_what_was_given_differs_from_the_default() -> None:
    given = {"ptr_rounds": 3, "ptr_candidates": 8, "ptr_timeout": 9}
    assert changed(TaskSettings.from_metadata(given)) == {"candidates", "timeout"}


def test_one_task_that_uses_a_setting_is_enough() -> None:
    used = {"a": {"timeout", "sandbox"}, "b": {"candidates"}}
    assert unused(["candidates", "timeout", "rounds"], used) == []
    assert unused(["order", "timeout"], {"b": {"candidates"}}) == [
        "ptr_order is not used: no task here has the protocol parallel.",
        "ptr_timeout is not used: no task here has a scorer that runs programs.",
    ]


def named(caplog: pytest.LogCaptureFixture) -> set[str]:
    return {message for message in caplog.messages if "is not used" in message}


def test_a_run_names_what_it_does_not_use(sums: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings: dict[str, Any] = {"ptr_data": str(sums), "ptr_candidates": 8, "ptr_timeout": 9}
    evaluate(ScriptedLM(), settings, limit=1)
    assert {message.split()[0] for message in named(caplog)} == {"ptr_candidates", "ptr_timeout"}
    caplog.clear()
    settings = {"ptr_data": str(sums), "ptr_candidates": 2, "ptr_protocol": "parallel"}
    evaluate(ScriptedLM(), settings, limit=1, gen_kwargs="do_sample=true")
    assert named(caplog) == set()


def test_scoring_names_what_it_does_not_use(
    sums: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate_into(tmp_path / "run", ScriptedLM(), {"ptr_data": str(sums)}, limit=1)
    responses = tmp_path / "r.jsonl"
    responses.write_text(json.dumps({"doc_id": 0, "responses": ["100"]}) + "\n")
    commands = (
        ["rescore", str(tmp_path / "run")],
        ["score", "--task", "ptr_gsm8k", "--responses", str(responses)],
    )
    for command in commands:
        main([*command, "--out", str(tmp_path / command[0]), "--metadata", "ptr_embedder=x",
              *([f"ptr_data={sums}"] if command[0] == "score" else [])])  # fmt: skip
        errors = capsys.readouterr().err.splitlines()
        sentence = "ptr_embedder is not used: no task here has a scorer of similarity."
        assert [line for line in errors if "is not used" in line] == [sentence]
