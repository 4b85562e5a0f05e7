"""What training reads: encoded rows, and batches of them.

An encoded row is a conversation as token ids. Each token has a float weight that says how much
predicting it counts, and belongs to at most one attempt: attempts 1 to n-1 are the thoughts, and
attempt n is the final answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

DIRECT = ("direct", "sft")
"""The kinds of rows that solve a question directly."""
REFINE = ("refine", "ptr")
"""The kinds of rows that refine: candidates, or attempts of their own."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Where an attempt stands in its row."""

    start: int
    """The place of its first token."""
    end: int
    """The place after its last one, which is its end-of-turn token."""


@dataclass(frozen=True, slots=True)
class EncodedRow:
    """A row, encoded."""

    id: str
    """The row's id."""
    kind: str
    """The row's kind, such as `ptr`, `sft`, `direct` or `refine`."""
    input_ids: Sequence[int]
    """Its tokens. [tokens]"""
    weights: Sequence[float]
    """How much the loss counts predicting each of them; 0 where it does not. [tokens]"""
    attempts: tuple[Attempt, ...]
    """The thoughts and, last, the answer, in order."""
    dropped: int = 0
    """How many of its oldest thoughts were left out to make it fit."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences of one or, if packed, several rows each; B sequences of T tokens."""

    input_ids: "torch.Tensor"
    """Tokens, padded at the end. [B, T]"""
    weights: "torch.Tensor"
    """Each token's weight as a target; 0 for padding. [B, T]"""
    position_ids: "torch.Tensor"
    """Positions, which begin anew with every row. [B, T]"""
    segments: "torch.Tensor"
    """Which row of its sequence a token belongs to, from 1; 0 for padding. [B, T]"""
    attempts: "torch.Tensor"
    """Which attempt of its row a token belongs to, from 1; 0 for none. [B, T]"""
    last: "torch.Tensor"
    """The number of attempts of the row that a token belongs to; 0 for padding, so that `attempts
    == last` with `last > 0` marks final answers. [B, T]"""
