"""Objectives over again, as loops over rows, attempts and tokens; slow, in float64.

Written from the formulas, without the code under test: rows are taken out of their sequences,
logits are held whole, and nothing is vectorised beyond one hidden state.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ptr_train.records import Batch


@dataclass(frozen=True)
class ReferenceRow:
    hidden: list[Tensor]
    logp: list[Tensor]
    """Of every word, as predicted for a place; the first one's is never used."""
    ids: list[int]
    weights: list[float]
    attempts: list[list[int]]
    """The places of each attempt's tokens."""
    origin: tuple[int, int]


def rows_of(hidden: Tensor, head: Tensor, batch: Batch) -> list[ReferenceRow]:
    rows = []
    for sequence in range(len(batch.input_ids)):
        segments = batch.segments[sequence].tolist()
        for segment in sorted(set(segments) - {0}):
            places = [t for t, s in enumerate(segments) if s == segment]
            states = [hidden[sequence, t] for t in places]
            marks = [int(batch.attempts[sequence, t]) for t in places]
            count = int(batch.last[sequence, places[0]])
            rows.append(
                ReferenceRow(
                    hidden=states,
                    logp=[
                        torch.log_softmax(head @ states[max(k - 1, 0)], 0)
                        for k in range(len(places))
                    ],
                    ids=[int(batch.input_ids[sequence, t]) for t in places],
                    weights=[float(batch.weights[sequence, t]) for t in places],
                    attempts=[
                        [k for k, mark in enumerate(marks) if mark == attempt]
                        for attempt in range(1, count + 1)
                    ],
                    origin=(sequence, segment),
                )
            )
    return rows


def own(row: ReferenceRow, place: int) -> Tensor:
    return row.logp[place][row.ids[place]]


def importance(row: ReferenceRow) -> float:
    answer = [k for k in row.attempts[-1] if k > 0]
    return sum(row.weights[k] for k in answer) / len(answer)


def counted(row: ReferenceRow, masked: bool) -> list[int]:
    places = row.attempts[-1] if masked else range(len(row.ids))
    return [k for k in places if k > 0 and row.weights[k] > 0]


def nll(rows: list[ReferenceRow], masked: bool, reduction: str) -> tuple[Tensor, float]:
    total, divisor = torch.zeros((), dtype=torch.float64), 0.0
    for row in rows:
        places = counted(row, masked)
        whole = sum(row.weights[k] for k in places)
        for k in places:
            share = row.weights[k]
            if reduction == "sequence":
                share *= importance(row) / whole
            total = total - share * own(row, k)
        divisor += {"token": whole, "sequence": importance(row), "sum": importance(row)}[reduction]
    return total, divisor


def chances(row: ReferenceRow, literal: bool) -> list[Tensor]:
    found = []
    for attempt in row.attempts:
        logs = [own(row, k) for k in attempt if k > 0]
        total = sum(logs[1:], logs[0])
        found.append(torch.exp(total if literal else total / len(logs)))
    return found


def confidence(
    rows: list[ReferenceRow], over: str, beta_0: float, literal: bool
) -> tuple[Tensor, float]:
    total, divisor = torch.zeros((), dtype=torch.float64), 0.0
    for row in rows:
        n, above, below = len(row.attempts), torch.zeros((), dtype=torch.float64), 0.0
        for t, chance in enumerate(chances(row, literal), 1):
            if over == "all" or t == n:
                beta = beta_0 * t / n
                above = above + beta * (1 - chance)
                below += beta
        total = total + importance(row) * (above if literal else above / below)
        divisor += importance(row)
    return total, divisor


def hidden_apart(row: ReferenceRow, t: int) -> Tensor:
    means = []
    for attempt in (row.attempts[t], row.attempts[t - 1]):
        states = [row.hidden[k] for k in attempt]
        means.append(sum(states[1:], states[0]) / len(states))
    product = sum(a * b for a, b in zip(*means, strict=True))
    sizes = [torch.sqrt(sum((a * a for a in mean), torch.zeros(()))) for mean in means]
    return 1 - product / (sizes[0] * sizes[1])


def token_apart(row: ReferenceRow, t: int) -> Tensor:
    apart = [
        1 - torch.exp(row.logp[here][row.ids[there]])
        for here, there in zip(row.attempts[t], row.attempts[t - 1], strict=False)
    ]
    return sum(apart[1:], apart[0]) / len(apart)


def consistency(rows: list[ReferenceRow], form: str) -> tuple[Tensor, float]:
    total, divisor = torch.zeros((), dtype=torch.float64), 0.0
    for row in rows:
        for t in range(1, len(row.attempts)):
            apart = hidden_apart(row, t) if form == "hidden" else token_apart(row, t)
            total = total + importance(row) * apart
        divisor += importance(row)
    return total, divisor


def dpo(policy: list[Tensor], reference: list[float], beta: float, smooth: float) -> Tensor:
    total = torch.zeros((), dtype=torch.float64)
    for i in range(0, len(policy), 2):
        gained = (policy[i] - reference[i]) - (policy[i + 1] - reference[i + 1])
        right = 1 / (1 + torch.exp(-beta * gained))
        total = total - (1 - smooth) * torch.log(right) - smooth * torch.log(1 - right)
    return total
