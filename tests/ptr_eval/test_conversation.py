"""Conversations and their plain transcript."""

from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.conversation import Conversation, Exchange, Message, Transcript

TEXT = st.text(max_size=20)


def test_messages_come_oldest_first_with_the_system_prompt_at_the_head() -> None:
    talk = Conversation.ask("2+2?", system="Be brief.").then("5", "Look again.")
    assert talk.messages() == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": "5"},
        {"role": "user", "content": "Look again."},
    ]


def test_transcript_ends_where_the_answer_begins() -> None:
    talk = Conversation.ask("Question: 2+2?").then("5", "Look again.")
    assert Transcript("\nAnswer: ", "\n\n").render(talk) == (
        "Question: 2+2?\nAnswer: 5\n\nLook again.\nAnswer:"
    )


def test_transcript_separates_system_prompt_and_examples() -> None:
    opening = (
        Message("system", "Be brief."),
        Message("user", "1+1?"),
        Message("assistant", "2"),
        Message("user", "2+2?"),
    )
    assert Transcript("\nA: ", "\n\n").render(Conversation(opening)) == (
        "Be brief.\n\n1+1?\nA: 2\n\n2+2?\nA:"
    )


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6))
def test_forgetting_the_oldest_turn_keeps_the_opening_and_the_newest(
    exchanges: list[tuple[str, str]],
) -> None:
    talk = Conversation.ask("q")
    for answer, request in exchanges:
        talk = talk.then(answer, request)
    shorter = talk.without_oldest_exchange()
    assert shorter.opening == talk.opening
    assert shorter.exchanges == tuple(Exchange(a, r) for a, r in exchanges)[1:]
