"""Which samples agree, and which answer is kept."""

from collections.abc import Sequence

import numpy as np
import pytest

from ptr_data.filters.consistency import ConsistencySettings, Vectors, consistencies, verdict

DIRECTIONS = {"east": (1.0, 0.0), "north": (0.0, 1.0), "northeast": (0.6, 0.8)}


def embed(texts: Sequence[str]) -> Vectors:
    return np.asarray([DIRECTIONS[text] for text in texts])


def test_the_medoid_is_closest_to_all_others() -> None:
    (found,) = consistencies([["east", "northeast", "north"]], [["east"]], embed)
    assert found.medoid == 1
    assert found.samples == pytest.approx((0.6 + 0.0 + 0.8) / 3)
    assert found.thoughts == pytest.approx(0.6)


def test_a_single_sample_has_no_agreement_and_no_thoughts_no_likeness() -> None:
    one, two = consistencies([["east"], ["north", "north"]], [[], ["east", "north"]], embed)
    assert (one.medoid, one.samples, one.thoughts) == (0, None, None)
    assert (two.medoid, two.samples, two.thoughts) == (0, 1.0, 1.0)
    assert consistencies([], [], embed) == []


def test_the_thresholds_drop_with_a_reason() -> None:
    (far,) = consistencies([["east", "north"]], [["north"]], embed)
    settings = ConsistencySettings(threshold=0.5, thought_threshold=0.5)
    assert verdict(far, settings) == ("samples disagree", "0.000 < 0.5")
    (apart,) = consistencies([["east", "east"]], [["north"]], embed)
    assert verdict(apart, settings) == ("answer far from thoughts", "0.000 < 0.5")
    assert verdict(far, ConsistencySettings(threshold=None)) is None
    (close,) = consistencies([["east", "east"]], [["east"]], embed)
    assert verdict(close, settings) is None
