"""Fitting conversations into a context."""

from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.budget import fit
from ptr_eval.conversation import Conversation


def words(conversation: Conversation) -> int:
    return sum(len(m["content"].split()) for m in conversation.messages())


def talk(*answers: str) -> Conversation:
    conversation = Conversation.ask("the question", system="the system prompt")
    for answer in answers:
        conversation = conversation.then(answer, "refine")
    return conversation


def test_what_fits_is_left_alone() -> None:
    fitted = fit(talk("one", "two"), room=100, count=words)
    assert fitted.conversation == talk("one", "two")
    assert (fitted.dropped, fitted.cut) == (0, False)


def test_the_oldest_answers_go_first() -> None:
    fitted = fit(talk("a a a a", "b b b b", "c"), room=7, count=words)
    assert fitted.conversation == talk("c")
    assert (fitted.dropped, fitted.overflows, fitted.cut) == (2, False, True)


def test_the_question_stays_even_if_it_is_too_long_itself() -> None:
    fitted = fit(talk("one"), room=3, count=words)
    assert fitted.conversation == talk()
    assert (fitted.dropped, fitted.overflows, fitted.cut) == (1, True, True)


def test_nothing_is_dropped_where_no_limit_is_known() -> None:
    assert fit(talk("x " * 999), room=None, count=words).dropped == 0
    assert fit(talk("x " * 999), room=5, count=lambda _: None).dropped == 0


@given(st.lists(st.text("ab ", max_size=30), max_size=6), st.integers(0, 60))
def test_the_longest_fitting_tail_is_kept(answers: list[str], room: int) -> None:
    whole = talk(*answers)
    fitted = fit(whole, room=room, count=words)
    assert fitted.conversation.turns == whole.turns[fitted.dropped :]
    assert fitted.tokens == words(fitted.conversation)
    assert fitted.overflows == (fitted.tokens > room)
    if fitted.dropped:
        longer = Conversation(whole.opening, whole.turns[fitted.dropped - 1 :])
        assert words(longer) > room
