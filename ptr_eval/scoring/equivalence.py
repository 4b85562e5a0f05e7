"""Telling which answers to a question are the same, so that they can be put to the vote."""

from collections.abc import Callable, Iterator, Sequence

from ptr_eval.scoring.score import Score

Same = Callable[[Sequence[tuple[str, str]]], list[bool]]
"""Whether the two answers of each pair mean the same."""

NO_ANSWER = -1
"""The class of what holds no answer."""


def answer_classes(groups: Sequence[Sequence[Score]], same: Same | None = None) -> list[list[int]]:
    """Number the different answers of each group of scores.

    Answers are the same if their texts are, but for case and blanks. Where a scorer knows of
    equivalent answers, all correct ones are the same, each being equivalent to the right one;
    any other answer joins the first class whose first answer it is equivalent to.

    Args:
        groups: The scores of all answers to one question, question by question.
        same: Compares answers; None compares texts alone.

    Returns:
        The class of each answer, from 0 in the order of appearance; `NO_ANSWER` for none.
    """
    kinds = [_Kinds([_name(score, merge=same is not None) for score in group]) for group in groups]
    if same is not None:
        while pairs := [pair for kind in kinds for pair in kind.pairs()]:
            verdicts = iter(same(pairs))
            for kind in kinds:
                kind.settle(verdicts)
    return [kind.classes() for kind in kinds]


_RIGHT = ("", "correct")
_Name = tuple[str, str]


def _name(score: Score, *, merge: bool) -> _Name | None:
    if score.answer is None:
        return None
    if merge and score.verdict == "correct":
        return _RIGHT
    return " ".join(score.answer.split()).casefold(), score.answer


class _Kinds:
    """The different answers of one group, of which some are not settled yet."""

    def __init__(self, names: Sequence[_Name | None]) -> None:
        self._names = names
        self._texts: dict[str, str] = {}
        for name in names:
            if name is not None:
                self._texts.setdefault(*name)
        self._head: dict[str, str] = {}
        self._open = [key for key in self._texts if key]

    def pairs(self) -> list[tuple[str, str]]:
        """Compare the first open answer with all other open ones."""
        first, *others = self._open or [""]
        return [(self._texts[first], self._texts[other]) for other in others]

    def settle(self, verdicts: Iterator[bool]) -> None:
        """Take the verdicts on `pairs`."""
        first, *others = self._open or [""]
        alike = [other for other in others if next(verdicts)]
        self._head.update(dict.fromkeys(alike, first))
        self._open = [other for other in others if other not in alike]

    def classes(self) -> list[int]:
        """Number the answers."""
        heads = [None if n is None else self._head.get(n[0], n[0]) for n in self._names]
        numbers = {
            head: i for i, head in enumerate(dict.fromkeys(h for h in heads if h is not None))
        }
        return [NO_ANSWER if head is None else numbers[head] for head in heads]
