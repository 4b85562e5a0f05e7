"""Every setting, every way of giving it: the value is in the results file, or it is refused."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from lm_eval.tasks import TaskManager

from ptr_eval.catalog import tasks_path
from ptr_eval.cli import main
from ptr_eval.errors import UserError
from ptr_eval.harness.live import LiveRun, check_live, evaluate_live
from ptr_eval.harness.settings import RUN_WIDE, SCORING, TaskSettings
from ptr_eval.runs import newest_results
from ptr_eval.suite.command_lines import plan_runs
from ptr_eval.suite.config import read_suite
from tests.scripted_lm import ScriptedLM, evaluate_into, write_sums

NAMES = [field.name for field in fields(TaskSettings)]

GIVEN: dict[str, Any] = {
    "protocol": "parallel", "prompt": "v1", "rounds": 4, "candidates": 2,
    "synthesis": "Make one of them.",
    "syntheses": 2, "candidate_tokens": 100, "order": "reversed", "aggregator": "dummy:x",
    "instruction": "critical", "thinking_end": "</t>", "keep_thinking": True, "context": 5000,
    "samples": 2, "seed": 7, "engine": "lockstep", "chunk": 5, "scorers": "flexible+strict",
    "kept": "refuse",
    "embedder": "some/model", "similarity_threshold": 0.7, "pass_k": "1+2", "sandbox": "unsafe",
    "timeout": 5.0, "max_failed": 0.5, "max_wait": 60.0, "max_requests": 10_000,
    "max_prompt_tokens": 10_000_000,
}  # fmt: skip
"""A value other than the default for every field; those that are paths are added below."""
LISTS = {"scorers": ["flexible", "strict"], "pass_k": [1, 2]}


@pytest.fixture(autouse=True)
def our_tasks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Settings with their prefix, with the data, the saved run and the ledger that they name."""
    folder = tmp_path_factory.mktemp("given")
    data = str(write_sums(folder / "data", numbers=range(2)))
    asked = {"ptr_data": data, "ptr_rounds": 1, "ptr_samples": 4, "ptr_prompt": "v1"}
    evaluate_into(folder / "first", ScriptedLM(), asked, gen_kwargs="do_sample=true")
    paths = {"data": data, "first_round": str(folder / "first"), "ledger": str(folder / "ledger")}
    values = {**GIVEN, **paths}
    assert set(NAMES) <= values.keys(), "give the new setting a value in this test"
    return {f"ptr_{name}": values[name] for name in NAMES}


def check(results: Path, given: Mapping[str, Any], *, task: str = "ptr_gsm8k") -> None:
    saved = json.loads(newest_results(results).read_text(encoding="utf-8"))
    recorded = saved["configs"][task]["ptr"]["settings"]
    for key, value in given.items():
        name = key.removeprefix("ptr_")
        assert recorded[name] == LISTS.get(name, value), name
        assert recorded[name] != getattr(TaskSettings(), name), f"{name}: that is the default"


def refusal(act: Callable[[], object], name: str) -> None:
    with pytest.raises((UserError, SystemExit)) as caught:
        act()
    said = str(caught.value)
    assert f"ptr_{name}" in said or name in said
    assert "\n" not in said


def as_pairs(given: Mapping[str, Any]) -> list[str]:
    return [f"{key}={value}" for key, value in given.items()]


@pytest.mark.parametrize("spell", [as_pairs, lambda given: [json.dumps(given)]])
def test_metadata(
    given: dict[str, Any], tmp_path: Path, spell: Callable[[Mapping[str, Any]], list[str]]
) -> None:
    main(["run", "--model", "dummy", "--tasks", "ptr_gsm8k", "--log_samples",
          "--output_path", str(tmp_path), "--metadata", *spell(given)])  # fmt: skip
    check(tmp_path, given)


def own_task(folder: Path, metadata: Mapping[str, Any]) -> Path:
    text = (tasks_path() / "ptr_gsm8k.yaml").read_text().replace("task: ptr_", "task: my_")
    written = yaml.safe_dump(dict(metadata), default_flow_style=True, width=10_000)
    folder.mkdir()
    (folder / "my.yaml").write_text(
        re.sub(r"metadata: \{version: .\.0\}", f"metadata: {written}", text)
    )
    return folder


def test_a_task_file(given: dict[str, Any], tmp_path: Path) -> None:
    own = {key: value for key, value in given.items() if key.removeprefix("ptr_") not in RUN_WIDE}
    mine = own_task(tmp_path / "mine", own)
    run = partial(evaluate_into, tmp_path / "out", ScriptedLM(), {}, "my_gsm8k")
    run(include_path=mine)
    check(tmp_path / "out", own, task="my_gsm8k")
    for name in RUN_WIDE:
        wide = own_task(tmp_path / name, {**own, f"ptr_{name}": given[f"ptr_{name}"]})
        refusal(partial(run, include_path=wide), name)


def test_a_suite(given: dict[str, Any], tmp_path: Path) -> None:
    set_elsewhere = ("ledger", "instruction")
    metadata = {k: v for k, v in given.items() if k.removeprefix("ptr_") not in set_elsewhere}
    metadata["ptr_embedder"] = "some/model"

    def write(**more: Any) -> Path:
        suite = {
            "models": {"any": {"backend": "dummy"}},
            "tasks": {"ptr_gsm8k": {"metadata": {**metadata, **more}}},
            "instructions": ["critical"],
        }
        (tmp_path / "suite.yaml").write_text(yaml.safe_dump(suite))
        return tmp_path / "suite.yaml"

    (run,) = plan_runs(read_suite(write()))
    main(list(run.arguments))
    check(run.folder, {**metadata, "ptr_instruction": "critical"})
    for name in set_elsewhere:
        refusal(lambda name=name: read_suite(write(**{f"ptr_{name}": "x"})), name)  # type: ignore[misc]


def test_live_evaluation(given: dict[str, Any], tmp_path: Path, tiny_model: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    metadata = {key: value for key, value in given.items() if key != "ptr_ledger"}
    metadata["ptr_context"] = 900
    run = LiveRun("m", ["ptr_gsm8k"], metadata, 1, chat=False, generation={"max_gen_toks": 4})
    check_live(run)
    evaluate_live(model, tokenizer, run, tmp_path)
    check(tmp_path, metadata)
    refusal(lambda: check_live(LiveRun("m", ["ptr_gsm8k"], {"ptr_ledger": "x"})), "ledger")


def command(name: str, out: Path, metadata: Mapping[str, Any], *more: str) -> None:
    main([name, *more, "--out", str(out), "--metadata", json.dumps(dict(metadata))])


def test_score(given: dict[str, Any], tmp_path: Path) -> None:
    responses = tmp_path / "r.jsonl"
    responses.write_text(json.dumps({"doc_id": 0, "responses": ["The answer is 7."] * 16}) + "\n")
    told = ("--task", "ptr_gsm8k", "--responses", str(responses))
    asking = {*RUN_WIDE, "seed", "context", "max_failed", "max_wait", "max_requests"}
    asking.add("max_prompt_tokens")
    described = {k: v for k, v in given.items() if k.removeprefix("ptr_") not in asking}
    command("score", tmp_path / "out", described, *told)
    check(tmp_path / "out", described)
    for name in NAMES:
        if name in asking:
            only = {"ptr_data": given["ptr_data"], f"ptr_{name}": given[f"ptr_{name}"]}
            refusal(partial(command, "score", tmp_path / "no", only, *told), name)


def test_rescore(given: dict[str, Any], tmp_path: Path) -> None:
    asked = {"ptr_data": given["ptr_data"], "ptr_samples": 2, "ptr_rounds": 2}
    evaluate_into(tmp_path / "run", ScriptedLM(), asked)
    for name in NAMES:
        only = {f"ptr_{name}": given[f"ptr_{name}"]}
        rescore = partial(command, "rescore", tmp_path / name, only, str(tmp_path / "run"))
        if name in SCORING:
            rescore()
            check(tmp_path / name, only)
        elif given[f"ptr_{name}"] != asked.get(f"ptr_{name}"):
            refusal(rescore, name)
            assert not (tmp_path / name).exists()
