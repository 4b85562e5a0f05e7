"""What a group panel says of itself."""

import pytest

from ptr_eval.report.data.groups import GroupOrigin
from tests.ptr_eval.report.group_factory import groups_of


@pytest.mark.parametrize(
    ("origin", "refiner"),
    [
        (GroupOrigin({}), ""),
        (GroupOrigin({"aggregator": "hf:models/big"}), "big"),
        (GroupOrigin({"aggregator": "big.yaml"}), "big.yaml"),
        (GroupOrigin({"first_round": "out/base"}, candidates_by="other"), "model"),
        (GroupOrigin({"first_round": "out/base"}), ""),
    ],
)
def test_another_model_that_refined_is_named(origin: GroupOrigin, refiner: str) -> None:
    assert groups_of("ca>c", "ca>c", origin=origin).refiner == refiner
