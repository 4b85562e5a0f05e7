"""Runs a model up to its last hidden states, and a function of these inside the model's call."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ptr_train.encoding.attention import arrange, forward_arguments
from ptr_train.logprobs import head_of, log_probabilities
from ptr_train.objectives import KernelSettings
from ptr_train.objectives.base import LogProbs
from ptr_train.records import Batch
from ptr_train.training.forward_redirect import redirect_forward

HiddenFunction = Callable[[Tensor, LogProbs], Any]
"""From the last hidden states [B, T, H] and the model's head to tensors."""


def run_on_hidden_states(
    wrapper: torch.nn.Module,
    model: Any,
    batch: Batch,
    kernel: KernelSettings,
    function: HiddenFunction,
) -> Any:
    """Run a model on a batch, and a function on its hidden states, inside the model's call.

    The function also runs in place of the head's call, so that ZeRO-3 gathers the head's weight
    for the function and its backward pass, and releases it after them.
    """
    causal = model.get_base_model() if hasattr(model, "get_base_model") else model
    head = causal.get_output_embeddings()

    def logprobs(hidden: Tensor, targets: Tensor) -> Tensor:
        return log_probabilities(hidden, targets, head_of(causal), kernel)

    def forward(_: Tensor) -> Any:
        hidden = last_hidden_states(causal, batch)
        return redirect_forward(head, head, lambda states: function(states, logprobs), hidden)

    return redirect_forward(wrapper, model, forward, batch.input_ids)


def last_hidden_states(causal: Any, batch: Batch) -> Tensor:
    """Run a model up to its output layer, with any kind of attention. [B, T, H]."""
    config = causal.config.get_text_config()
    given = arrange(batch, config._attn_implementation)
    arguments = forward_arguments(given, config, causal.dtype)
    hidden: Tensor = causal.base_model(**arguments).last_hidden_state
    if given is batch:
        return hidden
    whole = hidden.new_zeros(*batch.input_ids.shape, hidden.shape[-1])
    whole[batch.segments > 0] = hidden[0]
    return whole
