"""Knockout tournaments: who meets whom, and who goes on.

Neighbours meet, winners meet again, and of an odd number the last goes on without a match
(as in reward reasoning models, arXiv 2505.14674). All tournaments are played round by
round together, so that the matches of a round can be judged as one batch.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ptr_eval.best_of_n.candidates import Group


@dataclass(frozen=True, slots=True)
class Pair:
    """Two candidates that meet."""

    group: int
    """The index of their group."""
    round: int
    """The round of the tournament, from 1."""
    first: int
    """The position of one."""
    second: int
    """The position of the other."""


@dataclass(frozen=True, slots=True)
class Match:
    """How a pair fared."""

    pair: Pair
    """The pair."""
    winner: int
    """The position of the candidate that goes on."""
    decided: bool
    """Whether it was preferred; else a hash of the texts drew it."""


@dataclass(frozen=True, slots=True)
class Knockout:
    """How a group's tournament went."""

    winner: int | None
    """The position of the last candidate; None if there were none."""
    matches: tuple[Match, ...]
    """The matches, in order."""


def knockout(
    groups: Sequence[Group], judge: Callable[[list[Pair]], list[int | None]]
) -> list[Knockout]:
    """Play the tournaments of all groups.

    Empty candidates do not take part, and equal ones do so once.
    """
    standing = [group.contenders for group in groups]
    matches: list[list[Match]] = [[] for _ in groups]
    round_ = 0
    while any(len(positions) > 1 for positions in standing):
        round_ += 1
        pairs = [
            Pair(i, round_, first, second)
            for i, positions in enumerate(standing)
            for first, second in zip(positions[::2], positions[1::2], strict=False)
        ]
        winners: list[list[int]] = [[] for _ in groups]
        for pair, better in zip(pairs, judge(pairs), strict=True):
            match = _match(pair, better, groups[pair.group].texts)
            matches[pair.group].append(match)
            winners[pair.group].append(match.winner)
        for positions, going_on in zip(standing, winners, strict=True):
            going_on += positions[len(positions) // 2 * 2 :]
        standing = winners
    return [
        Knockout(positions[0] if positions else None, tuple(played))
        for positions, played in zip(standing, matches, strict=True)
    ]


def _match(pair: Pair, better: int | None, texts: Sequence[str]) -> Match:
    if better is None:
        drawn = min((pair.first, pair.second), key=lambda position: _hash(texts[position]))
        return Match(pair, drawn, decided=False)
    return Match(pair, (pair.first, pair.second)[better], decided=True)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
