"""The lockstep engine."""

from collections.abc import Iterator

import pytest

from ptr_eval.conversation import Conversation
from ptr_eval.engine import PendingTurn, lockstep
from ptr_eval.protocols import Dialogue, Reply, Sequential, Turn


def test_a_round_is_one_batch_over_all_dialogues() -> None:
    batches = []

    def answer(pending: list[PendingTurn]) -> list[Reply]:
        batches.append([(turn.dialogue, turn.step, turn.position) for turn in pending])
        return [Reply(f"{turn.dialogue}/{turn.step}") for turn in pending]

    dialogues = [Sequential(2, "r").converse(Conversation.ask(q)) for q in "ab"]
    held = lockstep(dialogues, answer)
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

    (steps,) = lockstep([parallel_then_sequential(Conversation.ask("q"))], answer)
    assert [len(step) for step in steps] == [3, 1, 1]
    assert [turn.kind for turn, _ in steps[0]] == ["candidate"] * 3
    assert [reply.response for _, reply in steps[0]] == ["y0", "y1", "y2"]


def test_dialogues_of_different_lengths_end_on_their_own() -> None:
    sizes = []

    def answer(pending: list[PendingTurn]) -> list[Reply]:
        sizes.append(len(pending))
        return [Reply("y")] * len(pending)

    dialogues = [Sequential(n, "r").converse(Conversation.ask("q")) for n in (1, 3, 2)]
    assert [len(r) for r in lockstep(dialogues, answer)] == [1, 3, 2]
    assert sizes == [3, 2, 1]


def test_a_wrong_number_of_replies_is_a_bug_and_raises() -> None:
    with pytest.raises(ValueError, match="zip"):
        lockstep([Sequential(1, "r").converse(Conversation.ask("q"))], lambda pending: [])


def test_no_dialogues_ask_nothing() -> None:
    def never(pending: list[PendingTurn]) -> list[Reply]:
        raise AssertionError("asked")

    none: Iterator[Dialogue] = iter(())
    assert lockstep(list(none), never) == []
