"""What each protocol asks."""

import pytest

from ptr_eval.conversation import Conversation
from ptr_eval.engines import Ask, lockstep
from ptr_eval.protocols import Protocol, Reply, Resample, Sequential

QUESTION = Conversation.ask("2+2?")


def asked(protocol: Protocol, *replies: Reply) -> list[list[dict[str, str]]]:
    """Run a protocol on scripted replies; return the messages of every round."""
    dialogue = protocol.converse(QUESTION)
    rounds = [next(dialogue)]
    for reply in replies[:-1]:
        rounds.append(dialogue.send([reply]))
    with pytest.raises(StopIteration):
        dialogue.send([replies[-1]])
    return [conversations[0].messages() for conversations in rounds]


def texts(messages: list[dict[str, str]]) -> list[str]:
    return [m["content"] for m in messages]


def test_sequential_shows_all_answers_so_far_and_the_instruction() -> None:
    rounds = asked(Sequential(3, "Refine."), Reply("5"), Reply("4"), Reply("4"))
    assert [texts(m) for m in rounds] == [
        ["2+2?"],
        ["2+2?", "5", "Refine."],
        ["2+2?", "5", "Refine.", "4", "Refine."],
    ]


def test_sequential_leaves_thinking_out_of_the_history() -> None:
    rounds = asked(Sequential(2, "Refine."), Reply("<think>hm</think>5"), Reply("4"))
    assert texts(rounds[1]) == ["2+2?", "5", "Refine."]


def test_sequential_carries_thinking_along_if_asked_to() -> None:
    protocol = Sequential(2, "Refine.", thinking_end="")
    rounds = asked(protocol, Reply("<think>hm</think>5"), Reply("4"))
    assert texts(rounds[1]) == ["2+2?", "<think>hm</think>5", "Refine."]


def test_a_failed_round_adds_nothing_and_the_same_is_asked_again() -> None:
    rounds = asked(Sequential(3, "Refine."), Reply("5"), Reply("", failed="refused"), Reply("4"))
    assert rounds[1] == rounds[2]


def test_resample_never_shows_an_answer() -> None:
    rounds = asked(Resample(3), Reply("5"), Reply("4"), Reply("6"))
    assert [texts(m) for m in rounds] == [["2+2?"]] * 3


@pytest.mark.parametrize("protocol", [Sequential(10, "Refine."), Resample(10)])
def test_ten_rounds_are_ten_steps(protocol: Protocol) -> None:
    def answer(asks: list[Ask]) -> list[Reply]:
        return [Reply(str(ask.round)) for ask in asks]

    (rounds,) = lockstep([protocol.converse(QUESTION)], answer)
    assert [len(replies) for replies in rounds] == list(protocol.steps) == [1] * 10
