"""A share of parts: met to one, chosen by seed and row alone, else refused in words."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ptr_train.thought_mask import MaskedShare, ThoughtMask

SHARES = st.floats(0, 1)
PARTS = st.integers(0, 300)
SEEDS = st.integers(0, 5)


@given(SHARES, PARTS, SEEDS, st.text(max_size=5))
def test_the_share_is_met_to_one_part(share: float, parts: int, seed: int, row: str) -> None:
    masked = MaskedShare(share=share, seed=seed).masked(row, parts)
    assert len(set(masked)) == len(masked)
    assert set(masked) <= set(range(parts))
    assert abs(len(masked) - share * parts) < 1 + 1e-9


@given(PARTS, SEEDS, st.text(max_size=5))
def test_the_share_0_masks_nothing_and_1_everything(parts: int, seed: int, row: str) -> None:
    assert MaskedShare(share=0.0, seed=seed).masked(row, parts) == []
    whole = MaskedShare(share=1.0, seed=seed).masked(row, parts)
    assert sorted(whole) == list(range(parts))


@given(SHARES, SHARES, PARTS, SEEDS)
def test_a_larger_share_masks_what_a_smaller_one_does_and_more(
    one: float, other: float, parts: int, seed: int
) -> None:
    less, more = (
        set(MaskedShare(share=share, seed=seed).masked("row", parts))
        for share in sorted((one, other))
    )
    assert less <= more


def test_rows_of_one_part_are_masked_as_often_as_the_share_says() -> None:
    mask = MaskedShare(share=0.3)
    masked = sum(len(mask.masked(f"row-{n}", 1)) for n in range(3000))
    assert masked / 3000 == pytest.approx(0.3, abs=0.025)


def test_seed_and_row_choose_and_nothing_else_does() -> None:
    half = MaskedShare(share=0.5)
    chosen = half.masked("ptr-1", 12)
    assert chosen == [1, 5, 11, 8, 2, 6]  # Whatever the version of Python is.
    assert half.model_copy(update={"of": "sentences"}).masked("ptr-1", 12) == chosen
    assert MaskedShare(share=0.5, seed=1).masked("ptr-1", 12) != chosen
    assert half.masked("ptr-2", 12) != chosen


def test_another_process_chooses_the_same() -> None:
    code = (
        "from ptr_train.thought_mask import MaskedShare\n"
        "print(MaskedShare(share=0.4, seed=3).masked('row \\u00e9', 40))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(MaskedShare(share=0.4, seed=3).masked("row é", 40))


def test_truth_values_stay_what_they_are() -> None:
    read = TypeAdapter(ThoughtMask).validate_python
    assert read(True) is True
    assert read(False) is False
    assert read({"share": 1}) == MaskedShare(share=1.0, of="tokens", seed=0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (1, "must be true, false, or a share, such as `{share: 0.5, of: sentences}`"),
        ("half", "must be true, false, or a share"),
        (0.5, "must be true, false, or a share"),
        ({"share": 1.5}, "less than or equal to 1"),
        ({"share": True}, "valid number"),
        ({"of": "tokens"}, "Field required"),
        ({"share": 0.5, "of": "words"}, "'tokens' or 'sentences'"),
        ({"share": 0.5, "seed": -1}, "greater than or equal to 0"),
    ],
)
def test_what_is_no_mask_is_refused(given: Any, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(ThoughtMask).validate_python(given)
    assert said in str(caught.value)
