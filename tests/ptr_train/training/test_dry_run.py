"""`--dry-run` says what a training would do, and does nothing but encode."""

from pathlib import Path

import pytest
import torch

from ptr_train.cli import main
from ptr_train.run import dry_run, make_trainer
from ptr_train.training.dry_run import memory_estimate
from ptr_train.training.models import empty_model, load_model
from ptr_train.training.steps import steps_for
from tests.ptr_train.training.run_factory import config_of


def test_it_says_steps_tokens_memory_and_the_first_row_with_its_mask(
    tmp_path: Path, tiny_model: Path, rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config_of(tmp_path, tiny_model, rows)
    main(["run", str(tmp_path / "train.yaml"), "--dry-run", "--set", "data.kinds=[ptr]"])
    seen, steps, memory, row, *parts = capsys.readouterr().out.splitlines()
    assert seen.startswith("train: 33 rows, 0 left out, 0 of 49 thoughts cut, ")
    assert steps.startswith("steps: 20 of 4 x 1 x 1 rows (9 an epoch), about ")
    assert steps.endswith(" FLOPs")
    assert memory.startswith("memory: about ")
    assert row == "row ptr-1 (ptr), with the weight of each part in the likelihood:"
    # The thought is part of what does not count.
    assert [part.partition(" | ")[0] for part in parts] == ["0", "1"]
    assert "The answer is 1." in parts[0]
    assert "Which number comes after 1?" in parts[0]
    assert parts[1].startswith("1 | 'The answer is 2.<|")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["encoded"]


def test_it_shows_which_parts_of_thoughts_a_share_masks(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    def weights(share: float) -> list[str]:
        mask = f"loss={{objective: ptr, thought_mask: {{share: {share}}}}}"
        config = config_of(tmp_path, tiny_model, rows, mask, "data.kinds=[ptr]")
        return [line.partition(" | ")[0] for line in dry_run(config) if " | " in line]

    assert weights(0.0) == ["0", "1", "0", "1"]
    assert weights(1.0) == ["0", "1"]
    assert len(weights(0.5)) > 4


def test_of_a_pair_it_shows_both_rows(tmp_path: Path, tiny_model: Path, rows: Path) -> None:
    lines = dry_run(config_of(tmp_path, tiny_model, rows, "loss={objective: dpo}"))
    answers = [line for line in lines if line.startswith("1 | ")]
    assert ["The answer is 1." in answers[0], "The answer is 8." in answers[1]] == [True, True]


def test_what_is_trained_and_what_is_said_agree(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    config = config_of(tmp_path, tiny_model, rows, "train.max_steps=null", "train.epochs=1.5")
    trainer = make_trainer(config)
    trainer.train()
    said = f"steps: {trainer.state.global_step} of 4 x 1 x 1 rows (13 an epoch)"
    assert any(line.startswith(said) for line in dry_run(config))


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is:FutureWarning")
@pytest.mark.parametrize("lora", ["null", "{rank: 4}"])
def test_memory_is_estimated_of_the_weights_that_there_are(
    tmp_path: Path, tiny_model: Path, rows: Path, lora: str
) -> None:
    config = config_of(tmp_path, tiny_model, rows, f"lora={lora}")
    model = load_model(config)
    estimate = memory_estimate(config, empty_model(config), longest=50, processes=1)
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    assert estimate.weights == sum(weight.nbytes for weight in model.parameters())
    assert estimate.gradients == 4 * trained
    optimizer = torch.optim.AdamW(weight for weight in model.parameters() if weight.requires_grad)
    for weight in model.parameters():
        weight.grad = torch.zeros_like(weight)
    optimizer.step()
    states = sum(
        value.nbytes for state in optimizer.state.values() for value in state.values()
        if value.ndim
    )  # fmt: skip
    assert estimate.optimizer == states


def test_activations_are_about_what_a_forward_pass_keeps(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    config = config_of(tmp_path, tiny_model, rows)
    model = load_model(config)
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(value: torch.Tensor) -> torch.Tensor:
        if value.untyped_storage().data_ptr() not in weights:
            kept[value.untyped_storage().data_ptr()] = value
        return value

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        model.base_model(input_ids=torch.randint(0, 50, (4, 128)), use_cache=False)
    found = sum(value.untyped_storage().nbytes() for value in kept.values())
    estimate = memory_estimate(config, empty_model(config), longest=128, processes=1)
    assert estimate.activations == pytest.approx(found, rel=0.25)


@pytest.mark.parametrize(
    ("sharding", "shares"),
    [("{}", (1, 1)), ("{deepspeed: zero2}", (1, 8)), ("{deepspeed: zero3}", (8, 8)),
     ("{fsdp: true}", (8, 8))],
)  # fmt: skip
def test_shards_are_divided_among_processes(
    tmp_path: Path, tiny_model: Path, rows: Path, sharding: str, shares: tuple[int, int]
) -> None:
    config = config_of(tmp_path, tiny_model, rows, f"sharding={sharding}")
    model = empty_model(config)
    one, eight = (memory_estimate(config, model, 50, processes) for processes in (1, 8))
    found = (one.weights / eight.weights, one.optimizer / eight.optimizer)
    assert found == pytest.approx(shares)
    assert one.activations == eight.activations


def test_steps_are_rounded_up() -> None:
    assert steps_for(50, 4, 3, 1, epochs=1) == 5
    assert steps_for(50, 4, 3, 2, epochs=1) == 3
    assert steps_for(3, 4, 8, 1, epochs=2.5) == 3


def test_resuming_and_a_dry_run_exclude_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["run", "tiny-cpu", "--resume", "--dry-run"])
    assert "not allowed with argument --resume" in capsys.readouterr().err


@pytest.mark.parametrize("mask", ["false", "{share: 0.5}"])
def test_thoughts_that_count_are_shown_to_count(
    tmp_path: Path, tiny_model: Path, rows: Path, mask: str
) -> None:
    loss = f"loss={{objective: ptr, thought_mask: {mask}}}"
    lines = dry_run(config_of(tmp_path, tiny_model, rows, loss, "data.kinds=[ptr]"))
    parts = lines[lines.index(next(line for line in lines if line.startswith("row "))) + 1 :]
    counted = [part for part in parts if not part.startswith("0 |")]
    assert len(counted) > 1  # A part of the thought, and the answer.
    assert "The answer is 2." in counted[-1]
