"""The trainer learns, and what must not matter to what it learns does not."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from ptr_eval.errors import UserError
from ptr_train.run import make_trainer, train
from tests.ptr_train.training.run_factory import config_of, logged, write_data

# peft asks transformers by a name that it has just deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is:FutureWarning")


def same_as(values: Sequence[float]) -> Any:
    """The same but for float32 sums in another order."""
    return pytest.approx(values, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        ("{objective: ptr, consistency: token}", "nll"),
        ("{objective: ift}", "nll"),
        ("{objective: gsr}", "refine"),
    ],
)
def test_fifty_rows_are_learnt_by_heart(
    tmp_path: Path, tiny_model: Path, rows: Path, loss: str, name: str
) -> None:
    config = config_of(
        tmp_path,
        tiny_model,
        rows,
        f"loss={loss}",
        "train.per_device_batch_size=10",
        "train.max_steps=120",
    )
    losses = logged(train(config), name)
    assert losses[0] > 5
    assert losses[-1] < 0.05


def test_dpo_makes_chosen_answers_likelier_than_rejected_ones(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    config = config_of(
        tmp_path, tiny_model, rows, "loss={objective: dpo}", "train.per_device_batch_size=25",
        "train.max_steps=30", "optimizer.learning_rate=1e-3",
    )  # fmt: skip
    checkpoint = train(config)
    margins = logged(checkpoint, "margin")
    assert margins[0] == pytest.approx(0, abs=1e-5)  # The model is its own reference at first.
    assert logged(checkpoint)[0] == pytest.approx(0.6931, abs=1e-4)
    assert margins[-1] > 0.5
    assert margins[-1] > margins[len(margins) // 2]


def test_a_run_masks_the_share_of_thoughts_that_is_set(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    def losses(mask: str) -> list[float]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        loss = f"loss={{objective: ptr, variant: masked_ce, thought_mask: {mask}}}"
        config = config_of(folder, tiny_model, rows, loss, "train.max_steps=2")
        return logged(train(config))

    everything, nothing = losses("true"), losses("false")
    assert losses("{share: 1, of: sentences}") == everything
    assert losses("{share: 0}") == nothing
    half = losses("{share: 0.5}")
    assert half == losses("{share: 0.5, seed: 0}")
    different = {
        tuple(found) for found in (everything, nothing, half, losses("{share: 0.5, seed: 1}"))
    }
    assert len(different) == 4


@pytest.mark.parametrize("loss", ["ptr", "ift", "gsr", "dpo"])
def test_two_batches_accumulated_are_one_of_twice_the_size(
    tmp_path: Path, tiny_model: Path, rows: Path, loss: str
) -> None:
    found = []
    for batch, accumulation in ((2, 1), (1, 2)):
        config = config_of(
            tmp_path / f"{batch}", tiny_model, rows, f"loss={{objective: {loss}}}",
            "train.max_steps=5", f"train.per_device_batch_size={batch}",
            f"train.gradient_accumulation_steps={accumulation}",
        )  # fmt: skip
        found.append(train(config))
    together, apart = found
    assert logged(apart) == same_as(logged(together))
    assert logged(apart, "grad_norm") == same_as(logged(together, "grad_norm"))


def test_packed_rows_are_what_they_are_apart(tmp_path: Path, tiny_model: Path, rows: Path) -> None:
    # All rows in one step, so that it does not matter which share a sequence.
    apart = config_of(
        tmp_path / "a", tiny_model, rows, "train.per_device_batch_size=50", "train.max_steps=3"
    )
    packed = config_of(
        tmp_path / "p", tiny_model, rows, "train.per_device_batch_size=50", "train.max_steps=3",
        "data.pack=true", "data.encoding.max_length=300",
    )  # fmt: skip
    assert logged(train(packed)) == pytest.approx(logged(train(apart)), rel=1e-3)


def test_every_term_is_logged_apart(tmp_path: Path, tiny_model: Path, rows: Path) -> None:
    checkpoint = train(
        config_of(tmp_path, tiny_model, rows, "train.max_steps=3", "train.logging_steps=3")
    )
    nll, agreement, confidence = (
        logged(checkpoint, name)[0] for name in ("nll", "consistency", "confidence")
    )
    total = 0.8 * nll + 0.1 * agreement + 0.1 * confidence
    assert logged(checkpoint)[0] == pytest.approx(total, rel=1e-5)


def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    # With dropout, a learning rate that falls, weights that adapt, and accumulation.
    overrides = [
        "loss={objective: ptr, schedule: balanced, balance_momentum: 0.5}",
        "lora={rank: 4, dropout: 0.3}",
        "train.gradient_accumulation_steps=2",
        "train.max_steps=12",
        "save.steps=4",
        "save.limit=null",
    ]
    whole = train(config_of(tmp_path / "whole", tiny_model, rows, *overrides))
    stopped = config_of(tmp_path / "stopped", tiny_model, rows, *overrides)
    train(stopped)
    for step in (8, 12):
        shutil.rmtree(tmp_path / "stopped" / "out" / f"checkpoint-{step}")
    resumed = train(stopped, resume=True)
    assert logged(resumed) == logged(whole)
    assert len(logged(whole)) == 12
    before, after = (load_file(folder / "adapter_model.safetensors") for folder in (whole, resumed))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_adapters_alone_are_trained(tmp_path: Path, tiny_model: Path, rows: Path) -> None:
    trainer = make_trainer(config_of(tmp_path, tiny_model, rows, "lora={}", "train.max_steps=3"))
    start = {name: value.clone() for name, value in trainer.model.named_parameters()}
    trainer.train()
    changed = {
        name
        for name, value in trainer.model.named_parameters()
        if not torch.equal(value, start[name])
    }
    assert changed
    assert all("lora_" in name for name in changed)


def test_activations_may_be_computed_again(tmp_path: Path, tiny_model: Path, rows: Path) -> None:
    kept, again = (
        train(
            config_of(
                tmp_path / said,
                tiny_model,
                rows,
                "train.max_steps=3",
                f"model.gradient_checkpointing={said}",
            )
        )
        for said in ("false", "true")
    )
    assert logged(again) == same_as(logged(kept))


def test_bfloat16_comes_close_to_float32(tmp_path: Path, tiny_model: Path, rows: Path) -> None:
    exact, short = (
        train(
            config_of(tmp_path / p, tiny_model, rows, "train.max_steps=3", f"model.precision={p}")
        )
        for p in ("fp32", "bf16")
    )
    assert logged(short) == pytest.approx(logged(exact), rel=0.02)
    assert logged(short) != logged(exact)


def test_a_loss_that_is_no_number_ends_the_run_and_spares_the_last_checkpoint(
    tmp_path: Path, tiny_model: Path, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(tmp_path, tiny_model, rows, "save.steps=2", "train.max_steps=8")
    trainer = make_trainer(config)
    good = trainer.compute_loss

    def breaking(*args: Any, **more: Any) -> torch.Tensor:
        if trainer.state.global_step == 4:
            with torch.no_grad():
                trainer.model.lm_head.weight[0, 0] = float("nan")
        return good(*args, **more)

    monkeypatch.setattr(trainer, "compute_loss", breaking)
    with pytest.raises(UserError) as caught:
        trainer.train()
    said = str(caught.value)
    assert "\n" not in said
    assert "not a finite number at step 5 (rows 'ptr-" in said
    assert "nll" in said
    saved = load_file(tmp_path / "out" / "checkpoint-4" / "model.safetensors")
    assert all(bool(torch.isfinite(value).all()) for value in saved.values())
    assert not (tmp_path / "out" / "checkpoint-5").exists()


def test_a_gradient_that_is_no_number_is_not_saved(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    config = config_of(
        tmp_path, tiny_model, rows, "save.steps=2", "train.logging_steps=100", "train.max_steps=4"
    )
    trainer = make_trainer(config)
    weight = trainer.model.lm_head.weight
    weight.register_hook(lambda g: g * float("inf") if trainer.state.global_step == 3 else g)
    with pytest.raises(UserError, match="The gradient is not a finite number at step 4"):
        trainer.train()
    assert (tmp_path / "out" / "checkpoint-2" / "ptr_train.yaml").is_file()
    assert not (tmp_path / "out" / "checkpoint-4").exists()


@pytest.mark.parametrize("loss", ["ptr", "dpo"])
def test_data_without_rows_are_refused(tmp_path: Path, tiny_model: Path, loss: str) -> None:
    empty = write_data(tmp_path / "empty", rows=0)
    with pytest.raises(UserError) as caught:
        train(config_of(tmp_path, tiny_model, empty, f"loss={{objective: {loss}}}"))
    assert "train.jsonl" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_layers_that_are_not_there_cannot_be_adapted(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    config = config_of(tmp_path, tiny_model, rows, "lora={targets: [Wqkv]}")
    with pytest.raises(UserError, match=r"none of Wqkv; its linear layers are .*q_proj"):
        train(config)
