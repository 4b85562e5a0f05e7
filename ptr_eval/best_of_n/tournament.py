"""Knockout tournaments: who meets whom, and who goes on.

Neighbours meet, winners meet again, and of an odd number the last goes on without a match
(as in reward reasoning models, arXiv 2505.14674). Tournaments that are played together go round by
round, so that the matches of a round can be judged as one batch.
"""

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ptr_eval.best_of_n.candidates import Group

Y = TypeVar("Y")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two candidates that meet."""

    group: int
    """The number of their group."""
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
    groups: Mapping[int, Group], judge: Callable[[list[Pair]], Generator[Y, S, list[int | None]]]
) -> Generator[Y, S, dict[int, Knockout]]:
    """Play the tournaments of groups, by their numbers; judging may stop on its way.

    Empty candidates do not take part, and equal ones do so once.
    """
    standing = {number: group.contenders for number, group in groups.items()}
    matches: dict[int, list[Match]] = {number: [] for number in groups}
    round_ = 0
    while any(len(positions) > 1 for positions in standing.values()):
        round_ += 1
        pairs = _pairs(standing, round_)
        winners: dict[int, list[int]] = {number: [] for number in groups}
        for pair, better in zip(pairs, (yield from judge(pairs)), strict=True):
            match = _match(pair, better, groups[pair.group].texts)
            matches[pair.group].append(match)
            winners[pair.group].append(match.winner)
        for number, positions in standing.items():
            winners[number] += positions[len(positions) // 2 * 2 :]
        standing = winners
    return {
        number: Knockout(positions[0] if positions else None, tuple(matches[number]))
        for number, positions in standing.items()
    }


def first_matches(groups: Sequence[Group]) -> int:
    """Count the matches of all groups' first rounds."""
    return sum(len(group.contenders) // 2 for group in groups)


def _pairs(standing: Mapping[int, Sequence[int]], round_: int) -> list[Pair]:
    """List who meets whom."""
    return [
        Pair(number, round_, first, second)
        for number, positions in standing.items()
        for first, second in zip(positions[::2], positions[1::2], strict=False)
    ]


def _match(pair: Pair, better: int | None, texts: Sequence[str]) -> Match:
    if better is None:
        drawn = min((pair.first, pair.second), key=lambda position: _hash(texts[position]))
        return Match(pair, drawn, decided=False)
    return Match(pair, (pair.first, pair.second)[better], decided=True)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
