"""Packed rows do not see each other: models say of them what they say of rows alone."""

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from ptr_train.encoding.attention import (
    BY_ROWS,
    arrange,
    attend_by_rows,
    forward_arguments,
    install_by_rows,
)
from ptr_train.encoding.packing import collate, pack
from ptr_train.records import Batch, EncodedRow
from tests.ptr_train.encoding.example_factory import made_encoded

ROWS = [
    made_encoded("a", 5, [3, 4, 6], first=1),
    made_encoded("b", 9, [4], first=2),
    made_encoded("c", 2, [1, 2], first=3),
    made_encoded("d", 14, [8], first=4),
    made_encoded("e", 3, [3, 3], first=5),
]
SMALL = {
    "vocab_size": 100, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128,
    "initializer_range": 0.3, "pad_token_id": 0, "bos_token_id": None, "eos_token_id": None,
}  # fmt: skip


def made_model(family: str, attention: str, **changed: Any) -> Any:
    import transformers

    config = getattr(transformers, f"{family}Config")(**{**SMALL, **changed})
    install_by_rows()
    config._attn_implementation = attention
    torch.manual_seed(0)
    return getattr(transformers, f"{family}ForCausalLM")(config).eval()


def logprobs(model: Any, batch: Batch) -> dict[tuple[int, int], Tensor]:
    """The log-probability of every token but rows' first, by its row's first id and its place."""
    batch = arrange(batch, model.config._attn_implementation)
    with torch.no_grad():
        logits = model(**forward_arguments(batch, model.config, torch.float32)).logits
    scores = logits[:, :-1].log_softmax(-1)
    found = scores.gather(-1, batch.input_ids[:, 1:, None])[..., 0]
    said: dict[tuple[int, int], Tensor] = {}
    for b in range(len(found)):
        name = 0
        for t in range(batch.input_ids.shape[1]):
            place = int(batch.position_ids[b, t])
            if not batch.segments[b, t]:
                break
            name = int(batch.input_ids[b, t]) if place == 0 else name
            if place:
                said[name, place] = found[b, t - 1]
    return said


def alone(model: Any) -> dict[tuple[int, int], Tensor]:
    """The same of each row by itself, without a mask, positions or padding."""
    said = {}
    for row in ROWS:
        ids = torch.tensor([list(row.input_ids)])
        with torch.no_grad():
            scores = model(input_ids=ids, use_cache=False).logits[0, :-1].log_softmax(-1)
        for place, token in enumerate(row.input_ids[1:], 1):
            said[row.input_ids[0], place] = scores[place - 1, token]
    return said


def agree(model: Any, sequences: list[list[EncodedRow]]) -> None:
    packed, single = logprobs(model, collate(sequences, 0)), alone(model)
    assert packed.keys() == single.keys()
    assert len(single) == sum(len(row.input_ids) - 1 for row in ROWS)
    for name, value in single.items():
        torch.testing.assert_close(packed[name], value, rtol=0, atol=1e-5)


def packed_rows() -> list[list[EncodedRow]]:
    sequences = pack([len(row.input_ids) for row in ROWS], 40)
    assert len(sequences) < len(ROWS)
    return [[ROWS[place] for place in places] for places in sequences]


@pytest.mark.parametrize("attention", ["eager", "sdpa", BY_ROWS])
@pytest.mark.parametrize("family", ["Llama", "Qwen2"])
def test_packed_rows_have_the_log_probabilities_of_rows_alone(family: str, attention: str) -> None:
    model = made_model(family, attention)
    agree(model, packed_rows())
    agree(model, [[row] for row in ROWS])


@pytest.mark.parametrize("family", ["Llama", "Qwen2"])
@pytest.mark.parametrize("attention", ["sdpa", BY_ROWS])
def test_packed_rows_have_the_loss_and_gradient_of_rows_alone(family: str, attention: str) -> None:
    model = made_model(family, attention)

    def loss(sequences: list[list[EncodedRow]]) -> Tensor:
        batch = arrange(collate(sequences, 0), attention)
        logits = model(**forward_arguments(batch, model.config, torch.float32)).logits
        scores = logits[:, :-1].log_softmax(-1).gather(-1, batch.input_ids[:, 1:, None])[..., 0]
        weights = batch.weights[:, 1:]
        return -(scores * weights).sum() / weights.sum()

    losses, gradients = [], []
    for sequences in (packed_rows(), [[row] for row in ROWS]):
        model.zero_grad()
        losses.append(loss(sequences))
        losses[-1].backward()
        gradients.append(model.model.embed_tokens.weight.grad.clone())
    torch.testing.assert_close(losses[0], losses[1], rtol=0, atol=1e-5)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=0, atol=1e-5)


def test_without_the_mask_packed_rows_would_see_each_other() -> None:
    model = made_model("Llama", "sdpa")
    batch = collate(packed_rows(), 0)
    with torch.no_grad():
        seen = model(**forward_arguments(batch, model.config, torch.float32)).logits
        mixed = model(input_ids=batch.input_ids, use_cache=False).logits
    assert (seen - mixed).abs().max() > 1e-2


def test_row_by_row_no_mask_of_all_pairs_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def watched(
        module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **told: Any
    ) -> tuple[Tensor, None]:
        seen.append((query.shape[0], None if mask is None else tuple(mask.shape)))
        return attend_by_rows(module, query, key, value, mask, **told)

    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    model = made_model("Llama", BY_ROWS)
    monkeypatch.setitem(ALL_ATTENTION_FUNCTIONS._global_mapping, BY_ROWS, watched)
    logprobs(model, collate(packed_rows(), 0))
    assert seen == [(1, (1, 1, 1, 1))] * 2


def test_row_by_row_a_model_generates_as_it_does_with_torch_s_attention() -> None:
    prompts = torch.tensor([[0, 0, 5, 6, 7], [4, 5, 6, 7, 8]])
    mask = (prompts > 0).long()
    drawn = [
        made_model("Llama", attention).generate(
            input_ids=prompts, attention_mask=mask, max_new_tokens=6, do_sample=False
        )
        for attention in ("sdpa", BY_ROWS)
    ]
    assert torch.equal(*drawn)


@pytest.mark.parametrize("attention", ["eager", "sdpa", BY_ROWS])
def test_sliding_windows_are_kept(attention: str) -> None:
    model = made_model("Mistral", attention, sliding_window=4)
    agree(model, packed_rows())
    agree(model, [[row] for row in ROWS])


def test_flash_attention_is_told_where_rows_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    def by_rows(
        module: Any, query: Tensor, key: Tensor, value: Tensor, mask: None, **told: Any
    ) -> tuple[Tensor, None]:
        """What the varlen kernel computes, row by row."""
        assert mask is None
        assert torch.equal(told["cu_seq_lens_q"], told["cu_seq_lens_k"])
        assert told["cu_seq_lens_q"].dtype == torch.int32
        ends = told["cu_seq_lens_q"].tolist()
        assert told["max_length_q"] == told["max_length_k"] == max(
            end - start for start, end in pairwise(ends)
        )  # fmt: skip
        parts = [
            torch.nn.functional.scaled_dot_product_attention(
                *(part[:, :, start:end] for part in (query, key, value)),
                is_causal=True,
                enable_gqa=True,
            )
            for start, end in pairwise(ends)
        ]
        return torch.cat(parts, dim=2).transpose(1, 2), None

    monkeypatch.setitem(ALL_ATTENTION_FUNCTIONS, "flash_attention_2", by_rows)
    model = made_model("Llama", "eager")
    single = alone(model)
    model.config._attn_implementation = "flash_attention_2"
    packed = logprobs(model, collate(packed_rows(), 0))
    assert packed.keys() == single.keys()
    for name, value in single.items():
        torch.testing.assert_close(packed[name], value, rtol=0, atol=1e-5)


@pytest.mark.cuda
def test_flash_attention_itself_agrees_with_rows_alone() -> None:
    pytest.importorskip("flash_attn")
    if not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    model = made_model("Llama", "sdpa").to("cuda", torch.bfloat16)
    batch = collate(packed_rows(), 0)
    moved = Batch(*(getattr(batch, name).to("cuda") for name in Batch.__slots__))
    exact = logprobs(model, moved)
    model.config._attn_implementation = "flash_attention_2"
    for name, value in logprobs(model, moved).items():
        torch.testing.assert_close(exact[name], value, rtol=0, atol=0.1)
