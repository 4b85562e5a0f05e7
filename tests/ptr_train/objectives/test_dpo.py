"""DPO against loops, against a hand-worked case, and against TRL's own computation."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ptr_train.logprobs import head_of, token_logprobs
from ptr_train.objectives import DpoSettings, make_weights
from ptr_train.objectives.base import Extras, combine
from ptr_train.objectives.dpo import Dpo, answer_logprobs, dpo_losses
from ptr_train.records import Batch
from tests.ptr_train.objectives import reference
from tests.ptr_train.objectives.batch_factory import logprobs_of, made_head, made_row, pack

PAIRS = [[made_row(0, seed)] for seed in range(6)]
REFERENCE = torch.tensor([-9.0, -12.0, -7.0, -7.5, -20.0, -3.0], dtype=torch.float64)


def test_a_pair_worked_by_hand() -> None:
    # Gains over the reference: chosen 2, rejected -1, so beta d = .5 * 3 = 1.5.
    losses, margins = dpo_losses(
        torch.tensor([-8.0, -6.0]), torch.tensor([-10.0, -5.0]), DpoSettings(beta=0.5)
    )
    assert margins.tolist() == [1.5]
    assert losses.item() == pytest.approx(math.log(1 + math.exp(-1.5)))


def test_equal_policies_lose_log_two() -> None:
    policy = torch.tensor([-8.0, -6.0])
    losses, _ = dpo_losses(policy, policy, DpoSettings())
    assert losses.item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("smooth", [0.0, 0.2])
def test_dpo_and_its_sft_term_are_the_loops_in_value_and_gradient(smooth: float) -> None:
    batch, hidden = pack(PAIRS, padding=2)
    head = made_head()
    settings = DpoSettings(beta=0.3, label_smoothing=smooth, sft_weight=0.7)
    loss = Dpo(settings)(hidden, logprobs_of(head), batch, Extras(reference=REFERENCE))
    terms = combine(loss, make_weights(settings).at(0.0))
    rows = reference.rows_of(hidden, head, batch)
    policy = [
        sum((reference.own(row, k) for row_k in [row.attempts[-1]] for k in row_k), torch.zeros(()))
        for row in rows
    ]
    pairs = reference.dpo(policy, REFERENCE.tolist(), 0.3, smooth) / 3
    tokens = sum(len(row.attempts[-1]) for row in rows[::2])
    expected = pairs - 0.7 * sum(policy[::2], torch.zeros(())) / tokens
    assert terms.total.item() == pytest.approx(expected.item())
    found = torch.autograd.grad(terms.total, (hidden, head))
    true = torch.autograd.grad(expected, (hidden, head))
    for mine, theirs in zip(found, true, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_margin_and_accuracy_inform_without_counting() -> None:
    batch, hidden = pack(PAIRS)
    settings = DpoSettings()
    loss = Dpo(settings)(hidden, logprobs_of(made_head()), batch, Extras(reference=REFERENCE))
    terms = combine(loss, make_weights(settings).at(0.0))
    policy = answer_logprobs(hidden, logprobs_of(made_head()), batch).detach() - REFERENCE
    margins = 0.1 * (policy[::2] - policy[1::2])
    assert terms.values["margin"].item() == pytest.approx(margins.mean().item())
    assert terms.values["accuracy"].item() == pytest.approx((margins > 0).double().mean().item())
    assert terms.total.item() == pytest.approx(terms.values["dpo"].item())


def test_packed_pairs_and_a_missing_reference_are_errors() -> None:
    batch, hidden = pack([[made_row(0, 1), made_row(0, 2)]])
    with pytest.raises(ValueError, match="must not be packed"):
        answer_logprobs(hidden, logprobs_of(made_head()), batch)
    with pytest.raises(ValueError, match=r"Extras\.reference"):
        Dpo(DpoSettings())(hidden, logprobs_of(made_head()), batch, Extras())


def llama(seed: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    shape = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1}
    config = LlamaConfig(
        vocab_size=40,
        num_attention_heads=2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        **shape,
    )
    return LlamaForCausalLM(config)


def words() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: k for k, word in enumerate(["<pad>", "<s>", "</s>", "<unk>"])}
    vocabulary |= {f"w{k}": k for k in range(4, 40)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


@pytest.mark.parametrize(("loss_type", "smooth"), [("sigmoid", 0.0), ("aot", 0.1)])
@pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
def test_a_pair_gives_trl_s_loss_and_gradient(
    loss_type: str, smooth: float, tmp_path: Path
) -> None:
    # TRL smooths labels in `aot` alone, which for a single pair is the smoothed sigmoid loss.
    trl = pytest.importorskip("trl")
    from datasets import Dataset

    policy, frozen = llama(0), llama(1)
    row = {"prompt": "w5 w6 w7", "chosen": " w8 w9 w10 w11", "rejected": " w12 w13"}
    trainer = trl.DPOTrainer(
        model=policy,
        ref_model=frozen,
        args=trl.DPOConfig(
            output_dir=str(tmp_path),
            use_cpu=True,
            bf16=False,
            report_to="none",
            beta=0.4,
            loss_type=[loss_type],
            label_smoothing=smooth,
            gradient_checkpointing=False,
            per_device_train_batch_size=1,
        ),
        train_dataset=Dataset.from_list([row]),
        processing_class=words(),
    )
    inputs = next(iter(trainer.get_train_dataloader()))
    theirs = trainer.compute_loss(policy, inputs)
    batch = as_batch(inputs)

    def run(model: Any) -> tuple[Tensor, Any]:
        head = head_of(model).weight
        hidden = model.model(batch.input_ids, attention_mask=batch.segments).last_hidden_state
        return hidden, lambda h, t: token_logprobs(h, head, t)

    with torch.no_grad():
        known = answer_logprobs(*run(frozen), batch)
    settings = DpoSettings(beta=0.4, label_smoothing=smooth)
    loss = Dpo(settings)(*run(policy), batch, Extras(reference=known))
    ours = combine(loss, make_weights(settings).at(0.0)).total
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    weights = list(policy.parameters())
    for mine, other in zip(
        torch.autograd.grad(ours, weights), torch.autograd.grad(theirs, weights), strict=True
    ):
        torch.testing.assert_close(mine, other, rtol=1e-3, atol=1e-6)


def as_batch(inputs: dict[str, Tensor]) -> Batch:
    """TRL's pair, chosen before rejected, which for one pair is our order too."""
    ids, answer, seen = (
        inputs[key].cpu() for key in ("input_ids", "completion_mask", "attention_mask")
    )
    return Batch(ids, answer.float(), seen.cumsum(1) - 1, seen, answer, seen)
