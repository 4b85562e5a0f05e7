"""What a training says of the rows that it sees, and of what it costs."""

import json
import logging
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ptr_train.cli import main
from ptr_train.run import make_trainer, train
from ptr_train.training.cost import flops_per_token
from ptr_train.training.pair_dataset import open_pairs
from ptr_train.training.preparing import seen_data
from ptr_train.training.run_record import RECORD
from ptr_train.training.seen import SeenData, warn_of_losses
from tests.ptr_train.training.run_factory import config_of, logged

SHORT = "data.encoding.max_length=60"
"""At this length some rows lose thoughts."""


def test_what_is_left_out_is_said_in_one_line_and_stands_on_the_card(
    tmp_path: Path, tiny_model: Path, rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config_of(tmp_path, tiny_model, rows)
    said = [SHORT, "train.max_steps=1", "train.gradient_accumulation_steps=4"]
    main(["run", str(tmp_path / "train.yaml"), *(w for o in said for w in ("--set", o))])
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("train: ")]
    assert len(lines) == 1
    card = (tmp_path / "out" / "checkpoint-1" / "README.md").read_text()
    record = json.loads((tmp_path / "out" / "checkpoint-1" / RECORD).read_text())
    assert record["rows"]["line"] == lines[0]
    assert f"| data seen | {lines[0]} |" in card
    assert "padding (by length within each step)" in lines[0]
    assert record["rows"]["rows"] == 50
    assert record["rows"]["thoughts"] == 49
    assert f", {record['rows']['thoughts_cut']} of 49 thoughts cut, " in lines[0]
    assert 0 < record["rows"]["thoughts_cut"] < 49


def test_what_is_seen_is_what_batches_have(tmp_path: Path, tiny_model: Path, rows: Path) -> None:
    for loss, packs in (("ptr", "true"), ("ptr", "false"), ("dpo", "false")):
        config = config_of(
            tmp_path / loss / packs, tiny_model, rows, f"loss={{objective: {loss}}}",
            f"data.pack={packs}", "data.encoding.max_length=300",
        )  # fmt: skip
        trainer = make_trainer(config)
        seen = seen_data(trainer.train_dataset, config, 1)
        batches = [inputs["segments"] for inputs in trainer.get_train_dataloader()]
        tokens = sum(int((segments > 0).sum()) for segments in batches)
        assert seen.tokens == tokens
        assert seen.padding == pytest.approx(1 - tokens / sum(map(torch.numel, batches)))


def test_pairs_that_are_left_out_are_counted(tmp_path: Path, tiny_model: Path) -> None:
    for number in range(4):
        (tmp_path / "rows").mkdir(exist_ok=True)
        with (tmp_path / "rows" / "train.jsonl").open("a") as file:
            file.write(json.dumps(pair(number, words=1 if number < 3 else 90)) + "\n")
    config = config_of(
        tmp_path, tiny_model, tmp_path / "rows", "loss={objective: dpo}",
        "data.encoding.max_length=60",
    )  # fmt: skip
    pairs = open_pairs(config, AutoTokenizer.from_pretrained(tiny_model), "train")
    assert pairs is not None
    seen = seen_data(pairs, config, 1)
    assert seen.rows == 3
    assert seen.left_out == {"too long": 1}
    assert ": 3 rows, 1 left out (1 too long), " in seen.line()


def pair(number: int, words: int) -> dict[str, object]:
    return {
        "id": f"p{number}",
        "prompt": [{"role": "user", "content": "Which number comes next?"}],
        "chosen": [{"role": "assistant", "content": f"{number} "}],
        "rejected": [{"role": "assistant", "content": "no " * words}],
    }


def seen(**changed: object) -> SeenData:
    plain = {
        "rows": 95, "left_out": {"too long": 5}, "thoughts": 100, "thoughts_cut": 5,
        "tokens": 9_000, "longest": 300, "padding": 0.05, "batches": "at random",
    }  # fmt: skip
    return SeenData(**{**plain, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"left_out": {"too long": 6}},
            "5.9 % of the rows are left out (6 too long); raise `dat",
        ),
        ({"thoughts_cut": 20}, "20.0 % of the thoughts are left out for length"),
        ({"padding": 0.4}, "40.0 % of what is computed is padding; set a smaller `train.per_dev"),
    ],
)
def test_more_than_a_twentieth_is_warned_of(
    tmp_path: Path, changed: dict[str, object], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    config = config_of(tmp_path, tmp_path, tmp_path)
    with caplog.at_level(logging.WARNING):
        warn_of_losses(seen(), config)
        assert caplog.text == ""
        warn_of_losses(seen(**changed), config)
    assert said in caplog.text
    assert len({record.getMessage() for record in caplog.records}) == 1


@pytest.mark.parametrize(
    ("said", "named", "other"),
    [
        (
            "train={group_by_length: false, gradient_accumulation_steps: 2}",
            ["set `train.group_by_length: true`, or a smaller `train.per", "`data.pack: true`"],
            [],
        ),
        (
            "train={group_by_length: false, gradient_accumulation_steps: 1}",
            ["set `train.group_by_length: true` and a smaller `train.per", "`data.pack: true`"],
            [],
        ),
        ("loss={objective: dpo}", ["per_device_batch_size"], ["data.pack", "group_by_length"]),
        ("data.pack=true", ["per_device_batch_size"], ["data.pack", "group_by_length"]),
    ],
)
def test_remedies_are_those_that_are_not_set_yet(
    tmp_path: Path,
    said: str,
    named: list[str],
    other: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        warn_of_losses(seen(padding=0.4), config_of(tmp_path, tmp_path, tmp_path, said))
    assert all(name in caplog.text for name in named)
    assert not any(name in caplog.text for name in other)


def test_the_line_of_plain_data() -> None:
    assert seen(left_out={}, thoughts=0, thoughts_cut=0).line() == (
        "train: 95 rows, 0 left out, 0 of 0 thoughts cut, 9,000 tokens, longest 300, 5.0% padding "
        "(at random)"
    )


def test_a_cost_is_kept_and_goes_on_when_a_training_is_resumed(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    config = config_of(
        tmp_path, tiny_model, rows, "train.max_steps=2", "optimizer.schedule=constant"
    )
    first = json.loads((train(config) / RECORD).read_text())["cost"]
    longer = config_of(
        tmp_path, tiny_model, rows, "train.max_steps=4", "optimizer.schedule=constant"
    )
    folder = train(longer, resume=True)
    second = json.loads((folder / RECORD).read_text())["cost"]
    assert all(second[name] > first[name] for name in ("seconds", "tokens", "flops"))
    assert second["peak_memory"] >= first["peak_memory"] > 1e6
    whole = config_of(tmp_path / "whole", tiny_model, rows, "train.max_steps=4")
    assert json.loads((train(whole) / RECORD).read_text())["cost"]["tokens"] == second["tokens"]
    card = (folder / "README.md").read_text()
    assert f"| tokens trained on | {second['tokens']:,.0f}, without padding |" in card
    assert "| peak memory |" in card


def test_operations_are_those_of_the_weights(tiny_model: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    every = sum(weight.numel() for weight in model.parameters())
    tied = model.get_input_embeddings().weight is model.get_output_embeddings().weight
    used = every if tied else every - model.get_input_embeddings().weight.numel()
    assert flops_per_token(model, recomputing=False) == 6 * used
    assert flops_per_token(model, recomputing=True) == 8 * used
    model.requires_grad_(False)
    assert flops_per_token(model, recomputing=False) == 4 * used


def test_a_step_is_the_same_whichever_rows_share_a_micro_batch(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    found = []
    for by_length in ("true", "false"):
        config = config_of(
            tmp_path / by_length, tiny_model, rows, "train.max_steps=6",
            f"train.group_by_length={by_length}", "train.gradient_accumulation_steps=3",
        )  # fmt: skip
        found.append(logged(train(config)))
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_weights_that_change_are_logged_with_the_counts_of_their_terms(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    ends = "{nll: 1.0, consistency: 0, confidence: 0}"
    config = config_of(
        tmp_path, tiny_model, rows, "train.max_steps=4",
        f"loss={{objective: ptr, schedule: linear, final_lambdas: {ends}}}",
    )  # fmt: skip
    folder = train(config)
    assert logged(folder, "nll_weight") == pytest.approx([0.8, 0.85, 0.9, 0.95])
    assert logged(folder, "confidence_count") == [4.0] * 4
    assert all(count > 0 for count in logged(folder, "nll_count"))
    fixed = train(config_of(tmp_path / "fixed", tiny_model, rows, "train.max_steps=1"))
    assert logged(fixed, "nll_weight") == []


def test_steps_without_thoughts_have_no_consistency(
    tmp_path: Path, tiny_model: Path, rows: Path
) -> None:
    config = config_of(
        tmp_path, tiny_model, rows, "train.max_steps=8", "train.per_device_batch_size=1",
        "loss={objective: ptr, schedule: balanced}",
    )  # fmt: skip
    trainer = make_trainer(config)
    trainer.train()
    history = [entry for entry in trainer.state.log_history if "loss" in entry]
    without = [entry for entry in history if not entry["consistency_count"]]
    assert 0 < len(without) < len(history)
    assert all("consistency" not in entry for entry in without)
    # Nor does the running mean of its size fall to 0.
    known = [abs(entry["consistency"]) for entry in history if "consistency" in entry]
    sizes = trainer.loss_spec.weights.sizes
    assert min(known) <= sizes["consistency"] <= max(known)
