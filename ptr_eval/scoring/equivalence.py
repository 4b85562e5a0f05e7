"""Decides which answers to a question are the same, so that votes for them can be counted."""

from collections.abc import Callable, Iterator, Sequence

from ptr_eval.scoring.score import Score

Same = Callable[[Sequence[tuple[str, str]]], list[bool]]
"""A function that decides whether the two answers of each pair are equivalent."""

NO_ANSWER = -1
"""The class of a response without an answer."""


def answer_classes(groups: Sequence[Sequence[Score]], same: Same | None = None) -> list[list[int]]:
    """Number the different answers of each group of scores.

    Answers are the same if their texts differ only in case and blanks. Where a scorer can compare
    answers, all correct ones are the same, since each is equivalent to the right one; any other
    answer joins the first class whose first answer it is equivalent to.

    Args:
        groups: For each question, the scores of all answers to it.
        same: Compares answers; None compares only texts.

    Returns:
        The class of each answer, counted from 0 in order of appearance; `NO_ANSWER` where no
        answer was found.
    """
    group_classes = [
        _GroupClasses([_answer_of(score, merge=same is not None) for score in group])
        for group in groups
    ]
    if same is not None:
        while pairs := [pair for each in group_classes for pair in each.pairs()]:
            results = iter(same(pairs))
            for each in group_classes:
                each.merge(results)
    return [each.numbers() for each in group_classes]


_CORRECT = ("", "correct")
_Answer = tuple[str, str]


def _answer_of(score: Score, *, merge: bool) -> _Answer | None:
    """Return the text that is compared, and the answer; the same for all correct ones to merge."""
    if score.answer is None:
        return None
    if merge and score.verdict == "correct":
        return _CORRECT
    return " ".join(score.answer.split()).casefold(), score.answer


class _GroupClasses:
    """The different answers of one group, while they are merged into classes."""

    def __init__(self, answers: Sequence[_Answer | None]) -> None:
        self._texts = [None if answer is None else answer[0] for answer in answers]
        self._answers: dict[str, str] = {}
        for answer in answers:
            if answer is not None:
                self._answers.setdefault(*answer)
        self._equivalent_to: dict[str, str] = {}
        self._open = [text for text in self._answers if text]

    def pairs(self) -> list[tuple[str, str]]:
        """Pair the first answer that is not yet compared with all others of that kind."""
        first, *others = self._open or [""]
        return [(self._answers[first], self._answers[other]) for other in others]

    def merge(self, results: Iterator[bool]) -> None:
        """Take the results of comparing `pairs`, in order."""
        first, *others = self._open or [""]
        equivalent = [other for other in others if next(results)]
        self._equivalent_to.update(dict.fromkeys(equivalent, first))
        self._open = [other for other in others if other not in equivalent]

    def numbers(self) -> list[int]:
        """Return the number of each answer's class."""
        numbers: dict[str, int] = {}
        found = []
        for text in self._texts:
            first = text if text is None else self._equivalent_to.get(text, text)
            found.append(NO_ANSWER if first is None else numbers.setdefault(first, len(numbers)))
        return found
