"""The lockstep engine."""

from collections.abc import Iterator

import pytest

from ptr_eval.conversation import Conversation
from ptr_eval.engine import Ask, lockstep
from ptr_eval.protocols import Dialogue, Reply, Sequential


def test_a_round_is_one_batch_over_all_dialogues() -> None:
    batches = []

    def answer(asks: list[Ask]) -> list[Reply]:
        batches.append([(ask.chain, ask.round, ask.position) for ask in asks])
        return [Reply(f"{ask.chain}/{ask.round}") for ask in asks]

    dialogues = [Sequential(2, "r").converse(Conversation.ask(q)) for q in "ab"]
    replies = lockstep(dialogues, answer)
    assert batches == [[(0, 1, 0), (1, 1, 0)], [(0, 2, 0), (1, 2, 0)]]
    assert [[r[0].response for r in chain] for chain in replies] == [["0/1", "0/2"], ["1/1", "1/2"]]


def parallel_then_sequential(question: Conversation) -> Dialogue:
    """Three candidates, one synthesis over them, one refinement: what issue-size protocols do."""
    candidates = yield [question] * 3
    joined = ", ".join(c.response for c in candidates)
    (best,) = yield [Conversation.ask(f"Best of {joined}?")]
    yield [Conversation.ask(f"Refine {best.response}.")]


def test_protocols_of_other_shapes_need_nothing_special() -> None:
    def answer(asks: list[Ask]) -> list[Reply]:
        return [Reply(f"y{ask.position}") for ask in asks]

    (rounds,) = lockstep([parallel_then_sequential(Conversation.ask("q"))], answer)
    assert [len(r) for r in rounds] == [3, 1, 1]
    assert [r.response for r in rounds[0]] == ["y0", "y1", "y2"]


def test_dialogues_of_different_lengths_end_on_their_own() -> None:
    sizes = []

    def answer(asks: list[Ask]) -> list[Reply]:
        sizes.append(len(asks))
        return [Reply("y")] * len(asks)

    dialogues = [Sequential(n, "r").converse(Conversation.ask("q")) for n in (1, 3, 2)]
    assert [len(r) for r in lockstep(dialogues, answer)] == [1, 3, 2]
    assert sizes == [3, 2, 1]


def test_a_wrong_number_of_replies_is_a_bug_and_raises() -> None:
    with pytest.raises(ValueError, match="zip"):
        lockstep([Sequential(1, "r").converse(Conversation.ask("q"))], lambda asks: [])


def test_no_dialogues_ask_nothing() -> None:
    def never(asks: list[Ask]) -> list[Reply]:
        raise AssertionError("asked")

    none: Iterator[Dialogue] = iter(())
    assert lockstep(list(none), never) == []
