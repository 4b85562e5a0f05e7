"""Weights of terms over a training: fixed, linear, balanced, and restored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_train.objectives import (
    DpoSettings,
    GsrSettings,
    IftSettings,
    Lambdas,
    PtrSettings,
    TermWeights,
    make_weights,
)

START = {"nll": 0.8, "consistency": 0.1, "confidence": 0.1}


def test_fixed_weights_stay() -> None:
    weights = TermWeights(START)
    weights.observe({"nll": 9.0})
    assert weights.at(0.0) == weights.at(1.0) == START
    assert weights.state_dict() == {}


def test_linear_weights_lead_from_start_to_end() -> None:
    end = {"nll": 0.2, "consistency": 0.5, "confidence": 0.3}
    weights = TermWeights(START, end=end)
    assert weights.at(0.0) == pytest.approx(START)
    assert weights.at(0.5) == pytest.approx({"nll": 0.5, "consistency": 0.3, "confidence": 0.2})
    assert weights.at(1.0) == pytest.approx(end)


def test_balanced_weights_make_terms_pull_in_the_shares_asked_for() -> None:
    weights = TermWeights(START, momentum=0.5)
    assert weights.at(0.0) == START
    sizes = {"nll": 4.0, "consistency": 0.5, "confidence": 2.0}
    weights.observe(sizes)
    pulls = {name: weight * sizes[name] for name, weight in weights.at(0.3).items()}
    assert pulls["nll"] / pulls["consistency"] == pytest.approx(8)
    assert pulls["confidence"] / pulls["consistency"] == pytest.approx(1)


def test_running_sizes_forget_at_the_rate_of_the_momentum() -> None:
    weights = TermWeights({"nll": 1.0}, momentum=0.75)
    weights.observe({"nll": 4.0})
    weights.observe({"nll": -8.0})
    assert weights.state_dict() == {"nll": 0.75 * 4 + 0.25 * 8}


def test_a_term_near_zero_does_not_take_over() -> None:
    weights = TermWeights({"nll": 0.5, "consistency": 0.5}, momentum=0.9, floor=0.1)
    weights.observe({"nll": 0.3, "consistency": 1e-9})
    assert weights.at(0.0) == pytest.approx({"nll": 0.25, "consistency": 0.75})


def test_restored_weights_go_on_as_if_never_stopped() -> None:
    first, second = TermWeights(START, momentum=0.9), TermWeights(START, momentum=0.9)
    first.observe({"nll": 3.0, "consistency": 1.0, "confidence": 0.5})
    second.load_state_dict(first.state_dict())
    for weights in (first, second):
        weights.observe({"nll": 2.0, "consistency": 2.0, "confidence": 0.7})
    assert first.at(0.5) == second.at(0.5)


@given(
    progress=st.floats(0, 1),
    sizes=st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
    schedule=st.sampled_from(["fixed", "linear", "balanced"]),
)
def test_lambdas_always_sum_to_one(progress: float, sizes: list[float], schedule: str) -> None:
    final = Lambdas(nll=0.1, consistency=0.6, confidence=0.3) if schedule == "linear" else None
    weights = make_weights(
        PtrSettings.model_validate({"schedule": schedule, "final_lambdas": final})
    )
    weights.observe(dict(zip(START, sizes, strict=True)))
    assert sum(weights.at(progress).values()) == pytest.approx(1)


def test_other_objectives_have_the_weights_of_their_settings() -> None:
    assert make_weights(IftSettings()).at(0.1) == {"nll": 1.0}
    assert make_weights(GsrSettings(refine_weight=0.25)).at(0.1) == {"direct": 0.75, "refine": 0.25}
    assert make_weights(DpoSettings(sft_weight=2.0)).at(0.1) == {"dpo": 1.0, "sft": 2.0}
