"""Which answers are the same when they are put to the vote."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ptr_eval.scoring import NO_ANSWER, Score, answer_classes, equivalent_pairs


def wrong(*answers: str | None) -> list[Score]:
    return [Score.unparsed("none") if a is None else Score.of(False, a, "told") for a in answers]


def right(answer: str) -> Score:
    return Score.of(True, answer, "told")


def test_equal_texts_are_one_answer_but_for_case_and_blanks() -> None:
    assert answer_classes([wrong("a  b", "c", "A b", None, "c")]) == [[0, 1, 0, NO_ANSWER, 1]]


def test_equivalent_answers_are_one_answer() -> None:
    group = wrong(r"\frac{1}{2}", "0.5", "7", "2/4", None, "7.0")
    assert answer_classes([group], equivalent_pairs) == [[0, 0, 1, 0, NO_ANSWER, 1]]


def test_correct_answers_are_one_only_where_answers_can_be_equivalent() -> None:
    group = [right("a summary"), right("another summary"), *wrong("a third")]
    assert answer_classes([group]) == [[0, 1, 2]]
    assert answer_classes([group], lambda pairs: [False for _ in pairs]) == [[0, 0, 1]]


def test_an_answer_joins_the_first_it_equals_though_that_need_not_be_transitive() -> None:
    def close(pairs: Sequence[tuple[str, str]]) -> list[bool]:
        return [abs(int(a) - int(b)) <= 1 for a, b in pairs]

    assert answer_classes([wrong("1", "2", "3", "4")], close) == [[0, 0, 1, 1]]


def test_questions_are_kept_apart_and_compared_together() -> None:
    calls: list[int] = []

    def same(pairs: Sequence[tuple[str, str]]) -> list[bool]:
        calls.append(len(pairs))
        return [False for _ in pairs]

    groups = [wrong("1", "2", "3"), wrong("1", "2", "3"), [], wrong(None, None)]
    assert answer_classes(groups, same) == [[0, 1, 2], [0, 1, 2], [], [NO_ANSWER, NO_ANSWER]]
    assert calls == [4, 2]


@given(st.lists(st.lists(st.one_of(st.none(), st.integers(0, 20)), max_size=8), max_size=4))
def test_classes_agree_with_an_equivalence(groups: list[list[int | None]]) -> None:
    def same(pairs: Sequence[tuple[str, str]]) -> list[bool]:
        return [int(a) % 3 == int(b) % 3 for a, b in pairs]

    scores = [wrong(*(None if n is None else str(n) for n in group)) for group in groups]
    for group, classes in zip(groups, answer_classes(scores, same), strict=True):
        for n, a in zip(group, classes, strict=True):
            assert (n is None) == (a == NO_ANSWER)
            for m, b in zip(group, classes, strict=True):
                assert n is None or m is None or (n % 3 == m % 3) == (a == b)
