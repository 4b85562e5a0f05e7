"""W&B, trackio, the hub and other readers of samples, through lm-eval's own command line."""

import json
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import pytest
from lm_eval.__main__ import cli_evaluate
from lm_eval.loggers import TrackioLogger, WandbLogger
from lm_eval.tasks import TaskManager
from lm_eval.tasks._yaml_loader import load_yaml

from ptr_eval.catalog import tasks_path
from ptr_eval.harness.rounds import install
from tests.logging_services import (
    Hub,
    Trackio,
    Wandb,
    install_hub,
    install_trackio,
    install_wandb,
)
from tests.scripted_lm import ScriptedLM, gold, place, planned

Run = Callable[..., str]

FOREIGN = """
task: foreign
custom_dataset: !function rows.rows
test_split: test
output_type: generate_until
doc_to_text: "{{q}}"
doc_to_target: "{{a}}"
generation_kwargs: {until: []}
filter_list:
  - {name: first, filter: [{function: regex, regex_pattern: "is (\\\\d+)"}, {function: take_first}]}
  - {name: any, filter: [{function: regex, regex_pattern: "(\\\\d+)"}, {function: take_first}]}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
"""
ROWS = """
import datasets
def rows(**_):
    rows = [{"q": f"[q{n}] How many?", "a": str(100 + n)} for n in range(4)]
    return {"test": datasets.Dataset.from_list(rows)}
"""
GROUPS = {
    "averaged": "group: averaged\ntask: [ptr_gsm8k]\naggregate_metric_list:\n"
    + "".join(f"  - {{metric: score@{t}, weight_by_size: false}}\n" for t in (1, 2, 3)),
    "listed": "group: listed\ntask: [ptr_gsm8k, foreign]\n",
}


@pytest.fixture
def wandb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Wandb:
    return install_wandb(monkeypatch, tmp_path)


@pytest.fixture
def trackio(monkeypatch: pytest.MonkeyPatch) -> Trackio:
    return install_trackio(monkeypatch)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hub:
    return install_hub(monkeypatch, tmp_path / "hub")


@pytest.fixture
def lm_eval(
    tmp_path: Path,
    sums: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """lm-eval's command line with the scripted model, a foreign task and two groups."""
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "ptr_gsm8k.yaml").symlink_to(tasks_path() / "ptr_gsm8k.yaml")
    (folder / "foreign.yaml").write_text(FOREIGN)
    (folder / "rows.py").write_text(ROWS)
    for name, text in GROUPS.items():
        (folder / f"{name}.yaml").write_text(text)
    monkeypatch.setattr("lm_eval.tasks.TaskManager", partial(TaskManager, include_defaults=False))
    monkeypatch.delenv("HF_TOKEN", raising=False)

    def run(tasks: str, *flags: str, lm: ScriptedLM | None = None, **settings: Any) -> str:
        class Scripted(ScriptedLM):
            @classmethod
            def create_from_arg_obj(cls, *_: Any) -> ScriptedLM:
                return lm or ScriptedLM(planned)

        monkeypatch.setattr("lm_eval.api.registry.get_model", lambda name: Scripted)
        chosen = {"ptr_data": sums, "ptr_scorers": "strict+flexible", **settings}
        command = [
            "lm_eval", "run", "--model", "scripted", "--include_path", str(folder),
            "--tasks", tasks, "--output_path", str(tmp_path / "out"), "--log_samples", *flags,
            "--metadata", *(f"{key}={value}" for key, value in chosen.items()),
        ]  # fmt: skip
        monkeypatch.setattr(sys, "argv", command)
        cli_evaluate()
        return capsys.readouterr().out

    return run


# W&B


def test_wandb_has_a_row_a_question_with_every_round(lm_eval: Run, wandb: Wandb) -> None:
    lm_eval("ptr_gsm8k", "--limit", "3", "--wandb_args", "project=x")
    table = wandb.tables["ptr_gsm8k_eval_results"]
    assert list(table["id"]) == [0, 1, 2]
    row = table.iloc[0]
    assert [row[f"response@{t}"] for t in (1, 2, 3)] == [planned(0, t) for t in (1, 2, 3)]
    for scorer in ("strict", "flexible"):
        assert [row[f"exact_match@{t},{scorer}"] for t in (1, 2, 3)] == [1, 1, 0]
        assert [row[f"answer@{t},{scorer}"] for t in (1, 2, 3)] == ["100", "100", "7"]
        assert row[f"verdict@3,{scorer}"] == "wrong"
    assert row["score@3,strict"] == 0
    assert "score@3,flexible" not in row
    assert row["data"].startswith("Question: [q0]")
    assert (row["raw_predictions"], row["filtered_predictions"]) == (planned(0, 3), "7")
    assert wandb.figures["ptr_gsm8k/exact_match@3,flexible"] == pytest.approx(1 / 3)
    assert planned(2, 3) in wandb.files["ptr_gsm8k_eval_samples.json"]
    assert wandb.finished


def test_wandb_numbers_what_a_round_has_several_of(lm_eval: Run, wandb: Wandb) -> None:
    lm_eval("ptr_gsm8k", "--limit", "2", "--wandb_args", "project=x", ptr_protocol="parallel",
            ptr_candidates=3, ptr_rounds=3, ptr_samples=2, lm=Parallel())  # fmt: skip
    table = wandb.tables["ptr_gsm8k_eval_results"]
    assert list(zip(table["id"], table["sample"], strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    row = table.iloc[3]
    assert re.sub(r"\d+", "#", row["response@1"]) == "\n\n".join(
        ["[#] Reply #. The answer is #."] * 3
    )
    assert row["answer@1,strict"] == "[1] 101\n\n[2] 101\n\n[3] 101"
    assert row["response@3"].startswith("Reply ")
    assert row["exact_match@3,flexible"] == 1
    assert row["maj3@1,strict"] == 1


class Parallel(ScriptedLM):
    """Answers rightly, and numbers its replies."""

    def _respond(self, prompt: Any, settings: dict[str, Any]) -> str:
        self.prompts.append(prompt)
        (question, *_) = re.findall(r"\[q(\d+)\]", prompt)
        return f"Reply {len(self.prompts)}. The answer is {gold(int(question))}."


def test_wandb_shows_a_failed_request_and_has_no_verdict_on_it(lm_eval: Run, wandb: Wandb) -> None:
    lm = ScriptedLM(refuses=(1, 3))
    lm_eval("ptr_gsm8k", "--limit", "3", "--wandb_args", "project=x", lm=lm)
    table = wandb.tables["ptr_gsm8k_eval_results"]
    assert table["response@3"][1] == "(failed: ValueError: this prompt is refused)"
    assert [table["verdict@3,strict"][n] for n in (0, 2)] == ["wrong", "correct"]
    assert table["verdict@3,strict"].isna().tolist() == [False, True, False]
    assert table["exact_match@3,strict"].isna().tolist() == [False, True, False]
    assert table["failed@3,strict"].tolist() == [0, 1, 0]


def test_wandb_shows_unscored_answers(lm_eval: Run, wandb: Wandb) -> None:
    lm_eval("ptr_gsm8k", "--limit", "2", "--predict_only", "--wandb_args", "project=x")
    table = wandb.tables["ptr_gsm8k_eval_results"]
    assert table["response@3"].tolist() == [planned(n, 3) for n in (0, 1)]
    assert not [column for column in table if "exact_match" in column or "answer@" in column]


# trackio


def test_trackio_has_a_trace_a_question_with_every_round(lm_eval: Run, trackio: Trackio) -> None:
    lm_eval("ptr_gsm8k", "--limit", "3", "--trackio_args", "project=x")
    traces = trackio.traces["ptr_gsm8k/sample"]
    assert [trace.metadata["doc_id"] for trace in traces] == [0, 1, 2]
    said = [(message["role"], message["content"]) for message in traces[0].messages]
    assert [role for role, _ in said] == ["user", "assistant"] * 3
    assert [text for role, text in said if role == "assistant"] == [
        planned(0, t) for t in (1, 2, 3)
    ]
    assert [place(text) for role, text in said if role == "user"] == [(0, 1), (0, 2), (0, 3)]
    for scorer in ("strict", "flexible"):
        assert traces[0].metadata[f"exact_match@3,{scorer}"] == 0
        assert traces[0].metadata[f"answer@2,{scorer}"] == "100"
    assert trackio.figures["ptr_gsm8k/exact_match@3,flexible"] == pytest.approx(1 / 3)
    assert trackio.finished


def test_trackio_has_a_trace_a_sample_with_all_candidates(lm_eval: Run, trackio: Trackio) -> None:
    lm_eval("ptr_gsm8k", "--limit", "1", "--trackio_args", "project=x", ptr_protocol="parallel",
            ptr_candidates=3, ptr_rounds=3, ptr_samples=2, lm=Parallel())  # fmt: skip
    traces = trackio.traces["ptr_gsm8k/sample"]
    assert [trace.metadata["sample"] for trace in traces] == [0, 1]
    said = [m["content"] for trace in traces for m in trace.messages if m["role"] == "assistant"]
    assert len(said) == len(set(said)) == 2 * (3 + 1 + 1)
    assert traces[1].metadata["exact_match@3,strict"] == 1


# Tasks of others, groups


def test_tasks_of_others_log_as_they_do_without_ours(
    lm_eval: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def logged(tasks: str) -> list[Any]:
        wandb, trackio = install_wandb(monkeypatch, tmp_path), install_trackio(monkeypatch)
        lm_eval(tasks, "--limit", "3", "--wandb_args", "project=x", "--trackio_args", "project=x")
        return [
            wandb.tables["foreign_eval_results"].to_dict("records"),
            [vars(trace) for trace in trackio.traces["foreign/sample"]],
            {name: v for name, v in wandb.figures.items() if name.startswith("foreign/")},
            json.loads(wandb.files["foreign_eval_samples.json"]),
        ]

    install()
    beside_ours = logged("ptr_gsm8k,foreign")
    for logger, name in [
        (WandbLogger, "_generate_dataset"),
        (WandbLogger, "log_eval_samples"),
        (TrackioLogger, "log_eval_samples"),
    ]:
        monkeypatch.setattr(logger, name, getattr(logger, name).__wrapped__)
    assert logged("foreign") == beside_ours
    assert len(beside_ours[0]) == len(beside_ours[1]) == 3 * 2  # A row a filter, as lm-eval has it.


def test_the_loggers_are_adapted_once() -> None:
    install()
    before = WandbLogger._generate_dataset
    install()
    assert WandbLogger._generate_dataset is before
    assert not hasattr(before.__wrapped__, "__wrapped__")


def test_a_group_without_figures_of_its_own_is_logged_task_by_task(
    lm_eval: Run, wandb: Wandb, trackio: Trackio
) -> None:
    lm_eval("listed", "--limit", "2", "--wandb_args", "project=x", "--trackio_args", "project=x")
    assert set(wandb.tables) == {"ptr_gsm8k_eval_results", "foreign_eval_results"}
    assert set(trackio.traces) == {"ptr_gsm8k/sample", "foreign/sample"}


@pytest.mark.parametrize("headline", ["strict", "flexible"])
def test_a_group_is_averaged_under_the_headline_whichever_that_is(
    lm_eval: Run, wandb: Wandb, headline: str
) -> None:
    printed = lm_eval("averaged", "--wandb_args", "project=x", ptr_scorers=headline)
    assert wandb.figures[f"averaged/score@3,{headline}"] == pytest.approx(0.6)
    _, groups = re.split(r"\| *Groups", printed)
    assert re.search(rf"\|averaged *\|.*\|{headline} *\| *0\|score@1 *\|↑ *\| *0.4\|", groups)
    assert re.search(r"score@3 *\|↑ *\| *0.6\|", groups)


def test_the_shipped_groups_average_the_headline_whichever_that_is() -> None:
    for name in ("ptr_core", "gsr_core"):
        group = load_yaml(tasks_path() / f"{name}.yaml")
        assert not any("filter_list" in metric for metric in group["aggregate_metric_list"])


# The table that lm-eval prints


def test_the_printed_table_has_every_scorer_and_round(lm_eval: Run) -> None:
    printed = lm_eval("ptr_gsm8k")
    for scorer, t, value in [("strict", 1, "0.4"), ("flexible", 2, "0.7"), ("strict", 3, "0.6")]:
        row = rf"\|{scorer} *\| *0\|exact_match@{t} *\|↑ *\| *{value}\d*\|± *\|0\.1"
        assert re.search(row, printed), row


# The hub


def test_the_hub_gets_results_samples_and_a_card(lm_eval: Run, hub: Hub, tmp_path: Path) -> None:
    lm_eval("averaged", "--limit", "3", "--hf_hub_log_args", "hub_results_org=org",
            "push_results_to_hub=True", "push_samples_to_hub=True", "token=t")  # fmt: skip
    repository = hub.repository("org/lm-eval-results-private")
    (results,) = repository.rglob("results_*.json")
    assert json.loads(results.read_text())["groups"]["averaged"]["score@3,strict"] < 1
    (samples,) = repository.rglob("samples_ptr_gsm8k_*.jsonl")
    rows = datasets.load_dataset(  # As who downloads it will.
        "json", data_files=str(samples), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert rows.num_rows == 3 * 2
    assert planned(0, 3) in str(rows[0]["resps"])
    (card,) = hub.cards.values()
    assert "ptr_gsm8k" in card
    assert "exact_match@3,flexible" in card


# Other readers of samples files


def test_every_sample_has_what_a_reader_of_the_configuration_looks_up(
    lm_eval: Run, tmp_path: Path
) -> None:
    """lm-eval's script for Zeno numbers rows by document and filter, and wants every metric."""
    lm_eval("ptr_gsm8k", "--limit", "3")
    (results,) = tmp_path.glob("out/*/results_*.json")
    (file,) = tmp_path.glob("out/*/samples_*.jsonl")
    config = json.loads(results.read_text())["configs"]["ptr_gsm8k"]
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    names = [metric["metric"] for metric in config["metric_list"]]
    assert {"exact_match@3", "fixed@2", "no_answer@1"} <= set(names)
    assert all(name in row for name in names for row in rows)
    assert [each["name"] for each in config["filter_list"]] == ["strict", "flexible"]
    assert len({(row["doc_id"], row["filter"]) for row in rows}) == len(rows) == 6


def test_write_out_shows_the_prompt_as_it_is_asked(
    lm_eval: Run, caplog: pytest.LogCaptureFixture
) -> None:
    lm = ScriptedLM()
    caplog.set_level("INFO", "lm_eval")
    lm_eval("ptr_gsm8k", "--limit", "1", "--write_out", lm=lm)
    assert f"(starting on next line):    \n{lm.prompts[0]}\n(end of prompt" in caplog.text
