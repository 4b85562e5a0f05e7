"""The loop: any order of arrival gives the same dialogues, and nobody waits for nothing."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.conversation import Conversation
from ptr_eval.engine import Answered, InBatches, PendingTurn, hold
from ptr_eval.protocols import Dialogue, Parallel, Reply, Sequential, Step, Turn


def respond(turn: PendingTurn) -> Reply:
    """Answer by what is asked, at a length that differs."""
    conversation = turn.turn.conversation
    text = f"{turn.dialogue}.{turn.step}.{turn.position}" + "y" * (turn.dialogue % 3)
    return Reply(text, str(conversation), generated_tokens=(turn.dialogue * 7) % 5)


@dataclass
class Scripted:
    """Has room for so many turns, and gives some of them back, in a random order."""

    room: int
    rng: random.Random
    holds: int | None = None
    taken: list[PendingTurn] = field(default_factory=list)
    hand: list[PendingTurn] = field(default_factory=list)

    def has_room(self, step: int) -> bool:
        return len(self.hand) < self.room

    def take(self, turn: PendingTurn) -> None:
        assert len(self.hand) < self.room
        self.hand.append(turn)
        self.taken.append(turn)

    def give(self, *, wait: bool = True) -> Answered:
        assert self.hand, "waited for nothing"
        self.rng.shuffle(self.hand)
        count = self.rng.randint(0, len(self.hand))
        finished, self.hand = self.hand[:count], self.hand[count:]
        return [(turn, respond(turn)) for turn in finished]


def asides(question: Conversation) -> Dialogue:
    """Ask nothing at all in one of the steps."""
    yield [Turn(question)]
    yield []
    yield [Turn(question)] * 2


PROTOCOLS = (
    Sequential(3, "r").converse,
    Sequential(1, "r").converse,
    Parallel(3, "best?", 3, "r", syntheses=2).converse,
    asides,
)


def dialogues(kinds: Sequence[int]) -> list[Dialogue]:
    return [PROTOCOLS[kind](Conversation.ask(f"q{i}")) for i, kind in enumerate(kinds)]


def in_lockstep(kinds: Sequence[int]) -> list[list[Step]]:
    return hold(dialogues(kinds), InBatches(lambda pending: [respond(turn) for turn in pending]))


@given(st.lists(st.integers(0, len(PROTOCOLS) - 1), max_size=12), st.integers(1, 9), st.integers(0))
def test_any_order_of_arrival_gives_what_lockstep_gives(
    kinds: list[int], room: int, seed: int
) -> None:
    answerer = Scripted(room, random.Random(seed))
    assert hold(dialogues(kinds), answerer) == in_lockstep(kinds)
    places = [(turn.dialogue, turn.step, turn.position) for turn in answerer.taken]
    assert len(places) == len(set(places))


@dataclass
class InOrder(Scripted):
    """Gives back what was taken first, one at a time."""

    def give(self, *, wait: bool = True) -> Answered:
        turn = self.hand.pop(0)
        return [(turn, respond(turn))]


def test_the_fewest_steps_come_first_and_then_the_longest_last_answers() -> None:
    answerer = InOrder(1, random.Random(0))
    hold(dialogues([0] * 5), answerer)
    places = [(turn.step, turn.dialogue) for turn in answerer.taken]
    longest_first = [2, 4, 1, 3, 0]  # Of 4, 3, 2, 1 and 0 tokens.
    assert places == [(1, i) for i in range(5)] + [(t, i) for t in (2, 3) for i in longest_first]


def test_dialogues_are_opened_only_when_there_is_room() -> None:
    opened: list[int] = []

    def watched(number: int) -> Dialogue:
        opened.append(number)
        yield [Turn(Conversation.ask("q"))]

    class Watching(InOrder):
        def give(self, *, wait: bool = True) -> Answered:
            assert len(opened) <= len(self.taken)
            return super().give(wait=wait)

    answerer = Watching(2, random.Random(0))
    assert len(hold([watched(i) for i in range(6)], answerer)) == 6
    assert opened == list(range(6))


def test_as_much_is_in_hand_as_there_is_room_for() -> None:
    hands: list[int] = []

    class Watching(InOrder):
        def give(self, *, wait: bool = True) -> Answered:
            hands.append(len(self.hand))
            return super().give(wait=wait)

    hold(dialogues([0] * 8), Watching(4, random.Random(0)))
    assert hands == [4] * 21 + [3, 2, 1]


def test_above_what_is_kept_the_most_steps_come_first() -> None:
    answerer = InOrder(1, random.Random(0), holds=9)
    hold(dialogues([0] * 5), answerer)
    places = [(turn.step, turn.dialogue) for turn in answerer.taken]
    # Their answers have 0, 2, 4, 1 and 3 tokens: after the second, 5 left may have 10 of 9. With
    # the second gone, 4 may have 8, until the third is known.
    deep = [(1, 0), (1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (3, 2), (2, 0), (3, 0)]
    # Then 2 left may have 8: the fewest steps come first again.
    assert places == [*deep, (1, 3), (1, 4), (2, 4), (2, 3), (3, 4), (3, 3)]
