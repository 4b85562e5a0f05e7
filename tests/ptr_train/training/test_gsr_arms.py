"""Generative self-refinement and the arms of its ablation, from rows on disk to what is learnt."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoTokenizer, GPT2Config

from ptr_eval.errors import UserError
from ptr_train.cli import main
from ptr_train.objectives import GsrSettings, make_objective, make_weights
from ptr_train.objectives.base import combine
from ptr_train.reading import read_config
from ptr_train.records import Attempt, EncodedRow
from ptr_train.run import make_trainer, train
from ptr_train.training.models import load_model
from ptr_train.training.row_dataset import RowCollator, open_rows
from ptr_train.training.trainer_inputs import Inputs, rows_of, unpack_inputs
from tests.ptr_train.training.run_factory import config_of, write_gsr_data

ARMS = {
    "hybrid": ["data.kinds=[direct, refine]", "loss.refine_weight=0.5"],
    "direct": ["data.kinds=[direct]", "loss.refine_weight=0"],
    "refine": ["data.kinds=[refine]", "loss.refine_weight=1"],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gsr_data(tmp_path_factory.mktemp("gsr"))


def answering(name: str, kind: str, *tokens: int) -> EncodedRow:
    """A row of one token of prompt and these as its answer."""
    end = len(tokens) + 1
    return EncodedRow(name, kind, [0, *tokens], [0.0] + [1.0] * len(tokens), (Attempt(1, end),))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("reduction", "value"), [("token", 2.75), ("sequence", 2.9375)])
def test_the_hybrid_loss_of_known_rows(packed: bool, reduction: str, value: float) -> None:
    # Token t has the probability exp(-t). Direct rows: by token (1 + 2 + 3) / 3 = 2, by row
    # (1.5 + 3) / 2 = 2.25. Refining rows: 5 either way. At a weight of 1/4, 3/4 * 2 + 1/4 * 5.
    rows = [
        answering("a", "direct", 1, 2),
        answering("b", "refine", 4, 6),
        answering("c", "sft", 3),
        answering("d", "ptr", 5),
    ]
    sequences = [rows[:3], rows[3:]] if packed else [[row] for row in rows]
    batch, extras = unpack_inputs(RowCollator(pad_id=0, tells_kinds=True)(sequences))

    def logprobs(hidden: Tensor, targets: Tensor) -> Tensor:
        return -targets.float()

    settings = GsrSettings.model_validate({"refine_weight": 0.25, "reduction": reduction})
    loss = make_objective(settings)(torch.zeros(*batch.input_ids.shape, 2), logprobs, batch, extras)
    assert combine(loss, make_weights(settings).at(0.0)).total.item() == pytest.approx(value)


@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_learns_its_own_rows_and_sees_no_others(
    tmp_path: Path, tiny_model: Path, data: Path, arm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(
        tmp_path, tiny_model, data, "loss={objective: gsr}", *ARMS[arm],
        "train.per_device_batch_size=8", "train.max_steps=25", "evaluate={steps: 25}",
    )  # fmt: skip
    trainer = make_trainer(config)
    seen: set[str] = set()
    loss_of = trainer.compute_loss

    def watched(model: torch.nn.Module, inputs: Inputs, **more: Any) -> Tensor:
        seen.update(row.partition("-")[0] for row in rows_of(inputs))
        return loss_of(model, inputs, **more)

    monkeypatch.setattr(trainer, "compute_loss", watched)
    trainer.train()
    own = {"direct", "refine"} if arm == "hybrid" else {arm}
    assert seen == own
    history = trainer.state.log_history
    for part in ("direct", "refine"):
        losses = [entry[part] for entry in history if part in entry]
        if part in own:
            assert losses[0] > 5
            assert losses[-1] < losses[0] / 3
        else:
            assert losses == []  # No row has it, which is not a loss of 0.
        held_out = [entry[f"eval_{part}"] for entry in history if f"eval_{part}" in entry]
        assert len(held_out) == 2  # The dev split has both parts, whichever is trained on.
        assert held_out[0] > 5


def test_arms_see_equal_numbers_of_rows(tmp_path: Path, tiny_model: Path, data: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    for arm, said in ARMS.items():
        for packs in ("false", "true"):
            config = config_of(
                tmp_path / arm, tiny_model, data, "loss={objective: gsr}", *said,
                "data.limit=8", f"data.pack={packs}",
            )  # fmt: skip
            rows = open_rows(config, tokenizer, "train")
            assert rows is not None
            kinds = [row.kind for sequence in rows for row in sequence]
            shares = {"direct": 4, "refine": 4} if arm == "hybrid" else {arm: 8}
            assert {kind: kinds.count(kind) for kind in set(kinds)} == shares == dict(rows.kinds)
            dev = open_rows(config, tokenizer, "dev")
            assert dev is not None
            assert dev.kinds == {"direct": 2, "refine": 2}


def test_arms_can_share_their_questions(tmp_path: Path, tiny_model: Path, data: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    found = {}
    for arm, said in ARMS.items():
        config = config_of(
            tmp_path / arm, tiny_model, data, "loss={objective: gsr}", *said,
            "data.limit=8", "data.same_questions=true",
        )  # fmt: skip
        rows = open_rows(config, tokenizer, "train")
        assert rows is not None
        found[arm] = sorted(row.id.partition("-")[2] for sequence in rows for row in sequence)
        assert sum(rows.kinds.values()) == len(set(found[arm])) == 8
    assert found["direct"] == found["refine"] == found["hybrid"]


@pytest.mark.parametrize("arm", ARMS)
def test_the_shipped_arms_share_their_questions(arm: str) -> None:
    config = read_config(f"gsr-ablation-{arm}")
    assert (config.data.same_questions, config.data.limit) == (True, 20_000)


def test_the_numbers_of_rows_are_said_and_stand_on_the_card(
    tmp_path: Path, tiny_model: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = ["loss={objective: gsr}", *ARMS["hybrid"], "data.limit=10", "train.max_steps=1"]
    config = config_of(tmp_path, tiny_model, data, *overrides)
    main(["encode", str(tmp_path / "train.yaml"), *(w for o in overrides for w in ("--set", o))])
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("train: 24 rows, ")
    assert said[0].endswith("; used are 5 direct, 5 refine")
    assert said[1].endswith("; used are 2 direct, 2 refine")
    card = (train(config) / "README.md").read_text()
    assert "| rows | 5 direct, 5 refine |" in card


def test_data_of_one_kind_are_refused_before_a_model_is_loaded(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_gsr_data(tmp_path / "rows", refine=0)
    monkeypatch.setattr("ptr_train.training.models.load_model", None)
    config = config_of(tmp_path, tiny_model, data, "loss={objective: gsr}")
    with pytest.raises(UserError, match="12 direct rows, none of kind refine or ptr, but"):
        train(config)


def test_a_model_can_be_told_of_a_longer_context(
    tmp_path: Path, tiny_model: Path, data: Path
) -> None:
    config = config_of(
        tmp_path, tiny_model, data, "train.max_steps=1", "model.max_position_embeddings=65536",
        "loss={objective: ift}", "data.kinds=[direct]",
    )  # fmt: skip
    saved = json.loads((train(config) / "config.json").read_text())
    assert saved["max_position_embeddings"] == 65536


def test_a_table_of_positions_does_not_grow(tmp_path: Path, tiny_model: Path, data: Path) -> None:
    GPT2Config(n_layer=1, n_embd=8, n_head=1).save_pretrained(tmp_path / "gpt2")
    config = config_of(tmp_path, tmp_path / "gpt2", data, "model.max_position_embeddings=65536")
    with pytest.raises(UserError, match=r"max_position_embeddings.* has no rotary positions"):
        load_model(config)
