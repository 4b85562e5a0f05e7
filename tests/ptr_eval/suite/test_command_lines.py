"""The command lines: what they say, and that lm_eval's own parser reads just that."""

import argparse
import json
import os
import shlex
from pathlib import Path

import pytest

from ptr_eval.catalog import tasks_path
from ptr_eval.errors import UserError
from ptr_eval.suite import suite_command_lines
from ptr_eval.suite.command_lines import SuiteRun, plan_runs
from ptr_eval.suite.config import read_suite

SUITE = """
out: all results
models:
  base: {backend: hf, args: {pretrained: ./model, dtype: float32}, method: Prompt}
  tuned: {args: {pretrained: org/tuned}, method: PTR, step: 1000, apply_chat_template: chatml}
instructions: [neutral, {name: doubt, text: "Isn't it \\"42\\", or $HOME?\\nAnswer, again; ünd."}]
tasks:
  ptr_gsm8k:
    num_fewshot: 8
    limit: 100
    gen_kwargs: {max_gen_toks: 512, until: ["a, b", "'"]}
    metadata: {ptr_rounds: 4}
  arc: {tasks: [ptr_arc_easy, ptr_arc_challenge], limit: null, extra: ["--system_instruction=-x y"]}
  ptr_humaneval: {}
defaults:
  rounds: 3
  batch_size: 8
  limit: 0.5
  device: cpu
  seed: 7
  apply_chat_template: true
  gen_kwargs: {temperature: 0.5, do_sample: true}
  extra: ["--verbosity", "WARNING"]
confirm_run_unsafe_code: true
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE, encoding="utf-8")
    return path


def parsed(run: SuiteRun) -> argparse.Namespace:
    """Read a run's arguments as lm_eval does."""
    from lm_eval._cli.run import Run as Command

    parser = argparse.ArgumentParser()
    Command.create(parser.add_subparsers())
    return parser.parse_args(list(run.arguments))


def by_name(path: Path) -> dict[str, SuiteRun]:
    return {run.name: run for run in plan_runs(read_suite(path))}


def test_one_run_for_every_model_instruction_and_task(suite: Path) -> None:
    assert list(by_name(suite)) == [
        f"{model}/{instruction}/{task}"
        for model in ("base", "tuned")
        for instruction in ("neutral", "doubt")
        for task in ("ptr_gsm8k", "arc", "ptr_humaneval")
    ]


def test_the_whole_of_one_line(suite: Path) -> None:
    written = suite_command_lines(suite)
    folder = f"{suite.parent}/all results/base"
    assert len(written) == 2 * 12
    assert written[:2] == [
        "# base/neutral/ptr_gsm8k",
        "lm_eval run --model hf"
        f""" --model_args '{{"pretrained": "{suite.parent}/model", "dtype": "float32"}}'"""
        f" --include_path {shlex.quote(str(tasks_path()))} --tasks ptr_gsm8k"
        " --num_fewshot 8 --limit 100 --batch_size 8 --device cpu --seed 7 --apply_chat_template"
        """ --gen_kwargs '{"temperature": 0.5, "do_sample": true, "max_gen_toks": 512, """
        """"until": ["a, b", "'"'"'"]}'"""
        """ --metadata '{"ptr_rounds": 4, "ptr_seed": 7, "ptr_instruction": "neutral", """
        f""""ptr_ledger": "{folder}/ledger"}}'"""
        f" --output_path '{folder}/neutral/ptr_gsm8k/results.json' --log_samples"
        " --verbosity WARNING",
    ]


def test_a_printed_line_is_what_is_run(suite: Path) -> None:
    lines = [row for row in suite_command_lines(suite) if not row.startswith("#")]
    runs = plan_runs(read_suite(suite))
    assert [shlex.split(row) for row in lines] == [["lm_eval", *run.arguments] for run in runs]
    assert not [row for row in lines if "\n" in row]


def test_lm_eval_reads_what_the_suite_says(suite: Path) -> None:
    runs = by_name(suite)
    asked = parsed(runs["tuned/doubt/arc"])
    assert asked.tasks == ["ptr_arc_easy", "ptr_arc_challenge"]
    assert asked.model_args == {"pretrained": "org/tuned"}
    assert asked.metadata["ptr_instruction"] == 'Isn\'t it "42", or $HOME?\nAnswer, again; ünd.'
    assert asked.metadata["ptr_rounds"] == 3
    assert asked.gen_kwargs == {"temperature": 0.5, "do_sample": True}
    assert asked.limit is None  # The task's null undoes the default.
    assert asked.apply_chat_template == "chatml"
    assert asked.system_instruction == "-x y"
    assert asked.verbosity == "WARNING"
    assert asked.seed == [7, 7, 7, 7]
    assert asked.log_samples
    assert not hasattr(asked, "confirm_run_unsafe_code")
    assert parsed(runs["base/neutral/ptr_gsm8k"]).gen_kwargs["until"] == ["a, b", "'"]
    assert parsed(runs["base/neutral/ptr_gsm8k"]).apply_chat_template is True
    assert parsed(runs["base/doubt/ptr_humaneval"]).confirm_run_unsafe_code


def test_a_task_wins_over_its_model_and_a_model_over_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(
        "models: {m: {backend: dummy, rounds: 2, batch_size: 2, apply_chat_template: false}}\n"
        "tasks: {ptr_drop: {rounds: 4}, ptr_gsm8k: {metadata: {ptr_seed: null}}}\n"
        "defaults: {rounds: 9, batch_size: 9, seed: 3, apply_chat_template: true}\n"
    )
    drop, gsm8k = (parsed(run) for run in plan_runs(read_suite(path)))
    assert (drop.metadata["ptr_rounds"], gsm8k.metadata["ptr_rounds"]) == (4, 2)
    assert (drop.metadata["ptr_seed"], gsm8k.metadata["ptr_seed"]) == (3, None)
    assert drop.batch_size == "2"
    assert not hasattr(drop, "apply_chat_template")
    assert drop.model_args is None


def test_the_seed_zero_is_a_seed(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text("models: {m: org/m}\ntasks: {ptr_drop: {seed: 0}}\ndefaults: {seed: 7}\n")
    (run,) = plan_runs(read_suite(path))
    assert (parsed(run).seed, parsed(run).metadata["ptr_seed"]) == ([0, 0, 0, 0], 0)


def test_all_instructions_of_a_model_share_its_ledger(suite: Path) -> None:
    found = {(run.model, parsed(run).metadata["ptr_ledger"]) for run in by_name(suite).values()}
    assert found == {(m, f"{suite.parent}/all results/{m}/ledger") for m in ("base", "tuned")}


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (["base"], 6),
        (["doubt"], 6),
        (["arc", "ptr_gsm8k"], 8),
        (["base", "arc"], 2),
        (["base", "tuned", "doubt", "arc"], 2),
    ],
)
def test_only_some(suite: Path, only: list[str], expected: int) -> None:
    runs = plan_runs(read_suite(suite), only)
    assert len(runs) == expected
    assert all({run.model, run.instruction, run.task} & set(only) for run in runs)


def test_only_a_name_that_is_none_of_the_suites(suite: Path) -> None:
    with pytest.raises(UserError, match=r"--only nope: .* choose among arc, base, doubt, "):
        plan_runs(read_suite(suite), ["base", "nope"])


def test_what_a_run_depends_on_is_plain_json(suite: Path) -> None:
    for run in by_name(suite).values():
        assert json.loads(json.dumps(run.fingerprint)) == run.fingerprint


def test_code_is_confirmed_only_where_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(
        "models: {m: org/m}\nconfirm_run_unsafe_code: true\n"
        "tasks: {ptr_humaneval: {}, ptr_core: {}, ptr_drop: {}}\n"
    )
    confirmed = [
        "--confirm_run_unsafe_code" in run.arguments for run in plan_runs(read_suite(path))
    ]
    assert confirmed == [True, True, False]


def test_ones_own_tasks_are_looked_for_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.yaml").write_text("task: mine\nptr: {}\n")
    path = tmp_path / "suite.yaml"
    path.write_text("models: {m: org/m}\ntasks: {mine: , ptr_drop: }\ninclude_path: mine\n")
    mine, ours = (parsed(run) for run in plan_runs(read_suite(path)))
    assert mine.include_path == str(tmp_path / "mine")
    assert ours.include_path == str(tasks_path())


def test_a_changed_model_folder_is_another_model(tmp_path: Path) -> None:
    weights = tmp_path / "model" / "model.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"1")
    path = tmp_path / "suite.yaml"
    path.write_text("models: {m: ./model}\ntasks: {ptr_drop: }\n")
    (run,) = plan_runs(read_suite(path))
    before = run.fingerprint
    assert plan_runs(read_suite(path)) == [run]
    assert run.fingerprint == before
    os.utime(weights, ns=(1, 1))
    assert run.fingerprint != before


@pytest.mark.parametrize(
    ("instructions", "tasks", "expected"),
    [
        ("[neutral]", "{ptr_drop: , ptr_gsm8k: }", ["m", "m"]),
        ("[neutral, null]", "{ptr_drop: }", ["m/neutral", "m/null"]),
        ("[neutral]", "{a: {tasks: ptr_drop}, ptr_drop: , ptr_mmlu: }", ["m/a", "m/ptr_drop", "m"]),
    ],
)
def test_names_in_reports_are_short_and_tell_runs_of_one_task_apart(
    tmp_path: Path, instructions: str, tasks: str, expected: list[str]
) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(f"models: {{m: org/m}}\ninstructions: {instructions}\ntasks: {tasks}\n")
    assert [run.label for run in plan_runs(read_suite(path))] == expected


def test_the_dry_run_writes_nothing(suite: Path) -> None:
    before = sorted(suite.parent.rglob("*"))
    suite_command_lines(suite)
    assert sorted(suite.parent.rglob("*")) == before
