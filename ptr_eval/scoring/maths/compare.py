r"""Compares two mathematical answers.

Equal texts and plain numbers are decided here. Everything else is compared symbolically by
math-verify, in a worker process with a limit of processor time. Units, dollar and degree signs do
not matter; "75\%" equals 3/4 and also 75, "x=5" equals 5, "\{1,2\}" equals "2,1", but "(1,2)"
never equals "1,2".
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

from ptr_eval.scoring.maths.matcher import MATHS_SIGN, MAX_LENGTH
from ptr_eval.scoring.maths.normalize import comparison_text, is_words, normalize
from ptr_eval.scoring.maths.pool import shared_pool
from ptr_eval.scoring.maths.structure import (
    calculation_result,
    option_letter,
    read_number_in_base,
    read_plain_number,
    split_elements,
    without_name,
)


class AnswerComparison(NamedTuple):
    """What a comparison with the right answer gave."""

    equal: bool
    """Whether the answer equals the right one."""
    note: str
    """What to add to the rule's name, such as ", comparison timed out"; mostly empty."""
    found: bool = True
    """Whether there was an answer to compare."""


def equivalent(a: str, b: str) -> bool:
    """Compare two extracted answers, in both directions.

    This is not transitive: 10% equals both 10 and 0.1.

    Args:
        a: An answer, as `Score.answer` has it.
        b: Another one.

    Returns:
        Whether they are equivalent; False also if the comparison ran out of time.
    """
    return compare(a, b, False).equal or compare(b, a, False).equal


def equivalent_pairs(pairs: Sequence[tuple[str, str]], *, workers: int | None = None) -> list[bool]:
    """Compare many pairs of extracted answers on several cores.

    Args:
        pairs: The pairs, shape [pairs].
        workers: How many processes compare at once; None for one per processor core.

    Returns:
        Whether each pair is equivalent, as `equivalent` finds it, shape [pairs].
    """
    different = list(dict.fromkeys(pairs))
    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as threads:
        verdicts = dict(
            zip(different, threads.map(lambda pair: equivalent(*pair), different), strict=True)
        )
    return [verdicts[pair] for pair in pairs]


def compare(gold: str, answer: str, prose: bool) -> AnswerComparison:
    """Compare an answer, or with `prose` the last expression of a text, with the right answer."""
    if max(len(gold), len(answer)) > MAX_LENGTH:
        return AnswerComparison(gold.strip() == answer.strip(), ", too long to compare but as text")
    return _compare_cached(gold, answer, prose)


@lru_cache(maxsize=4096)
def _compare_cached(gold: str, answer: str, prose: bool) -> AnswerComparison:
    """Compare as texts, as numbers, then in a worker process."""
    plain_gold, plain_answer = normalize(gold), normalize(answer)
    if not prose:
        plain_answer = calculation_result(plain_answer, plain_gold)
        plain_gold, plain_answer = (
            without_name(plain_gold, plain_answer),
            without_name(plain_answer, plain_gold),
        )
    decided = _decide_quickly(plain_gold, plain_answer, prose, words=r"\text" in gold)
    if decided is not None:
        return AnswerComparison(decided, "")
    reply = shared_pool().ask(plain_gold, answer if prose else plain_answer, prose)
    note = f", comparison {reply.failure}" if reply.failure else ""
    return AnswerComparison(reply.equal, note, reply.found)


def _decide_quickly(gold: str, answer: str, prose: bool, words: bool) -> bool | None:
    """Decide without calculating, if possible."""
    key_gold, key_answer = comparison_text(gold), comparison_text(answer)
    if option_letter(gold) and not prose:
        key_answer = option_letter(answer) or key_answer
    if not key_gold or not key_answer or key_gold == key_answer:
        return key_gold == key_answer
    if prose:
        return None
    if (is_words(gold) and words) or (is_words(answer) and MATHS_SIGN.search(gold)):
        return False
    return _same_number(key_gold, key_answer)


def _same_number(key_gold: str, key_answer: str) -> bool | None:
    """Decide between plain numbers, percentages, and lists and tuples."""
    bases = read_number_in_base(key_gold), read_number_in_base(key_answer)
    if bases[0] or bases[1]:
        gold, answer = bases[0] or (key_gold, None), bases[1] or (key_answer, None)
        return gold[0] == answer[0] and (None in (gold[1], answer[1]) or gold == answer)
    a, b = read_plain_number(key_gold), read_plain_number(key_answer)
    if a and b and (a[0] == b[0] or min(a[1], b[1]) >= 0 or max(a[1], b[1]) < 6):
        return a[0] == b[0]
    if key_gold.endswith("%") != key_answer.endswith("%"):
        a, b = (
            read_plain_number(key_gold.rstrip("%")),
            read_plain_number(key_answer.rstrip("%")),
        )
        if a and b:
            percent, plain = (a[0], b[0]) if key_gold.endswith("%") else (b[0], a[0])
            return plain in (percent, percent / 100)
    brackets, others = (
        split_elements(key_gold)[0],
        split_elements(key_answer)[0],
    )
    if brackets is not None and others is not None and (brackets == "") != (others == ""):
        return False
    return None
