"""Tiled log-probabilities against the plain form, values and gradients."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ptr_eval.errors import UserError
from ptr_train.logprobs import (
    IGNORED,
    Head,
    head_of,
    liger_logprobs,
    log_probabilities,
    token_logprobs,
)
from ptr_train.objectives.settings import KernelSettings


def plain(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    bias: Tensor | None = None,
    softcap: float | None = None,
    scale: float = 1.0,
) -> Tensor:
    logits = hidden @ weight.T
    if bias is not None:
        logits = logits + bias
    logits = logits * scale
    if softcap is not None:
        logits = softcap * torch.tanh(logits / softcap)
    every = torch.log_softmax(logits, -1)
    rows = [
        every[n, target] if target != IGNORED else every[n, 0] * 0
        for n, target in enumerate(targets.tolist())
    ]
    return torch.stack(rows) if rows else logits.new_zeros(0)


def problem(
    tokens: int, words: int, width: int = 6, seed: int = 0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    hidden = torch.randn(tokens, width, generator=rng).to(dtype).requires_grad_()
    weight = torch.randn(words, width, generator=rng).to(dtype).requires_grad_()
    bias = torch.randn(words, generator=rng).to(dtype).requires_grad_()
    targets = torch.randint(words, (tokens,), generator=rng)
    targets[torch.rand(tokens, generator=rng) < 0.2] = IGNORED
    upstream = torch.randn(tokens, generator=rng)
    return hidden, weight, bias, targets, upstream


def wide(*tensors: Tensor) -> list[Tensor]:
    return [tensor.detach().double().requires_grad_() for tensor in tensors]


@settings(max_examples=40, deadline=None)
@given(
    tokens=st.integers(1, 13),
    words=st.integers(2, 23),
    tile=st.tuples(st.integers(1, 14), st.integers(1, 24)),
    softcap=st.sampled_from([None, 2.0]),
    scale=st.sampled_from([1.0, 0.3]),
    with_bias=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_values_and_gradients_are_those_of_the_plain_form_for_any_tile(
    tokens: int,
    words: int,
    tile: tuple[int, int],
    softcap: float | None,
    scale: float,
    with_bias: bool,
    seed: int,
) -> None:
    hidden, weight, bias, targets, upstream = problem(tokens, words, seed=seed)
    extra = bias if with_bias else None
    ours = token_logprobs(
        hidden, weight, targets, bias=extra, softcap=softcap, scale=scale, tile=tile
    )
    ours.backward(upstream)
    other = wide(hidden, weight, bias)
    theirs = plain(other[0], other[1], targets, other[2] if with_bias else None, softcap, scale)
    theirs.backward(upstream.double())
    torch.testing.assert_close(ours.double(), theirs, rtol=1e-5, atol=1e-5)
    for mine, true in zip((hidden, weight, bias), other, strict=True):
        if mine.grad is None or true.grad is None:
            assert mine.grad is true.grad is None
        else:
            torch.testing.assert_close(mine.grad.double(), true.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("softcap", [None, 1.5])
def test_the_derivative_is_the_numerical_one(softcap: float | None) -> None:
    hidden, weight, bias, targets, _ = problem(5, 7, dtype=torch.float64)

    def function(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return token_logprobs(
            hidden, weight, targets, bias=bias, softcap=softcap, scale=0.7, tile=(2, 3)
        )

    assert (targets == IGNORED).any()
    assert torch.autograd.gradcheck(function, (hidden, weight, bias))


def test_bfloat16_is_summed_in_float32() -> None:
    hidden, weight, _, targets, upstream = problem(64, 301, width=32, dtype=torch.bfloat16)
    ours = token_logprobs(hidden, weight, targets, tile=(16, 100))
    ours.backward(upstream)
    other = wide(hidden, weight)
    theirs = plain(other[0], other[1], targets)
    theirs.backward(upstream.double())
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours.double(), theirs, rtol=1e-5, atol=1e-5)
    for mine, true in zip((hidden, weight), other, strict=True):
        assert mine.grad is not None
        assert true.grad is not None
        assert mine.grad.dtype == torch.bfloat16
        # The result alone is rounded, to the 8 bits that bfloat16 has.
        torch.testing.assert_close(mine.grad.double(), true.grad, rtol=2**-8, atol=1e-5)


def test_autocast_does_not_narrow_the_sums() -> None:
    hidden, weight, _, targets, upstream = problem(20, 50)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = token_logprobs(hidden, weight, targets)
        (gradient,) = torch.autograd.grad(inside, hidden, upstream)
    outside = token_logprobs(hidden, weight, targets)
    assert torch.equal(inside, outside)
    assert torch.equal(gradient, torch.autograd.grad(outside, hidden, upstream)[0])


def test_under_bfloat16_autocast_the_head_gets_what_a_linear_layer_gets() -> None:
    hidden, weight, _, targets, upstream = problem(20, 50)
    narrow = [values.detach().bfloat16().requires_grad_() for values in (hidden, weight)]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ours = log_probabilities(hidden, targets, Head(weight), KernelSettings())
        (gradient,) = torch.autograd.grad(ours, hidden, upstream)
    theirs = token_logprobs(narrow[0], narrow[1], targets)
    assert ours.dtype == gradient.dtype == torch.float32
    assert torch.equal(ours, theirs)
    (rounded,) = torch.autograd.grad(theirs, narrow[0], upstream)
    assert torch.equal(gradient, rounded.float())
    assert not torch.equal(ours, log_probabilities(hidden, targets, Head(weight), KernelSettings()))


def test_no_tokens_give_nothing_and_gradients_of_zero() -> None:
    hidden, weight, _, targets, _ = problem(0, 9)
    nothing = token_logprobs(hidden, weight, targets)
    nothing.sum().backward()
    assert nothing.shape == (0,)
    assert weight.grad is not None
    assert not weight.grad.any()


def test_a_frozen_head_gets_no_gradient() -> None:
    hidden, weight, _, targets, upstream = problem(6, 9)
    token_logprobs(hidden, weight.detach(), targets).backward(upstream)
    assert hidden.grad is not None
    assert weight.grad is None


def test_huge_logits_do_not_overflow() -> None:
    hidden, weight = torch.tensor([[1e4]]), torch.tensor([[1.0], [-1.0], [0.999]])
    logp = token_logprobs(hidden, weight, torch.tensor([2]), tile=(1, 1))
    assert logp.item() == pytest.approx(-10, abs=1e-2)


def tiny(family: str, **options: Any) -> Any:
    import transformers

    shape = {
        "vocab_size": 61,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    torch.manual_seed(0)
    config = getattr(transformers, f"{family}Config")(**shape, **options)
    return getattr(transformers, f"{family}ForCausalLM")(config).eval()


@pytest.mark.parametrize(
    ("family", "options"),
    [
        ("Llama", {}),
        ("Qwen2", {"tie_word_embeddings": True}),
        ("Gemma2", {"final_logit_softcapping": 0.05}),
        ("Cohere", {"logit_scale": 3.0}),
        ("Granite", {"logits_scaling": 0.2}),
        ("Phi", {}),
    ],
)
def test_the_head_of_a_model_gives_its_own_log_probabilities(
    family: str, options: dict[str, Any]
) -> None:
    model = tiny(family, **options)
    ids = torch.randint(3, 61, (2, 9), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        logits = model(ids).logits[:, :-1]
        hidden = model.base_model(ids).last_hidden_state[:, :-1]
        ours = log_probabilities(
            hidden.flatten(0, 1), ids[:, 1:].flatten(), head_of(model), KernelSettings()
        )
    theirs = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).flatten()
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_liger_without_a_gpu_is_refused_in_a_sentence() -> None:
    hidden, weight, _, targets, _ = problem(4, 9)
    with pytest.raises(UserError, match=r"`kernel: liger` works on NVIDIA GPUs only"):
        log_probabilities(hidden, targets, Head(weight), KernelSettings(kernel="liger"))


def test_chunk_sizes_are_taken_from_the_settings_and_change_nothing() -> None:
    hidden, weight, _, targets, _ = problem(11, 29)
    whole = log_probabilities(hidden, targets, Head(weight), KernelSettings())
    small = KernelSettings(token_chunk=2, vocabulary_chunk=3)
    torch.testing.assert_close(log_probabilities(hidden, targets, Head(weight), small), whole)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_tiles_on_a_gpu_give_what_they_give_on_a_cpu(dtype: torch.dtype) -> None:
    hidden, weight, _, targets, upstream = problem(300, 5000, width=64, dtype=dtype)
    here = token_logprobs(hidden, weight, targets, tile=(128, 1024))
    there = token_logprobs(hidden.cuda(), weight.cuda(), targets.cuda(), tile=(128, 1024))
    torch.testing.assert_close(there.cpu(), here, rtol=1e-3, atol=1e-2)
    expected = torch.autograd.grad(here, (hidden, weight), upstream)
    found = torch.autograd.grad(there, (hidden, weight), upstream.cuda())
    for mine, true in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, true, rtol=2e-2, atol=2e-2)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_liger_gives_what_the_tiles_give() -> None:
    pytest.importorskip("liger_kernel")
    hidden, weight, bias, targets, upstream = [
        tensor.detach().cuda() for tensor in problem(100, 1000, width=64)
    ]
    inputs = [tensor.requires_grad_() for tensor in (hidden, weight, bias)]
    ours = token_logprobs(hidden, weight, targets, bias=bias)
    theirs = liger_logprobs(hidden, targets, Head(weight, bias))
    torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-4)
    expected = torch.autograd.grad(ours, inputs, upstream)
    found = torch.autograd.grad(theirs, inputs, upstream)
    for mine, true in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, true, rtol=1e-3, atol=1e-3)
