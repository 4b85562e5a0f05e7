"""Putting losses together over micro-batches, and where tokens stand."""

import pytest
import torch
from torch import Tensor

from ptr_train.objectives import IftSettings, PtrSettings, make_objective, make_weights
from ptr_train.objectives.base import Extras, LossSums, combine, layout, logprobs_at
from tests.ptr_train.objectives.batch_factory import (
    logprobs_of,
    made_head,
    made_row,
    mixed,
    pack,
)


def scalar(value: float) -> Tensor:
    return torch.tensor(value)


def test_a_total_is_the_weighted_sum_of_terms_over_their_divisors() -> None:
    loss = LossSums(
        {"a": scalar(6.0), "b": scalar(10.0), "seen": scalar(9.0)},
        {"a": scalar(3.0), "b": scalar(4.0), "seen": scalar(3.0)},
    )
    terms = combine(loss, {"a": 0.5, "b": 2.0})
    assert terms.total.item() == 0.5 * 2 + 2 * 2.5
    assert {name: value.item() for name, value in terms.values.items()} == {
        "a": 2.0,
        "b": 2.5,
        "seen": 3.0,
    }


def test_a_term_that_nothing_counts_for_is_zero() -> None:
    loss = LossSums({"a": scalar(0.0)}, {"a": scalar(0.0)})
    assert combine(loss, {"a": 1.0}).total.item() == 0


def test_values_carry_no_gradient_and_the_total_does() -> None:
    loss = LossSums({"a": scalar(2.0).requires_grad_()}, {"a": scalar(4.0)})
    terms = combine(loss, {"a": 1.0})
    assert terms.total.requires_grad
    assert not terms.values["a"].requires_grad


@pytest.mark.parametrize("settings", [PtrSettings(), PtrSettings(consistency="token")])
def test_micro_batches_with_common_divisors_give_the_gradient_of_one_batch(
    settings: PtrSettings,
) -> None:
    objective, weights = make_objective(settings), make_weights(settings).at(0.0)
    sequences = mixed()
    head = made_head()
    batch, hidden = pack(sequences)
    whole = combine(objective(hidden, logprobs_of(head), batch, Extras()), weights)
    (expected,) = torch.autograd.grad(whole.total, head)

    # Of 3, 1, 2 and 1 rows: averaging the micro-batches' own means would be another thing.
    parts = [pack([rows]) for rows in sequences]
    counts = [objective.denominators(part, Extras()) for part, _ in parts]
    common = {name: torch.stack([count[name] for count in counts]).sum() for name in counts[0]}
    total = 0.0
    for part, states in parts:
        loss = objective(states, logprobs_of(head), part, Extras())
        terms = combine(loss, weights, common)
        terms.total.backward()
        total += terms.total.item()
    assert total == pytest.approx(whole.total.item())
    torch.testing.assert_close(head.grad, expected)
    naive = [
        combine(objective(states, logprobs_of(head), part, Extras()), weights).total.item()
        for part, states in parts
    ]
    assert sum(naive) / len(naive) != pytest.approx(total, rel=1e-3)


def test_a_batch_of_padding_alone_gives_zero_and_gradients_of_zero() -> None:
    batch, hidden = pack([[]], padding=4)
    head = made_head()
    for settings in (PtrSettings(), PtrSettings(consistency="token"), IftSettings()):
        loss = make_objective(settings)(hidden, logprobs_of(head), batch, Extras())
        terms = combine(loss, make_weights(settings).at(0.0))
        found = torch.autograd.grad(terms.total, (hidden, head), materialize_grads=True)
        assert terms.total.item() == 0
        assert not any(part.any() for part in found)


def test_the_layout_tells_predicted_tokens_and_final_answers() -> None:
    rows = [made_row(1, 1), made_row(0, 2, prompt=False)]
    batch, _ = pack([rows], padding=2)
    found = layout(batch)
    first, second = (len(row.ids) for row in rows)
    assert found.predicted[0].tolist() == (
        [False] + [True] * (first - 1) + [False] + [True] * (second - 1) + [False] * 2
    )
    assert found.count.tolist() == [[2, 1]]
    assert found.by_row(torch.ones_like(batch.weights) * (batch.segments > 0)).tolist() == [
        [first, second]
    ]
    lengths = [[row.marks.count(attempt) for attempt in (1, 2)] for row in rows]
    assert found.by_attempt((batch.attempts > 0).double()).tolist() == [lengths]
    # The second row has no prompt: its first token is answer, but not predicted.
    assert int(found.answer.sum()) == lengths[0][1] + lengths[1][0] - 1


def test_log_probabilities_come_from_the_state_before_the_token() -> None:
    batch, hidden = pack([[made_row(0, 1)]])
    head = made_head()
    mask = torch.zeros_like(batch.segments, dtype=torch.bool)
    mask[0, 2] = True
    found = logprobs_at(hidden, logprobs_of(head), batch.input_ids, mask)
    expected = torch.log_softmax(hidden[0, 1] @ head.T, 0)[batch.input_ids[0, 2]]
    torch.testing.assert_close(found[0, 2], expected)
    assert found.count_nonzero() == 1
