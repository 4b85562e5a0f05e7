"""The likelihood of direct and of refining rows, against loops."""

from typing import Literal

import pytest
import torch

from ptr_train.objectives import GsrSettings, make_objective, make_weights
from ptr_train.objectives.base import Extras, combine
from ptr_train.objectives.gsr import Gsr
from tests.ptr_train.objectives import reference
from tests.ptr_train.objectives.batch_factory import logprobs_of, made_head, mixed, pack

Reduction = Literal["token", "sequence"]

REFINES = torch.tensor(
    [[True, False, True], [False, False, False], [True, True, False], [False, False, False]]
)
"""Which of the seven rows of `mixed` refine, by their places in the batch."""


@pytest.mark.parametrize("reduction", ["token", "sequence"])
def test_gsr_weighs_the_means_of_either_kind(reduction: Reduction) -> None:
    batch, hidden = pack(mixed(), padding=1)
    head = made_head()
    settings = GsrSettings(refine_weight=0.3, reduction=reduction)
    loss = Gsr(settings)(hidden, logprobs_of(head), batch, Extras(refines=REFINES))
    terms = combine(loss, make_weights(settings).at(0.5))
    rows = reference.rows_of(hidden, head, batch)
    expected = torch.zeros((), dtype=torch.float64)
    for kind, share in ((False, 0.7), (True, 0.3)):
        chosen = [row for row in rows if bool(REFINES[row.origin[0], row.origin[1] - 1]) == kind]
        value, divisor = reference.nll(chosen, False, reduction)
        expected = expected + share * value / divisor
    assert terms.total.item() == pytest.approx(expected.item())
    found = torch.autograd.grad(terms.total, (hidden, head))
    true = torch.autograd.grad(expected, (hidden, head))
    for mine, theirs in zip(found, true, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_gsr_keeps_the_divisors_of_its_kinds_apart() -> None:
    batch, _ = pack(mixed())
    objective = make_objective(GsrSettings(reduction="sequence"))
    none = torch.zeros_like(REFINES)
    counts = objective.denominators(batch, Extras(refines=none))
    assert counts["refine"].item() == 0
    assert counts["direct"].item() > 0


def test_gsr_without_kinds_is_an_error() -> None:
    batch, _ = pack(mixed())
    with pytest.raises(ValueError, match="which rows refine"):
        Gsr(GsrSettings()).denominators(batch, Extras())
