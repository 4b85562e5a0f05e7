r"""Compares two mathematical answers.

Words, equal texts and plain numbers are decided here. Everything else is calculated exactly in a
worker process with a limit of processor time. Units, dollar and degree signs do not matter; "75\%"
equals 3/4 and also 75, "x=5" equals 5, "x=3, y=4" equals "(3,4)", "0<x<1" equals "(0,1)",
"\{1,2\}" equals "2,1", but "(1,2)" never equals "1,2", nor k equals K.
"""

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

from ptr_eval.scoring.maths.matcher import MAX_LENGTH
from ptr_eval.scoring.maths.normalize import (
    comparison_text,
    is_words,
    may_be_product,
    normalize,
)
from ptr_eval.scoring.maths.numerals import reduced_ratio
from ptr_eval.scoring.maths.phrases import qualifiers
from ptr_eval.scoring.maths.pool import shared_pool
from ptr_eval.scoring.maths.structure import (
    calculation_result,
    joined_conditions,
    option_letter,
    read_number_in_base,
    read_plain_number,
    split_elements,
    split_sets,
    with_commas,
    without_name,
    without_names,
)
from ptr_eval.scoring.maths.words import clock_time, counted, in_one_wording, is_date

_TRIGONOMETRY = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![A-Za-z])")
_PI = re.compile(r"\\pi(?![A-Za-z])|π")
# One letter after a number may be a variable, but is a unit where the right answer is a number.
_LETTER_UNIT = re.compile(r"(?<=[0-9}]) ?[msghlL](?:\s?\^\s?\{?[23]\}?)?\Z")
_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")


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
    first, second = sorted((a, b))
    comparison = compare(first, second, False)
    return comparison.equal or (not comparison.note and compare(second, first, False).equal)


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
    # An angle in degrees may be compared with one in radians. But where the right answer is a
    # number, "\tan 100^\circ" mostly repeats the question.
    angles = [_TRIGONOMETRY.search(text) is not None for text in (gold, answer)]
    radians = angles[0] or (not angles[1] and _PI.search(gold + answer) is not None)
    plain_gold, plain_answer = (normalize(text, radians=radians) for text in (gold, answer))
    if plain_gold and plain_gold == plain_answer:
        return AnswerComparison(True, "")
    if not prose:
        decided = _same_words((gold, plain_gold), (answer, plain_answer))
        if decided is not None:
            return AnswerComparison(decided, "")
        plain_gold, plain_answer = _same_form(plain_gold, plain_answer)
    decided = _decide_quickly(plain_gold, plain_answer, prose)
    if decided is not None:
        return AnswerComparison(decided, "", found=bool(plain_answer) or not prose)
    reply = shared_pool().ask(plain_gold, answer if prose else plain_answer, prose)
    note = f", comparison {reply.failure}" if reply.failure else ""
    return AnswerComparison(reply.equal, note, reply.found)


def _same_form(gold: str, answer: str) -> tuple[str, str]:
    """Give two answers the same form, as far as reading them without calculation can."""
    gold, answer = (
        in_one_wording(text) if is_words(text) and not may_be_product(text) else text
        for text in (gold, answer)
    )
    gold, answer = (joined_conditions(reduced_ratio(with_commas(text))) for text in (gold, answer))
    answer = calculation_result(answer, gold)
    gold, answer = without_name(gold, answer), without_name(answer, gold)
    gold, answer = without_names(gold, answer)
    answer, gold = without_names(answer, gold)
    if read_plain_number(gold):
        answer = _LETTER_UNIT.sub("", answer)
    return _like_number(gold, answer), _like_number(answer, gold)


def _like_number(text: str, other: str) -> str:
    """Write "seven days" or "12,34,567" as a number, if the other answer is a number."""
    if not read_plain_number(other.replace(" ", "")):
        return text
    return text.replace(",", "") if _INDIAN.fullmatch(text) else counted(text)


def _same_words(gold: tuple[str, str], answer: tuple[str, str]) -> bool | None:
    """Compare words, letters, dates or times, as (text, normalized); None if it may be formulas."""
    plains = gold[1], answer[1]
    time, other_time = clock_time(*plains), clock_time(*plains[::-1])
    letters = [option_letter(plain) for plain in plains]
    texts = [r"\text" in raw for raw, _ in (gold, answer)]
    if time and other_time:
        halves = {time[1], other_time[1]} - {""}
        return time[0] == other_time[0] and len(halves) < 2
    if letters[0]:
        other = letters[1] or (plains[1] if len(plains[1]) == 1 else "")
        return letters[0] == other.upper() if other else None
    if texts[0] and all(len(plain) == 1 for plain in plains):
        return plains[0].casefold() == plains[1].casefold()
    words = all(is_words(plain) or is_date(plain) for plain in plains)
    if words and (any(texts) or not any(map(may_be_product, plains))):
        return in_one_wording(plains[0]) == in_one_wording(plains[1])
    return None


def _decide_quickly(gold: str, answer: str, prose: bool) -> bool | None:
    """Decide without calculating, if possible."""
    key_gold, key_answer = comparison_text(gold), comparison_text(answer)
    if not key_gold or not key_answer or key_gold == key_answer:
        return key_gold == key_answer
    if prose:
        return None
    if any(is_words(text) and not may_be_product(text) for text in (gold, answer)):
        return False
    if qualifiers(gold) != qualifiers(answer):
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
    if any(split_sets(key)[0] for key in (key_gold, key_answer)):
        return None
    brackets = [split_elements(key)[0] for key in (key_gold, key_answer)]
    is_list = [bracket == "" for bracket in brackets]
    return False if None not in brackets and is_list[0] != is_list[1] else None
