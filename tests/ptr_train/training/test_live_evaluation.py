"""Evaluation while training: the dev split's losses, and tasks on the live model."""

import json
import random
from pathlib import Path

import pytest
import torch

from ptr_eval.errors import UserError
from ptr_eval.report import write_report
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
        "rounds": 2,
        "settings": {"ptr_data": str(data)},
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
        "instruction": "neutral",
    }
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
        ("{steps: 2, tasks: [ptr_gsm8k], settings: {ptr_data: ., ptr_speed: 1}}", "ptr_speed"),
    ],
)
def test_wrong_settings_are_found_before_anything_is_loaded(
    tmp_path: Path, rows: Path, wrong: str, said: str
) -> None:
    config = config_of(tmp_path, tmp_path / "no-model", rows, f"evaluate={wrong}")
    with pytest.raises(UserError, match=said):
        train(config)


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
