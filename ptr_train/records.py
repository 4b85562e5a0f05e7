"""Encoded rows, and batches of them: what training reads.

An encoded row is a dialogue as token ids. Each token has a weight, which says how much its
prediction counts in the loss. A token belongs to one attempt or to none: attempts 1 to n-1 are
the thoughts, and attempt n is the final answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

DIRECT = ("direct", "sft")
"""The kinds of rows that solve a question directly."""
REFINE = ("refine", "ptr")
"""The kinds of rows that refine candidates or earlier attempts."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which tokens of a row an attempt is."""

    start: int
    """The position of its first token."""
    end: int
    """The position after its last token, which is the end-of-turn token."""


@dataclass(frozen=True, slots=True)
class EncodedRow:
    """A row as token ids."""

    id: str
    """The row's id."""
    kind: str
    """The row's kind, such as `ptr`, `sft`, `direct` or `refine`."""
    input_ids: Sequence[int]
    """Its tokens. [tokens]"""
    weights: Sequence[float]
    """How much the prediction of each token counts; 0 for not at all. [tokens]"""
    attempts: tuple[Attempt, ...]
    """The thoughts and, last, the answer, in order."""
    dropped: int = 0
    """How many of the oldest thoughts were left out because the row was too long."""


@dataclass(frozen=True, slots=True)
class Batch:
    """B sequences of T tokens; a sequence has one row or, if rows are packed, several."""

    input_ids: "torch.Tensor"
    """Tokens, padded at the end. [B, T]"""
    weights: "torch.Tensor"
    """Each token's weight as a target; 0 for padding. [B, T]"""
    position_ids: "torch.Tensor"
    """Positions, which start at 0 in every row. [B, T]"""
    segments: "torch.Tensor"
    """The number of a token's row in its sequence, from 1; 0 for padding. [B, T]"""
    attempts: "torch.Tensor"
    """The number of a token's attempt in its row, from 1; 0 for none. [B, T]"""
    last: "torch.Tensor"
    """How many attempts the row of a token has; 0 for padding. So `attempts == last` with
    `last > 0` marks final answers. [B, T]"""
