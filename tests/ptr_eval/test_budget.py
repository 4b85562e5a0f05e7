"""Fitting conversations into a context."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.budget import CUT_MARK, TokenCounter, fit, keep_end
from ptr_eval.conversation import Conversation, Quotation


def words(conversation: Conversation) -> int:
    return sum(len(m["content"].split()) for m in conversation.messages())


WORDS = TokenCounter(words, lambda text: len(text.split()))


def dialogue(*answers: str) -> Conversation:
    conversation = Conversation.ask("the question", system="the system prompt")
    for answer in answers:
        conversation = conversation.then(answer, "refine")
    return conversation


def test_what_fits_is_left_alone() -> None:
    fitted = fit(dialogue("one", "two"), max_tokens=100, count=WORDS)
    assert fitted.conversation == dialogue("one", "two")
    assert (fitted.dropped, fitted.truncated) == (0, False)


def test_the_oldest_answers_go_first() -> None:
    fitted = fit(dialogue("a a a a", "b b b b", "c"), max_tokens=7, count=WORDS)
    assert fitted.conversation == dialogue("c")
    assert (fitted.dropped, fitted.overflows, fitted.truncated) == (2, False, True)


def test_the_question_stays_even_if_it_is_too_long_itself() -> None:
    fitted = fit(dialogue("one"), max_tokens=3, count=WORDS)
    assert fitted.conversation == dialogue()
    assert (fitted.dropped, fitted.overflows, fitted.truncated) == (1, True, True)


def test_nothing_is_dropped_where_no_limit_is_known() -> None:
    assert fit(dialogue("x " * 999), max_tokens=None, count=WORDS).dropped == 0
    assert (
        fit(dialogue("x " * 999), max_tokens=5, count=TokenCounter(lambda _: None, len)).dropped
        == 0
    )


@given(st.lists(st.text("ab ", max_size=30), max_size=6), st.integers(0, 60))
def test_the_longest_fitting_tail_is_kept(answers: list[str], room: int) -> None:
    whole = dialogue(*answers)
    fitted = fit(whole, max_tokens=room, count=WORDS)
    assert fitted.conversation.exchanges == whole.exchanges[fitted.dropped :]
    assert fitted.tokens == words(fitted.conversation)
    assert fitted.overflows == (fitted.tokens > room)
    if fitted.dropped:
        longer = Conversation(whole.opening, whole.exchanges[fitted.dropped - 1 :])
        assert words(longer) > room


def quote(*texts: str, budget: int = 12) -> Conversation:
    return replace(dialogue(), quotation=Quotation(texts, "Make one.", budget))


def test_quoted_texts_keep_their_ends_within_equal_shares() -> None:
    fitted = fit(quote("a b c d e f", "g h", "i j k l m"), max_tokens=None, count=WORDS)
    assert fitted.conversation.quotation is not None
    assert fitted.conversation.quotation.texts == (
        CUT_MARK + "c d e f",
        "g h",
        CUT_MARK + "j k l m",
    )
    assert (fitted.shortened, fitted.dropped, fitted.truncated) == (2, 0, True)


def test_what_keeps_to_its_share_is_not_cut() -> None:
    fitted = fit(quote("a b c", "", "d"), max_tokens=100, count=WORDS)
    assert fitted.conversation == quote("a b c", "", "d")
    assert (fitted.shortened, fitted.truncated) == (0, False)


def test_the_answers_go_before_the_quoted_texts_are_cut_further() -> None:
    asked = quote("a b c d", "e f g h").then("one two three", "refine")
    fitted = fit(asked, max_tokens=words(quote("a b c d", "e f g h")), count=WORDS)
    assert (fitted.dropped, fitted.shortened, fitted.overflows) == (1, 0, False)
    tight = fit(asked, max_tokens=words(quote("a b c d", "e f g h")) - 2, count=WORDS)
    assert (tight.dropped, tight.shortened, tight.overflows) == (1, 2, False)


def test_a_question_that_leaves_no_room_for_quotes_is_left_to_the_backend() -> None:
    fitted = fit(quote("a b c", "d e f"), max_tokens=4, count=WORDS)
    assert (fitted.shortened, fitted.overflows) == (2, True)
    assert fitted.conversation.quotation is not None
    assert fitted.conversation.quotation.texts == (CUT_MARK, CUT_MARK)


def test_a_very_long_text_is_cut_in_few_counts() -> None:
    counts = []

    def count(text: str) -> int:
        counts.append(len(text))
        return len(text) // 4

    kept = keep_end("x" * 400_000, 1536, count)
    assert count(kept.removeprefix(CUT_MARK)) == 1536
    assert sum(counts) < 4 * 400_000


@given(
    st.lists(st.text("ab ", max_size=40), min_size=1, max_size=5),
    st.integers(0, 60),
    st.integers(1, 40),
)
def test_quotes_never_exceed_share_or_room(texts: list[str], room: int, budget: int) -> None:
    fitted = fit(quote(*texts, budget=budget), max_tokens=room, count=WORDS)
    assert fitted.conversation.quotation is not None
    for text in fitted.conversation.quotation.texts:
        assert len(text.removeprefix(CUT_MARK).split()) <= max(budget // len(texts), 0)
    assert fitted.overflows == (words(fitted.conversation) > room)
