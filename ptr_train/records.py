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
    """Where an attempt stands in its row.

    Attributes:
        start: The place of its first token.
        end: The place after its last one, which is its end-of-turn token.
    """

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """A row, encoded.

    Attributes:
        id: The row's id.
        kind: The row's kind, such as `ptr`, `sft`, `direct` or `refine`.
        input_ids: Its tokens. [tokens]
        weights: How much the loss counts predicting each of them; 0 where it does not. [tokens]
        attempts: The thoughts and, last, the answer, in order.
        dropped: How many of its oldest thoughts were left out to make it fit.
    """

    id: str
    kind: str
    input_ids: Sequence[int]
    weights: Sequence[float]
    attempts: tuple[Attempt, ...]
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Sequences of one or, if packed, several rows each; B sequences of T tokens.

    Attributes:
        input_ids: Tokens, padded at the end. [B, T]
        weights: Each token's weight as a target; 0 for padding. [B, T]
        position_ids: Positions, which begin anew with every row. [B, T]
        segments: Which row of its sequence a token belongs to, from 1; 0 for padding. [B, T]
        attempts: Which attempt of its row a token belongs to, from 1; 0 for none. [B, T]
        last: The number of attempts of the row that a token belongs to; 0 for padding, so that
            `attempts == last` with `last > 0` marks final answers. [B, T]
    """

    input_ids: "torch.Tensor"
    weights: "torch.Tensor"
    position_ids: "torch.Tensor"
    segments: "torch.Tensor"
    attempts: "torch.Tensor"
    last: "torch.Tensor"
