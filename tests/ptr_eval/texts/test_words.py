"""Texts as words."""

from ptr_eval.texts.words import MOST_WORDS, words_of


def test_words_are_runs_of_letters_and_digits_and_single_signs() -> None:
    assert words_of("x1 = f(2), don't").words == (
        *("x1", "=", "f", "(", "2", ")", ","),
        *("don", "'", "t"),
    )


def test_characters_of_scripts_without_spaces_are_words() -> None:
    assert words_of("答案是 42かな").words == ("答", "案", "是", "42", "か", "な")


def test_a_long_text_is_cut_and_says_so() -> None:
    whole, longer = words_of("a " * MOST_WORDS), words_of("a " * (MOST_WORDS + 1))
    assert (len(whole.words), whole.cut) == (MOST_WORDS, False)
    assert (len(longer.words), longer.cut) == (MOST_WORDS, True)
    assert words_of("a" * 1_000_000).cut
