"""Answerers: in batches, and one after another of two."""

from collections.abc import Iterator

import pytest

from ptr_eval.conversation import Conversation
from ptr_eval.engine import Answered, InBatches, InStep, PendingTurn, Relay, hold
from ptr_eval.protocols import Dialogue, Reply, Sequential, Turn


def test_a_round_is_one_batch_over_all_dialogues() -> None:
    batches = []

    def answer(pending: list[PendingTurn]) -> list[Reply]:
        batches.append([(turn.dialogue, turn.step, turn.position) for turn in pending])
        return [Reply(f"{turn.dialogue}/{turn.step}") for turn in pending]

    dialogues = [Sequential(2, "r").converse(Conversation.ask(q)) for q in "ab"]
    held = hold(dialogues, InBatches(answer))
    assert batches == [[(0, 1, 0), (1, 1, 0)], [(0, 2, 0), (1, 2, 0)]]
    responses = [[reply.response for ((_, reply),) in steps] for steps in held]
    assert responses == [["0/1", "0/2"], ["1/1", "1/2"]]


def parallel_then_sequential(question: Conversation) -> Dialogue:
    """Three candidates, one synthesis over them, one refinement: what issue-size protocols do."""
    candidates = yield [Turn(question, "candidate")] * 3
    joined = ", ".join(c.response for c in candidates)
    (best,) = yield [Turn(Conversation.ask(f"Best of {joined}?"))]
    yield [Turn(Conversation.ask(f"Refine {best.response}."))]


def test_protocols_of_other_shapes_need_nothing_special() -> None:
    def answer(pending: list[PendingTurn]) -> list[Reply]:
        return [Reply(f"y{turn.position}") for turn in pending]

    dialogue = parallel_then_sequential(Conversation.ask("q"))
    (steps,) = hold([dialogue], InBatches(answer))
    assert [len(step) for step in steps] == [3, 1, 1]
    assert [turn.kind for turn, _ in steps[0]] == ["candidate"] * 3
    assert [reply.response for _, reply in steps[0]] == ["y0", "y1", "y2"]


def test_dialogues_of_different_lengths_end_on_their_own() -> None:
    sizes = []

    def answer(pending: list[PendingTurn]) -> list[Reply]:
        sizes.append(len(pending))
        return [Reply("y")] * len(pending)

    dialogues = [Sequential(n, "r").converse(Conversation.ask("q")) for n in (1, 3, 2)]
    assert [len(r) for r in hold(dialogues, InBatches(answer))] == [1, 3, 2]
    assert sizes == [3, 2, 1]


def test_one_that_asks_nothing_in_a_step_goes_on_with_the_others() -> None:
    def skips(question: Conversation) -> Dialogue:
        yield [Turn(question)]
        yield []
        yield [Turn(question)]

    batches = []

    def answer(pending: list[PendingTurn]) -> list[Reply]:
        batches.append([(turn.dialogue, turn.step) for turn in pending])
        return [Reply("y")] * len(pending)

    question = Conversation.ask("q")
    hold([skips(question), Sequential(3, "r").converse(question)], InBatches(answer))
    assert batches == [[(0, 1), (1, 1)], [(1, 2)], [(0, 3), (1, 3)]]


def test_a_wrong_number_of_replies_is_a_bug_and_raises() -> None:
    with pytest.raises(ValueError, match="zip"):
        hold([Sequential(1, "r").converse(Conversation.ask("q"))], InBatches(lambda pending: []))


def test_no_dialogues_ask_nothing() -> None:
    def never(pending: list[PendingTurn]) -> list[Reply]:
        raise AssertionError("asked")

    none: Iterator[Dialogue] = iter(())
    assert hold(list(none), InBatches(never)) == []


def test_nothing_is_answered_in_batches_unless_it_is_waited_for() -> None:
    answerer = InBatches(lambda pending: [Reply("y")] * len(pending))
    turn = PendingTurn(0, 1, 0, Turn(Conversation.ask("q")))
    answerer.take(turn)
    assert answerer.give(wait=False) == []
    assert answerer.give() == [(turn, Reply("y"))]
    assert answerer.give() == []


class OneByOne:
    """Has room for so many turns, and gives back the oldest."""

    holds: None = None

    def __init__(self, name: str, room: int, log: list[str]) -> None:
        self.name, self.room, self.log = name, room, log
        self.hand: list[PendingTurn] = []

    def has_room(self, step: int) -> bool:
        return len(self.hand) < self.room

    def take(self, turn: PendingTurn) -> None:
        self.hand.append(turn)

    def give(self, *, wait: bool = True) -> Answered:
        self.log.append(f"{self.name} {'waits' if wait else 'looks'} for {len(self.hand)}")
        finished, self.hand = self.hand[:1], self.hand[1:]
        return [(turn, Reply(f"{self.name}{turn.dialogue}")) for turn in finished]


def test_two_answerers_work_at_the_same_time_and_each_answers_its_own_steps() -> None:
    log: list[str] = []
    relay = Relay(OneByOne("a", 2, log), OneByOne("b", 5, log))
    held = hold([Sequential(3, "r").converse(Conversation.ask(q)) for q in "xyz"], relay)
    texts = [[reply.response for ((_, reply),) in steps] for steps in held]
    assert texts == [["a0", "b0", "b0"], ["a1", "b1", "b1"], ["a2", "b2", "b2"]]
    first = log.index("a waits for 1")
    assert log[first - 1] == "b looks for 1"
    assert all(line.startswith("b waits") for line in log[first + 2 :])


def test_lockstep_ends_a_step_before_it_begins_the_next() -> None:
    log: list[str] = []
    began: list[tuple[int, int]] = []

    class Noted(OneByOne):
        def take(self, turn: PendingTurn) -> None:
            began.append((turn.step, turn.dialogue))
            super().take(turn)

    inner = Noted("a", 2, log)
    dialogues = [Sequential(n, "r").converse(Conversation.ask("q")) for n in (3, 1, 3)]
    held = hold(dialogues, InStep(inner))
    assert [len(steps) for steps in held] == [3, 1, 3]
    assert began == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 2), (3, 0), (3, 2)]
