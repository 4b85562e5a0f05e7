"""Who meets whom in a knockout, and who goes on."""

import math
from collections.abc import Callable, Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.best_of_n.candidates import Group
from ptr_eval.best_of_n.tournament import Knockout, Pair, knockout
from tests.ptr_eval.best_of_n.run_factory import group

Judge = Callable[[list[Pair]], list[int | None]]


def played_by(groups: list[Group], judge: Judge) -> list[Knockout]:
    """Play all tournaments together, with a judge that needs nothing."""

    def judged(pairs: list[Pair]) -> Generator[None, None, list[int | None]]:
        yield
        return judge(pairs)

    playing = knockout(dict(enumerate(groups)), judged)
    while True:
        try:
            next(playing)
        except StopIteration as end:
            return list(end.value.values())


@given(st.lists(st.integers(0, 50), min_size=1, max_size=17, unique=True))
def test_the_best_wins_wherever_it_stands(worths: list[int]) -> None:
    def judge(pairs: list[Pair]) -> list[int | None]:
        return [int(worths[pair.second] > worths[pair.first]) for pair in pairs]

    (played,) = played_by([group(*map(str, worths))], judge)
    assert played.winner == worths.index(max(worths))
    assert len(played.matches) == len(worths) - 1
    rounds = [match.pair.round for match in played.matches]
    assert rounds == sorted(rounds)
    assert max(rounds, default=0) == math.ceil(math.log2(len(worths)))


def test_neighbours_meet_and_of_an_odd_number_the_last_goes_on() -> None:
    (played,) = played_by([group(*"abcde")], lambda pairs: [0] * len(pairs))
    met = [(match.pair.round, match.pair.first, match.pair.second) for match in played.matches]
    assert met == [(1, 0, 1), (1, 2, 3), (2, 0, 2), (3, 0, 4)]
    assert played.winner == 0


def test_a_round_of_all_groups_is_judged_at_once() -> None:
    batches = []

    def judge(pairs: list[Pair]) -> list[int | None]:
        batches.append([pair.group for pair in pairs])
        return [1] * len(pairs)

    played = played_by([group(*"abcd"), group("a"), group(*"ab")], judge)
    assert batches == [[0, 0, 2], [0]]
    assert [one.winner for one in played] == [3, 0, 1]


@pytest.mark.parametrize(
    ("texts", "winner", "matches"),
    [
        (("", "a", ""), 1, 0),
        (("", "", ""), None, 0),
        (("a", "a", "a"), 0, 0),
        (("a", "b", "a"), 0, 1),
    ],
)
def test_empty_candidates_are_left_out_and_equal_ones_play_once(
    texts: tuple[str, ...], winner: int | None, matches: int
) -> None:
    (played,) = played_by([group(*texts)], lambda pairs: [0] * len(pairs))
    assert (played.winner, len(played.matches)) == (winner, matches)


def test_what_is_not_decided_is_drawn_whatever_the_order() -> None:
    def undecided(pairs: list[Pair]) -> list[int | None]:
        return [None] * len(pairs)

    for texts in (["x", "y"], ["some text", "another"], ["1", "2"]):
        (there,), (back,) = (played_by([group(*t)], undecided) for t in (texts, texts[::-1]))
        assert there.winner is not None
        assert back.winner == 1 - there.winner
        assert not there.matches[0].decided
    winners = {played_by([group(f"a{i}", f"b{i}")], undecided)[0].winner for i in range(20)}
    assert winners == {0, 1}
