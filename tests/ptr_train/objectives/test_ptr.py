"""PTR's loss against loops over rows and tokens, and the laws it keeps."""

import logging
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from ptr_eval.errors import UserError
from ptr_train.objectives import PtrSettings, make_objective
from ptr_train.objectives.base import Extras, LossSums
from ptr_train.objectives.consistency import text_similarity
from ptr_train.objectives.ptr import Ptr
from ptr_train.records import Batch
from tests.ptr_train.objectives import reference
from tests.ptr_train.objectives.batch_factory import (
    MadeRow,
    logprobs_of,
    made_head,
    made_row,
    mixed,
    pack,
)

THIRDS = {"nll": 0.5, "consistency": 0.25, "confidence": 0.25}


def make(**options: Any) -> PtrSettings:
    if options.get("variant") != "masked_ce":
        options.setdefault("lambdas", THIRDS)
    return PtrSettings.model_validate(options)


def loss_of(config: PtrSettings, batch: Batch, hidden: Tensor, head: Tensor) -> LossSums:
    extras = Extras(similarities=similarities(batch))
    return Ptr(config)(hidden, logprobs_of(head), batch, extras)


def similarities(batch: Batch) -> Tensor:
    """Made up of the row's own tokens, so that it goes along when rows are moved."""
    found = torch.zeros(len(batch.segments), int(batch.segments.max()))
    for b, s in torch.cartesian_prod(*(torch.arange(size) for size in found.shape)).tolist():
        found[b, s] = batch.input_ids[b][batch.segments[b] == s + 1].sum() / 50
    return found


def by_loops(
    config: PtrSettings, batch: Batch, hidden: Tensor, head: Tensor
) -> dict[str, tuple[Tensor, float]]:
    rows = reference.rows_of(hidden, head, batch)
    literal = config.variant == "paper_literal"
    masked = config.thought_mask is True
    if config.variant == "masked_ce":
        return {"nll": reference.nll(rows, masked, config.reduction)}
    found = {
        "nll": reference.nll(rows, masked, "sum" if literal else config.reduction),
        "confidence": reference.confidence(
            rows, "all" if literal else config.confidence_over, config.beta_0, literal
        ),
    }
    if literal:
        constants = similarities(batch)
        found["consistency"] = (
            sum(
                (
                    reference.importance(row) * constants[row.origin[0], row.origin[1] - 1]
                    for row in rows
                ),
                torch.zeros(()),
            ),
            found["confidence"][1],
        )
    else:
        found["consistency"] = reference.consistency(rows, config.consistency)
    return found


VARIANTS: list[dict[str, Any]] = [
    {"variant": "masked_ce"},
    {"variant": "masked_ce", "reduction": "sequence"},
    {"variant": "masked_ce", "thought_mask": False},
    {"variant": "masked_ce", "thought_mask": {"share": 0.5}, "reduction": "sequence"},
    {"variant": "paper_literal"},
    {"variant": "paper_literal", "beta_0": 0.3, "thought_mask": False},
    {},
    {"consistency": "token", "confidence_over": "all"},
    {"reduction": "sequence", "thought_mask": False},
    {"reduction": "sequence", "consistency": "token"},
]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_each_term_and_its_gradients_are_those_of_the_loops(options: dict[str, Any]) -> None:
    config = make(**options)
    batch, hidden = pack(mixed(), padding=3)
    head = made_head()
    loss = loss_of(config, batch, hidden, head)
    expected = by_loops(config, batch, hidden, head)
    assert loss.numerators.keys() == expected.keys()
    for name, (value, divisor) in expected.items():
        ours = loss.numerators[name]
        assert ours.item() == pytest.approx(value.item(), rel=1e-6)
        assert loss.denominators[name].item() == pytest.approx(divisor, rel=1e-9)
        if not value.requires_grad:
            assert not ours.requires_grad
            continue
        inputs = (hidden, head)
        found = torch.autograd.grad(ours, inputs, retain_graph=True, materialize_grads=True)
        true = torch.autograd.grad(value, inputs, retain_graph=True, materialize_grads=True)
        for mine, theirs in zip(found, true, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-9)


def gradient(config: PtrSettings, name: str, batch: Batch, hidden: Tensor) -> Tensor:
    """Of one term, in the hidden states: which places it reaches. [B, T]."""
    value = loss_of(config, batch, hidden, made_head()).numerators[name]
    (found,) = torch.autograd.grad(value, hidden)
    return found.abs().sum(-1) > 0


def before(mask: Tensor) -> Tensor:
    """The places from which the marked tokens are predicted."""
    return torch.nn.functional.pad(mask[:, 1:], (0, 1), value=False)


def same_row(batch: Batch) -> Tensor:
    same = torch.zeros_like(batch.segments, dtype=torch.bool)
    same[:, 1:] = (batch.segments[:, 1:] == batch.segments[:, :-1]) & (batch.segments[:, 1:] > 0)
    return same


def test_the_likelihood_reaches_exactly_what_predicts_answers() -> None:
    batch, hidden = pack(mixed(), padding=2)
    answers = (batch.attempts == batch.last) & (batch.last > 0) & same_row(batch)
    assert torch.equal(gradient(make(), "nll", batch, hidden), before(answers))


def test_without_the_mask_it_reaches_what_predicts_thoughts_too() -> None:
    batch, hidden = pack(mixed(), padding=2)
    attempts = (batch.attempts > 0) & same_row(batch)
    reached = gradient(make(thought_mask=False), "nll", batch, hidden)
    assert torch.equal(reached, before(attempts))


def test_confidence_reaches_what_predicts_the_attempts_it_is_asked_for_in() -> None:
    batch, hidden = pack(mixed(), padding=2)
    attempts = (batch.attempts > 0) & same_row(batch)
    answers = attempts & (batch.attempts == batch.last)
    assert torch.equal(gradient(make(), "confidence", batch, hidden), before(answers))
    everywhere = make(confidence_over="all")
    assert torch.equal(gradient(everywhere, "confidence", batch, hidden), before(attempts))


def test_hidden_consistency_reaches_all_attempts_of_rows_that_have_thoughts() -> None:
    batch, hidden = pack(mixed(), padding=2)
    reached = gradient(make(), "consistency", batch, hidden)
    assert torch.equal(reached, (batch.attempts > 0) & (batch.last > 1))


def test_token_consistency_reaches_nothing_before_the_second_attempt() -> None:
    batch, hidden = pack(mixed(), padding=2)
    reached = gradient(make(consistency="token"), "consistency", batch, hidden)
    assert reached.any()
    assert not (reached & ~before(batch.attempts > 1)).any()


def test_the_first_token_of_a_packed_row_is_not_predicted_from_the_row_before() -> None:
    rows = [made_row(0, 1, prompt=False), made_row(0, 2, prompt=False)]
    packed, states = pack([rows])
    border = len(rows[0].ids) - 1
    for name in ("nll", "confidence"):
        reached = gradient(make(), name, packed, states)
        assert not reached[0, border]
        assert reached[0, border - 1]


def test_the_printed_consistency_has_no_gradient_and_grows_with_agreement() -> None:
    batch, hidden = pack(mixed())
    loss = loss_of(make(variant="paper_literal"), batch, hidden, made_head())
    assert not loss.numerators["consistency"].requires_grad
    assert loss.numerators["consistency"] > 0


def test_the_printed_confidence_vanishes_at_real_lengths_and_the_repaired_one_does_not() -> None:
    batch, hidden = pack([[made_row(0, 3, longest=400)]])
    for variant, reached in (("paper_literal", False), ("paper_fixed", True)):
        value = loss_of(make(variant=variant), batch, hidden, made_head()).numerators["confidence"]
        (found,) = torch.autograd.grad(value, hidden)
        assert (found.abs().max().item() > 1e-30) == reached


def test_the_repaired_consistency_is_least_where_attempts_agree() -> None:
    row = made_row(1, 5)
    marks = torch.tensor(row.marks)
    agreeing = row.hidden.clone()
    agreeing[marks > 0] = torch.arange(5.0, dtype=torch.float64)
    same = MadeRow(row.ids, row.weights, row.marks, row.thoughts, agreeing)
    batch, hidden = pack([[same]])
    loss = loss_of(make(), batch, hidden, made_head())
    assert loss.numerators["consistency"].item() == pytest.approx(0, abs=1e-12)


def test_beta_0_cancels_in_the_repaired_confidence_and_scales_the_printed_one() -> None:
    batch, hidden = pack(mixed())
    head = made_head()
    once, thrice = (
        loss_of(make(variant="paper_literal", beta_0=beta), batch, hidden, head).numerators
        for beta in (1.0, 3.0)
    )
    assert thrice["confidence"].item() == pytest.approx(3 * once["confidence"].item())
    fixed = Ptr(make(confidence_over="all"))
    other = Ptr(fixed.settings.model_copy(update={"beta_0": 3.0}))
    values = [
        objective(hidden, logprobs_of(head), batch, Extras()).numerators["confidence"].item()
        for objective in (fixed, other)
    ]
    assert values[0] == pytest.approx(values[1])


def sums(config: PtrSettings, sequences: list[list[MadeRow]], padding: int = 0) -> list[float]:
    batch, hidden = pack(sequences, padding)
    loss = loss_of(config, batch, hidden, made_head())
    return [
        part[name].item() for part in (loss.numerators, loss.denominators) for name in sorted(part)
    ]


@settings(max_examples=25, deadline=None)
@given(
    thoughts=st.lists(st.integers(0, 3), min_size=1, max_size=6),
    cuts=st.lists(st.booleans(), min_size=6, max_size=6),
    padding=st.integers(0, 4),
    options=st.sampled_from(VARIANTS),
    data=st.data(),
)
def test_packing_order_and_padding_change_nothing(
    thoughts: list[int],
    cuts: list[bool],
    padding: int,
    options: dict[str, Any],
    data: st.DataObject,
) -> None:
    rows = [made_row(count, seed, weight=seed + 0.5) for seed, count in enumerate(thoughts)]
    order = data.draw(st.permutations(rows))
    packed: list[list[MadeRow]] = [[]]
    for row, cut in zip(order, cuts, strict=False):
        if cut and packed[-1]:
            packed.append([])
        packed[-1].append(row)
    config = make(**options)
    alone = sums(config, [[row] for row in rows])
    assert sums(config, packed, padding) == pytest.approx(alone, rel=1e-6)


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_micro_batches_add_up_to_the_whole(options: dict[str, Any]) -> None:
    config, sequences = make(**options), mixed()
    parts = [sums(config, sequences[:1]), sums(config, sequences[1:3]), sums(config, sequences[3:])]
    added = [sum(values) for values in zip(*parts, strict=True)]
    assert sums(config, sequences) == pytest.approx(added, rel=1e-6)


def test_the_divisor_is_known_before_the_model_has_run() -> None:
    batch, hidden = pack(mixed())
    for options in VARIANTS:
        objective = Ptr(make(**options))
        loss = loss_of(objective.settings, batch, hidden, made_head())
        assert objective.denominators(batch, Extras()) == loss.denominators


def test_a_row_without_weight_counts_for_nothing() -> None:
    config, row = make(), made_row(2, 1)
    ignored = made_row(2, 2, weight=0.0)
    assert sums(config, [[row, ignored]]) == pytest.approx(sums(config, [[row]]))


def test_terms_whose_lambda_is_always_zero_are_not_computed() -> None:
    batch, hidden = pack(mixed())
    config = make(lambdas={"nll": 0.6, "consistency": 0.0, "confidence": 0.4})
    loss = loss_of(config, batch, hidden, made_head())
    assert list(loss.numerators) == ["nll", "confidence"]


def test_low_precision_hidden_states_are_summed_in_float32() -> None:
    batch, hidden = pack(mixed())
    narrow = hidden.detach().bfloat16()
    head = made_head().detach()
    extras = Extras()
    found = Ptr(make())(narrow, logprobs_of(head.bfloat16()), batch, extras).numerators
    true = Ptr(make())(
        narrow.double(), logprobs_of(head.bfloat16().double()), batch, extras
    ).numerators
    for name, value in found.items():
        assert value.item() == pytest.approx(true[name].item(), rel=1e-5)


def test_the_printed_variant_without_similarities_is_refused_in_a_sentence() -> None:
    batch, hidden = pack(mixed())
    with pytest.raises(UserError, match=r"set `lambdas\.consistency` to 0"):
        Ptr(make(variant="paper_literal"))(hidden, logprobs_of(made_head()), batch, Extras())


def test_making_the_printed_variant_names_its_defects(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        make_objective(make(variant="paper_literal"))
    for defect in ("push them apart", "without gradient", "underflows", "thought mask leaves out"):
        assert defect in caplog.text


def test_confidence_in_masked_thoughts_is_pointed_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        make_objective(make())
        assert not caplog.text
        make_objective(make(confidence_over="all"))
    assert "confidence_over: answer" in caplog.text


def test_text_similarity_adds_up_cosines_of_neighbours() -> None:
    vectors = {"a": [1.0, 0.0], "b": [0.6, 0.8], "c": [0.0, 1.0]}

    def embed(texts: Any) -> Any:
        return torch.tensor([vectors[text] for text in texts]).numpy()

    assert text_similarity(["a", "b", "c"], embed) == pytest.approx(0.6 + 0.8)
    assert text_similarity(["a"], embed) == 0.0
