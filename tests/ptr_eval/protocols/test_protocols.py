"""What each protocol asks."""

from dataclasses import replace
from typing import Any

import pytest

from ptr_eval.conversation import Conversation
from ptr_eval.engine import InBatches, PendingTurn, hold
from ptr_eval.protocols import Order, Parallel, Protocol, Reply, Resample, Sequential, quoting

QUESTION = Conversation.ask("2+2?")


def asked(protocol: Protocol, *replies: Reply) -> list[list[dict[str, str]]]:
    """Run a protocol on scripted replies; return the messages of every round."""
    dialogue = protocol.converse(QUESTION)
    rounds = [next(dialogue)]
    for reply in replies[:-1]:
        rounds.append(dialogue.send([reply]))
    with pytest.raises(StopIteration):
        dialogue.send([replies[-1]])
    return [turns[0].conversation.messages() for turns in rounds]


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


def test_sequential_leaves_out_a_thought_that_the_prompt_opened_and_the_limit_cut() -> None:
    cut = Reply("It is 5. But", prompt="2+2?<think>\n", finish_reason="length")
    ended = replace(cut, finish_reason="stop")
    assert texts(asked(Sequential(2, "Refine."), cut, Reply("4"))[1]) == ["2+2?"]
    rounds = asked(Sequential(2, "Refine."), ended, Reply("4"))
    assert texts(rounds[1]) == ["2+2?", "It is 5. But", "Refine."]


def test_sequential_carries_thinking_along_if_asked_to() -> None:
    protocol = Sequential(2, "Refine.", thinking_end="")
    rounds = asked(protocol, Reply("<think>hm</think>5"), Reply("4"))
    assert texts(rounds[1]) == ["2+2?", "<think>hm</think>5", "Refine."]


def test_a_failed_round_adds_nothing_and_the_same_is_asked_again() -> None:
    rounds = asked(Sequential(3, "Refine."), Reply("5"), Reply("", failure="refused"), Reply("4"))
    assert rounds[1] == rounds[2]


def test_resample_never_shows_an_answer() -> None:
    rounds = asked(Resample(3), Reply("5"), Reply("4"), Reply("6"))
    assert [texts(m) for m in rounds] == [["2+2?"]] * 3


@pytest.mark.parametrize("protocol", [Sequential(10, "Refine."), Resample(10)])
def test_ten_rounds_are_ten_steps(protocol: Protocol) -> None:
    def answer(pending: list[PendingTurn]) -> list[Reply]:
        return [Reply(str(turn.step)) for turn in pending]

    (steps,) = hold([protocol.converse(QUESTION)], InBatches(answer))
    assert [len(step) for step in steps] == list(protocol.answers_per_round) == [1] * 10


def parallel(*rounds: list[str], **changes: Any) -> list[list[Conversation]]:
    """Run the parallel protocol on scripted replies; return what it asked every round."""
    protocol = Parallel(
        **{
            "candidates": 3,
            "synthesis": "Make one.",
            "rounds": 2,
            "instruction": "Refine.",
            **changes,
        }
    )
    dialogue = protocol.converse(QUESTION)
    asked = [next(dialogue)]
    for texts in rounds[:-1]:
        asked.append(dialogue.send([reply(text) for text in texts]))
    with pytest.raises(StopIteration):
        dialogue.send([reply(text) for text in rounds[-1]])
    assert [len(round_) for round_ in asked] == list(protocol.answers_per_round)
    kinds = [{turn.kind for turn in round_} for round_ in asked]
    assert kinds == [{"candidate"}, *[{"answer"}] * (len(asked) - 1)]
    return [[turn.conversation for turn in round_] for round_ in asked]


def reply(text: str) -> Reply:
    return Reply("", failure="refused") if text == "failed" else Reply(text)


def shown(conversation: Conversation) -> tuple[str, ...]:
    return conversation.quotation.texts if conversation.quotation else ()


def test_parallel_asks_k_times_and_shows_the_answers_below_the_question() -> None:
    first, (synthesis,) = parallel(["5", "4", "3"], ["4"])
    assert first == [QUESTION] * 3
    (message,) = synthesis.messages()
    assert message["content"].startswith('2+2?\n\n<candidate number="1">\n5\n</candidate>\n\n')
    assert shown(synthesis) == ("5", "4", "3")


def test_candidates_are_shown_without_their_thinking() -> None:
    _, (synthesis,) = parallel(["<think>hm</think>5", "4", "<think>cut off"], ["4"])
    assert shown(synthesis) == ("5", "4")


def test_candidates_that_are_missing_leave_their_share_of_the_budget_unused() -> None:
    _, (synthesis,) = parallel(["failed", "4", "  "], ["4"], budget=300)
    assert shown(synthesis) == ("4",)
    assert synthesis.quotation is not None
    assert synthesis.quotation.share == 100


def test_without_any_candidate_the_bare_question_is_asked_again() -> None:
    _, synthesis = parallel(["failed", "", "<think>"], ["4"])
    assert synthesis == [QUESTION]


def test_identical_candidates_are_all_shown() -> None:
    _, (synthesis,) = parallel(["4", "4", "4"], ["4"])
    assert shown(synthesis) == ("4", "4", "4")


def test_one_round_is_candidates_alone() -> None:
    assert parallel(["5", "4", "3"], rounds=1) == [[QUESTION] * 3]


def test_refined_answers_are_refined_again_each_in_its_own_conversation() -> None:
    _, second, third = parallel(["5", "4", "3"], ["6", "failed"], ["4", "4"], rounds=3, syntheses=2)
    assert second[0] == second[1]
    assert texts(third[0].messages())[1:] == ["6", "Refine."]
    assert third[1] == second[1]


def test_the_question_takes_its_place_in_the_request() -> None:
    asked = Conversation.ask("What is {question}?", system="Be brief.")
    *_, last = texts(quoting(asked, ["4"], "Solve {question} again: {x}", 100).messages())
    assert last == (
        'What is {question}?\n\n<candidate number="1">\n4\n</candidate>\n\n'
        "Solve What is {question}? again: {x}"
    )


@pytest.mark.parametrize("order", ["sampled", "reversed", "shuffled"])
def test_every_order_shows_the_same_candidates(order: Order) -> None:
    candidates = [str(number) for number in range(10)]
    first, again = (shown(quoting(QUESTION, candidates, "Make one.", 100, order)) for _ in range(2))
    assert first == again
    assert sorted(first) == candidates
    expected = {"sampled": candidates, "reversed": candidates[::-1]}
    assert order not in expected or list(first) == expected[order]
    assert order == "sampled" or list(first) != candidates
