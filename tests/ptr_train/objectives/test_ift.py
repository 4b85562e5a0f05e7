"""Plain fine-tuning against loops, and against a model's own loss."""

from typing import Literal

import pytest
import torch

from ptr_train.logprobs import head_of, token_logprobs
from ptr_train.objectives import IftSettings
from ptr_train.objectives.base import Extras, combine
from ptr_train.objectives.ift import Ift
from ptr_train.records import Batch
from tests.ptr_train.objectives import reference
from tests.ptr_train.objectives.batch_factory import logprobs_of, made_head, mixed, pack

Reduction = Literal["token", "sequence"]


@pytest.mark.parametrize("reduction", ["token", "sequence"])
def test_ift_is_the_loops_in_value_and_gradient(reduction: Reduction) -> None:
    batch, hidden = pack(mixed(), padding=2)
    head = made_head()
    objective = Ift(IftSettings(reduction=reduction))
    loss = objective(hidden, logprobs_of(head), batch, Extras())
    value, divisor = reference.nll(reference.rows_of(hidden, head, batch), False, reduction)
    assert loss.numerators["nll"].item() == pytest.approx(value.item())
    assert loss.denominators["nll"].item() == pytest.approx(divisor)
    found = torch.autograd.grad(loss.numerators["nll"], (hidden, head))
    true = torch.autograd.grad(value, (hidden, head))
    for mine, theirs in zip(found, true, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_ift_with_weights_of_one_is_a_model_s_own_loss() -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=31, num_attention_heads=2, **shape)).eval()
    ids = torch.randint(31, (2, 12))
    answer = torch.zeros(2, 12)
    answer[0, 5:9] = 1
    answer[1, 3:] = 1
    labels = ids.masked_fill(answer == 0, -100)
    marks = answer.long()
    batch = Batch(
        ids,
        answer,
        torch.arange(12).expand(2, 12),
        torch.ones_like(ids),
        marks,
        torch.ones_like(ids),
    )
    head = head_of(model)
    hidden = model.model(ids).last_hidden_state
    loss = Ift(IftSettings())(
        hidden, lambda h, t: token_logprobs(h, head.weight, t), batch, Extras()
    )
    ours = combine(loss, {"nll": 1.0}).total
    theirs = model(ids, labels=labels).loss
    torch.testing.assert_close(ours, theirs)
    weights = list(model.parameters())
    found, true = (torch.autograd.grad(value, weights) for value in (ours, theirs))
    for mine, other in zip(found, true, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-6)
