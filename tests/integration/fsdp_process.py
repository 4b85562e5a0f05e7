"""One of two processes that share a model by FSDP: its gradients are those of the whole model."""

import copy

import torch
import torch.distributed as dist
from torch.distributed.fsdp import fully_shard
from transformers import LlamaConfig, LlamaForCausalLM

from ptr_train.encoding.packing import collate
from ptr_train.objectives import IftSettings, KernelSettings, make_objective
from ptr_train.objectives.base import Extras, LogProbs
from ptr_train.records import Attempt, EncodedRow
from ptr_train.training.hidden_states import run_on_hidden_states


def gradients(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Compute the gradient of the mean loss on two made-up rows."""
    rows = [
        [EncodedRow(f"{n}", "sft", list(range(n, n + 9)), [0.0] * 4 + [1.0] * 5, (Attempt(4, 9),))]
        for n in (3, 20)
    ]
    batch, objective = collate(rows, 0), make_objective(IftSettings())

    def loss(hidden: torch.Tensor, logprobs: LogProbs) -> list[torch.Tensor]:
        found = objective(hidden, logprobs, batch, Extras())
        return [found.numerators["nll"] / found.denominators["nll"]]

    (value,) = run_on_hidden_states(model, model, batch, KernelSettings(), loss)
    value.backward()
    return {
        name: p.grad.full_tensor() if hasattr(p.grad, "full_tensor") else p.grad
        for name, p in model.named_parameters()
    }


def main() -> None:
    dist.init_process_group("gloo")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2,
    )  # fmt: skip
    whole = LlamaForCausalLM(config)
    shared = copy.deepcopy(whole)
    for layer in shared.model.layers:
        fully_shard(layer, reshard_after_forward=True)
    fully_shard(shared, reshard_after_forward=True)
    found, expected = gradients(shared), gradients(whole)
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-5, atol=1e-7)
    assert shared.lm_head.weight.to_local().numel() < whole.lm_head.weight.numel()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
