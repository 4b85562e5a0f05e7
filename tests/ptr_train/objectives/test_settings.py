"""Mistakes in the settings of objectives, each said in words."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ptr_train.objectives import LossSettings, PtrSettings, make_objective
from ptr_train.objectives.dpo import Dpo
from ptr_train.objectives.gsr import Gsr
from ptr_train.objectives.ift import Ift
from ptr_train.objectives.ptr import Ptr

SOME = {"nll": 0.5, "consistency": 0.3, "confidence": 0.2}


def read(**raw: Any) -> Any:
    return TypeAdapter(LossSettings).validate_python(raw)


@pytest.mark.parametrize(
    ("objective", "kind"), [("ptr", Ptr), ("ift", Ift), ("gsr", Gsr), ("dpo", Dpo)]
)
def test_the_objective_is_the_one_named(objective: str, kind: type) -> None:
    assert isinstance(make_objective(read(objective=objective)), kind)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"lambdas": {**SOME, "nll": 0.6}}, r"must sum to 1 \(this sums to 1\.1\)"),
        ({"lambdas": {"nll": 1.2, "consistency": -0.2, "confidence": 0.0}}, "less than or equal"),
        ({"variant": "masked_ce", "lambdas": SOME}, "`lambdas` has no effect in masked_ce"),
        ({"variant": "masked_ce", "consistency": "token"}, "`consistency` has no effect"),
        ({"variant": "paper_literal", "reduction": "sequence"}, "`reduction` has no effect"),
        ({"beta_0": 2.0}, "`beta_0` has no effect in paper_fixed"),
        ({"schedule": "linear"}, "`schedule: linear` and `final_lambdas` need each other"),
        ({"final_lambdas": SOME}, "`schedule: linear` and `final_lambdas` need each other"),
        (
            {"variant": "paper_literal", "lambdas": {"nll": 0, "consistency": 1, "confidence": 0}},
            "no gradient in paper_literal",
        ),
        ({"thought_mask": 1}, "must be true, false, or a share"),
    ],
)
def test_what_does_not_fit_is_said(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        read(objective="ptr", **raw)


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(ValidationError, match=r"`beta_0` has no effect.*`final_lambdas`"):
        read(objective="ptr", beta_0=2.0, schedule="linear")


@pytest.mark.parametrize("smooth", [-0.1, 0.5])
def test_label_smoothing_stays_below_one_half(smooth: float) -> None:
    with pytest.raises(ValidationError, match="label_smoothing"):
        read(objective="dpo", label_smoothing=smooth)


@pytest.mark.parametrize("variant", ["paper_fixed", "paper_literal", "masked_ce"])
def test_settings_written_out_whole_are_read_again(variant: str) -> None:
    settings = read(objective="ptr", variant=variant)
    assert read(**settings.model_dump()) == settings


def test_masked_ce_is_one_zero_zero() -> None:
    settings = PtrSettings(variant="masked_ce")
    assert settings.initial_lambdas == {"nll": 1.0, "consistency": 0.0, "confidence": 0.0}
    assert settings.terms == ["nll"]


def test_a_term_that_counts_only_later_is_computed_from_the_start() -> None:
    ends = {"nll": 1.0, "consistency": 0.0, "confidence": 0.0}
    settings = read(objective="ptr", lambdas=ends, final_lambdas=SOME, schedule="linear")
    assert settings.terms == ["nll", "consistency", "confidence"]
