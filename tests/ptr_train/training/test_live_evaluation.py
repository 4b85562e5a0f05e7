"""Evaluation while training: the dev split's losses, and tasks on the live model."""

import json
import random
from pathlib import Path

import pytest
import torch

from ptr_eval.errors import UserError
from ptr_eval.instructions import INSTRUCTIONS
from ptr_eval.report import write_report
from ptr_eval.runs import newest_results
from ptr_train.run import train
from tests.ptr_train.training.run_factory import config_of, logged
from tests.scripted_lm import write_sums

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is:FutureWarning")


@pytest.fixture
def evaluated(tmp_path: Path) -> list[str]:
    """Overrides that evaluate a small task every second step."""
    data = write_sums(tmp_path / "sums", numbers=range(4))
    settings = {
        "steps": 2,
        "tasks": ["ptr_gsm8k"],
        "settings": {"ptr_data": str(data), "ptr_rounds": 2, "ptr_instruction": "critical"},
        "generation": {"max_gen_toks": 8},
    }
    return [f"evaluate={json.dumps(settings)}", "train.max_steps=5"]


def test_every_evaluated_step_is_written_as_a_report_reads_it(
    tmp_path: Path, tiny_model: Path, rows: Path, evaluated: list[str]
) -> None:
    train(config_of(tmp_path, tiny_model, rows, *evaluated))
    folders = sorted((tmp_path / "out" / "eval").iterdir())
    assert [folder.name for folder in folders] == [f"step-{n}" for n in (0, 2, 4, 5)]
    assert json.loads((folders[1] / "run.json").read_text()) == {
        "model": "out-2",
        "method": "ptr",
        "step": 2,
        "instruction": "critical",
    }
    saved = json.loads(newest_results(folders[1]).read_text())
    described = saved["configs"]["ptr_gsm8k"]["ptr"]
    assert described["settings"]["rounds"] == 2
    assert described["answers_per_round"] == [1, 1]
    assert described["instruction"] == INSTRUCTIONS["critical"]
    report = write_report([tmp_path / "out" / "eval"], tmp_path / "report")
    assert report.html.is_file()
    assert list((tmp_path / "report" / "plots").glob("training-series*.svg"))


def test_evaluating_changes_nothing_in_training(
    tmp_path: Path, tiny_model: Path, rows: Path, evaluated: list[str]
) -> None:
    dropout = "lora={dropout: 0.5}"  # Draws random numbers at every step.
    with_it = train(config_of(tmp_path / "a", tiny_model, rows, *evaluated, dropout))
    without = train(config_of(tmp_path / "b", tiny_model, rows, "train.max_steps=5", dropout))
    assert logged(with_it) == logged(without)


def test_dev_losses_are_those_of_the_whole_split_whatever_the_batch(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    found = []
    for batch in (1, 4):
        checkpoint = train(
            config_of(
                tmp_path / str(batch), tiny_model, rows, f"train.per_device_batch_size={batch}",
                f"train.gradient_accumulation_steps={4 // batch}", "train.max_steps=2",
                "evaluate={steps: 2}",
            )
        )  # fmt: skip
        found.append(logged(checkpoint, "eval_nll"))
    assert len(found[0]) == 2
    assert found[0] == pytest.approx(found[1], rel=1e-4)
    assert found[0][1] < found[0][0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{steps: 2, tasks: [gsm9k]}", "gsm9k: no such task; choose from .*ptr_gsm8k"),
        (
            "{steps: 2, tasks: [ptr_gsm8k], settings: {ptr_scorers: exact}}",
            "ptr_scorers=exact: ptr_gsm8k has the scorers strict, flexible, upstream",
        ),
        (
            "{steps: 2, tasks: [ptr_core, ptr_gsm8k]}",
            "A task runs code that the model wrote .*`unsafe_code: true`",
        ),
    ],
)
def test_wrong_tasks_are_found_before_anything_is_loaded(
    tmp_path: Path, rows: Path, wrong: str, said: str
) -> None:
    config = config_of(tmp_path, tmp_path / "no-model", rows, f"evaluate={wrong}")
    with pytest.raises(UserError, match=said):
        train(config)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            "tasks: [ptr_gsm8k], settings: {ptr_speed: 1}",
            "settings`: must be possible .ptr_speed: u",
        ),
        (
            "tasks: [ptr_gsm8k], settings: {ptr_rounds: 0}",
            "must be possible .ptr_rounds=0: must be",
        ),
        ("tasks: [ptr_gsm8k], settings: {rounds: 5}", "must have only ptr_. settings, not rounds"),
        (
            "tasks: [ptr_gsm8k], settings: {ptr_ledger: x}",
            "ptr_ledger: a model in training changes",
        ),
        (
            "tasks: [ptr_gsm8k], rounds: 2, settings: {ptr_rounds: 5}",
            "`evaluate`: must have `settings.ptr_rounds` or its older name `rounds`, not both",
        ),
        (
            "settings: {ptr_rounds: 5}",
            "must have `tasks` where there is `settings`, which is for t",
        ),
        ("limit: 5", "`evaluate`: must have `tasks` where there is `limit`, which is for tasks"),
    ],
)
def test_settings_that_would_not_be_used_are_refused(
    tmp_path: Path, rows: Path, wrong: str, said: str
) -> None:
    with pytest.raises(UserError, match=said) as caught:
        config_of(tmp_path, tmp_path / "no-model", rows, f"evaluate={{steps: 2, {wrong}}}")
    assert "\n" not in str(caught.value)


def test_older_names_are_those_of_settings_and_paths_are_below_the_file(
    tmp_path: Path, rows: Path
) -> None:
    (tmp_path / "my doubt").write_text("Are you sure?")
    written = "tasks: [ptr_gsm8k], rounds: 5, instruction: my doubt, settings: {ptr_data: .}"
    config = config_of(tmp_path, tmp_path / "m", rows, f"evaluate={{steps: 2, {written}}}")
    assert config.evaluate is not None
    assert config.evaluate.settings == {
        "ptr_data": str(tmp_path), "ptr_rounds": 5, "ptr_instruction": str(tmp_path / "my doubt"),
    }  # fmt: skip
    again = config.model_dump(mode="json")["evaluate"]
    assert type(config.evaluate).model_validate(again) == config.evaluate


def test_global_random_states_are_left_as_they_were(tiny_model: Path, tmp_path: Path) -> None:
    import numpy as np
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from ptr_eval.harness.live import LiveRun, evaluate_live

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    data = write_sums(tmp_path / "sums", numbers=range(2))
    run = LiveRun("m", ["ptr_gsm8k"], {"ptr_data": str(data)}, generation={"max_gen_toks": 4})
    model.train()
    before = random.getstate(), str(np.random.get_state()), torch.get_rng_state()
    evaluate_live(model, AutoTokenizer.from_pretrained(tiny_model), run, tmp_path / "out")
    after = random.getstate(), str(np.random.get_state()), torch.get_rng_state()
    assert before[:2] == after[:2]
    assert torch.equal(before[2], after[2])
    assert model.training
